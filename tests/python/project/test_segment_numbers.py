"""The sample's marts of segments are what pandas and scikit-learn give from the raw lines, and show the planted archetypes."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import f, false_discovery_control, norm, t
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, silhouette_score
from statsmodels.stats.proportion import proportion_confint

from sample_data.population import population
from sample_data.telemetry import TELEMETRY_DIRTY_ROWS, archetypes
from tests.python.macros import SETTINGS
from tests.python.people import MISSING, worth
from tests.python.usage import CAPPED, FEATURES, Usage, usage_of
from tests.python.warehouse import Warehouse

Array = NDArray[np.float64]

NAMES = {"casual": "Casual", "power": "Power", "at_risk": "At-risk", "explorer": "Explorer"}
ATTRIBUTES: list[str] = SETTINGS["segment_attributes"]
# figures of marts that were rounded to nine digits, or summed from features that were
ROUNDED = 1e-7


@pytest.fixture(scope="module")
def usage(sample: Warehouse, people: pd.DataFrame) -> Usage:
    """The users from the raw lines."""
    return usage_of(sample, people)


@pytest.fixture(scope="module")
def centroids(sample: Warehouse) -> pd.DataFrame:
    """Published centroids in standard deviations, segments by features."""
    fitted = sample.query("select segment_id, feature, centroid from intermediate.int_segments_fitted")
    return fitted.pivot_table(index="segment_id", columns="feature", values="centroid")[FEATURES]


def test_rows_are_rejected_by_kind(sample: Warehouse) -> None:
    """As many of each kind as the generator added."""
    dirty = TELEMETRY_DIRTY_ROWS["app_usage"]
    kinds = {
        "exact duplicate of a row": dirty["exact_duplicate"],
        # neither of two rows that contradict each other holds
        "another row of the same user says otherwise": 2 * dirty["contradicting_row"],
        "not a number": dirty["unparsable_number"] + dirty["infinite_number"],
        "impossible value": dirty["negative_number"],
        "empty id": dirty["empty_id"],
        "wrong number of fields": dirty["truncated_line"],
    }
    rejects = sample.query("select reason, column_name from marts.rejected_rows where source = 'telemetry'")
    assert {kind: rejects["reason"].str.startswith(kind).sum() for kind in kinds} == kinds
    of_numbers = rejects.loc[rejects["reason"].str.startswith(("not a number", "impossible")), "column_name"]
    assert sorted(of_numbers) == ["avg_session_duration_min", "crash_events_last_30_days", "sessions_per_week"]
    counts = "select raw_rows, accepted_rows, rejected_rows, excluded_rows from marts.source_row_counts where table_name = 'app_usage'"
    assert sample.rows(counts) == [(2_949, 2_940, sum(kinds.values()), 0)]
    assert sample.rows("select has_account, has_profile, has_usage from marts.users where user_id = 4002") == [(False, False, True)]
    assert sample.rows("select count(*) from marts.users where has_usage") == [(2_940,)]


def test_the_archetypes_are_found(sample: Warehouse, usage: Usage) -> None:
    """As many as were planted, nearly all users in that of theirs, stable, and called by the rules what most of their users are."""
    assert sample.rows("select distinct verdict, is_forced from marts.segments") == [("structured", False)]
    assert sample.rows("select k from marts.segment_k_scores where is_selected") == [(len(NAMES),)]
    assert sample.rows("select k from marts.segment_k_scores where is_chosen_by_gap") == [(len(NAMES),)]
    users = population()
    planted = archetypes(users).set_axis(users["user_id"]).reindex(usage.segments.index)
    known = planted.notna()
    assert known.sum() == 2_939
    assert adjusted_rand_score(planted[known], usage.segments[known]) >= 0.9
    stable = sample.rows("select segment_id, segment_name, jaccard >= 0.75, is_stable from marts.segments order by segment_id")
    majority = planted[known].groupby(usage.segments[known]).agg(lambda kinds: kinds.mode()[0])
    assert sorted(majority) == sorted(NAMES)
    assert stable == [(segment, NAMES[archetype], True, True) for segment, archetype in majority.items()]


def test_features_are_prepared_over_all_users(sample: Warehouse, usage: Usage) -> None:
    """Medians, quartiles, caps, mean and standard deviation by pandas; importance as between over total sum of squares."""
    mart = sample.query("select * from marts.segment_features order by place")
    assert mart["feature"].tolist() == FEATURES
    assert mart["is_used"].all()
    raw = usage.rows[FEATURES]
    assert (mart["users"] == len(raw)).all()
    assert mart["missing_users"].tolist() == raw.isna().sum().tolist()
    assert mart.loc[mart["missing_users"] > 0, "feature"].tolist() == ["rating_given"]
    for column, share in (("lower_quartile", 0.25), ("median", 0.5), ("upper_quartile", 0.75)):
        np.testing.assert_allclose(mart[column], raw.quantile(share), rtol=1e-12)
    capped = mart.set_index("feature")[["lower_cap", "upper_cap"]]
    assert set(capped.dropna().index) == {*CAPPED}
    lower, upper = raw.quantile(0.25), raw.quantile(0.75)
    np.testing.assert_allclose(capped["lower_cap"], (lower - 1.5 * (upper - lower)).where(raw.columns.isin(CAPPED)))
    np.testing.assert_allclose(capped["upper_cap"], (upper + 1.5 * (upper - lower)).where(raw.columns.isin(CAPPED)))
    assert (usage.prepared[CAPPED].max() < raw[CAPPED].max()).any()
    np.testing.assert_allclose(mart["mean"], usage.prepared.mean(), rtol=1e-9)
    np.testing.assert_allclose(mart["std"], usage.prepared.std(ddof=0), rtol=1e-9)
    scaled = pd.DataFrame(usage.standardised, columns=FEATURES, index=usage.segments.index)
    between = scaled.groupby(usage.segments).transform("mean").pow(2).sum()
    np.testing.assert_allclose(mart["importance"], between / scaled.pow(2).sum(), atol=ROUNDED)


def test_every_user_is_assigned_as_by_scikit_learn(sample: Warehouse, usage: Usage, centroids: pd.DataFrame) -> None:
    """Features of the raw lines, the published centroids as those of a KMeans: its segment, its distance, the next one, the margin."""
    model = KMeans(len(centroids), init=centroids.to_numpy(), n_init=1).fit(usage.standardised)
    np.testing.assert_allclose(model.cluster_centers_, centroids, atol=ROUNDED)
    assert (centroids.index.to_numpy()[model.predict(usage.standardised)] == usage.segments).all()
    mart = sample.query("select * from marts.user_segments order by user_id")
    distances = model.transform(usage.standardised)
    nearest = np.argsort(distances, axis=1)
    assert (centroids.index.to_numpy()[nearest[:, 1]] == mart["runner_up_segment_id"]).all()
    own, other = np.sort(distances, axis=1)[:, :2].T
    np.testing.assert_allclose(mart["distance"], own, atol=ROUNDED)
    np.testing.assert_allclose(mart["margin"], other**2 - own**2, atol=1e-6)
    # the fit of the lowest inertia, which other starts find too
    again = KMeans(len(centroids), n_init=10, random_state=99).fit(usage.standardised)
    assert adjusted_rand_score(again.labels_, usage.segments) == 1
    [(inertia,)] = sample.rows("select distinct inertia from intermediate.int_segments_fitted")
    assert inertia == pytest.approx(again.inertia_, rel=ROUNDED)


def test_users_lie_where_scikit_learns_components_put_them(sample: Warehouse, usage: Usage) -> None:
    """Scores of both components, up to their sign, and the shares of variance."""
    mart = sample.query("select pca_1, pca_2 from marts.user_segments order by user_id").to_numpy()
    model = PCA(2).fit(usage.standardised)
    scores = model.transform(usage.standardised)
    np.testing.assert_allclose(np.abs(mart), np.abs(scores), atol=1e-6)
    for component in (0, 1):
        assert abs(np.corrcoef(mart[:, component], scores[:, component])[0, 1]) == pytest.approx(1)
    shares = sample.rows("select distinct component, explained_variance_ratio from intermediate.int_segment_axes_fitted order by 1")
    assert shares == [(place + 1, pytest.approx(share, abs=ROUNDED)) for place, share in enumerate(model.explained_variance_ratio_)]


def test_reasons_are_the_largest_parts_of_the_margin(sample: Warehouse, usage: Usage, centroids: pd.DataFrame) -> None:
    """For every user the parts of the features sum to the margin, and the three largest are named with the value and the part."""
    mart = sample.query("select * from marts.user_segments order by user_id")
    own = centroids.loc[mart["segment_id"]].to_numpy()
    other = centroids.loc[mart["runner_up_segment_id"]].to_numpy()
    parts = (own - other) * (2 * usage.standardised - own - other)
    np.testing.assert_allclose(parts.sum(axis=1), mart["margin"], atol=1e-6)
    largest = np.argsort(-parts, axis=1, kind="stable")[:, :3]
    raw = usage.rows[FEATURES].to_numpy()
    for place in range(3):
        feature = largest[:, place]
        rows = np.arange(len(parts))
        expected = [
            f"{FEATURES[column].replace('_', ' ')}: {'missing' if np.isnan(value) else f'{value:.6f}'.rstrip('0').rstrip('.')}"
            for column, value in zip(feature, raw[rows, feature], strict=True)
        ]
        found = mart[f"top_reason_{place + 1}"].str.extract(r"^(.*) \(\+(\d+\.\d\d)\)$")
        part = parts[rows, feature]
        is_named = part >= 0.005
        assert (found[0].isna().to_numpy() == ~is_named).all()
        assert (found.loc[is_named, 0] == np.array(expected)[is_named]).all()
        np.testing.assert_allclose(found.loc[is_named, 1].astype(float), part[is_named], atol=0.005 + 1e-6)
    assert mart["top_reason_1"].str.contains("rating given: missing").sum() == 0
    assert mart["no_segment_reason"].isna().all()


def test_profiles_describe_the_users_of_each_segment(sample: Warehouse, usage: Usage) -> None:
    """Mean and quantiles as observed, lift over all users, distance from them in standard deviations as prepared."""
    mart = sample.query("select * from marts.segment_profiles order by segment_id, place")
    raw, prepared = usage.rows[FEATURES], usage.prepared
    for segment, found in mart.groupby("segment_id"):
        own = raw[usage.segments == segment]
        assert found["feature"].tolist() == FEATURES
        assert (found["users"] == len(own)).all()
        assert found["values_known"].tolist() == own.count().tolist()
        np.testing.assert_allclose(found["mean"], own.mean(), rtol=ROUNDED)
        np.testing.assert_allclose(found["overall_mean"], raw.mean(), rtol=ROUNDED)
        np.testing.assert_allclose(found["lift"], own.mean() / raw.mean(), rtol=ROUNDED)
        for column, share in (("p10", 0.1), ("median", 0.5), ("p90", 0.9)):
            np.testing.assert_allclose(found[column], own.quantile(share), rtol=1e-12)
        away = (prepared[usage.segments == segment].mean() - prepared.mean()) / prepared.std(ddof=0)
        np.testing.assert_allclose(found["z_score"], away, atol=ROUNDED)
        np.testing.assert_allclose(found["centroid"], prepared[usage.segments == segment].mean(), rtol=1e-6)


def test_kpis_have_intervals_of_organisations(sample: Warehouse, usage: Usage) -> None:
    """Means with the sandwich error of their organisations' sums, and t by what organisations of equal size would tell as much."""
    mart = sample.query("select * from marts.segment_kpis")
    assert len(mart) == len(NAMES) * len(SETTINGS["segment_kpis"])
    assert mart["is_built_from"].all()
    for found in mart.itertuples():
        own = usage.rows[usage.segments == found.segment_id]
        values = own[found.kpi]
        support = worth(own["org_id"])
        squares = ((values - values.mean()).groupby(own["org_id"]).sum() ** 2).sum()
        reach = t.ppf(0.975, support - 1) * np.sqrt(support / (support - 1) * squares) / len(values)
        assert (found.users, found.values_known) == (len(own), len(own))
        assert found.mean == pytest.approx(values.mean())
        assert found.ci_low == pytest.approx(values.mean() - reach, rel=1e-5)
        assert found.ci_high == pytest.approx(values.mean() + reach, rel=1e-5)


def test_k_scores_are_those_of_scikit_learn(sample: Warehouse, usage: Usage) -> None:
    """Silhouette and inertia of the selected number of segments, among the users on whom the verdict rests."""
    first = SETTINGS["verdict_sample_users"]
    ids = sample.query(f"select user_id from intermediate.int_segment_users_sampled where place <= {first}")["user_id"]
    rows = usage.standardised[usage.segments.index.get_indexer(ids)]
    model = KMeans(len(NAMES), n_init=10, random_state=99).fit(rows)
    [(users, inertia, silhouette)] = sample.rows("select users, inertia, silhouette from marts.segment_k_scores where is_selected")
    assert users == len(rows) == first
    assert inertia == pytest.approx(model.inertia_, rel=1e-6)
    assert silhouette == pytest.approx(silhouette_score(rows, model.labels_), abs=1e-6)
    [(total,)] = sample.rows("select inertia from marts.segment_k_scores where k = 1")
    assert total == pytest.approx(((rows - rows.mean(axis=0)) ** 2).sum(), rel=1e-6)


def indicators(levels: "pd.Series[str]") -> pd.DataFrame:
    """Returns a column of 0 and 1 for each level."""
    return pd.get_dummies(levels).astype(float)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_attributes_count_and_compare_the_users(sample: Warehouse, usage: Usage, attribute: str) -> None:
    """Counts, shares and lifts; Wilson's interval of the users that those of organisations are worth."""
    mart = sample.query(f"select * from marts.segment_attributes where attribute = '{attribute}'").set_index(["level", "segment_id"])
    table = usage.rows.assign(segment_id=usage.segments, level=usage.rows[attribute])
    counts = table.assign(level=table["level"].fillna(MISSING)).value_counts(["level", "segment_id"])
    assert mart["users"][mart["users"] > 0].sort_index().to_dict() == counts.to_dict()
    known = table.dropna(subset="level")
    between = within = 0.0
    for _, own in known.groupby("segment_id"):
        for level in known["level"].unique():
            is_level = (own["level"] == level).astype(float)
            share = is_level.mean()
            residuals = (is_level - share).groupby(own["org_id"])
            between += residuals.ngroups / (residuals.ngroups - 1) * (residuals.sum() ** 2).sum() - len(own) * share * (1 - share)
            within += ((residuals.size() ** 2).sum() - len(own)) * share * (1 - share)
    for (level, segment), found in mart[mart.index.get_level_values("level") != MISSING].iterrows():
        own = known[known["segment_id"] == segment]
        is_level = own["level"] == level
        overall = (known["level"] == level).mean()
        assert found["share_of_segment"] == pytest.approx(is_level.mean())
        assert found["share_of_level"] == pytest.approx(is_level.sum() / (known["level"] == level).sum())
        assert found["overall_share"] == pytest.approx(overall)
        assert found["lift"] == pytest.approx(is_level.mean() / overall)
        support = worth(own["org_id"])
        effect = 1 + max(0.0, between / within) * (len(own) / support - 1)
        assert found["design_effect"] == pytest.approx(effect, abs=1e-6)
        trials = len(own) / effect / (t.ppf(0.975, support - 1) / norm.ppf(0.975)) ** 2
        low, high = proportion_confint(is_level.mean() * trials, trials, method="wilson")
        assert (found["ci_low"], found["ci_high"]) == pytest.approx((low, high), abs=1e-6)


def test_attributes_are_tested_with_organisations_in_mind(sample: Warehouse, usage: Usage) -> None:
    """Chi-square over the design effect that every user's own excess gives, summed within organisations, and F for so few of them."""
    mart = sample.query("select * from marts.segment_attribute_tests").set_index("attribute")
    assert set(mart.index) == {*ATTRIBUTES}
    p_values = {}
    for attribute in sorted(ATTRIBUTES):
        known = usage.rows.dropna(subset=attribute)
        levels, segments = indicators(known[attribute]), indicators(usage.segments.reindex(known.index).astype(str))
        expected = np.outer(levels.sum(), segments.sum()) / len(known)
        statistic = ((levels.T @ segments - expected) ** 2 / expected).to_numpy().sum()
        degrees = (levels.shape[1] - 1) * (segments.shape[1] - 1)
        squares = sum(
            ((levels[level] - levels[level].mean()) * (segments[segment] - segments[segment].mean()))
            .groupby(known["org_id"])
            .sum()
            .pow(2)
            .sum()
            / expected[row, column]
            for row, level in enumerate(levels)
            for column, segment in enumerate(segments)
        )
        sides = [
            (len(known) / sum(side[name].sum() / np.sqrt(worth(known["org_id"][side[name] == 1])) for name in side)) ** 2
            for side in (levels, segments)
        ]
        organisations = max(sides)
        effect = max(1.0, squares / degrees * organisations / (organisations - 1))
        p_values[attribute] = f.sf(statistic / effect / degrees, degrees, organisations - 1)
        found = mart.loc[attribute]
        assert (found["test"], found["degrees_of_freedom"], found["users"]) == ("chi_square", degrees, len(known))
        assert found["design_effect"] == pytest.approx(effect, rel=1e-6)
        assert found["statistic"] == pytest.approx(statistic / effect, rel=1e-6)
        assert found["p_value"] == pytest.approx(p_values[attribute], rel=1e-4)
    q_values = dict(zip(p_values, false_discovery_control(list(p_values.values())), strict=True))
    assert mart["q_value"].to_dict() == pytest.approx(q_values, rel=1e-4)
    assert (mart["verdict"] == np.where(mart["q_value"] <= 0.05, "different", "no_evidence")).all()


def test_the_planted_attributes_are_different(sample: Warehouse) -> None:
    """The subscription and, through the persona, the adoption; of what depends on nothing no attribute of the telemetry."""
    verdicts = dict(sample.rows("select attribute, verdict from marts.segment_attribute_tests"))
    assert (verdicts["subscription_type"], verdicts["adoption_status"]) == ("different", "different")
    assert {verdicts[attribute] for attribute in ("country", "device_type", "marketing_source")} == {"no_evidence"}
    premium = """
        select segment_name from marts.segment_attributes
        where attribute = 'subscription_type' and level = 'Premium' and q_value <= q_limit and lift > 1
    """
    assert sample.rows(premium) == [("Power",)]
    untested = "select distinct attribute from marts.segment_attributes where q_value is null order by 1"
    assert {attribute for (attribute,) in sample.rows(untested)} >= {"country", "device_type", "marketing_source"}


def test_the_run_is_described(sample: Warehouse) -> None:
    """One row of model_runs for the segments, with the verdict and nothing to warn of."""
    runs = "select area, target, rows, rows_available, features, verdict, warnings from marts.model_runs where area = 'segments'"
    assert sample.rows(runs) == [("segments", "segment", 2_940, 2_940, 17, "structured", None)]
