"""The page: what is shown of the figures, and what is said where there is nothing to show."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dashboard import words
from report import charts
from report.figures import LIMITS, QUERIES, Figures, Row, marts_of

# What is measured in the groups of a test that found a difference is drawn for as many tests.
DRAWN_DIFFERENCES = 4

# Which selects and sources fill a section, and what the sources must hold.
SECTIONS = {
    "adoption": (("adoption_of_all",), ("product",), "an account needs a time of sign-up"),
    "actions": (("actions",), ("people",), "an action needs a user and a name"),
    "segments": (("segments",), ("telemetry",), "users are segmented by the features of the setting segment_features"),
    "retention": (("cohorts", "weeks"), ("product", "people", "streaming"), "days of activity are needed, and a week that has ended"),
    "churn": (
        ("churn_scores", "churn_bands"),
        ("product", "people", "streaming"),
        "the log must be long enough to have seen users leave, and some must have left",
    ),
    "plays": (("plays_of_all",), ("streaming",), "a play needs a listener, a track and a time"),
}

EVALUATIONS = {
    "holdout": "a random part held back",
    "new_users": "users held back",
    "out_of_fold": "groups held back in turn",
    "future": "what came later",
}

# What became of the tests.
TESTS = {
    "different": "found a difference",
    "no_evidence": "found no evidence of one",
    "too_few_users": "had too few users",
    "too_many_levels": "had too many groups",
    "sample_ratio_mismatch": "had arms of other sizes than declared",
    "not_yet": "are not to be read yet",
}

# What became of a fit.
FITS = {
    "separated": "fitted under a penalty, as all or nobody of a level has the outcome",
    "no_variation": "nothing varies",
    "structured": words.PHRASES["structured"],
    "no_structure": words.PHRASES["no_structure"],
}

STAYING = "Share of users without a long silence yet, by day since sign-up"

LEVELS_ASIDE = {"(all)", "(missing)", "(other)"}
# Attributes as of today: what they say may follow from the action.
ATTRIBUTES_OF_TODAY = {"adoption_status", "mailing_list", "marketing_drip"}


def change(value: Any, low: Any = None, high: Any = None) -> str:
    """Returns a relative change with its interval: `+9 % (+4 to +15)`."""
    if words.is_missing(value):
        return "not known"
    text = f"{100 * value:+.0f} %"
    return text if words.is_missing(low) or words.is_missing(high) else f"{text} ({100 * low:+.0f} to {100 * high:+.0f})"


def value_with_interval(value: Any, low: Any = None, high: Any = None) -> str:
    """Returns a number with its interval: `0.71 (0.68 to 0.74)`."""
    return words.numbers(value, low, high)


def figure(value: Any, unit: str | None) -> str:
    """Returns a headline figure; its label says which users it counts, and a small share is not none."""
    if unit == "share" and 0 < value < 0.0005:
        return "below 0.1 %"
    return words.figure(value, "count" if unit == "users" else unit)


def basis(row: Row) -> str:
    """Returns the number of users or rows that a headline figure rests on; nothing where it is the figure itself."""
    users, rows = (None if row[name] == row["value"] else row[name] for name in ("users", "rows"))
    if users is not None and rows is None:
        return words.count(users)
    are = words.rows_are(row["area"], row["metric"])
    return words.count(rows) if rows is not None and users is None and are == "row" else words.sample(users, rows, are)


def evidence_sample(row: Row) -> str:
    """Returns what the evidence of a recommendation rests on."""
    return words.sample(row["users"], row["rows"], words.rows_are(row["area"], row["evidence_table"]))


def evidence(row: Row) -> str:
    """Returns the value that a recommendation rests on, with its interval."""
    is_share = row["evidence_column"].endswith(("rate", "share")) or row["evidence_column"].startswith("share")
    told = words.share if is_share else value_with_interval
    return f"{words.label(row['evidence_column'])} {told(row['evidence_value'], row['ci_low'], row['ci_high'])}"


def odds_ratio(value: Any, low: Any = None, high: Any = None) -> str:
    """Returns an odds ratio with its interval, with enough digits to tell it from 1: that of one second more is close to it."""
    if words.is_missing(value):
        return "not known"
    return words.numbers(value, low, high, least=3 if abs(value - 1) < 0.03 else 0)


def term(row: Row) -> str:
    """Returns a term of a regression in words."""
    name = words.label(row["attribute"])
    if row["level"] is None:
        return f"{name}, one more"
    against = "" if row["reference_level"] is None else f", against {row['reference_level']}"
    return f"{name}: {row['level']}{against}"


def interval_rows(rows: Iterable[Row], value: str, low: str, high: str, size: str) -> list[charts.Interval]:
    """Returns rows as intervals of a chart, without those that have no value."""
    return [
        charts.Interval(str(row["level"]), row[value], row[low], row[high], row[size])
        for row in rows
        if row[value] is not None and row[low] is not None and row[high] is not None
    ]


def curve_points(rows: Iterable[Row], day: str, share: str) -> list[charts.Point]:
    """Returns rows as points of a curve: the first and the last, and every one at which the share differs from that before."""
    known = [row for row in rows if row[share] is not None and row["ci_low"] is not None]
    shown = [row for place, row in enumerate(known) if place in (0, len(known) - 1) or row[share] != known[place - 1][share]]
    return [charts.Point(row[day], row[share], row["ci_low"], row["ci_high"]) for row in shown]


def rates_of(figures: Figures, test: Row) -> list[Row]:
    """Returns the rates of the levels that a test compared."""
    return [
        row
        for row in figures.rows["different_rates"]
        if (row["action"], row["attribute"]) == (test["action"], test["attribute"]) and row["level"] not in LEVELS_ASIDE
    ]


def differences(figures: Figures) -> list[Row]:
    """Returns the tests that found a difference, each with its lowest and its highest rate where it is one of groups."""
    found = []
    for test in figures.rows["differences"]:
        rates = sorted(rates_of(figures, test), key=lambda row: (row["action_rate"], row["level"]))
        ends: Row = {"lowest": rates[0], "highest": rates[-1]} if len(rates) > 1 else {"lowest": None, "highest": None}
        found.append(test | ends | {"is_of_today": test["attribute"] in ATTRIBUTES_OF_TODAY})
    return found


def difference_charts(figures: Figures) -> list[Markup]:
    """Returns the rates of the groups that differ most surely."""
    drawn: list[Markup] = []
    for test in figures.rows["differences"]:
        rows = interval_rows(rates_of(figures, test)[: LIMITS["levels"]], "action_rate", "ci_low", "ci_high", "users")
        if test["type"] == "categorical" and len(rows) > 1 and len(drawn) < DRAWN_DIFFERENCES:
            title = f"Share of users who performed {test['action']}, by {words.label(test['attribute'])}"
            drawn.append(
                Markup("<figcaption>{}</figcaption>{}").format(title, charts.intervals(f"action{len(drawn)}", title, rows, "users"))
            )
    return drawn


def margin(row: Row) -> int:
    """Returns how many points the interval of a rate reaches from it, to the side on which it reaches farther, rounded up."""
    reach = max(row["ci_high"] - row["retention_rate"], row["retention_rate"] - row["ci_low"])
    return math.ceil(round(100 * float(reach), words.FINEST))


def cohort_table(rows: Sequence[Row]) -> dict[str, Any]:
    """Returns cohorts as lines of cells, and how many points the intervals of complete cells reach to either side at most.

    Every cell has its share, whether its period has ended, and a shade from 0 to 8; a period without a row has none.
    """
    lines: dict[Any, list[Row | None]] = {}
    periods = 1 + max((row["periods_since"] for row in rows), default=-1)
    for row in rows:
        cells = lines.setdefault(row["cohort_started_on"], [None] * periods)
        shade = None if row["retention_rate"] is None else min(8, int(9 * row["retention_rate"]))
        cells[row["periods_since"]] = row | {"shade": shade}
    complete = [row for row in rows if row["is_complete"] and row["ci_low"] is not None]
    return {
        "grain": rows[0]["cohort_grain"] if rows else None,
        "periods": range(periods),
        "lines": [(start, max(cell["users_at_risk"] for cell in cells if cell), cells) for start, cells in lines.items()],
        "margin": max((margin(row) for row in complete), default=None),
        "has_open": any(not row["is_complete"] for row in rows),
    }


def by_segment(rows: Iterable[Row], name: str, segments: Sequence[Row]) -> list[tuple[str, list[Row | None]]]:
    """Returns one line per feature or figure, with a cell for every segment in their order."""
    lines: dict[str, dict[Any, Row]] = {}
    for row in rows:
        lines.setdefault(row[name], {})[row["segment_id"]] = row
    return [(line, [cells.get(segment["segment_id"]) for segment in segments]) for line, cells in lines.items()]


def skip_charts(figures: Figures) -> list[Markup]:
    """Returns the share of skipped plays by each attribute."""
    attributes = sorted({row["attribute"] for row in figures.rows["skip_rates"]})
    everyone = figures.one("plays_of_all")
    drawn: list[Markup] = []
    for attribute in attributes:
        rows = interval_rows(
            [row for row in figures.rows["skip_rates"] if row["attribute"] == attribute], "skip_rate", "ci_low", "ci_high", "plays"
        )
        if rows:
            title = f"Share of plays that were skipped, by {words.label(attribute)}"
            svg = charts.intervals(f"skips{len(drawn)}", title, rows, "plays", everyone["skip_rate"] if everyone else None)
            drawn.append(Markup("<figcaption>{}</figcaption>{}").format(title, svg))
    return drawn


def adoption_charts(figures: Figures) -> dict[str, Markup]:
    """Returns the charts of adoption that there are rows for: rates, curve."""
    drawn = {}
    rows = interval_rows(figures.rows["adoption_rates"], "matured_rate", "matured_ci_low", "matured_ci_high", "matured_users")
    everyone = figures.one("adoption_of_all")
    if rows and everyone:
        by = words.label(figures.rows["adoption_rates"][0]["attribute"])
        drawn["rates"] = charts.intervals("adoption", f"Share that adopted, by {by}", rows, "users", everyone["matured_rate"])
    points = curve_points(figures.rows["adoption_curve"], "days_since_signup", "adopted_share")
    if points:
        drawn["curve"] = charts.curve("curve", "Share that has adopted, by day since sign-up", points, "days since sign-up")
    return drawn


def retention_charts(figures: Figures) -> dict[str, Markup]:
    """Returns the charts of retention that there are rows for: weeks, survival."""
    drawn = {}
    weeks = [
        charts.Week(row["date_week"].date(), row["new_users"], row["retained_users"], row["resurrected_users"], row["churned_users"])
        for row in figures.rows["weeks"]
    ]
    if weeks:
        drawn["weeks"] = charts.lifecycle("weeks", "Users of each week that has ended", weeks)
    points = curve_points(figures.rows["survival"], "days_since_origin", "staying_share")
    if points:
        drawn["survival"] = charts.curve("survival", STAYING, points, "days since sign-up")
    return drawn


def is_filled(figures: Figures, section: str) -> bool:
    """Returns whether a section has something to show: a row that counts anybody or anything."""
    queries, _, _ = SECTIONS[section]
    return any(row.get("users", 1) and row.get("plays", 1) for query in queries for row in figures.rows[query])


def why_empty(figures: Figures, section: str) -> str:
    """Returns why a section has nothing to show, and what would fill it."""
    queries, sources, needs = SECTIONS[section]
    absent = sorted({mart for query in queries for mart in marts_of(QUERIES[query])} & set(figures.absent))
    if absent:
        return f"The published file has no table {words.join(absent)}. Build and publish again with the current version of the project."
    tables = [row for row in figures.rows["deliveries"] if row["source"] in sources]
    accepted = sum(row["accepted_rows"] for row in tables)
    if not accepted:
        source = "the source" if len(sources) == 1 else "one of the sources"
        return (
            f"This section is filled from {source} {words.join(sources)}, of which no row came in. "
            "List it in raw_sources, and build and publish again."
        )
    names = words.join([row["table_name"] for row in tables])
    return f"The tables {names} came in with {words.count(accepted)} rows, which are not enough here: {needs}."


def kept_together(text: str) -> str:
    """Returns a text whose numbers do not part from their per cent sign at the end of a line."""
    return text.replace(" %", "\u00a0%")


def environment() -> Environment:
    """Returns Jinja as the template needs it; what comes of the data is escaped."""
    jinja = Environment(
        loader=PackageLoader("report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    told = {
        "basis": basis,
        "change": change,
        "count": words.count,
        "day": words.day,
        "effect": words.effect,
        "evidence": evidence,
        "evidence_sample": evidence_sample,
        "figure": figure,
        "interval": words.interval,
        "label": words.label,
        "number": words.number,
        "odds_ratio": odds_ratio,
        "p_value": words.p_value,
        "percent": words.percent,
        "phrase": words.phrase,
        "share": words.share,
        "term": term,
        "with_interval": value_with_interval,
    }

    def filter_of(function: Any) -> Any:
        return lambda *values: kept_together(function(*values))

    jinja.filters.update({name: filter_of(function) for name, function in told.items()})
    jinja.globals.update(
        verdict=words.verdict,
        churn_band=words.churn_band,
        auc_is=words.AUC_IS,
        evaluations=EVALUATIONS,
        fits=FITS,
        staying=STAYING,
        tests=TESTS,
    )
    return jinja


def render(figures: Figures) -> str:
    """Returns the report as one page of HTML that needs nothing else.

    Parameters
    ----------
    figures
        What `report.figures.gather` has read. The same figures give the same text.
    """
    has = {section: is_filled(figures, section) for section in SECTIONS}
    segments = figures.rows["segments"]
    return (
        environment()
        .get_template("template.html.j2")
        .render(
            absent=figures.absent,
            adoption_charts=adoption_charts(figures),
            cohorts=cohort_table(figures.rows["cohorts"]),
            difference_charts=difference_charts(figures),
            differences=differences(figures),
            everyone=figures.one("adoption_of_all"),
            figures=figures.rows,
            has=has,
            kpis=by_segment(figures.rows["segment_kpis"], "kpi", segments),
            listening=figures.one("plays_of_all"),
            population=figures.one("population"),
            profiles=by_segment(figures.rows["segment_profiles"], "feature", segments),
            retention_charts=retention_charts(figures),
            skip_charts=skip_charts(figures),
            why_empty={section: why_empty(figures, section) for section in SECTIONS if not has[section]},
        )
    )
