"""Every published number of the sample's marts equals that of an independent oracle, from the raw rows or from a statistics package."""

from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lifelines import KaplanMeierFitter
from scipy.stats import norm, pearsonr
from scipy.stats import t as t_distribution
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from sample_data.generate import drawn_outcomes, population
from tests.python.warehouse import Warehouse

AS_OF = date(2025, 12, 31)


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """What the generator drew for each user."""
    return drawn_outcomes(population()).set_index("user_id")


@pytest.fixture(scope="module")
def lives(sample: Warehouse) -> pd.DataFrame:
    """One row per account: sign-up, adoption and what the rates cut by, from the user marts."""
    return sample.query("select * from marts.user_adoption where has_account").set_index("user_id").sort_index()


@pytest.fixture(scope="module")
def active_days(sample: Warehouse) -> dict[int, list[date]]:
    """The active days of each user, ascending, from the raw file read line by line."""
    days: dict[int, set[date]] = defaultdict(set)
    for line in (sample.raw / "user_engagement.csv").read_text().splitlines()[1:]:
        fields = line.split(",")
        if len(fields) == 3 and fields[1]:
            try:
                days[int(fields[1])].add(date.fromisoformat(fields[0][:10]))
            except ValueError:
                continue
    return {user: sorted(of_user) for user, of_user in days.items()}


def test_the_clock_stops_before_the_fragment(sample: Warehouse) -> None:
    """The sample ends with three logins just after midnight and two plays of a day later; they are kept and counted."""
    assert sample.rows("select distinct as_of from marts.user_adoption") == [(AS_OF,)]
    assert sample.rows("select sum(rows_after_as_of) from marts.source_row_counts") == [(5,)]
    later = "select sum(logins), sum(actions), sum(plays) from marts.user_activity_days where date_day > '2025-12-31'"
    assert sample.rows(later) == [(3, 0, 2)]


def test_adoption_is_what_was_drawn(lives: pd.DataFrame, drawn: pd.DataFrame) -> None:
    """Every user's adoption day is the one that the generator realised."""
    found, planted = pd.to_datetime(lives["adopted_on"]), pd.to_datetime(drawn["adopted_on"])
    assert lives.index.equals(drawn.index)
    assert found.notna().sum() > 500
    assert (found.isna() == planted.isna()).all()
    assert (found.dropna() == planted.dropna()).all()


def test_every_reading_is_that_of_a_loop_over_days(sample: Warehouse, active_days: dict[int, list[date]]) -> None:
    """Any window, consecutive windows and ISO weeks, each found day by day for every user."""
    first = min(min(days) for days in active_days.values())
    expected = {}
    for user, days in active_days.items():
        known = [day for day in days if day <= AS_OF]
        rolling = fixed = iso = None
        for day in known:
            until = [other for other in known if other <= day]
            if rolling is None and sum((day - other).days < 7 for other in until) >= 3:
                rolling = day
            if fixed is None and sum((other - first).days // 7 == (day - first).days // 7 for other in until) >= 3:
                fixed = day
            if iso is None and sum(other.isocalendar()[:2] == day.isocalendar()[:2] for other in until) >= 3:
                iso = day
        expected[user] = (rolling, fixed, iso, len(known), known[0] if known else None, known[-1] if known else None)
    columns = "adopted_on, fixed_window_adopted_on, iso_week_adopted_on, active_days, first_active_on, last_active_on"
    found = {user: row for user, *row in sample.rows(f"select user_id, {columns} from marts.user_adoption")}
    assert {user: tuple(row) for user, row in found.items() if user in expected} == expected
    assert all(row == [None, None, None, 0, None, None] for user, row in found.items() if user not in expected)


def test_rates_count_the_raw_accounts(sample: Warehouse, lives: pd.DataFrame, drawn: pd.DataFrame) -> None:
    """Users, adopters and matured adopters by source, counted from what the generator drew."""
    created = pd.to_datetime(drawn["created_on"]).dt.date
    days = (pd.to_datetime(drawn["adopted_on"]) - pd.to_datetime(drawn["created_on"])).dt.days
    is_matured = created.map(lambda day: day + timedelta(days=89) <= AS_OF)
    adopts = pd.to_datetime(drawn["adopted_on"]).notna()
    rows = sample.rows(
        "select level, users, adopted_users, matured_users, matured_adopted_users from marts.adoption_rates"
        " where attribute = 'creation_source'"
    )
    assert len(rows) == 5
    for level, *counts in rows:
        of_level = drawn["creation_source"] == level
        assert counts == [
            of_level.sum(),
            (of_level & adopts).sum(),
            (of_level & is_matured).sum(),
            (of_level & is_matured & (days < 90)).sum(),
        ]
    inviters = drawn["inviter_had_adopted"]
    assert sample.rows("select users from marts.adoption_rates where level = 'by an adopted user'") == [(inviters.sum(),)]


def test_rates_have_wilson_intervals_of_the_effective_size(sample: Warehouse) -> None:
    """Statsmodels gives the same bounds for the independent users that a level is worth."""
    rates = sample.query("select * from marts.adoption_rates")
    for rate, low, high, trials, successes, effective in (
        ("adoption_rate", "ci_low", "ci_high", "users", "adopted_users", "effective_users"),
        ("matured_rate", "matured_ci_low", "matured_ci_high", "matured_users", "matured_adopted_users", "matured_effective_users"),
    ):
        some = rates[rates[trials] > 0]
        share = some[successes] / some[trials]
        lower, upper = proportion_confint(share * some[effective], some[effective], method="wilson")
        assert np.allclose(some[rate], share, atol=1e-12)
        assert np.allclose(some[low], lower, atol=1e-9)
        assert np.allclose(some[high], upper, atol=1e-9)
        assert rates.loc[rates[trials] == 0, [rate, low, high]].isna().all(axis=None)


@pytest.mark.parametrize("attribute", ["creation_source", "invitation", "organisation_size", "mailing_list", "signup_weekday"])
def test_effective_users_follow_from_the_residuals_of_each_organisation(sample: Warehouse, attribute: str) -> None:
    """The estimator of Rao and Scott from every user's residual, pooled over the levels, Kish's effect per level, and scipy's t."""
    users = sample.query(f"select {attribute} as level, org_id, is_adopted from intermediate.int_users_attributed where days_observed >= 0")
    between = within = 0.0
    sizes = {}
    for level, of_level in users.groupby("level"):
        adopted = of_level["is_adopted"].astype(float)
        residuals = (adopted - adopted.mean()).groupby(of_level["org_id"])
        count, size = residuals.ngroups, residuals.size()
        variance = adopted.mean() * (1 - adopted.mean())
        between += count / (count - 1) * float((residuals.sum() ** 2).sum()) - len(adopted) * variance
        within += float((size**2).sum() - len(adopted)) * variance
        sizes[level] = (len(adopted), float((size**2).sum()) / len(adopted))
    correlation = max(0.0, between / within)
    rates = sample.query(f"select * from marts.adoption_rates where attribute = '{attribute}'").set_index("level")
    assert set(rates.index) == set(sizes)
    for level, (count, mean_size) in sizes.items():
        effect = 1 + correlation * (mean_size - 1)
        assert rates.loc[level, "design_effect"] == pytest.approx(effect, abs=1e-6)
        degrees = count / mean_size - 1
        inflation = (t_distribution.ppf(0.975, degrees) / norm.ppf(0.975)) ** 2
        # in SQL the quantile of t is an expansion in the inverse of its degrees of freedom, up to the third power
        assert rates.loc[level, "effective_users"] == pytest.approx(count / effect / inflation, rel=1e-6 + 1.7 / degrees**4)


def test_the_design_effect_is_that_of_a_clustered_regression(sample: Warehouse, lives: pd.DataFrame) -> None:
    """Linear regression on the intercept alone, errors clustered by organisation: the ratio of the two variances of the mean."""
    organisations = sample.query("select user_id, org_id from marts.users where has_account").set_index("user_id")["org_id"]
    adopted = lives["is_adopted"].astype(float)
    n = len(adopted)
    fit = sm.OLS(adopted, np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": organisations[adopted.index], "use_correction": False})
    clusters = organisations.nunique()
    clustered = float(fit.cov_params().iloc[0, 0]) * clusters / (clusters - 1)
    independent = adopted.mean() * (1 - adopted.mean()) / n
    ((found,),) = sample.rows("select design_effect from marts.adoption_rates where attribute = '(all)'")
    assert found > 1.1
    assert found == pytest.approx(clustered / independent, abs=1e-8)


def test_curves_are_those_of_survival_packages(sample: Warehouse, lives: pd.DataFrame) -> None:
    """Lifelines gives the same shares and numbers at risk, statsmodels the variance that organisations then widen."""
    created = pd.to_datetime(lives["created_on"])
    durations = lives["days_to_adoption"].astype(float).fillna((pd.Timestamp(AS_OF) - created).dt.days)
    sources = sample.query("select user_id, creation_source from marts.users where has_account").set_index("user_id")
    groups = {"(all)": lives.index} | {str(source): of_source.index for source, of_source in sources.groupby("creation_source")}
    for level, users in groups.items():
        where = f"level = '{level}' and attribute in ('(all)', 'creation_source')"
        curve = sample.query(f"select * from marts.adoption_curves where {where}").set_index("days_since_signup")
        days = curve.index.to_numpy()
        assert (days == np.arange(len(days))).all()
        at_risk = [(durations[users] >= day).sum() for day in days]
        assert curve["at_risk"].tolist() == at_risk
        assert min(at_risk) >= 20
        assert (durations[users] >= len(days)).sum() < 20
        fit = KaplanMeierFitter().fit(durations[users], lives.loc[users, "is_adopted"])
        assert np.allclose(curve["adopted_share"], 1 - fit.survival_function_at_times(days), atol=1e-9)

        ((matured, effective),) = sample.rows(f"select matured_users, matured_effective_users from marts.adoption_rates where {where}")
        survival = SurvfuncRight(durations[users], lives.loc[users, "is_adopted"].astype(int))
        relative = pd.Series(survival.surv_prob_se / survival.surv_prob, survival.surv_times).reindex(days, method="ffill")
        stays = pd.Series(survival.surv_prob, survival.surv_times).reindex(days, method="ffill")
        width = norm.ppf(0.975) * np.sqrt(matured / effective) * relative / -np.log(stays)
        is_open = curve["adopted_so_far"] > 0
        assert np.allclose(curve["ci_low"][is_open], (1 - stays ** np.exp(-width))[is_open], atol=1e-9)
        assert np.allclose(curve["ci_high"][is_open], (1 - stays ** np.exp(width))[is_open], atol=1e-9)


def test_thresholds_are_those_of_a_loop_over_users(sample: Warehouse, lives: pd.DataFrame, active_days: dict[int, list[date]]) -> None:
    """Shares, retention and phi from each user's own days, scipy's correlation for phi."""
    users = [
        (created, {(day - created).days for day in active_days.get(user, [])})
        for user, created in pd.to_datetime(lives["created_on"]).dt.date.items()
        if (AS_OF - created).days >= 59
    ]
    rows = sample.rows(
        "select min_days, window_days, users, share_met, retained_if_met, retained_if_not, phi from marts.adoption_thresholds"
    )
    assert {row[:2] for row in rows} == {(days, window) for days in range(1, 8) for window in (7, 14, 30)}
    retained = np.array([any(30 <= day < 60 for day in days) for _, days in users])
    for min_days, window_days, count, share_met, retained_if_met, retained_if_not, phi in rows:
        met = np.array([sum(0 <= day < window_days for day in days) >= min_days for _, days in users])
        assert count == len(users)
        assert share_met == pytest.approx(met.mean())
        assert retained_if_met == (pytest.approx(retained[met].mean()) if met.any() else None)
        assert retained_if_not == pytest.approx(retained[~met].mean())
        assert phi == (pytest.approx(pearsonr(met, retained).statistic) if met.any() else None)


def test_the_planted_sources_come_out_in_their_order(sample: Warehouse) -> None:
    """The intervals of the strongest and the weakest planted source exclude each other."""
    rates = sample.query("select * from marts.adoption_rates where attribute = 'creation_source'").set_index("level")
    assert rates["matured_rate"].idxmax() == "GUEST_INVITE"
    assert rates["matured_rate"].idxmin() == "PERSONAL_PROJECTS"
    assert rates.loc["GUEST_INVITE", "matured_ci_low"] > rates.loc["PERSONAL_PROJECTS", "matured_ci_high"]


def test_the_sample_has_the_rejects_that_its_readme_states(sample: Warehouse) -> None:
    """Row counts and reasons, by table."""
    counts = "select table_name, raw_rows, accepted_rows, rejected_rows from marts.source_row_counts order by 1"
    assert sample.rows(counts) == [
        ("app_usage", 2_949, 2_940, 9),
        ("plays", 40_739, 40_729, 10),
        ("user_actions", 4_236, 4_233, 3),
        ("user_engagement", 64_891, 64_887, 4),
        ("user_profiles", 2_978, 2_969, 9),
        ("users", 3_005, 3_000, 5),
    ]
    reasons = "select table_name, column_name, reason, count(*) from marts.rejected_rows group by all order by all"
    no_number = "not a number (where a word stands for missing map it in inputs, for example nullif(age, 'unknown'))"
    assert sample.rows(reasons) == [
        ("app_usage", "avg_session_duration_min", no_number, 1),
        ("app_usage", "crash_events_last_30_days", "impossible value: outside 0 to 1000000000", 1),
        ("app_usage", "sessions_per_week", no_number, 1),
        ("app_usage", "user_id", "another row of the same user says otherwise", 2),
        ("app_usage", "user_id", "empty id", 1),
        ("app_usage", "user_id", "exact duplicate of a row", 2),
        ("app_usage", None, "wrong number of fields: 25 expected", 1),
        ("plays", "ms_played", "impossible value: outside 0 to 86400000", 2),
        ("plays", "ms_played", no_number, 1),
        ("plays", "spotify_track_uri", "empty track", 1),
        ("plays", "ts", "exact duplicate of a row", 3),
        ("plays", "ts", "not a time (ISO 8601, for example 2025-12-31 23:59:59)", 1),
        ("plays", "user_id", "empty id", 1),
        ("plays", None, "wrong number of fields: 12 expected", 1),
        ("user_actions", "action", "empty action", 1),
        ("user_actions", "occurred_at", "not a time (ISO 8601, for example 2025-12-31 23:59:59)", 1),
        ("user_actions", "user_id", "empty id", 1),
        ("user_engagement", "time_stamp", "not a time (ISO 8601, for example 2025-12-31 23:59:59)", 1),
        ("user_engagement", "user_id", "empty id", 1),
        ("user_engagement", None, "wrong number of fields: 3 expected", 2),
        ("user_profiles", "age", "impossible value: outside 0 to 120", 2),
        ("user_profiles", "age", no_number, 1),
        ("user_profiles", "user_id", "another profile of the same user says otherwise", 2),
        ("user_profiles", "user_id", "exact duplicate of a profile", 3),
        ("user_profiles", None, "wrong number of fields: 4 expected", 1),
        ("users", "creation_time", "not a time (ISO 8601, for example 2025-12-31 23:59:59)", 1),
        ("users", "object_id", "not a whole number (for ids of another form set id_type: text)", 1),
        ("users", "object_id", "second account with the same id", 2),
        ("users", None, "malformed quoting", 1),
    ]
    assert sample.rows("select user_id, active_days from marts.user_adoption where not has_account") == [(4_000, 2)]
