"""Retention: who stays, who comes back, who is about to leave."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import charts, parts, words
from dashboard.reading import rows
from dashboard.reasons import reason

COHORT_ATTRIBUTES = "select distinct attribute from marts.retention_cohorts where cohort_grain = $grain order by attribute"
COHORT_LEVELS = """
    select level, min(level_order) as level_order
    from marts.retention_cohorts
    where cohort_grain = $grain and attribute = $attribute
    group by level
    order by level_order, level
"""
COHORTS = """
    select cohort_started_on, periods_since, period_started_on, is_complete, users_at_risk, active_users,
    retention_rate, ci_low, ci_high, effective_users
    from marts.retention_cohorts
    where cohort_grain = $grain and measure = $measure and attribute = $attribute and level = $level
    order by cohort_started_on, periods_since
"""
LIFECYCLE = """
    select date_week, is_complete, active_users, new_users, retained_users, resurrected_users, churned_users
    from marts.weekly_lifecycle
    order by date_week
"""
# who goes hangs below the line
LIFECYCLE_BARS = """
    with weeks as (select * from marts.weekly_lifecycle where is_complete)

    select 1 as place, date_week, 'retained' as who, retained_users as users from weeks
    union all
    select 2, date_week, 'resurrected', resurrected_users from weeks
    union all
    select 3, date_week, 'new', new_users from weeks
    union all
    select 4, date_week, 'churned', -churned_users from weeks
    order by place, date_week
"""
DAYS = """
    select
        date_day, active_users, wau, mau, dau_over_mau, rolling_7d_active_users, logins, actions, plays, minutes,
        skip_rate, rolling_7d_plays,
        is_wau_complete, is_mau_complete
    from marts.daily_activity
    order by date_day
"""
HISTOGRAM = """
    select active_days, users, share, ci_low, ci_high, observed_users, newcomers
    from marts.active_days_histogram
    order by active_days
"""
TREND = """
    select
        attribute, level, users, active_users, recent_7d_average, previous_7d_average, trend, trend_ci_low,
        trend_ci_high, verdict, churn_risk,
        active_day_share, activity_cv, as_of
    from marts.activity_trend
    order by case attribute when '(all)' then 0 else 1 end, attribute, level_order
"""
SURVIVAL_ATTRIBUTES = "select distinct attribute from marts.survival_curves order by attribute"
SURVIVAL = """
    select level, days_since_origin, at_risk, left_users, left_so_far, staying_share, ci_low, ci_high, left_out_users
    from marts.survival_curves
    where attribute = $attribute
    order by level, days_since_origin
"""
CHURN_SCORES = """
    select model, evaluation, metric, value, ci_low, ci_high, users, events, verdict
    from marts.churn_model_scores
    order by evaluation, metric, model
"""
CHURN_TERMS = """
    select
        term, attribute, level, reference_level, odds_ratio, ci_low, ci_high, p_value, q_value, vif, marginal_effect,
        marginal_effect_ci_low,
        marginal_effect_ci_high, users, events, penalty, leaks_outcome, model_fitted_as_of
    from marts.churn_coefficients
    where term <> '(intercept)'
    order by term
"""
CHURN_BANDS = """
    select churn_risk_band, count(*) as users, round(avg(churn_probability), 6) as mean_probability,
    count(*) / sum(count(*)) over () as share
    from marts.user_churn_scores
    where churn_risk_band is not null
    group by churn_risk_band
    order by mean_probability
"""
NO_SCORE = """
    select no_score_reason, count(*) as users
    from marts.user_churn_scores
    where no_score_reason is not null
    group by no_score_reason
    order by users desc, no_score_reason
"""
LIKELIEST = """
    select user_id, churn_probability, percentile, churn_risk_band, top_reason_1, top_reason_2, top_reason_3
    from marts.user_churn_scores
    where churn_probability is not null
    order by churn_probability desc, user_id
    limit 1000
"""
RUN = "select verdict, rows, events from marts.model_runs where area = 'churn' order by model limit 1"
TABS = ["Cohorts", "Weeks", "Days", "Active days", "Trend", "Staying", "Risk of churn"]
EVALUATIONS = {
    "future": "users of a later time",
    "out_of_fold": "groups of users held back in turn",
}
MEASURES = {"on": "active in the period", "on_or_after": "active in the period or later, within the horizon"}
TREND_VERDICTS = {
    "rising": "More users are active per day than in the week before.",
    "falling": "Fewer users are active per day than in the week before.",
    "no_evidence": "No evidence that activity rises or falls: the difference between the two weeks may be chance.",
    "too_few_users": "Too few users are active to tell whether activity rises or falls.",
    "not_yet": "The log is too short to compare two weeks.",
}
NO_DATES = (
    "There is no activity with dates. It comes from logins (user_engagement), actions (user_actions) and plays, "
    "as far as raw_sources lists them."
)


def page() -> None:
    """Shows who stays, who comes back and who is about to leave."""
    st.title("Retention")
    st.write(
        "Who stays, who comes back and who is about to leave. Attributes are facts known at the sign-up, so nobody is grouped with "
        "hindsight."
    )
    tabs = st.tabs(TABS, key="view", on_change="rerun", bind="query-params")
    for tab, view in zip(tabs, [cohorts, weeks, days, active_days, trend, staying, churn], strict=True):
        if tab.open:
            with tab:
                view()


def cohorts() -> None:
    """Shows how many users of a sign-up week or month were active later."""
    st.header("Who is still active, by time of sign-up")
    one, two, three, four = st.columns(4)
    grain = one.selectbox("Cohorts by", ["month", "week"], key="grain")
    attributes = rows(COHORT_ATTRIBUTES, grain=grain)["attribute"].tolist()
    if not attributes:
        parts.explain_empty(NO_DATES)
        return
    measure = two.selectbox("Measure", list(MEASURES), format_func=MEASURES.__getitem__, key="measure")
    attribute = three.selectbox("Attribute", attributes, format_func=words.label, key="cohort_attribute")
    levels = rows(COHORT_LEVELS, grain=grain, attribute=attribute)["level"].tolist()
    level = four.selectbox("Level", levels, key=f"cohort_level_{attribute}")
    found = rows(COHORTS, grain=grain, measure=measure, attribute=attribute, level=level)
    complete = found[found["is_complete"]]
    if complete.empty:
        parts.explain_empty(f"No {grain} of these cohorts has ended and is covered by the log; the table has what is known so far.")
    else:
        parts.chart(cohort_chart(found, grain), key="cohorts")
        st.caption(
            "Per cent of the cohort. The table has the interval and the number of users of every cell."
            + (
                ""
                if found["is_complete"].all()
                else f" Framed cells: the {grain} has not ended, or the log does not cover it, so do not compare them."
            )
        )
        for cell in complete[complete["periods_since"] == 1].tail(1).itertuples():
            st.write(
                f"Of those who signed up in the {grain} from {words.day(cell.cohort_started_on)} on, {MEASURES[measure]} a {grain} later: "
                f"{words.share(cell.retention_rate, cell.ci_low, cell.ci_high, cell.users_at_risk)}."
            )
    parts.table(
        found, f"Retention by {grain}, {words.label(measure)}" + ("" if attribute == "(all)" else f", {words.label(attribute)} {level}")
    )
    parts.source("retention_cohorts")


def cohort_chart(cells: pd.DataFrame, grain: str) -> go.Figure:
    """Returns the cohorts as rows and the periods since the sign-up as columns."""
    return charts.heatmap(
        cells.assign(
            cohort=cells["cohort_started_on"].dt.strftime("%b %Y" if grain == "month" else "%Y-%m-%d"),
            is_open=~cells["is_complete"],
            at_pointer=[
                f"{words.day(cell.cohort_started_on)}, {cell.periods_since} {grain}s later"
                f"\n{words.share(cell.retention_rate, cell.ci_low, cell.ci_high, cell.users_at_risk)}"
                + ("" if cell.is_complete else f"\nthe {grain} has not ended, or the log does not cover it")
                for cell in cells.itertuples()
            ],
        ),
        x="periods_since",
        y="cohort",
        value="retention_rate",
        title=f"Share of the users who were active, by {grain} of sign-up and {grain}s since",
        unit="share",
        incomplete="is_open",
        texts="at_pointer",
        x_title=f"{grain}s since the sign-up",
        show_values=grain == "month",
    )


def weeks() -> None:
    """Shows who is new, stays, comes back and goes in each week."""
    st.header("Who is new, stays, comes back and goes")
    found = rows(LIFECYCLE)
    if found.empty:
        parts.explain_empty(NO_DATES)
        return
    figure = charts.bars(
        rows(LIFECYCLE_BARS), label="date_week", value="users", group="who", title="Users by week", unit="count", stacked=True, upright=True
    )
    figure.update_layout(barmode="relative")
    parts.chart(figure, key="lifecycle")
    st.caption(
        "New: active for the first time. Retained: active in the week before as well. Resurrected: active earlier, but not in the "
        "week before. Churned, below "
        "the line: active in the week before and not in this one. Weeks that have not ended are left out of the picture and kept in "
        "the table."
    )
    parts.table(found, "Weekly lifecycle")
    parts.source("weekly_lifecycle")


def days() -> None:
    """Shows the users active on each day, in 7 and in 28 days."""
    st.header("Active users day by day")
    found = rows(DAYS)
    if found.empty:
        parts.explain_empty(NO_DATES)
        return
    last = found.iloc[-1]
    on = words.day(last["date_day"])
    parts.tiles(
        [
            parts.Tile("Active users", words.count(last["active_users"]), note=f"on {on}"),
            parts.Tile("Active users, 7 days", words.count(last["wau"]), note=f"up to {on}"),
            parts.Tile("Active users, 28 days", words.count(last["mau"]), note=f"up to {on}"),
            parts.Tile("Active on the day", words.percent(last["dau_over_mau"]), note="of the users of the 28 days"),
        ]
    )
    active = pd.concat(
        [
            found.assign(line="on the day, mean of 7 days", users=found["rolling_7d_active_users"]),
            found[found["is_wau_complete"]].assign(line="in 7 days", users=found["wau"]),
            found[found["is_mau_complete"]].assign(line="in 28 days", users=found["mau"]),
        ]
    ).dropna(subset=["users"])
    if not active.empty:
        parts.chart(charts.lines(active, x="date_day", y="users", group="line", title="Active users", unit="count"), key="active_users")
    sticky = found.dropna(subset=["dau_over_mau"])
    if not sticky.empty:
        parts.chart(
            charts.lines(
                sticky,
                x="date_day",
                y="dau_over_mau",
                title="Active on the day, of those active in the 28 days that end with it",
                unit="share",
            ),
            key="stickiness",
        )
    st.caption("Days whose 7 or 28 days are not all in the log are left out of the lines.")
    parts.table(found, "Daily activity")
    parts.source("daily_activity")


def active_days() -> None:
    """Shows on how many of the last 28 days users were active."""
    st.header("On how many of the last 28 days users were active")
    found = rows(HISTOGRAM)
    if found.empty or not int(found["observed_users"].iloc[0]):
        parts.explain_empty(NO_DATES)
        return
    figure = charts.bars(
        found,
        label="active_days",
        value="share",
        title="Share of users by number of active days, with 95 % intervals",
        unit="share",
        upright=True,
        x_title="active days of 28",
    )
    above, below = found["ci_high"] - found["share"], found["share"] - found["ci_low"]
    figure.update_traces(error_y={"type": "data", "array": above, "arrayminus": below, "color": "#5b6670", "thickness": 1.2, "width": 2})
    parts.chart(figure, key="active_days_histogram")
    st.write(
        f"Of {words.count(found['observed_users'].iloc[0])} users who were there for all 28 days; "
        f"{words.count(found['newcomers'].iloc[0])} came during them and "
        "are left out."
    )
    parts.table(found, "Users by active days")
    parts.source("active_days_histogram")


def trend() -> None:
    """Shows whether the activity of groups rises or falls."""
    st.header("Is activity rising or falling?")
    found = rows(TREND)
    if found.empty:
        parts.explain_empty(NO_DATES)
        return
    for row in found[found["attribute"] == "(all)"].itertuples():
        change = (
            ""
            if words.is_missing(row.trend)
            else f" The change is {words.share(row.trend, row.trend_ci_low, row.trend_ci_high, row.users)}."
        )
        st.info(f"**{TREND_VERDICTS.get(row.verdict, words.escaped(words.label(row.verdict)))}**{change}", icon=":material/info:")
    known = found.dropna(subset=["trend"])
    if known.empty:
        parts.table(found, "Activity trend")
        parts.source("activity_trend")
        return
    named = known.assign(group=[trend_group(row.attribute, row.level) for row in known.itertuples()])
    parts.chart(
        charts.intervals(
            named,
            value="trend",
            low="trend_ci_low",
            high="trend_ci_high",
            label="group",
            size="users",
            title="Change of the daily active users, last 7 days against the 7 before, with 95 % intervals",
            unit="difference",
        ),
        key="trend",
    )
    st.caption(
        "0 % is no change. activity_cv is the spread of the daily counts over their mean, active_day_share the share of days on which "
        "a user of the group is "
        "active."
    )
    parts.table(found, "Activity trend")
    parts.source("activity_trend")


def trend_group(attribute: str, level: str) -> str:
    """Returns the name of a group whose trend is shown."""
    return "all users" if attribute == "(all)" else f"{words.label(attribute)}: {level}"


def staying() -> None:
    """Shows how long users stay before their first long silence."""
    st.header("How long users stay")
    attributes = rows(SURVIVAL_ATTRIBUTES)["attribute"].tolist()
    if not attributes:
        parts.explain_empty("Nobody can be followed: too few users signed up within the log, or there is no activity with dates.")
        return
    attribute = st.selectbox("Attribute", attributes, format_func=words.label, key="survival_attribute")
    found = rows(SURVIVAL, attribute=attribute)
    since = "segments were first known" if attribute == "segment" else "the sign-up"
    parts.chart(
        charts.lines(
            found,
            x="days_since_origin",
            y="staying_share",
            group="level",
            low="ci_low",
            high="ci_high",
            title=f"Share that has not left, by days since {since}",
            unit="share",
            x_title="days",
            steps=True,
        ),
        key="staying",
    )
    st.caption(
        "Kaplan and Meier, with 95 % intervals. A user has left with the first long silence (churn_days), and may come back later. "
        "Lines stop where too few "
        "users are left to follow."
    )
    parts.table(found, f"Staying by {words.label(attribute)}")
    parts.source("survival_curves")


def churn() -> None:
    """Shows how well leaving can be told beforehand, what goes with it, and who is at risk."""
    st.header("Who is about to leave")
    scores = rows(CHURN_SCORES)
    own = scores[scores["model"] == "churn"]
    if own.empty:
        run = rows(RUN)
        parts.verdict(
            run["verdict"].iloc[0] if len(run) else "too_few_outcomes", "There is no score of how well the model tells who leaves."
        )
    else:
        for evaluation, judged in own.groupby("evaluation", sort=False):
            whom = EVALUATIONS.get(str(evaluation), words.label(evaluation))
            detail = "".join(
                f" Its area under the curve is {words.number(gain.value, 3)} larger ({words.number(gain.ci_low, 3)} to "
                f"{words.number(gain.ci_high, 3)}, {words.counted(gain.users, 'observation')}) than that of the days since the last "
                "activity alone."
                for gain in judged[judged["metric"] == "auc_gain"].dropna(subset=["value"]).itertuples()
            )
            parts.verdict(judged["verdict"].iloc[0], f"Judged by {whom}.{detail}", is_score=True)
    bands = rows(CHURN_BANDS)
    if bands.empty:
        parts.explain_empty("Nobody has a score of how likely they are to leave." + ("" if len(rows(NO_SCORE)) else f" {NO_DATES}"))
    else:
        parts.chart(
            charts.bars(
                bands.assign(band=[f"{row.churn_risk_band}: {words.churn_band(row.churn_risk_band)}" for row in bands.itertuples()]),
                label="band",
                value="users",
                title="Users by risk of leaving within the next weeks",
                unit="count",
            ),
            key="churn_bands",
        )
        parts.table(bands, "Users by risk of churn")
    for row in rows(NO_SCORE).itertuples():
        st.write(f"Without a score: {words.counted(row.users, 'user')}, {reason(row.no_score_reason)}.")
    likeliest = rows(LIKELIEST)
    if not likeliest.empty:
        scored = int(bands["users"].sum())
        st.subheader("Users at the greatest risk")
        parts.table(likeliest, "Users at the greatest risk", total=scored, folded=False)
    terms = rows(CHURN_TERMS)
    if not terms.empty:
        st.subheader("What goes with leaving")
        parts.chart(
            charts.intervals(
                terms.assign(term=terms["term"].map(words.label)),
                value="odds_ratio",
                low="ci_low",
                high="ci_high",
                label="term",
                size="users",
                whom="observations",
                title="Odds of leaving, for one more of each, all else in the model equal, with 95 % intervals",
                unit="odds",
            ),
            key="churn_terms",
        )
        st.caption(
            f"n: {words.counted(terms['users'].iloc[0], 'observation')} (users at the cutoffs); a user counts once for every cutoff at "
            "which they were active. Associations, not causes. Days in one week, in four and since the last one tell of the same habit, "
            "so read them together."
        )
        parts.table(terms, "Terms of the churn model")
    if not scores.empty:
        st.subheader("How well leaving can be told beforehand")
        ranks = scores[(scores["metric"] == "auc") & (scores["evaluation"] == "future")].dropna(subset=["value"])
        if not ranks.empty:
            parts.chart(
                charts.intervals(
                    ranks,
                    value="value",
                    low="ci_low",
                    high="ci_high",
                    label="model",
                    size="users",
                    title="Area under the curve among users of a later time, with 95 % intervals",
                    unit="number",
                ),
                key="churn_auc",
            )
            st.caption("How often somebody who left gets a higher probability than somebody who stayed: 0.5 is a guess, 1 is always.")
        parts.table(scores, "Scores of the churn model")
    parts.source("user_churn_scores", "churn_coefficients", "churn_model_scores", "model_runs")
