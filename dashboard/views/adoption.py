"""Who becomes a regular user, when, and what goes with it."""

import pandas as pd
import streamlit as st

from dashboard import charts, parts, words
from dashboard.reading import rows

RATES = "select * from marts.adoption_rates order by attribute, level_order, level"

CURVES = """
select level, days_since_signup, at_risk, adopted_share, ci_low, ci_high
from marts.adoption_curves
where attribute = $attribute and list_contains($levels, level)
order by level, days_since_signup
"""

THRESHOLDS = "select * from marts.adoption_thresholds order by window_days, min_days"

COEFFICIENTS = """
select *
from marts.adoption_coefficients
where term <> '(intercept)'
order by leaks_outcome, model, attribute, level
"""

SCORES = "select * from marts.adoption_model_scores order by leaks_outcome, model, evaluation, metric"

READINGS = {
    "matured_rate": (
        "adopted within the horizon, of users observed for all of it",
        "matured_ci_low",
        "matured_ci_high",
        "matured_users",
    ),
    "adoption_rate": ("adopted so far, of all users", "ci_low", "ci_high", "users"),
}
EVALUATIONS = {
    "out_of_fold": "users of other organisations",
    "holdout": "a random part of the users",
    "future": "users who signed up later",
}
NO_ACCOUNTS = "There are no accounts. Adoption comes from accounts and logins (the source `product` in `raw_sources`)."


def overall(rates: pd.DataFrame) -> None:
    """Shows the rates of all users."""
    everybody = rates[rates["attribute"] == "(all)"].to_dict("records")[0]
    matured = words.interval(everybody["matured_ci_low"], everybody["matured_ci_high"], "share")
    so_far = words.interval(everybody["ci_low"], everybody["ci_high"], "share")
    parts.tiles(
        [
            parts.Tile(
                "Accounts", words.count(everybody["users"]), note=f"{words.count(everybody['adopted_users'])} became regular so far"
            ),
            parts.Tile(
                "Became regular within the horizon",
                words.percent(everybody["matured_rate"]),
                matured and f"95 % interval {matured}",
                f"{words.count(everybody['matured_users'])} users observed for so long",
            ),
            parts.Tile(
                "Became regular so far",
                words.percent(everybody["adoption_rate"]),
                so_far and f"95 % interval {so_far}",
                "newcomers had less time",
            ),
        ]
    )


def groups(rates: pd.DataFrame) -> None:
    """Shows rates and curves of the levels of an attribute."""
    st.header("Which groups become regular users")
    attributes = [name for name in dict.fromkeys(rates["attribute"]) if name != "(all)"]
    if not attributes:
        parts.explain_empty("No attribute is listed in `adoption_attributes`.")
        return
    left, right = st.columns(2)
    with left:
        attribute = parts.choose("Attribute", attributes, key="attribute", default="creation_source")
    with right:
        reading = st.selectbox("Rate", list(READINGS), key="reading", format_func=lambda name: READINGS[name][0].capitalize())
    found = rates[rates["attribute"] == attribute]
    levels = parts.choose_some("Levels", list(found["level"]), key=f"levels_{attribute}")
    found = found[found["level"].isin(levels)]
    if found.empty:
        parts.explain_empty("Choose at least one level.")
        return
    words_of, low, high, users = READINGS[reading]
    parts.chart(
        charts.intervals(
            found, value=reading, low=low, high=high, label="level", size=users, title=f"Users by {words.label(attribute)}: {words_of}"
        ),
        key="rates",
    )
    parts.table(found, f"Adoption rates by {words.label(attribute)}")
    parts.source(
        "adoption_rates",
        note=(
            "Bars are 95 % intervals; users of one organisation are alike, and the intervals allow for it. "
            "Where two bars overlap the groups may still differ, and groups that differ are not thereby the cause."
        ),
    )
    st.subheader("How fast")
    curves = rows(CURVES, attribute=attribute, levels=levels[: charts.MOST_GROUPS])
    if curves.empty:
        parts.explain_empty("No user of these levels was observed after the sign-up.")
        return
    parts.chart(
        charts.lines(
            curves,
            x="days_since_signup",
            y="adopted_share",
            low="ci_low",
            high="ci_high",
            group="level",
            unit="share",
            steps=True,
            x_title="days since sign-up",
            title=f"Share that became regular users, by days since sign-up and {words.label(attribute)}",
        ),
        key="curves",
    )
    if len(levels) > charts.MOST_GROUPS:
        st.caption(f"The first {charts.MOST_GROUPS} of {len(levels)} levels; choose others above.")
    parts.source("adoption_curves", note="Kaplan and Meier: users count for as long as they were observed.")


def thresholds() -> None:
    """Shows how many early active days go with staying."""
    st.header("How many early days go with staying")
    found = rows(THRESHOLDS)
    if found.empty:
        parts.explain_empty("No user has been observed for long enough.")
        return
    window = parts.choose("Days since sign-up", list(dict.fromkeys(int(days) for days in found["window_days"])), key="window")
    part = found[found["window_days"] == window]
    sides = pd.concat(
        [
            pd.DataFrame(
                {
                    "label": [f"{row.min_days} active {'day' if row.min_days == 1 else 'days'} or more" for row in part.itertuples()],
                    "side": side,
                    "share": part[column],
                    "low": part[f"{column}_ci_low"],
                    "high": part[f"{column}_ci_high"],
                    "users": users,
                }
            )
            for side, column, users in (
                ("users who reached it", "retained_if_met", part["users_met"]),
                ("users who did not", "retained_if_not", part["users"] - part["users_met"]),
            )
        ]
    )
    parts.chart(
        charts.intervals(
            sides, value="share", low="low", high="high", label="label", size="users", group="side",
            title=f"Share still active later, by active days within the first {window}",
        ),
        key="thresholds",
    )  # fmt: skip
    parts.table(found, "Adoption thresholds")
    parts.source(
        "adoption_thresholds",
        note=(
            "phi says how closely reaching it and staying go together: 1 is fully, 0 not at all, and below 0 users who reached it stay "
            "less often. The best threshold was chosen after looking, and will look worse on new data. Users who come often may simply "
            "like it."
        ),
    )


def associations() -> None:
    """Shows odds ratios of the models."""
    st.header("What goes with becoming a regular user")
    found = rows(COEFFICIENTS)
    if found.empty:
        parts.explain_empty("No model was fitted: there are too few users with a known outcome. `model_runs` says what became of each.")
        return
    leaks = found.groupby("model", sort=False)["leaks_outcome"].first()
    model = st.selectbox(
        "Model",
        list(leaks.index),
        key="model",
        format_func=lambda name: f"{words.label(name).capitalize()}{' (contains the outcome)' if leaks[name] else ''}",
    )
    part = found[found["model"] == model]
    if leaks[model]:
        parts.verdict(
            "leaks_outcome", "It is shown beside the honest one as a warning; it has no intervals, because it was selected by a penalty."
        )
        part = part.loc[part["coefficient"].abs().sort_values(ascending=False).index]
    drawn = part.head(25)
    parts.chart(
        charts.intervals(
            drawn.assign(name=drawn["term"]), value="odds_ratio", low="ci_low", high="ci_high", label="name", unit="odds",
            marked="leaks_outcome", title=f"Odds of becoming a regular user, all else in the model equal: {words.label(model)}",
        ),
        key="odds",
    )  # fmt: skip
    if len(part) > len(drawn):
        st.caption(f"The {len(drawn)} largest of {len(part)} terms; the table has all.")
    parts.table(part, f"Adoption coefficients, {words.label(model)}")
    users, events = int(part["users"].iloc[0]), int(part["events"].iloc[0])
    parts.source(
        "adoption_coefficients",
        note=(
            f"{words.count(users)} users, {words.count(events)} of them became regular. An odds ratio of 2 means twice the odds of the "
            "reference level; 1 means no difference. These are associations."
        ),
    )


def scores() -> None:
    """Shows how well the models predict."""
    st.header("How well the models predict")
    found = rows(SCORES)
    areas = found[found["metric"] == "auc"]
    if areas.empty:
        parts.explain_empty("No model could be judged: there are too few users with a known outcome.")
        return
    for row in areas[~areas["leaks_outcome"].astype(bool)].to_dict("records"):
        whom = EVALUATIONS.get(row["evaluation"], words.label(row["evaluation"]))
        value = f"{row['value']:.2f}" if not words.is_missing(row["value"]) else "not known"
        ends = words.interval(row["ci_low"], row["ci_high"], "auc")
        parts.verdict(
            row["verdict"],
            f"Judged by {whom}: AUC {value}{f' ({ends})' if ends else ''}, {words.count(row['users'])} users.",
            is_score=True,
        )
    parts.chart(
        charts.intervals(
            areas.assign(name=areas["model"] + ", " + areas["evaluation"]), value="value", low="ci_low", high="ci_high", label="name",
            size="users", unit="number", marked="leaks_outcome",
            title="Area under the curve (AUC): 0.5 is a guess, 1 is perfect; hollow where the features contain the outcome",
        ),
        key="auc",
    )  # fmt: skip
    parts.table(found, "Adoption model scores")
    parts.source("adoption_model_scores", note="Always of users whom the fit did not see.")


def page() -> None:
    """Shows the page."""
    st.title("Adoption")
    st.write("A regular user is one who was active on a few distinct days within one week; both figures are settings of the project.")
    rates = rows(RATES)
    if rates.empty or not rates["users"].max():
        parts.explain_empty(NO_ACCOUNTS)
        return
    overall(rates)
    groups(rates)
    thresholds()
    associations()
    scores()
