"""What came in, what was set aside and why, which models were fitted, and which features may be used when."""

import streamlit as st

from dashboard import charts, parts, words
from dashboard.reading import rows

ROW_COUNTS = "select * from marts.source_row_counts order by source, table_name"

REASONS = """
select source, table_name, column_name, reason, count(*) as rejected_rows
from marts.rejected_rows
group by all
order by rejected_rows desc, source, table_name, column_name, reason
"""

REJECTED = """
select *
from marts.rejected_rows
where source || '.' || table_name = $name
order by source_file, row_number, column_name, reason
limit 1000
"""

MODEL_RUNS = "select * from marts.model_runs order by area, target, model"
REGISTER = "select * from lookups.feature_register order by contains_outcome desc, known_from, feature"


def came_in() -> None:
    """Shows the counts of rows."""
    st.header("What came in")
    counts = rows(ROW_COUNTS)
    if counts.empty or not counts["raw_rows"].sum():
        parts.explain_empty("No table has rows. `raw_sources` says which sources are read, `RAW_DATA_DIR` from where.")
        return
    raw, rejected, excluded = (int(counts[column].sum()) for column in ("raw_rows", "rejected_rows", "excluded_rows"))
    parts.tiles(
        [
            parts.Tile("Raw rows", words.count(raw), note=f"{len(counts)} tables"),
            parts.Tile("Set aside", words.count(rejected), note=f"{words.percent(rejected / raw)} of all, each with a reason"),
            parts.Tile("Excluded", words.count(excluded), note="test users and the like, as the settings say"),
        ]
    )
    parts.table(counts, "Source row counts", folded=False)
    parts.source("source_row_counts", note="Raw rows are accepted, rejected or excluded rows, and nothing else.")


def set_aside() -> None:
    """Shows the reasons of rejected rows."""
    st.header("What was set aside, and why")
    reasons = rows(REASONS)
    if reasons.empty:
        parts.explain_empty("No row was rejected.")
        return
    # what follows in brackets says what to do, and stands in the table
    kinds = reasons["reason"].str.split(" (", regex=False).str[0]
    by_reason = reasons.groupby(kinds, sort=False)["rejected_rows"].sum().sort_values(ascending=False, kind="stable").reset_index()
    parts.chart(charts.bars(by_reason.head(12), label="reason", value="rejected_rows", title="Rejected rows by reason"), key="reasons")
    parts.table(reasons, "Rejected rows by reason")
    totals = reasons.groupby(reasons["source"] + "." + reasons["table_name"])["rejected_rows"].sum()
    name = st.selectbox("Rows of the table", list(totals.index), key="rejected_table")
    parts.table(rows(REJECTED, name=name), f"Rejected rows of {name}", total=int(totals[name]))
    parts.source(
        "rejected_rows", note="Row numbers are those of the raw file; the text itself stays in the warehouse and is not published."
    )


def fitted() -> None:
    """Shows the models."""
    st.header("Which models were fitted")
    runs = rows(MODEL_RUNS)
    if runs.empty:
        parts.explain_empty("No model was fitted.")
        return
    shown = runs.assign(outcome=[words.verdict(code).words for code in runs["verdict"]])
    first = ["area", "target", "model", "verdict", "outcome", "leaks_outcome", "rows"]
    parts.table(shown[[*first, *(name for name in shown.columns if name not in first)]], "Model runs", folded=False)
    parts.source("model_runs")


def register() -> None:
    """Shows which features are known when."""
    st.header("Which features may be used when")
    st.write(
        "A prediction may use only what is known when it is made. A feature that contains the outcome makes any model look good, and is no "
        "forecast; models that use one are marked everywhere."
    )
    features = rows(REGISTER)
    if features.empty:
        parts.explain_empty("The register is empty.")
        return
    leaking = features[features["contains_outcome"].astype(bool)]
    st.write(f"{len(leaking)} of {len(features)} features contain the outcome.")
    parts.table(features, "Feature register", folded=False)
    st.caption("From `lookups.feature_register`.")


def page() -> None:
    """Shows the page."""
    st.title("Data quality")
    came_in()
    set_aside()
    fitted()
    register()
