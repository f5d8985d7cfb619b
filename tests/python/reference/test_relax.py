"""Published figures of a SaaS product's 12,000 accounts come out of the marts; the data are not part of the project."""

from datetime import date
from pathlib import Path

import pytest

from tests.python.rows import assert_marts_are_those_of_rows, features_then_and_now, landmark_rows
from tests.python.warehouse import RELAX, Warehouse

pytestmark = pytest.mark.skipif(not RELAX.is_dir(), reason=f"the reference data are not at {RELAX}; REFERENCE_DATA_DIR names their folder")


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


@pytest.fixture(scope="module")
def fixed_window(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same with consecutive windows as the definition, as in the published analyses."""
    warehouse = Warehouse(tmp_path_factory.mktemp("fixed_window"), RELAX)
    warehouse.build(areas=("adoption",), settings={"raw_sources": ["product"], "adoption_definition": "fixed_window"})
    return warehouse


def test_a_definition_labels_the_rates(fixed_window: Warehouse) -> None:
    """With consecutive windows the rates count those adopters."""
    assert fixed_window.rows("select adopted_users from marts.adoption_rates where attribute = '(all)'") == [(1_445,)]


def holdout_scores(warehouse: Warehouse) -> dict[str, dict[str, float]]:
    """The hold-out scores of each published regression."""
    scores: dict[str, dict[str, float]] = {}
    for model, metric, value in warehouse.rows("select model, metric, value from marts.adoption_model_scores where evaluation = 'holdout'"):
        scores.setdefault(model, {})[metric] = value
    return scores


def test_published_scores_with_consecutive_windows(fixed_window: Warehouse) -> None:
    """Accuracy and area of the hard predictions as published, to seven digits; what was not published stands beside them."""
    scores = holdout_scores(fixed_window)
    pairs = {model: (round(of_model["accuracy"], 7), round(of_model["auc_hard"], 7)) for model, of_model in scores.items()}
    assert pairs == {
        "published_all_features": (0.9455556, 0.9441270),
        "published_one_feature": (0.9044444, 0.9434921),
        "published_without_spans": (0.8738889, 0.4993651),
    }
    assert round(scores["published_all_features"]["auc"], 4) == 0.9711
    assert round(scores["published_all_features"]["baseline_accuracy"], 4) == 0.875


def test_published_scores_with_any_window(relax: Warehouse) -> None:
    """The same three under the other label, to four digits."""
    pairs = {model: (round(of_model["accuracy"], 4), round(of_model["auc_hard"], 4)) for model, of_model in holdout_scores(relax).items()}
    assert pairs == {
        "published_all_features": (0.9556, 0.9499),
        "published_one_feature": (0.9178, 0.9497),
        "published_without_spans": (0.8600, 0.5002),
    }


def test_coefficients_are_finite_and_small(relax: Warehouse) -> None:
    """One row per model and term, none above 20, although 17 organisations are separated."""
    assert relax.rows(
        "select count(*) = count(distinct (model, term)), max(abs(coefficient)) < 20, bool_and(isfinite(odds_ratio))"
        " from marts.adoption_coefficients"
    ) == [(True, True, True)]
    assert relax.rows("select count(*) from marts.adoption_coefficients where attribute = 'organisation' group by model") == [
        (417,),
        (417,),
    ]


def test_the_honest_model_is_far_below_the_leaking_one(relax: Warehouse) -> None:
    """And says so of itself."""
    areas = {
        model: (round(value, 3), leaks)
        for model, value, leaks in relax.rows(
            "select model, value, leaks_outcome from marts.adoption_model_scores where evaluation = 'out_of_fold' and metric = 'auc'"
        )
    }
    assert areas["published_all_features"] == (0.978, True)
    assert areas["landmark"] == (0.752, False)


def test_landmark_regression_is_that_of_the_rows(relax: Warehouse) -> None:
    """9,462 users whose horizon is over on 2014-06-04, 12.3 % of whom adopted in it; coefficients, errors and scores user by user."""
    by_rows = landmark_rows(relax)
    assert (len(by_rows.users), by_rows.users["is_event"].sum()) == (9_462, 1_164)
    assert_marts_are_those_of_rows(relax, by_rows)


def test_two_days_later_more_horizons_are_over(tmp_path: Path) -> None:
    """With the fragment's day as as_of: 9,513 users."""
    warehouse = Warehouse(tmp_path, RELAX)
    run = warehouse.dbt("run", "--select", "+int_users_landmarked", settings={"raw_sources": ["product"], "as_of": "2014-06-06"})
    assert run.succeeded, run.output
    users = "select count(*), round(avg(case when is_adopted_later then 1 else 0 end), 3) from intermediate.int_users_landmarked"
    assert warehouse.rows(f"{users} where is_fitted") == [(9_513, 0.123)]
    assert warehouse.rows(f"{users} where no_score_reason = 'adopted_in_first_week'") == [(142, 0.0)]


def test_features_know_nothing_of_what_comes_after(relax: Warehouse, tmp_path: Path) -> None:
    """Without the rows after 2013-09-30, features of the sign-up and the first week are what they are with them; spans are not."""
    before, now = features_then_and_now(relax, date(2013, 9, 30), tmp_path, {"raw_sources": ["product"]}, "latin-1")
    early = ["creation_source", "invitation", "organisation_size", "signup_weekday", "first_week_active_days", "first_week_logins"]
    for feature in early:
        assert before[feature].equals(now[feature]), feature
    for feature in ("is_active_after_7_days", "is_active_after_30_days", "activity_span_days", "is_invited_by_adopted_user"):
        assert not before[feature].equals(now[feature]), feature
