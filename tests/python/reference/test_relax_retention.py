"""Retention of a SaaS product's 12,000 accounts, held against counts of the raw rows; the data are not part of the project."""

import shutil
from datetime import date

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from tests.python.activity import Log, daily_counts, first_silences, lifecycle, log_of
from tests.python.reference import test_relax
from tests.python.warehouse import RELAX, Warehouse

pytestmark = test_relax.pytestmark

AS_OF, FRAGMENT = date(2014, 6, 4), date(2014, 6, 6)
# what the trend depends on, from the clock on
TREND = [
    *("int_observation_bounded", "user_adoption", "int_users_attributed", "int_users_followed", "int_users_grouped"),
    *("int_users_recently_active", "int_group_days_counted", "int_groups_summed", "activity_trend"),
]


@pytest.fixture(scope="module")
def accounts() -> pd.Series:
    """Day of the sign-up by user_id."""
    rows = pd.read_csv(RELAX / "users.csv", usecols=["object_id", "creation_time"], encoding="latin-1")
    return pd.Series(pd.to_datetime(rows["creation_time"]).dt.normalize().to_numpy(), rows["object_id"])


@pytest.fixture(scope="module")
def log(accounts: pd.Series) -> Log:
    """Who was active when."""
    rows = pd.read_csv(RELAX / "user_engagement.csv")
    days = pd.to_datetime(rows["time_stamp"]).dt.normalize()
    return log_of(pd.DataFrame({"user_id": rows["user_id"], "date_day": days}), accounts.index, AS_OF)


def test_cohorts_sum_to_the_users_and_the_last_ones_are_marked(relax: Warehouse) -> None:
    """No rate is above 1; what may change still says so."""
    assert relax.rows(
        "select cohort_grain, measure, sum(users_at_risk) from marts.retention_cohorts"
        " where periods_since = 0 and attribute = '(all)' group by all order by all"
    ) == [(grain, measure, 12_000) for grain in ("month", "week") for measure in ("on", "on_or_after")]
    assert relax.rows("select max(retention_rate) <= 1, max(ci_high) <= 1, min(ci_low) >= 0 from marts.retention_cohorts") == [
        (True, True, True)
    ]
    # 2014-06-04 is a Wednesday; 90 days end with it that begin on 2014-03-07
    assert relax.rows(
        "select cohort_grain, measure, max(period_started_on) filter (where is_complete),"
        " min(period_started_on) filter (where not is_complete and period_started_on > '2012-05-31')"
        " from marts.retention_cohorts group by all order by all"
    ) == [
        ("month", "on", date(2014, 5, 1), date(2014, 6, 1)),
        ("month", "on_or_after", date(2014, 3, 1), date(2014, 4, 1)),
        ("week", "on", date(2014, 5, 26), date(2014, 6, 2)),
        ("week", "on_or_after", date(2014, 3, 3), date(2014, 3, 10)),
    ]


def test_cohorts_are_those_of_a_count(relax: Warehouse, log: Log, accounts: pd.Series) -> None:
    """Active users of every monthly cohort."""
    cohorts = accounts.reindex(log.users).dt.to_period("M")
    expected = {}
    for period in pd.period_range(cohorts.min(), AS_OF, freq="M"):
        active = pd.Series(log.within(period.start_time, period.end_time), log.users)
        for cohort, members in active.groupby(cohorts):
            if cohort <= period:
                expected[cohort.start_time.date(), (period - cohort).n] = (len(members), int(members.sum()))
    found = relax.rows(
        "select cohort_started_on, periods_since, users_at_risk, active_users from marts.retention_cohorts"
        " where cohort_grain = 'month' and measure = 'on' and attribute = '(all)'"
    )
    assert {row[:2]: row[2:] for row in found} == expected


def test_weeks_and_days_are_those_of_a_count(relax: Warehouse, log: Log) -> None:
    """Lifecycle, daily, weekly and monthly users, on every day."""
    weeks = relax.query("select * from marts.weekly_lifecycle order by date_week")
    expected = lifecycle(log)
    assert list(weeks["date_week"].dt.date) == list(expected.index)
    assert (weeks[expected.columns].to_numpy() == expected.to_numpy()).all()
    days = relax.query("select * from marts.daily_activity order by date_day")
    expected = daily_counts(log)
    assert list(days["date_day"].dt.date) == list(expected.index)
    assert (days[expected.columns].to_numpy() == expected.to_numpy()).all()


def test_the_fragment_of_the_last_day_is_no_collapse(relax: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> None:
    """By the clock of the project the last week has seven days; with the clock set to the fragment it has five and one login."""
    trend = "select trend, recent_7d_average, previous_7d_average from marts.activity_trend where attribute = '(all)'"
    ((by_clock, recent, previous),) = relax.rows(trend)
    daily = dict(relax.rows("select date_day, active_users from marts.daily_activity where date_day > '2014-05-21'"))
    last_week = sum(users for day, users in daily.items() if day > date(2014, 5, 28))
    assert (recent * 7, previous * 7) == pytest.approx((last_week, sum(daily.values()) - last_week))
    other = Warehouse(tmp_path_factory.mktemp("fragment"), RELAX)
    shutil.copy(relax.path, other.path)
    run = other.dbt("run", "--select", *TREND, settings={"as_of": FRAGMENT.isoformat()})
    assert run.succeeded, run.output
    ((by_fragment, _, _),) = other.rows(trend)
    assert by_fragment < by_clock - 0.1


def test_staying_is_what_lifelines_says(relax: Warehouse, log: Log, accounts: pd.Series) -> None:
    """Kaplan and Meier over silences that are found day by day."""
    lives = first_silences(log, accounts, 28)
    curve = relax.query("select * from marts.survival_curves where attribute = '(all)' order by days_since_origin")
    fit = KaplanMeierFitter().fit(lives["day_number"], lives["has_left"])
    assert np.allclose(curve["staying_share"], fit.survival_function_at_times(curve["days_since_origin"]), atol=1e-9)
    assert curve["at_risk"].iloc[0] == 12_000
    assert curve["at_risk"].iloc[-1] >= 20
