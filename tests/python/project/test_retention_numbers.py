"""Every published number of retention equals that of an oracle that goes user by user and day by day, from the raw lines."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from scipy.stats import norm
from scipy.stats import t as t_distribution
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from tests.python.activity import Log, activity_of, daily_counts, first_silences, lifecycle, log_of
from tests.python.people import AS_OF, is_time, raw_rows
from tests.python.warehouse import Warehouse

HORIZON = 90
CHURN_DAYS = 28
KEY = ["attribute", "level", "cohort_started_on", "periods_since"]


@pytest.fixture(scope="module")
def activity(sample: Warehouse) -> pd.DataFrame:
    """One row per good login, action and play: kind, user_id and date_day."""
    return activity_of(sample.raw)


@pytest.fixture(scope="module")
def log(activity: pd.DataFrame, people: pd.DataFrame) -> Log:
    """Who was active when."""
    return log_of(activity, people.index, AS_OF)


@pytest.fixture(scope="module")
def users(sample: Warehouse, people: pd.DataFrame, log: Log) -> pd.DataFrame:
    """Everybody in the log: observed_from, adopted_on, org_id and source; the adoption has an oracle of its own."""
    accounts = raw_rows(sample.raw / "users.csv")
    accounts = accounts[accounts["creation_time"].map(is_time)].sort_values("creation_time").drop_duplicates("object_id")
    created = pd.Series(pd.to_datetime(accounts["creation_time"].str[:10]).to_numpy(), accounts["object_id"])
    adopted = sample.query("select user_id, adopted_on from marts.user_adoption").set_index("user_id")["adopted_on"]
    first_active = pd.Series(log.days[log.active.argmax(axis=1)], log.users)
    table = pd.DataFrame(
        {
            "observed_from": created[people.index.astype(str)].set_axis(people.index).reindex(log.users).fillna(first_active),
            "adopted_on": pd.to_datetime(adopted).reindex(log.users),
            "org_id": people["org_id"].reindex(log.users),
            "creation_source": people["creation_source"].reindex(log.users).fillna("(missing)"),
        }
    )
    assert table["observed_from"].notna().all()
    return table


def test_cohorts_are_those_of_a_count_of_every_user_in_every_period(sample: Warehouse, log: Log, users: pd.DataFrame) -> None:
    """Users, active users and completeness of every cell, for both grains and measures, three attributes, status at the period's start."""
    cells = sample.query("select * from marts.retention_cohorts where attribute in ('(all)', 'creation_source', 'adopted_before_period')")
    last_day = pd.Timestamp(AS_OF)
    for grain, frequency in (("week", "W-SUN"), ("month", "M")):
        cohorts = users["observed_from"].dt.to_period(frequency)
        started_on, ordinals = cohorts.dt.start_time, pd.PeriodIndex(cohorts).asi8
        parts = []
        for period in pd.period_range(cohorts.min(), last_day.to_period(frequency), freq=frequency):
            first, last = period.start_time.normalize(), period.end_time.normalize()
            horizon_end = first + timedelta(days=HORIZON - 1)
            table = users.assign(
                cohort_started_on=started_on,
                periods_since=period.ordinal - ordinals,
                on=log.within(first, last),
                on_or_after=log.within(first, horizon_end),
                adopted_before_period=np.where(users["adopted_on"] < first, "adopted", "not adopted"),
            )
            table["(all)"] = "(all)"
            table = table[table["periods_since"] >= 0]
            for attribute in ("(all)", "creation_source", "adopted_before_period"):
                counted = table.assign(attribute=attribute, level=table[attribute]).groupby(KEY)[["on", "on_or_after"]].agg(["sum", "size"])
                for measure, has_ended in (("on", last <= last_day), ("on_or_after", max(last, horizon_end) <= last_day)):
                    is_complete = has_ended and first >= log.days[0]
                    parts.append(counted[measure].assign(measure=measure, is_complete=is_complete).reset_index())
        expected = pd.concat(parts).rename(columns={"sum": "active_users", "size": "users_at_risk"})
        key = [*KEY, "measure"]
        found = cells.loc[cells["cohort_grain"] == grain, [*key, "active_users", "users_at_risk", "is_complete"]]
        pd.testing.assert_frame_equal(
            found.sort_values(key, ignore_index=True),
            expected[found.columns].sort_values(key, ignore_index=True),
            check_dtype=False,
        )
        assert found["is_complete"].nunique() == 2
        assert not found.loc[found["periods_since"] == found["periods_since"].max(), "is_complete"].all()


def test_cohorts_have_wilson_intervals_of_the_effective_size(sample: Warehouse) -> None:
    """Statsmodels gives the same bounds for the independent users that a cell is worth, which are no more than there are."""
    cells = sample.query("select * from marts.retention_cohorts")
    share, effective = cells["active_users"] / cells["users_at_risk"], cells["effective_users"]
    lower, upper = proportion_confint(share * effective, effective, method="wilson")
    assert np.allclose(cells["retention_rate"], share, atol=1e-12)
    assert np.allclose(cells["ci_low"], lower, atol=1e-9)
    assert np.allclose(cells["ci_high"], upper, atol=1e-9)
    assert (effective <= cells["users_at_risk"]).all()
    assert (cells["design_effect"] > 1).any()


@pytest.mark.parametrize("measure", ["on", "on_or_after"])
def test_design_effects_follow_from_the_residuals_of_each_organisation(
    sample: Warehouse, log: Log, users: pd.DataFrame, measure: str
) -> None:
    """One correlation for all monthly cells, from every user's residual; then Kish's effect of a cell, also of those adopted by then."""
    cohorts = users["observed_from"].dt.to_period("M")
    clusters = users["org_id"].fillna(pd.Series(-users.index, users.index))
    between = within = 0.0
    sizes = {}
    for period in pd.period_range(cohorts.min(), AS_OF, freq="M"):
        first = period.start_time.normalize()
        last = period.end_time.normalize() if measure == "on" else first + timedelta(days=HORIZON - 1)
        active = pd.Series(log.within(first, last), users.index).astype(float)
        for cohort in cohorts[cohorts <= period].unique():
            members = cohorts == cohort
            residuals = (active[members] - active[members].mean()).groupby(clusters[members])
            count, size, variance = residuals.ngroups, residuals.size(), active[members].mean() * (1 - active[members].mean())
            between += count / (count - 1) * float((residuals.sum() ** 2).sum()) - members.sum() * variance
            within += float((size**2).sum() - members.sum()) * variance
            for name, some in (("(all)", members), ("adopted", members & (users["adopted_on"] < first))):
                per_cluster = clusters[some].value_counts()
                sizes[cohort.start_time.date(), (period - cohort).n, name] = (per_cluster**2).sum() / max(per_cluster.sum(), 1)
    correlation = max(0.0, between / within)
    found = sample.rows(
        f"""
        select cohort_started_on, periods_since, level, design_effect from marts.retention_cohorts
        where cohort_grain = 'month' and measure = '{measure}' and level in ('(all)', 'adopted')
        """
    )
    assert len(found) > 100
    for cohort_started_on, periods_since, level, effect in found:
        assert effect == pytest.approx(1 + correlation * (sizes[cohort_started_on, periods_since, level] - 1), abs=1e-8)


def test_weeks_are_those_of_sets_of_users(sample: Warehouse, log: Log) -> None:
    """New, retained, resurrected and churned users of every week."""
    expected = lifecycle(log)
    found = sample.query("select * from marts.weekly_lifecycle order by date_week").set_index("date_week")
    assert list(found.index.date) == list(expected.index)
    assert (found[expected.columns].to_numpy() == expected.to_numpy()).all()


def test_days_are_those_of_a_count_of_every_window(sample: Warehouse, log: Log, activity: pd.DataFrame) -> None:
    """Users of the day, the week and the four weeks, and logins, actions and plays."""
    expected = daily_counts(log)
    found = sample.query("select * from marts.daily_activity order by date_day").set_index("date_day")
    assert list(found.index.date) == list(expected.index)
    assert (found[expected.columns].to_numpy() == expected.to_numpy()).all()
    for kind, of_kind in activity.groupby("kind"):
        assert (found[kind] == of_kind["date_day"].value_counts().reindex(found.index, fill_value=0)).all()
    assert found["is_wau_complete"].tolist() == [place >= 6 for place in range(len(found))]
    assert found["is_mau_complete"].tolist() == [place >= 27 for place in range(len(found))]
    assert np.allclose(found["rolling_7d_active_users"], expected["active_users"].rolling(7).mean(), equal_nan=True)
    ratio = (expected["active_users"] / expected["mau"]).where(found["is_mau_complete"].to_numpy())
    assert np.allclose(found["dau_over_mau"], ratio, equal_nan=True)


def test_the_histogram_counts_every_user(sample: Warehouse, log: Log, users: pd.DataFrame) -> None:
    """Active days of all users observed for 28 days."""
    is_observed = (users["observed_from"] <= log.days[-28]).to_numpy()
    expected = np.bincount(log.active[is_observed, -28:].sum(axis=1), minlength=29)
    rows = sample.rows("select users, observed_users, share, newcomers from marts.active_days_histogram order by active_days")
    total = int(is_observed.sum())
    assert [row[0] for row in rows] == expected.tolist()
    assert {(row[1], row[3]) for row in rows} == {(total, len(users) - total)}
    assert np.allclose([row[2] for row in rows], expected / total)


def test_trends_are_ratios_of_sums(sample: Warehouse, log: Log, users: pd.DataFrame) -> None:
    """Ratio, and an interval from every organisation's departure from it, with scipy's t."""
    recent, previous = log.active[:, -7:].sum(axis=1), log.active[:, -14:-7].sum(axis=1)
    is_known = users["observed_from"] < log.days[-14]
    has_adopted = users["adopted_on"] < log.days[-14]
    clusters = users["org_id"].fillna(pd.Series(-users.index, users.index))
    rows = sample.query("select * from marts.activity_trend").set_index(["attribute", "level"])
    for key, members in {
        ("(all)", "(all)"): is_known | True,
        ("adoption_status", "adopted"): is_known & has_adopted,
        ("adoption_status", "not adopted"): is_known & ~has_adopted,
        ("segment", "(missing)"): is_known,
    }.items():
        row = rows.loc[key]
        sums = pd.DataFrame({"recent": recent, "previous": previous}, users.index)[members].groupby(clusters[members]).sum()
        sums = sums[sums.sum(axis=1) > 0]
        ratio = sums["recent"].sum() / sums["previous"].sum()
        departures = sums["recent"] - ratio * sums["previous"]
        error = np.sqrt((departures**2).sum() * len(sums) / (len(sums) - 1)) / sums["recent"].sum()
        weights = sums.sum(axis=1)
        width = t_distribution.ppf(0.975, weights.sum() ** 2 / (weights**2).sum() - 1) * error
        assert row["users"] == members.sum()
        assert row["trend"] == pytest.approx(ratio - 1, abs=1e-9)
        bounds = (ratio * np.exp(-width) - 1, ratio * np.exp(width) - 1)
        assert (row["trend_ci_low"], row["trend_ci_high"]) == pytest.approx(bounds, abs=1e-4)
        assert row["recent_7d_average"] == pytest.approx(recent[members].sum() / 7)
        assert row["previous_7d_average"] == pytest.approx(previous[members].sum() / 7)
        of_day = log.active[members.to_numpy(), -28:].sum(axis=0)
        assert row["active_day_share"] == pytest.approx(of_day.mean() / members.sum())
        assert row["activity_cv"] == pytest.approx(of_day.std(ddof=1) / of_day.mean())
    assert len(rows) == 4


def test_staying_is_kaplan_meier_of_every_users_first_silence(
    sample: Warehouse, log: Log, users: pd.DataFrame, people: pd.DataFrame
) -> None:
    """Silences day by day, lifelines for the curve, statsmodels for Greenwood's variance, inflated."""
    accounts = users.loc[people.index]
    is_followed = accounts["observed_from"] >= log.days[0]
    lives = first_silences(log, accounts.loc[is_followed, "observed_from"], CHURN_DAYS).join(accounts["creation_source"])
    inflations = {
        (attribute, level): inflation
        for attribute, level, inflation in sample.rows("select attribute, level, inflation from intermediate.int_survival_levels_summed")
    }
    for attribute, level in [("(all)", "(all)"), *(("creation_source", source) for source in people["creation_source"].unique())]:
        where = f"attribute = '{attribute}' and level = '{level}'"
        curve = sample.query(f"select * from marts.survival_curves where {where} order by days_since_origin")
        of_level = lives if level == "(all)" else lives[lives["creation_source"] == level]
        days = curve["days_since_origin"]
        assert curve["at_risk"].tolist() == [(of_level["day_number"] >= day).sum() for day in days]
        fit = KaplanMeierFitter().fit(of_level["day_number"], of_level["has_left"])
        assert np.allclose(curve["staying_share"], fit.survival_function_at_times(days), atol=1e-9)
        assert curve["staying_share"].min() < 0.8

        survival = SurvfuncRight(of_level["day_number"], of_level["has_left"].astype(int))
        stays = pd.Series(survival.surv_prob, survival.surv_times).reindex(days, method="ffill").to_numpy()
        relative = pd.Series(survival.surv_prob_se / survival.surv_prob, survival.surv_times).reindex(days, method="ffill").to_numpy()
        width = norm.ppf(0.975) * np.sqrt(inflations[attribute, level]) * relative / -np.log(stays)
        is_open = (curve["left_so_far"] > 0).to_numpy()
        assert np.allclose(curve["ci_low"][is_open], (stays ** np.exp(width))[is_open], atol=1e-9)
        assert np.allclose(curve["ci_high"][is_open], (stays ** np.exp(-width))[is_open], atol=1e-9)
    assert all(inflation is None or inflation >= 1 for inflation in inflations.values())
    assert set(sample.query("select distinct left_out_users from marts.survival_curves where attribute = '(all)'")["left_out_users"]) == {
        len(users) - int(is_followed.sum())
    }
