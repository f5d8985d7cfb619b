"""Plays and skips: what gets skipped, how well it can be told beforehand, and which kinds of track there are."""

import pandas as pd
import streamlit as st

from dashboard import charts, parts, words
from dashboard.reading import rows

OVERALL = "select plays, skips, listeners, skip_rate, ci_low, ci_high from marts.skip_rates where attribute = '(all)'"
RATE_ATTRIBUTES = "select distinct attribute from marts.skip_rates where attribute <> '(all)' order by attribute"
RATES = """
    select level, skip_rate, ci_low, ci_high, plays, skips, listeners, effective_plays
    from marts.skip_rates
    where attribute = $attribute
    order by level_order
"""
TERMS = """
    select
        term, attribute, level, reference_level, odds_ratio, ci_low, ci_high, p_value, q_value, vif, marginal_effect,
        marginal_effect_ci_low, marginal_effect_ci_high, plays, events, users, penalty, leaks_outcome, model_fitted_as_of
    from marts.skip_coefficients
    where term <> '(intercept)'
    order by attribute, odds_ratio desc
"""
SCORES = """
    select model, evaluation, metric, value, ci_low, ci_high, plays, skips, users, is_best, verdict
    from marts.skip_model_scores
    order by evaluation, metric, model
"""
ROC = """
    select model, false_positive_rate, true_positive_rate, threshold, predicted_plays, predicted_skips, plays, skips
    from marts.skip_roc_points
    order by model, place
"""
PRECISION_RECALL = """
    select model, recall, precision, threshold, predicted_plays, predicted_skips, plays, skips
    from marts.skip_precision_recall_points
    order by model, place
"""
CALIBRATION = """
    select model, bin, mean_predicted, observed_share, ci_low, ci_high, plays, skips
    from marts.skip_calibration
    order by model, bin
"""
CONFUSION = """
    select model, actual, predicted, plays, share_of_actual
    from marts.skip_confusion_matrix
    order by model, actual, predicted
"""
REPORT = """
    select model, class, precision, precision_ci_low, precision_ci_high, recall, recall_ci_low, recall_ci_high, f1, plays
    from marts.skip_classification_report
    order by model, class
"""
IMPORTANCE = """
    select model, feature, auc_drop, ci_low, ci_high, auc_drop_sd, impurity_importance, plays, skips, place
    from marts.skip_feature_importance
    order by model, place
"""
TRACKS = """
    select
        track_name, artist_name, album_name, play_count, listeners, skip_rate, ci_low, ci_high, judged_plays,
        avg_percent_played, shuffle_rate,
        engagement_score, minutes_played, last_played_on, track_uri
    from marts.track_features
    where $text = '' or contains(lower(track_name), lower($text)) or contains(lower(artist_name), lower($text))
    order by play_count desc, track_uri
    limit 1000
"""
TRACKS_COUNT = """
    select count(*) as tracks
    from marts.track_features
    where $text = '' or contains(lower(track_name), lower($text)) or contains(lower(artist_name), lower($text))
"""
GROUPS = """
    select segment_id, segment_name, tracks, share, verdict, finding, named_by, is_forced, jaccard, is_stable, fitted_tracks, as_of
    from marts.track_segment_summaries
    order by segment_id
"""
GROUP_PROFILES = """
    select segment_id, segment_name, feature, place, mean, median, p10, p90, overall_mean, lift, z_score, values_known, tracks
    from marts.track_segment_profiles
    order by place, segment_id
"""
GROUP_COUNTS = """
    select
        k, is_selected, gap, gap - gap_se as gap_low, gap + gap_se as gap_high, excess, needed_excess, valley,
        silhouette, inertia, min_jaccard,
        mean_ari, is_chosen_by_gap, is_largest_excess, tracks
    from marts.track_segment_k_scores
    order by k
"""
GROUP_TRACKS = """
    select
        track_name, artist_name, play_count, segment_name, top_reason_1, top_reason_2, top_reason_3, pca_1, pca_2,
        no_segment_reason, track_uri
    from marts.track_segments
    order by play_count desc, track_uri
    limit 1000
"""
GROUP_TRACKS_COUNT = "select count(*) as tracks from marts.track_segments"
GROUP_MAP = """
    with sampled as (
        select track_uri, track_name, segment_id, segment_name, pca_1, pca_2
        from marts.track_segments
        where pca_1 is not null
        order by hash(track_uri), track_uri
        limit 5000
    )

    select track_name, segment_name, pca_1, pca_2 from sampled order by segment_id, track_uri
"""
WEEKS = """
    select
        date_week, is_complete, plays, listeners, tracks, artists, minutes_played, skip_rate, ci_low, ci_high,
        judged_plays, skips, shuffle_rate
    from marts.weekly_listening
    order by date_week
"""
TABS = ["Skip rates", "Models", "Tracks", "Kinds of track", "Weeks"]
NO_PLAYS = "There are no plays. They come from the source streaming (plays), which raw_sources has to list."
EVALUATIONS = {
    "future": "plays of a later time",
    "new_users": "plays of users whom the model did not see",
    "out_of_fold": "plays of a stretch of time that the model did not see",
}
TRACK_VERDICTS = {
    "structured": "The tracks fall into kinds: three independent criteria agree.",
    "no_structure": "The tracks do not fall into kinds. What looks like kinds would be an arbitrary cut through one continuous crowd.",
    "too_few_tracks": "There are too few tracks to tell whether they fall into kinds.",
}
METRICS = {
    "auc": "area under the curve",
    "brier": "Brier score",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
}
GUESS = "a guess"


def page() -> None:
    """Shows what gets skipped, and which kinds of track there are."""
    st.title("Plays and skips")
    overall = rows(OVERALL)
    known = overall.dropna(subset=["skip_rate"])
    for row in known.itertuples():
        st.write(
            f"{words.count(row.skips)} of {words.counted(row.plays, 'play')} of {words.counted(row.listeners, 'listener')} were skipped: "
            f"{words.share(row.skip_rate, row.ci_low, row.ci_high)}. The interval allows for plays of one listener being alike."
        )
    if known.empty and rows(WEEKS).empty:
        parts.explain_empty(NO_PLAYS)
        return
    tabs = st.tabs(TABS, key="view", on_change="rerun", bind="query-params")
    for tab, view in zip(tabs, [skip_rates, models, tracks, kinds, weeks], strict=True):
        if tab.open:
            with tab:
                view()


def skip_rates() -> None:
    """Shows who and what gets skipped more."""
    st.header("What gets skipped")
    attributes = rows(RATE_ATTRIBUTES)["attribute"].tolist()
    if not attributes:
        parts.explain_empty(NO_PLAYS)
        return
    attribute = parts.choose("Attribute", attributes, key="skip_attribute", default="reason_start")
    rates = rows(RATES, attribute=attribute)
    parts.chart(
        charts.intervals(
            rates,
            value="skip_rate",
            low="ci_low",
            high="ci_high",
            label="level",
            size="plays",
            whom="plays",
            title=f"Share of plays skipped by {words.label(attribute)}, with 95 % intervals",
        ),
        key="skip_rates",
    )
    parts.table(rates, f"Skip rates by {words.label(attribute)}")
    parts.source("skip_rates")
    terms = rows(TERMS)
    st.header("What goes with a skip, all else in the model equal")
    if terms.empty:
        parts.explain_empty("There is no regression: too few plays were skipped, or too few were not.")
        return
    parts.chart(
        charts.intervals(
            terms.assign(name=[term_name(term) for term in terms.to_dict("records")]),
            value="odds_ratio",
            low="ci_low",
            high="ci_high",
            label="name",
            title="Odds of a skip against those of the reference level, with 95 % intervals",
            unit="odds",
        ),
        key="skip_terms",
    )
    st.caption(
        f"From {words.counted(terms['plays'].iloc[0], 'play')} of {words.counted(terms['users'].iloc[0], 'listener')}. Associations, not "
        "causes: 1 is no "
        "difference, 2 twice the odds. Only what is known when a play starts is used."
    )
    parts.table(terms, "Terms of the skip regression")
    parts.source("skip_coefficients")


def term_name(term: dict[str, object]) -> str:
    """Returns a term in words, with what it is compared with."""
    if words.is_missing(term["level"]):
        return f"{words.label(term['attribute'])}, each one more"
    against = "" if words.is_missing(term["reference_level"]) else f" (against {words.label(term['reference_level'])})"
    return f"{words.label(term['attribute'])}: {words.label(term['level'])}{against}"


def models() -> None:
    """Compares the models that tell skips beforehand."""
    st.header("How well skips can be told beforehand")
    scores = rows(SCORES)
    if scores.empty:
        parts.explain_empty("No model was judged. " + NO_PLAYS)
        return
    st.write("Three models of what is known when a play starts, side by side, each judged on plays that it did not learn from.")
    evaluations = scores["evaluation"].unique().tolist()
    evaluation = st.selectbox(
        "Judged on",
        evaluations,
        index=evaluations.index("future") if "future" in evaluations else 0,
        format_func=lambda name: EVALUATIONS.get(name, words.label(name)),
        key="skip_evaluation",
    )
    judged = scores[scores["evaluation"] == evaluation]
    best = judged[judged["is_best"]]
    for code in (best if len(best) else judged)["verdict"].head(1):
        chosen = f"The best of them by the plays before the future begins is {words.label(best['model'].iloc[0])}." if len(best) else ""
        parts.verdict(code, chosen, is_score=True)
    metrics = [metric for metric in METRICS if metric in set(judged.dropna(subset=["value"])["metric"])]
    if metrics:
        metric = st.selectbox("Measure", metrics, format_func=METRICS.__getitem__, key="skip_metric")
        parts.chart(
            charts.intervals(
                judged[judged["metric"] == metric],
                value="value",
                low="ci_low",
                high="ci_high",
                label="model",
                size="plays",
                whom="plays",
                title=f"{METRICS[metric].capitalize()} of each model, with 95 % intervals",
                unit="number",
            ),
            key="skip_metric_chart",
        )
        st.caption(
            "Area under the curve: how often a skipped play gets a higher probability than one that was not skipped, 0.5 is a guess. "
            "Brier score: mean "
            "squared error of the probabilities, less is better. Accuracy, precision and recall are those of the prediction at one half."
        )
    parts.table(scores, "Scores of the skip models")
    curves()
    confusion()
    importance()
    parts.source(
        "skip_model_scores",
        "skip_roc_points",
        "skip_precision_recall_points",
        "skip_calibration",
        "skip_confusion_matrix",
        "skip_classification_report",
        "skip_feature_importance",
        note="Curves, calibration, matrix and importance are of plays of a later time.",
    )


def curves() -> None:
    """Draws the curves of all models, with the line of a guess."""
    roc, recalls, bins = rows(ROC), rows(PRECISION_RECALL), rows(CALIBRATION)
    st.subheader("Curves")
    if roc.empty or recalls.empty:
        parts.explain_empty("No model could be judged on plays of a later time, so there are no curves.")
        return
    guess = pd.DataFrame({"model": GUESS, "false_positive_rate": [0.0, 1.0], "true_positive_rate": [0.0, 1.0]})
    left, right = st.columns(2)
    with left:
        figure = charts.lines(
            pd.concat([roc, guess]),
            x="false_positive_rate",
            y="true_positive_rate",
            group="model",
            title="ROC: skips found, by share of plays taken for skips wrongly",
            unit="share",
            x_title="other plays taken for skips",
        )
        parts.chart(figure.update_xaxes(tickformat=".0%"), key="roc")
    with right:
        figure = charts.lines(
            recalls,
            x="recall",
            y="precision",
            group="model",
            title="Share of predicted skips that were skips, by share of skips found",
            unit="share",
            x_title="skips found (recall)",
        )
        parts.chart(figure.update_xaxes(tickformat=".0%"), key="precision_recall")
    if not bins.empty:
        model = parts.choose("Model", bins["model"].unique().tolist(), key="calibration_model")
        own = bins[bins["model"] == model]
        ends = [float(own["mean_predicted"].min()), float(own["mean_predicted"].max())]
        ideal = pd.DataFrame({"line": "as predicted", "mean_predicted": ends, "observed_share": ends})
        figure = charts.lines(
            pd.concat([own.assign(line=words.label(model)), ideal]),
            x="mean_predicted",
            y="observed_share",
            low="ci_low",
            high="ci_high",
            group="line",
            title="Calibration: share skipped of plays with similar predictions",
            unit="share",
            x_title="predicted probability",
        )
        parts.chart(figure.update_xaxes(tickformat=".0%"), key="calibration")
        parts.table(bins, "Calibration of the skip models")
    parts.table(roc, "ROC points")
    parts.table(recalls, "Precision and recall points")


def confusion() -> None:
    """Shows how many plays each model takes for what."""
    found = rows(CONFUSION)
    if found.empty:
        return
    st.subheader("What the predictions take for what")
    for place, (column, model) in enumerate(zip(st.columns(3), found["model"].unique()[:3], strict=False)):
        own = found[found["model"] == model]
        with column:
            parts.chart(
                charts.heatmap(
                    own.assign(actual="was " + own["actual"], predicted="predicted " + own["predicted"]),
                    x="predicted",
                    y="actual",
                    value="share_of_actual",
                    title=words.label(model).capitalize(),
                ),
                key=f"confusion_{place}",
            )
    st.caption("Per cent of the plays that were played or skipped, at a probability of one half.")
    parts.table(found, "Confusion matrix")
    parts.table(rows(REPORT), "Classification report")


def importance() -> None:
    """Shows how much each model leans on each feature."""
    found = rows(IMPORTANCE)
    if found.empty:
        return
    st.subheader("How much a model leans on each feature")
    model = parts.choose("Model whose features are shown", found["model"].unique().tolist(), key="importance_model")
    own = found[found["model"] == model]
    parts.chart(
        charts.intervals(
            own,
            value="auc_drop",
            low="ci_low",
            high="ci_high",
            label="feature",
            title="Loss of area under the curve when the feature is shuffled, with 95 % intervals",
            unit="number",
        ),
        key="importance",
    )
    st.caption("It says nothing of causes, nor whether a feature speaks for or against a skip; the odds ratios under Skip rates do.")
    parts.table(found, "Feature importance")


def tracks() -> None:
    """Lists tracks with their skip rates."""
    st.header("Tracks")
    text = st.text_input("Track or artist", key="track", placeholder="part of a name").strip()
    found = rows(TRACKS, text=text)
    if found.empty:
        parts.explain_empty("No track or artist has this in its name." if text else NO_PLAYS)
        return
    total = int(rows(TRACKS_COUNT, text=text)["tracks"].iloc[0])
    top = found.dropna(subset=["skip_rate"]).head(12)
    if not top.empty:
        parts.chart(
            charts.intervals(
                top.assign(name=[f"{row.track_name}, {row.artist_name}" for row in top.itertuples()]),
                value="skip_rate",
                low="ci_low",
                high="ci_high",
                label="name",
                size="judged_plays",
                whom="plays",
                title="Share skipped of the tracks played most, with 95 % intervals",
            ),
            key="tracks",
        )
    parts.table(found, "Tracks", total=total, folded=False)
    parts.source("track_features")


def kinds() -> None:
    """Shows whether tracks fall into kinds, and which."""
    st.header("Kinds of track")
    groups = rows(GROUPS)
    if groups.empty:
        parts.explain_empty("No track could be put into a kind. " + NO_PLAYS)
        return
    first = groups.iloc[0]
    text = f"**{TRACK_VERDICTS.get(first['verdict'], words.escaped(words.label(first['verdict'])))}** {words.escaped(first['finding'])}"
    if first["verdict"] == "structured":
        st.success(text, icon=":material/check_circle:")
    else:
        st.warning(text, icon=":material/warning:")
    parts.table(groups, "Kinds of track")
    profiles = rows(GROUP_PROFILES)
    if len(groups) > 1:
        parts.chart(
            charts.heatmap(
                profiles,
                x="segment_name",
                y="feature",
                value="z_score",
                title="Mean of the kind less that of all tracks, in standard deviations",
                unit="number",
                centre=0,
            ),
            key="kind_profiles",
        )
    parts.table(profiles, "Profiles of the kinds of track")
    counts = rows(GROUP_COUNTS)
    if not counts.empty:
        parts.chart(
            charts.lines(
                counts,
                x="k",
                y="gap",
                low="gap_low",
                high="gap_high",
                title="Gap statistic by number of kinds, with one standard error",
                x_title="kinds",
                from_zero=False,
            ),
            key="kind_counts",
        )
        parts.table(counts, "Numbers of kinds tried")
    points = rows(GROUP_MAP)
    if not points.empty:
        parts.chart(
            charts.scatter(
                points,
                x="pca_1",
                y="pca_2",
                group="segment_name",
                hover="track_name",
                title="Tracks by kind; at most 5,000, picked by a hash",
                x_title="first component",
                y_title="second component",
            ),
            key="kind_map",
        )
    parts.table(rows(GROUP_TRACKS), "Tracks and their kinds", total=int(rows(GROUP_TRACKS_COUNT)["tracks"].iloc[0]))
    parts.source("track_segment_summaries", "track_segment_profiles", "track_segment_k_scores", "track_segments")


def weeks() -> None:
    """Shows how much was listened to, and skipped, from week to week."""
    st.header("Listening from week to week")
    found = rows(WEEKS)
    complete = found[found["is_complete"]]
    if complete.empty:
        parts.explain_empty(NO_PLAYS if found.empty else "No week of listening has ended yet; the table has what is known so far.")
        if not found.empty:
            parts.table(found, "Weekly listening")
        return
    left, right = st.columns(2)
    with left:
        parts.chart(charts.lines(complete, x="date_week", y="plays", title="Plays by week", unit="count"), key="weekly_plays")
    with right:
        parts.chart(charts.lines(complete, x="date_week", y="listeners", title="Listeners by week", unit="count"), key="weekly_listeners")
    parts.chart(
        charts.lines(
            complete,
            x="date_week",
            y="skip_rate",
            low="ci_low",
            high="ci_high",
            title="Share of plays skipped by week, with 95 % intervals",
            unit="share",
        ),
        key="weekly_skips",
    )
    st.caption("Weeks that have not ended are left out of the pictures and kept in the table.")
    parts.table(found, "Weekly listening")
    parts.source("weekly_listening")
