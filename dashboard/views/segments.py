"""Segments: which groups of users there are, if any, who is in each, and how they differ."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, parts, words
from dashboard.reading import rows
from dashboard.reasons import reason

SEGMENTS = """
    select
        segment_id, segment_name, users, share, verdict, is_forced, jaccard, is_stable, fitted_users, as_of, model_fitted_as_of,
        named_by, finding
    from marts.segments
    order by segment_id
"""
WITHOUT_SEGMENT = """
    select no_segment_reason, count(*) as users
    from marts.user_segments
    where segment_id is null
    group by no_segment_reason
    order by users desc, no_segment_reason
"""
KPIS = """
    select segment_id, segment_name, kpi, mean, ci_low, ci_high, values_known, users, is_built_from
    from marts.segment_kpis
    order by kpi, segment_id
"""
ATTRIBUTES = "select distinct attribute from marts.segment_attributes order by attribute"
ATTRIBUTE = """
    select
        segment_id, segment_name, level, level_order, users, share_of_segment, ci_low, ci_high, share_of_level,
        overall_share, lift, p_value, q_value,
        sum(users) filter (where level <> '(missing)') over (partition by segment_id)::bigint as known_users
    from marts.segment_attributes
    where attribute = $attribute
    order by level_order, segment_id
"""
ATTRIBUTE_TEST = """
    select attribute, verdict, test, reason, effect_size, effect_size_name, p_value, q_value, users
    from marts.segment_attribute_tests
    where attribute = $attribute
"""
MEMBERS_WHERE = """
    from marts.user_overview
    where segment_id is not null
        and ($segment is null or segment_id = $segment)
        and ($adoption_status is null or adoption_status = $adoption_status)
        and ($churn_risk_band is null or churn_risk_band = $churn_risk_band)
        and ($creation_source is null or creation_source = $creation_source)
"""
MEMBERS = f"""
    select
        user_id, segment_name, segment_top_reason, adoption_status, adoption_probability, churn_risk_band,
        churn_probability, active_days, last_active_on,
        creation_source, created_on, org_id
    {MEMBERS_WHERE}
    order by user_id
    limit 1000
"""
MEMBERS_COUNT = f"select count(*) as users {MEMBERS_WHERE}"
SOURCES = "select distinct creation_source from marts.users where creation_source is not null order by creation_source"
PROFILES = """
    select segment_id, segment_name, feature, place, mean, median, p10, p90, overall_mean, lift, z_score, centroid, values_known, users
    from marts.segment_profiles
    order by place, segment_id
"""
FEATURES = """
    select feature, is_used, unused_reason, importance, users, missing_users, median, lower_cap, upper_cap, mean, std
    from marts.segment_features
    order by importance desc nulls last, place
"""
K_SCORES = """
    select
        k, is_selected, gap, gap - gap_se as gap_low, gap + gap_se as gap_high, excess, needed_excess, valley,
        silhouette, silhouette_reference, inertia,
        min_jaccard, mean_ari, is_chosen_by_gap, is_largest_excess, users
    from marts.segment_k_scores
    order by k
"""
MAP = """
    with sampled as (
        select user_id, segment_id, segment_name, pca_1, pca_2
        from marts.user_segments
        where pca_1 is not null
        order by hash(user_id), user_id
        limit 5000
    )

    select user_id, segment_name, pca_1, pca_2 from sampled order by segment_id, user_id
"""
MAPPED = "select count(pca_1) as users from marts.user_segments"
MIGRATIONS = """
    select period, from_segment_id, from_segment_name, to_segment_id, to_segment_name, users, from_users, share
    from marts.segment_migrations
    order by period desc, from_segment_id, to_segment_id
"""
TABS = ["Distribution", "Numbers", "Attributes", "Members", "Profiles", "How many", "Map", "Moves"]
ANY = "any"


def page() -> None:
    """Shows the groups that users fall into."""
    st.title("Segments")
    st.write(
        "Groups of users who behave alike. Whether there are any is decided by three criteria together, and the verdict is part of "
        "every view."
    )
    segments = rows(SEGMENTS)
    if segments.empty:
        parts.explain_empty(
            "Nobody could be segmented. Segments come from the source telemetry (app_usage), or from the features that "
            "segment_features names: "
            "either the source is not in raw_sources, or there is no user with any of the features."
        )
        parts.source("segments")
        return
    first = segments.iloc[0]
    parts.verdict(first["verdict"], first["finding"])
    tabs = st.tabs(TABS, key="view", on_change="rerun", bind="query-params")
    views = [distribution, numbers, attributes, members, profiles, k_search, pca_map, moves]
    for tab, view in zip(tabs, views, strict=True):
        if tab.open:
            with tab:
                view(segments)


def distribution(segments: pd.DataFrame) -> None:
    """Shows how many users each segment has, and why it is called so."""
    st.header("How many users are in each segment")
    parts.chart(
        charts.bars(segments, label="segment_name", value="share", title="Share of all users in segments", unit="share"),
        key="segment_shares",
    )
    for segment in segments.itertuples():
        named = f" Named so because of {words.escaped(words.label(segment.named_by))}." if isinstance(segment.named_by, str) else ""
        size = f"{words.counted(segment.users, 'user')}, {words.percent(segment.share)}."
        st.markdown(f"**{words.escaped(segment.segment_name)}**: {size}{named}")
    without = rows(WITHOUT_SEGMENT)
    for row in without.itertuples():
        st.write(f"{words.counted(row.users, 'user')} without a segment: {reason(row.no_segment_reason)}.")
    parts.table(segments, "Segments")
    st.caption(
        "jaccard: how much of the segment a fit to a resample of the users finds again, 1 at most. A segment is stable from 0.75 on."
    )
    parts.source("segments", "user_segments")


def numbers(segments: pd.DataFrame) -> None:
    """Compares the segments by the means of chosen numbers."""
    st.header("What the segments are like in numbers")
    kpis = rows(KPIS)
    if kpis.empty:
        parts.explain_empty("No number is compared: segment_kpis names none that is known of these users.")
        return
    chosen = st.selectbox("Number", kpis["kpi"].unique(), format_func=words.label, key="kpi")
    kpi = kpis[kpis["kpi"] == chosen]
    if len(segments) > 1 and bool(kpi["is_built_from"].any()):
        st.info("The segments were built from this number among others, so that they differ in it proves nothing. It describes them.")
    parts.chart(
        charts.intervals(
            kpi,
            value="mean",
            low="ci_low",
            high="ci_high",
            label="segment_name",
            size="values_known",
            title=f"Mean of {words.label(chosen)}, with 95 % intervals",
            unit="number",
        ),
        key="segment_kpi",
    )
    parts.table(kpis, "Segment numbers")
    parts.source("segment_kpis")


def attributes(segments: pd.DataFrame) -> None:
    """Shows of which users a segment consists, by one attribute at a time."""
    st.header("Who the users of a segment are")
    names = rows(ATTRIBUTES)["attribute"].tolist()
    if not names:
        parts.explain_empty("No attribute of these users is known. segment_attributes names those by which segments are described.")
        return
    chosen = st.selectbox(
        "Attribute", names, index=names.index("country") if "country" in names else 0, format_func=words.label, key="attribute"
    )
    shares = rows(ATTRIBUTE, attribute=chosen)
    if len(segments) == 1:
        st.write("There is one segment, so there is nothing to compare it with.")
    for test in rows(ATTRIBUTE_TEST, attribute=chosen).itertuples() if len(segments) > 1 else ():
        parts.verdict(test.verdict, attribute_detail(test, words.label(chosen)))
    left, right = st.columns(2)
    with left:
        parts.chart(
            charts.sunburst(shares, path=["segment_name", "level"], value="users", title=f"Users by segment and {words.label(chosen)}"),
            key="segment_sunburst",
        )
    with right:
        parts.chart(
            charts.intervals(
                shares[shares["level"] != "(missing)"],
                value="share_of_segment",
                low="ci_low",
                high="ci_high",
                label="level",
                group="segment_name",
                size="users",
                title="Share of each segment's users, with 95 % intervals",
                unit="share",
            ),
            key="segment_attribute",
        )
    st.caption("Shares are of users whose level is known. lift is the share of the segment's users over that of all users.")
    parts.table(shares, f"Segments by {words.label(chosen)}")
    parts.source("segment_attributes", "segment_attribute_tests")


def attribute_detail(test: Any, attribute: str) -> str:
    """Returns on what the verdict on an attribute rests."""
    if words.is_missing(test.effect_size):
        return f"{attribute.capitalize()} and segment, {words.count(test.users)} users."
    return (
        f"{attribute.capitalize()} and segment: Cramer's V {words.number(test.effect_size)}, where 0 is no association and 1 a full "
        "one, among "
        f"{words.count(test.users)} users; q-value {words.p_value(test.q_value)}."
    )


def members(segments: pd.DataFrame) -> None:
    """Lists the users of a segment, by filters."""
    st.header("Who is in which segment")
    names = dict(zip(segments["segment_id"], segments["segment_name"], strict=True))
    one, two, three, four = st.columns(4)
    segment = one.selectbox("Segment", [ANY, *names], format_func=lambda chosen: names.get(chosen, ANY), key="segment")
    status = two.selectbox("Adoption", [ANY, "adopted", "not_adopted", "still_open"], format_func=words.label, key="adoption_status")
    band = three.selectbox("Risk of churn", [ANY, "low", "medium", "high"], key="churn_risk_band")
    source = four.selectbox("Sign-up by", [ANY, *rows(SOURCES)["creation_source"]], key="creation_source")
    chosen = {
        "segment": None if segment == ANY else int(segment),
        "adoption_status": None if status == ANY else status,
        "churn_risk_band": None if band == ANY else band,
        "creation_source": None if source == ANY else source,
    }
    found = int(rows(MEMBERS_COUNT, **chosen)["users"].iloc[0])
    st.write(f"{words.counted(found, 'user')} {'matches' if found == 1 else 'match'}.")
    if segment != ANY:
        deep_dive(int(segment))
    listed = rows(MEMBERS, **chosen)
    if listed.empty:
        parts.explain_empty("No user of a segment matches these filters.")
        return
    parts.table(listed, "Users in segments", total=found, folded=False)
    parts.source("user_overview", "segment_kpis", "segment_profiles")


def deep_dive(segment: int) -> None:
    """Sets the numbers of one segment beside those of all users in segments."""
    profiles = rows(PROFILES)
    own = profiles[profiles["segment_id"] == segment]
    telling = own.loc[own["z_score"].abs().sort_values(ascending=False, kind="stable").index].head(8)
    if telling.empty:
        return
    parts.chart(
        charts.bars(
            telling.assign(feature=telling["feature"].map(words.label)),
            label="feature",
            value="z_score",
            title="In what this segment differs most from all users, in standard deviations",
            unit="number",
        ),
        key="deep_dive",
    )


def profiles(segments: pd.DataFrame) -> None:
    """Shows every feature of every segment against all users."""
    st.header("What each segment's users do")
    found = rows(PROFILES)
    if found.empty:
        parts.explain_empty("No feature was used, so there is no profile.")
        return
    parts.chart(
        charts.heatmap(
            found.assign(feature=found["feature"].map(words.label)),
            x="segment_name",
            y="feature",
            value="z_score",
            title="Mean of the segment less that of all users, in standard deviations",
            unit="number",
            centre=0,
        ),
        key="segment_profiles",
    )
    st.caption("The segments were built to differ in these features, so nothing is tested here.")
    parts.table(found, "Segment profiles")
    st.subheader("How the features were prepared")
    st.write("Importance is the share of a feature's variance that lies between the segments.")
    features = rows(FEATURES)
    parts.chart(
        charts.bars(
            features[features["is_used"]].assign(feature=features["feature"].map(words.label)),
            label="feature",
            value="importance",
            title="How much of each feature the segments explain",
            unit="share",
        ),
        key="segment_features",
    )
    parts.table(features, "Segment features")
    parts.source("segment_profiles", "segment_features")


def k_search(segments: pd.DataFrame) -> None:
    """Shows on what the number of segments rests."""
    st.header("How many segments there are")
    scores = rows(K_SCORES)
    if scores.empty:
        parts.explain_empty("No number of segments was tried, because there are too few users or no features.")
        return
    st.write(
        "Users count as falling into groups only where all three agree: the gap statistic chooses more than one segment, the "
        "silhouette exceeds that of "
        "data without groups by the needed excess, and there is a valley of fewer users between the groups."
    )
    left, right = st.columns(2)
    with left:
        parts.chart(
            charts.lines(
                scores,
                x="k",
                y="gap",
                low="gap_low",
                high="gap_high",
                title="Gap statistic, with one standard error",
                x_title="segments",
                from_zero=False,
            ),
            key="gap",
        )
    with right:
        excess = scores.dropna(subset=["excess"]).melt(
            id_vars="k", value_vars=["excess", "needed_excess"], var_name="line", value_name="above"
        )
        parts.chart(
            charts.lines(
                excess.assign(line=excess["line"].map({"excess": "found", "needed_excess": "needed"})),
                x="k",
                y="above",
                group="line",
                title="Silhouette in excess of data without groups",
                x_title="segments",
            ),
            key="excess",
        )
    left, right = st.columns(2)
    with left:
        parts.chart(
            charts.lines(
                scores.dropna(subset=["valley"]),
                x="k",
                y="valley",
                title="Depth of the valley between groups, 0 is none",
                x_title="segments",
            ),
            key="valley",
        )
    with right:
        parts.chart(
            charts.lines(scores, x="k", y="inertia", title="Inertia, which always falls and decides nothing", x_title="segments"),
            key="inertia",
        )
    parts.table(scores, "Numbers of segments tried")
    parts.source("segment_k_scores")


def pca_map(segments: pd.DataFrame) -> None:
    """Draws a sample of the users on the two directions in which they differ most."""
    st.header("The users on a map")
    points = rows(MAP)
    if points.empty:
        parts.explain_empty("No user has a place on the map, because there is no fit.")
        return
    mapped = int(rows(MAPPED)["users"].iloc[0])
    st.write(
        f"{words.count(len(points))} of {words.count(mapped)} users"
        + (", picked by a hash of their id." if len(points) < mapped else ".")
        + " The two axes are the directions in which users differ most (principal components of the standardised features). Groups "
        "may overlap here and "
        "still lie apart in the other directions."
    )
    parts.chart(
        charts.scatter(
            points,
            x="pca_1",
            y="pca_2",
            group="segment_name",
            title="Users by segment",
            x_title="first component",
            y_title="second component",
        ),
        key="segment_map",
    )
    parts.table(points, "Users on the map")
    parts.source("user_segments")


def moves(segments: pd.DataFrame) -> None:
    """Shows how many users changed their segment."""
    st.header("Who moved from one segment to another")
    found = rows(MIGRATIONS)
    if found.empty:
        parts.explain_empty(
            "Nobody has moved yet. Moves appear once a later build finds users in another segment than an earlier build of the same "
            "warehouse did."
        )
        parts.source("segment_migrations")
        return
    periods = found["period"].unique().tolist()
    chosen = st.selectbox("Day of the change", periods, format_func=words.day, key="period")
    parts.chart(
        charts.heatmap(
            found[found["period"] == chosen],
            x="to_segment_name",
            y="from_segment_name",
            value="share",
            title="Share of a segment's users who moved to another",
            unit="share",
        ),
        key="segment_moves",
    )
    st.caption("Where segments are fitted anew at each build (refit), a move may be one of the segments as well as of the user.")
    parts.table(found, "Moves between segments")
    parts.source("segment_migrations")
