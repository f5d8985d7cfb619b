"""Headline figures of all areas, what to do next, and activity over time."""

from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import charts, parts, words
from dashboard.reading import has_mart, rows

KEY_INSIGHTS = "select * from marts.key_insights"

RECOMMENDATIONS = "select * from marts.recommendations order by place"

ACTIVITY = """
select date_day, active_users, rolling_7d_active_users, wau, mau, is_wau_complete, is_mau_complete
from marts.daily_activity
order by date_day
"""

MARTS = "select table_name from duckdb_tables() where database_name = 'published' and schema_name = 'marts'"

AREAS = ("core", "activity", "adoption", "actions", "segments", "retention", "churn", "plays", "quality")
# active users in the days that end with a day, as charts call them
SPANS = {"rolling_7d_active_users": "on a day (mean of 7)", "wau": "in 7 days", "mau": "in 28 days"}
SEVERITY_COLOURS: dict[str, Literal["red", "orange", "blue"]] = {"high": "red", "medium": "orange", "low": "blue"}
SHOWN_AT_ONCE = 6
ALL_SHOWN = "all_recommendations"
LONGEST_NOTE = 60


def by_area(frame: pd.DataFrame) -> list[str]:
    """Returns the areas of a frame, in the order in which a reader meets them."""
    found = list(dict.fromkeys(frame["area"]))
    return sorted(found, key=lambda area: AREAS.index(area) if area in AREAS else len(AREAS))


def is_long(note: Any) -> bool:
    """Returns whether a note is too long for a tile; so is one that is not there."""
    return words.is_missing(note) or len(str(note)) > LONGEST_NOTE


def tile(figure: dict[str, Any]) -> parts.Tile:
    """Returns a key figure as a tile."""
    ends = words.interval(figure["ci_low"], figure["ci_high"], figure["unit"])
    users = None if figure["unit"] == "users" else figure["users"]
    # what only counts rows needs them not twice
    behind = None if not words.is_missing(figure["rows"]) and figure["rows"] == figure["value"] else figure["rows"]
    of = words.sample(users, behind, words.rows_are(figure["area"], figure["metric"]))
    note = "" if is_long(figure["note"]) else words.label(figure["note"])
    scale = words.AUC_IS if figure["unit"] == "auc" else ""
    return parts.Tile(
        label=str(figure["label"]),
        value=words.figure(figure["value"], figure["unit"]),
        interval=ends and f"95 % interval {ends}",
        note=", ".join(part for part in (scale, of, note) if part),
        verdict="" if words.is_missing(figure["verdict"]) else f"Verdict: {words.phrase(figure['verdict'])}",
    )


def headlines() -> None:
    """Shows the key figures by area."""
    st.header("Key figures")
    insights = rows(KEY_INSIGHTS) if has_mart("key_insights") else pd.DataFrame()
    if insights.empty:
        parts.explain_empty("There are no key figures in this file. They are in `marts.key_insights`: build and publish again.")
        return
    known = insights[insights["value"].notna()]
    for area in by_area(known):
        part = known[known["area"] == area].to_dict("records")
        parts.tiles([tile({str(name): value for name, value in figure.items()}) for figure in part], heading=words.label(area).capitalize())
        for figure in part:
            if not words.is_missing(figure["note"]) and is_long(figure["note"]):
                st.caption(words.escaped(f"{figure['label']}: {figure['note']}"))
    unknown = insights[insights["value"].isna()]
    if len(unknown):
        st.caption(
            "Without a value, because their source is not in use or too small: "
            f"{words.escaped(words.join([str(name) for name in unknown['label']]))}."
        )
    parts.table(insights, "Key insights")
    parts.source("key_insights")


def evidence_row(recommendation: dict[str, object]) -> None:
    """Shows the row on which a recommendation rests, as its mart has it."""
    mart, key = str(recommendation["evidence_table"]), str(recommendation["evidence_key"])
    if mart not in set(rows(MARTS)["table_name"]):
        parts.explain_empty(f"The published file has no mart {words.escaped(mart)}.")
        return
    # both come from the published file; the mart is one of its tables, the key is the condition that the build wrote and tested
    row = rows(f"select * from marts.{mart} where {key} limit 2")  # noqa: S608
    st.dataframe(row.T.rename(columns=lambda place: "value").astype(str), alt=f"Evidence in {mart}")
    are = words.rows_are(str(recommendation["area"]), mart)
    of = words.sample(recommendation["users"], recommendation["rows"], are)
    st.caption(
        f"The row of `marts.{mart}` where {words.escaped(key)}; the recommendation rests on `{recommendation['evidence_column']}`."
        + (f" Sample: {of}." if of else "")
    )


def next_steps() -> None:
    """Shows what the evidence recommends."""
    st.header("What to do next")
    found = rows(RECOMMENDATIONS) if has_mart("recommendations") else pd.DataFrame()
    if found.empty:
        parts.explain_empty(
            "No recommendation: nothing here is both clear of chance and beyond the threshold of a rule. "
            "The rules and their thresholds stand in `seeds/recommendation_rules.csv`."
        )
        return
    areas = parts.choose_some("Areas", by_area(found), key="recommendation_areas")
    chosen = found[found["area"].isin(areas)].to_dict("records")
    if not chosen:
        parts.explain_empty("Choose at least one area.")
    shown = chosen if st.session_state.get(ALL_SHOWN) else chosen[:SHOWN_AT_ONCE]
    if chosen:
        st.write(f"{len(shown)} of {words.counted(len(chosen), 'recommendation')}, the most urgent first.")
    for place, recommendation in enumerate(shown):
        with st.container(border=True):
            severity = str(recommendation["severity"])
            st.badge(words.escaped(f"{words.label(recommendation['area'])}, {severity}"), color=SEVERITY_COLOURS.get(severity, "gray"))
            st.markdown(f"**{words.escaped(recommendation['finding'])}**")
            st.write(words.escaped(recommendation["recommendation"]))
            if st.toggle("Show the evidence", key=f"evidence_{place}_{recommendation['rule_id']}"):
                evidence_row({str(name): value for name, value in recommendation.items()})
    if len(shown) < len(chosen):
        st.button(f"Show all {len(chosen)}", key="show_all", on_click=lambda: st.session_state.update({ALL_SHOWN: True}))
    parts.table(found[found["area"].isin(areas)], "Recommendations")
    parts.source("recommendations", note="Each rests on one row of a mart and says what goes together, not what causes what.")


def activity() -> None:
    """Shows how many users were active."""
    st.header("Activity")
    days = rows(ACTIVITY)
    if days.empty:
        parts.explain_empty(
            "No source has dated events. Activity comes from logins, actions and plays (`raw_sources` product, people, streaming)."
        )
        return
    # a span that reaches back before the first day counts too few
    days = days.assign(wau=days["wau"].where(days["is_wau_complete"]), mau=days["mau"].where(days["is_mau_complete"]))
    spans = days.melt(id_vars="date_day", value_vars=list(SPANS), var_name="span", value_name="users")
    figure = charts.lines(
        spans.assign(span=spans["span"].map(SPANS)), x="date_day", y="users", group="span", title="Active users", unit="count"
    )
    parts.chart(figure, key="activity")
    parts.table(days, "Daily activity")
    parts.source("daily_activity", note="A user is active on a day with a login, an action or a play.")


def page() -> None:
    """Shows the page."""
    st.title("Overview")
    activity()
    headlines()
    next_steps()
