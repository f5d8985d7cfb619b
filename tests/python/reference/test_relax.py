"""Published figures of a SaaS product's 12,000 accounts come out of the marts; the data are not part of the project."""

import os
from datetime import date
from pathlib import Path

import pytest

from tests.python.warehouse import PROJECT, Warehouse

RELAX = Path(os.environ.get("REFERENCE_DATA_DIR", PROJECT.parent / "shared" / "reference")) / "relax"
pytestmark = pytest.mark.skipif(not RELAX.is_dir(), reason=f"the reference data are not at {RELAX}; REFERENCE_DATA_DIR names their folder")


@pytest.fixture(scope="module")
def relax(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the reference data, unit tests included."""
    warehouse = Warehouse(tmp_path_factory.mktemp("relax"), RELAX)
    run = warehouse.dbt("build", settings={"raw_sources": ["product"]})
    assert run.succeeded, run.output
    return warehouse


def test_every_row_arrives(relax: Warehouse) -> None:
    """No row is rejected, although one file is Latin-1 and the other has CRLF; the one login after as_of is counted."""
    counts = "select table_name, raw_rows, accepted_rows, rows_after_as_of from marts.source_row_counts order by 1"
    assert relax.rows(counts) == [("user_engagement", 207_917, 207_917, 1), ("users", 12_000, 12_000, 0)]
    assert relax.rows("select sum(logins), count(*) from marts.user_activity_days") == [(207_917, 207_917)]


def test_as_of_is_the_day_before_the_fragment(relax: Warehouse) -> None:
    """The one login of 2014-06-06 is no day to judge by."""
    assert relax.rows("select distinct as_of from marts.user_adoption") == [(date(2014, 6, 4),)]
    assert relax.rows("select max(date_day) from marts.user_activity_days") == [(date(2014, 6, 6),)]


def test_accounts(relax: Warehouse) -> None:
    """Accounts, with a login, without a last session, organisations, without an inviter."""
    assert relax.rows(
        "select count(*), count(*) filter (where last_session_at is null), count(distinct org_id),"
        " count(*) filter (where invited_by_user_id is null) from marts.users"
    ) == [(12_000, 3_177, 417, 5_583)]
    assert relax.rows("select count(distinct user_id) from marts.user_activity_days") == [(8_823,)]
    assert relax.rows("select count(*), sum(users) from marts.organisations") == [(417, 12_000)]


def test_adopted_by_three_readings(relax: Warehouse) -> None:
    """Any window, consecutive windows, ISO weeks, the last two in common, and neither of them without the first."""
    assert relax.rows(
        "select count(*) filter (where is_adopted), count(*) filter (where is_adopted_fixed_window),"
        " count(*) filter (where is_adopted_iso_week), count(*) filter (where is_adopted_fixed_window and is_adopted_iso_week),"
        " count(*) filter (where not is_adopted and (is_adopted_fixed_window or is_adopted_iso_week)) from marts.user_adoption"
    ) == [(1_602, 1_445, 1_445, 1_367, 0)]


def test_adopted_when(relax: Warehouse) -> None:
    """First and last adoption, median days from sign-up."""
    assert relax.rows("select min(adopted_on), max(adopted_on), median(days_to_adoption) from marts.user_adoption") == [
        (date(2012, 6, 10), date(2014, 6, 4), 48.0)
    ]


def test_adopted_by_source(relax: Warehouse) -> None:
    """Adopters and accounts of each source."""
    assert relax.rows(
        "select level, adopted_users, users from marts.adoption_rates where attribute = 'creation_source' order by level"
    ) == [
        ("GUEST_INVITE", 360, 2_163),
        ("ORG_INVITE", 553, 4_254),
        ("PERSONAL_PROJECTS", 164, 2_111),
        ("SIGNUP", 293, 2_087),
        ("SIGNUP_GOOGLE_AUTH", 232, 1_385),
    ]


def test_adopted_and_invited_by_an_adopted_user(relax: Warehouse) -> None:
    """Inviters as they are today, as the published analysis counts them."""
    assert relax.rows(
        "select count(*) from marts.user_overview u join marts.user_overview i on u.invited_by_user_id = i.user_id"
        " where u.is_adopted and i.is_adopted"
    ) == [(224,)]


def test_matured_rate_and_curve(relax: Warehouse) -> None:
    """1,251 of the 9,755 users with the whole horizon adopted in it; Kaplan and Meier use the others as well."""
    assert relax.rows(
        "select matured_users, matured_adopted_users, round(matured_rate, 4) from marts.adoption_rates where attribute = '(all)'"
    ) == [(9_755, 1_251, 0.1282)]
    assert relax.rows("select round(adopted_share, 4) from marts.adoption_curves where attribute = '(all)' and days_since_signup = 89") == [
        (0.1267,)
    ]


def test_two_early_days_go_with_staying(relax: Warehouse) -> None:
    """Phi of two days in the first seven, without the immortal time that inflates it to 0.88."""
    assert relax.rows("select round(phi, 2) from marts.adoption_thresholds where min_days = 2 and window_days = 7") == [(0.4,)]


def test_a_definition_labels_the_rates(relax: Warehouse, tmp_path: Path) -> None:
    """With consecutive windows as the definition the rates count those adopters."""
    warehouse = Warehouse(tmp_path, RELAX)
    warehouse.build(settings={"raw_sources": ["product"], "adoption_definition": "fixed_window"})
    assert warehouse.rows("select adopted_users from marts.adoption_rates where attribute = '(all)'") == [(1_445,)]
