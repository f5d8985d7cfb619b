"""User look-up: what the marts say of one user, beside what is usual in the user's segment."""

import re
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, parts, words
from dashboard.reading import rows
from dashboard.reasons import reason

# the type of ids, and ids to begin with
IDS = "select user_id from marts.users order by user_id limit 3"
USER = """
    select
        user_id, org_id, invited_by_user_id, has_account, has_profile, has_usage, has_plays, creation_source, is_opted_in_to_mailing_list,
        is_enabled_for_marketing_drip, created_on, adoption_status, adopted_on, days_to_adoption, segment_id, segment_name, segment_verdict,
        churn_risk_band, churn_probability, active_days, first_active_on, last_active_on, days_since_last_active, as_of
    from marts.user_overview
    where user_id = $user
"""
ATTRIBUTES = """
    select attribute, coalesce(level, case when number = trunc(number) then number::bigint::varchar else number::varchar end) as value
    from marts.user_attributes
    where user_id = $user
    order by attribute
"""
ADOPTION = """
    select adoption_probability, percentile, top_reason_1, top_reason_2, top_reason_3, no_score_reason
    from marts.user_adoption_scores
    where user_id = $user
"""
CHURN = """
    select churn_probability, percentile, churn_risk_band, top_reason_1, top_reason_2, top_reason_3, no_score_reason
    from marts.user_churn_scores
    where user_id = $user
"""
SEGMENT = """
    select
        own.segment_id, own.segment_name, own.distance, own.margin, own.top_reason_1, own.top_reason_2,
        own.top_reason_3, own.no_segment_reason,
        next_best.segment_name as runner_up, segments.verdict, segments.users
    from marts.user_segments as own
    left join marts.segments as segments on own.segment_id = segments.segment_id
    left join marts.segments as next_best on own.runner_up_segment_id = next_best.segment_id
    where own.user_id = $user
"""
# every score of the user, with the mean and the middle eight tenths of the users of the same segment
BENCHMARKS = """
    with

    peers as (
        select score, value
        from (
            select
                adoption_probability, churn_probability, active_days::double as active_days,
                days_since_last_active::double as days_since_last_active, days_to_adoption::double as days_to_adoption
            from marts.user_overview
            where segment_id = $segment
        )
        unpivot (value for score in (adoption_probability, churn_probability, active_days, days_since_last_active, days_to_adoption))
    ),

    own as (
        select score, value
        from (
            select
                adoption_probability, churn_probability, active_days::double as active_days,
                days_since_last_active::double as days_since_last_active, days_to_adoption::double as days_to_adoption
            from marts.user_overview
            where user_id = $user
        )
        unpivot (value for score in (adoption_probability, churn_probability, active_days, days_since_last_active, days_to_adoption))
    )

    select
        peers.score, any_value(own.value) as this_user, round(avg(peers.value), 6) as segment_mean,
        quantile_cont(peers.value, 0.1) as segment_p10,
        quantile_cont(peers.value, 0.9) as segment_p90, count(*) as users
    from peers
    left join own on peers.score = own.score
    group by peers.score
    order by peers.score
"""
KPIS = """
    select kpi, mean, ci_low, ci_high, values_known
    from marts.segment_kpis
    where segment_id = $segment
    order by kpi
"""
# the segment's usual values; the user's own stand beside them where the feature is a published one
PROFILE = """
    with own as (
        select feature, try_cast(value as double) as value
        from (
            unpivot (select columns(*)::varchar from marts.user_features where user_id = $user)
            on * exclude (user_id, as_of)
            into name feature value value
        )
    )

    select profile.feature, own.value as this_user, profile.mean as segment_mean, profile.p10, profile.p90,
    profile.overall_mean, profile.z_score
    from marts.segment_profiles as profile
    left join own on profile.feature = own.feature
    where profile.segment_id = $segment
    order by abs(profile.z_score) desc nulls last, profile.place
"""
WEEKS = "select date_week, active_days from marts.weekly_activity where user_id = $user order by date_week"
ACTIONS = """
    select action, sum(times)::bigint as times, count(distinct date_day) as days, min(date_day) as first_on, max(date_day) as last_on
    from marts.user_actions
    where user_id = $user
    group by action
    order by times desc, action
"""
DAYS = """
    select date_day, logins, actions, plays
    from marts.user_activity_days
    where user_id = $user
    order by date_day desc
    limit 1000
"""
LISTENING = """
    select
        plays, plays_last_28, tracks, listening_days, minutes_played, skip_rate, ci_low, ci_high, judged_plays,
        avg_percent_played, shuffle_rate,
        first_played_on, last_played_on
    from marts.listener_features
    where user_id = $user
"""
HISTORY = "select segment_name, valid_from, valid_to from marts.segment_history where user_id = $user order by valid_from"
ADOPTION_STATUS = {
    "adopted": "Has adopted: became a regular user.",
    "not_adopted": "Has not adopted, and was observed long enough to tell.",
    "still_open": "Has not adopted yet, and signed up too recently to be judged.",
}
WHOLE_NUMBER = re.compile(r"-?[0-9]+")
# ids are whole numbers of 64 bits
MOST_DIGITS = 19
SMALLEST_ID, LARGEST_ID = -(2**63), 2**63 - 1
LONGEST_ECHO = 40


def page() -> None:
    """Finds one user."""
    st.title("User look-up")
    ids = rows(IDS)["user_id"]
    if ids.empty:
        parts.explain_empty("There are no users: none of the sources in raw_sources has any.")
        return
    typed = st.text_input("User id", key="user", bind="query-params", placeholder=f"for example {ids.iloc[0]}").strip()
    if not typed:
        st.write(
            f"Type the id of a user, for example {words.join([words.escaped(name) for name in ids])}. "
            "Names and e-mail addresses are not published."
        )
        return
    user: int | str | None = typed
    if pd.api.types.is_integer_dtype(ids):
        if not WHOLE_NUMBER.fullmatch(typed):
            st.warning(f"Ids of users are whole numbers here, and “{echoed(typed)}” is none.", icon=":material/warning:")
            return
        user = whole_number(typed)
    found = rows(USER, user=user)
    if user is None or found.empty:
        st.warning(f"There is no user with the id {echoed(typed)}.", icon=":material/warning:")
        return
    one = found.iloc[0]
    summary(one)
    adoption(user, one)
    segment(user)
    churn(user)
    activity(user)
    about(user, found)


def whole_number(typed: str) -> int | None:
    """Returns the id that the digits stand for; None if no id can be so large. Python refuses to convert very long texts."""
    digits = typed.removeprefix("-").lstrip("0")
    if len(digits) > MOST_DIGITS:
        return None
    number = int(f"-0{digits}" if typed.startswith("-") else f"0{digits}")
    return number if SMALLEST_ID <= number <= LARGEST_ID else None


def echoed(typed: str) -> str:
    """Returns the first letters of what a reader typed, escaped for a page."""
    return words.escaped(typed if len(typed) <= LONGEST_ECHO else f"{typed[:LONGEST_ECHO]}…")


def summary(one: "pd.Series[Any]") -> None:
    """Shows the four things that one asks first."""
    st.header(f"User {words.escaped(one['user_id'])}")
    adopted = "" if words.is_missing(one["adopted_on"]) else f"on {words.day(one['adopted_on'])}"
    band, verdict = one["churn_risk_band"], one["segment_verdict"]
    parts.tiles(
        [
            parts.Tile(
                "Adoption", "no date" if words.is_missing(one["adoption_status"]) else words.label(one["adoption_status"]), note=adopted
            ),
            parts.Tile("Segment", words.label(one["segment_name"]), note="" if words.is_missing(verdict) else words.label(verdict)),
            parts.Tile("Risk of churn", *(("no score",) if words.is_missing(band) else (str(band), words.churn_band(band)))),
            parts.Tile(
                "Last active",
                words.day(one["last_active_on"]),
                note="" if words.is_missing(one["active_days"]) else f"{words.counted(one['active_days'], 'active day')} in all",
            ),
        ]
    )


def reasons(score: Any) -> None:
    """Lists what speaks most for a score."""
    told = [text for text in (score.top_reason_1, score.top_reason_2, score.top_reason_3) if not words.is_missing(text)]
    if told:
        st.markdown("What speaks most, with how much it adds:\n\n" + "\n".join(f"1. {words.escaped(text)}" for text in told))


def adoption(user: int | str, one: "pd.Series[Any]") -> None:
    """Shows whether the user has adopted, and how likely it was after the first week."""
    st.header("Adoption")
    status = one["adoption_status"]
    if words.is_missing(status):
        parts.explain_empty("No adoption is known of this user: there is no account, or nothing has a date.")
        return
    st.write(ADOPTION_STATUS[status])
    for score in rows(ADOPTION, user=user).itertuples():
        if words.is_missing(score.adoption_probability):
            st.write(f"No score: {reason(score.no_score_reason)}.")
            continue
        st.write(
            f"As seen from the end of the first week, the probability of adopting later was {words.percent(score.adoption_probability)}; "
            f"{words.number(score.percentile, 0)} % of all scored users have this one or a lower one."
        )
        reasons(score)
    parts.source("user_overview", "user_adoption_scores")


def segment(user: int | str) -> None:
    """Shows the user's segment, why, and what is usual in it."""
    st.header("Segment")
    own = next(rows(SEGMENT, user=user).itertuples(), None)
    if own is None:
        parts.explain_empty("This user is in no segment, because the source of the features has no row of the user.")
        return
    if words.is_missing(own.segment_id):
        parts.explain_empty(f"This user is in no segment: {reason(own.no_segment_reason)}.")
        return
    st.write(
        f"**{words.escaped(own.segment_name)}**, one of {words.counted(own.users, 'user')}."
        + ("" if words.is_missing(own.runner_up) else f" The next best is {words.escaped(own.runner_up)}.")
    )
    parts.verdict(own.verdict)
    reasons(own)
    chosen = int(own.segment_id)
    benchmarks = rows(BENCHMARKS, user=user, segment=chosen)
    st.subheader("Beside the users of the same segment")
    if benchmarks.empty:
        parts.explain_empty("No user of this segment has a score.")
    else:
        parts.table(benchmarks, "Scores beside the segment", folded=False)
    kpis = rows(KPIS, segment=chosen)
    if not kpis.empty:
        parts.table(kpis, "Numbers of the segment")
    profile = rows(PROFILE, user=user, segment=chosen)
    if not profile.empty:
        profile = profile if profile["this_user"].notna().any() else profile.drop(columns="this_user")
        parts.table(profile, "Features of the segment")
        st.caption(
            "p10 and p90: eight of ten users of the segment lie between them. The user's own value is shown where the feature is a "
            "published one "
            "(user_features); of app usage the reasons above have it."
        )
    history = rows(HISTORY, user=user)
    if len(history) > 1:
        parts.table(history, "Segments over time")
    parts.source("user_segments", "segments", "user_overview", "segment_kpis", "segment_profiles", "segment_history")


def churn(user: int | str) -> None:
    """Shows how likely the user is to leave, and why."""
    st.header("Risk of churn")
    score = next(rows(CHURN, user=user).itertuples(), None)
    if score is None:
        parts.explain_empty("This user has no score.")
        return
    if words.is_missing(score.churn_probability):
        parts.explain_empty(f"No score: {reason(score.no_score_reason)}.")
        return
    st.write(
        f"The risk is **{words.escaped(score.churn_risk_band)}** ({words.escaped(words.churn_band(score.churn_risk_band))}): "
        "the probability of leaving within the next weeks is "
        f"{words.percent(score.churn_probability)}; {words.number(score.percentile, 0)} % of all scored users have this one or a lower one."
    )
    reasons(score)
    parts.source("user_churn_scores")


def activity(user: int | str) -> None:
    """Shows when the user was active and what the user did."""
    st.header("Activity")
    weeks = rows(WEEKS, user=user)
    if weeks.empty:
        parts.explain_empty("This user was never active on a day that is known.")
    else:
        parts.chart(
            charts.bars(weeks, label="date_week", value="active_days", title="Active days by week", unit="count", upright=True),
            key="user_weeks",
        )
        parts.table(rows(DAYS, user=user), "Active days")
    actions = rows(ACTIONS, user=user)
    if not actions.empty:
        st.subheader("Actions")
        parts.table(actions, "Actions", folded=False)
    listening = rows(LISTENING, user=user)
    for plays in listening.itertuples():
        st.subheader("Listening")
        st.write(
            f"{words.counted(plays.plays, 'play')} of {words.counted(plays.tracks, 'track')} on "
            f"{words.counted(plays.listening_days, 'day')}. "
            f"Skipped: {words.share(plays.skip_rate, plays.ci_low, plays.ci_high)}, of {words.counted(plays.judged_plays, 'play')}."
        )
    if not listening.empty:
        parts.table(listening, "Listening")
    parts.source("weekly_activity", "user_activity_days", "user_actions", "listener_features")


def about(user: int | str, found: pd.DataFrame) -> None:
    """Lists what else is known of the user."""
    st.header("Profile")
    attributes = rows(ATTRIBUTES, user=user)
    if not attributes.empty:
        parts.table(attributes, "Attributes", folded=False)
    parts.table(found, "Account")
    parts.source("user_overview", "user_attributes")
