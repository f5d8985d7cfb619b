"""Published figures of 1,000 users, 202 of whom performed an action, come out of the marts; the data are not part of the project."""

import os
from pathlib import Path

import pytest

from tests.python.warehouse import PROJECT, Warehouse, selected

USER_GROUPS = Path(os.environ.get("REFERENCE_DATA_DIR", PROJECT.parent / "shared" / "reference")) / "user_groups"
pytestmark = pytest.mark.skipif(
    not USER_GROUPS.is_dir(), reason=f"the reference data are not at {USER_GROUPS}; REFERENCE_DATA_DIR names their folder"
)


@pytest.fixture(scope="module")
def user_groups(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the reference data, unit tests included: one `dbt build`."""
    warehouse = Warehouse(tmp_path_factory.mktemp("user_groups"), USER_GROUPS, ("people",))
    run = warehouse.dbt("build", *selected(("actions", "core", "insights/model_runs.sql", "quality")))
    assert run.succeeded, run.output
    return warehouse


def digits(number: float, digits: int) -> object:
    """A number as it is published, with so many decimals."""
    return pytest.approx(number, abs=0.5 * 10**-digits)


def test_rates(user_groups: Warehouse) -> None:
    """By gender, age group and hometown."""
    assert user_groups.rows("select users, performers from marts.action_rates where attribute = '(all)'") == [(1000, 202)]
    rates = user_groups.rows(
        "select attribute, level, action_rate from marts.action_rates where attribute <> '(all)' order by attribute, level_order"
    )
    assert rates == [
        ("age_group", "18-25", digits(0.239583, 6)),
        ("age_group", "26-35", digits(0.219124, 6)),
        ("age_group", "36-45", digits(0.197248, 6)),
        ("age_group", "46-60", digits(0.171091, 6)),
        ("gender", "Female", digits(0.265594, 6)),
        ("gender", "Male", digits(0.139165, 6)),
        ("hometown", "TownA", digits(0.190000, 6)),
        ("hometown", "TownB", digits(0.213675, 6)),
        ("hometown", "TownC", digits(0.204819, 6)),
    ]
    assert user_groups.rows("select level, performers, users from marts.action_rates where attribute = 'gender' order by level") == [
        ("Female", 132, 497),
        ("Male", 70, 503),
    ]


def test_tests(user_groups: Warehouse) -> None:
    """Chi-square with Yates's correction and without, by more than two levels, and Welch's t."""
    tests = user_groups.rows(
        "select attribute, test, statistic, p_value, verdict from marts.action_tests where attribute <> 'age' order by attribute"
    )
    assert tests == [
        ("age_group", "chi_square", digits(4.1786, 4), digits(0.24281, 5), "no_evidence"),
        ("gender", "chi_square_yates", digits(24.0110, 4), digits(9.579e-07, 10), "different"),
        ("hometown", "chi_square", digits(0.66642, 5), digits(0.71662, 5), "no_evidence"),
    ]
    assert user_groups.rows("select pearson_statistic from marts.action_tests where attribute = 'gender'") == [(digits(24.789, 3),)]
    assert user_groups.rows("select degrees_of_freedom from marts.action_tests where test = 'chi_square' order by 1") == [(2.0,), (3.0,)]
    assert user_groups.rows("select test, statistic, p_value from marts.action_tests where attribute = 'age'") == [
        ("welch_t", digits(-2.33565, 5), digits(0.0201344, 7))
    ]


def test_main_effects(user_groups: Warehouse) -> None:
    """The published regression, level by level."""
    assert user_groups.rows(
        "select log_likelihood, pseudo_r_squared, joint_p_value from marts.model_runs where model = 'main_effects'"
    ) == [(digits(-487.36242, 5), digits(0.0314016, 7), digits(4.8165e-05, 9))]
    query = "select term, coefficient, std_error from marts.action_coefficients where model = 'main_effects'"
    terms = {term: found for term, *found in user_groups.rows(query)}
    assert terms["(intercept)"] == [digits(-0.114763, 6), digits(0.603438, 6)]
    assert terms["age"] == [digits(-0.035768, 6), digits(0.026060, 6)]
    assert terms["gender: Male"] == [digits(-0.810896, 6), digits(0.164986, 6)]


def test_the_published_interaction(user_groups: Warehouse) -> None:
    """It is reproduced, although it is one of the scale: effects that add up in probability, as these were drawn, give -0.0055."""
    terms = dict(
        user_groups.rows("select term, coefficient from marts.action_coefficients where model = 'gender_by_age' and attribute is not null")
    )
    assert terms == {"gender: Male": digits(-2.329028, 6), "age": digits(-0.031395, 6), "gender: Male x age": digits(0.040532, 6)}
    assert user_groups.rows("select p_value from marts.action_coefficients where term = 'gender: Male x age'") == [(digits(0.003276, 6),)]


def test_accuracy_hides_that_nobody_is_predicted(user_groups: Warehouse) -> None:
    """The published accuracy is 0.80, which is that of always saying no; the verdict says so."""
    assert user_groups.rows(
        """
        select model, metric, value, verdict from marts.action_model_scores
        where evaluation = 'holdout' and metric in ('accuracy', 'baseline_accuracy', 'predicted_share') order by model, metric
        """
    ) == [
        (model, metric, value, verdict)
        for model in ("gender_by_age", "main_effects")
        for metric, value, verdict in (
            ("accuracy", 0.8, "never_predicts_action"),
            ("baseline_accuracy", 0.8, "no_evidence"),
            ("predicted_share", 0.0, "never_predicts_action"),
        )
    ]
    assert user_groups.rows("select distinct users, events from marts.action_model_scores where evaluation = 'holdout'") == [(250, 50)]
