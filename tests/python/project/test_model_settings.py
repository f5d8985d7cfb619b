"""What may be said of the features of a model, and what a build without a fit does with what it finds."""

from pathlib import Path
from typing import Any

import pytest

from tests.python import macros
from tests.python.warehouse import PROJECT, Warehouse

SOURCE = {"name": "creation_source", "type": "categorical"}
RECENCY = {"name": "recency_days", "type": "numeric"}


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([], "must be a list of at least one feature"),
        (SOURCE, "must be a list of at least one feature"),
        (["creation_source"], "adoption_model_features holds creation_source; each entry must be of the form"),
        ([{"name": "creation_source"}], "each entry must be of the form"),
        ([SOURCE, SOURCE], "adoption_model_features names creation_source twice"),
        ([{"name": "sauce", "type": "categorical"}], "adoption_model_features names 'sauce'; there are: user_id, creation_source"),
        ([{"name": "creation_source", "type": "ordinal"}], "the type of creation_source is 'ordinal'; it can be: categorical, numeric"),
        ([{"name": "creation_source", "type": "numeric"}], "creation_source is varchar, not a number"),
        ([{"name": "first_week_logins", "type": "numeric", "step": 0}], "the step of first_week_logins is '0'"),
        ([SOURCE | {"step": 2}], "the step of creation_source is '2'; it must be a number above 0, of a numeric feature"),
        ([SOURCE | {"reference": "SIGNUP"}], "creation_source has 'reference'; it can have: name, type, reference_level, step"),
    ],
)
def test_features_that_cannot_be_meant_are_refused(features: Any, message: str) -> None:
    """With the name and what there is."""
    with pytest.raises(ValueError, match=r".") as refusal:
        macros.check_settings({"adoption_model_features": features})
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"churn_days": 0}, "churn_days is '0'; it must be a whole number above 0"),
        ({"churn_cutoffs": 1.5}, "churn_cutoffs is '1.5'; it must be a whole number above 0"),
        (
            {"churn_model_features": [RECENCY, {"name": "active_days", "type": "numeric"}]},
            "churn_model_features names 'active_days'; there are",
        ),
        ({"churn_model_features": [{"name": "tenure_days", "type": "numeric"}]}, "must hold {name: recency_days, type: numeric}"),
        ({"churn_model_features": [RECENCY | {"step": 7}]}, "must hold {name: recency_days, type: numeric}, without a step"),
        ({"churn_risk_thresholds": 0.5}, "churn_risk_thresholds is 0.5; it must be two probabilities"),
        ({"churn_risk_thresholds": [0.66, 0.33]}, "it must be two probabilities, the second above the first"),
        ({"churn_risk_thresholds": ["low", "high"]}, "it must be two probabilities"),
        ({"churn_risk_thresholds": [0.33, 1]}, "it must be two probabilities"),
    ],
)
def test_settings_of_churn_that_cannot_be_meant_are_refused(settings: dict[str, Any], message: str) -> None:
    """With what they are and what they could be."""
    with pytest.raises(ValueError, match=r".") as refusal:
        macros.check_settings(settings)
    assert message in str(refusal.value)


def test_a_hold_out_of_nobody_is_refused(tmp_path: Path) -> None:
    """Before anything is built."""
    run = Warehouse(tmp_path, PROJECT / "sample_data").dbt("run", "--select", "int_days_listed", settings={"holdout_share": 0})
    assert not run.succeeded
    assert "holdout_share is '0'; it must be between 0 and 1" in " ".join(run.output.split())
    assert "START sql" not in run.output


def test_other_features_than_those_of_the_fit_give_no_scores(tmp_path: Path) -> None:
    """A numeric feature is rounded down to its step; when it is taken away, scores wait for the next fit instead of leaving it out."""
    warehouse = Warehouse(tmp_path, PROJECT / "sample_data")
    features = [SOURCE, {"name": "first_week_logins", "type": "numeric", "step": 2}]
    warehouse.build(areas=("adoption", "core"), settings={"adoption_model_features": features})
    assert warehouse.rows(
        "select list(distinct number order by number) from intermediate.int_adoption_patterns where attribute = 'first_week_logins'"
    ) == [([0, 2, 4],)]
    reasons = "select no_score_reason, count(adoption_probability) > 0 from marts.user_adoption_scores where is_fitted group by 1"
    assert warehouse.rows(reasons) == [(None, True)]
    warehouse.build("--exclude", "path:python_models", areas=("adoption", "core"), settings={"adoption_model_features": [SOURCE]})
    assert warehouse.rows(reasons) == [("level_unknown_to_model", False)]
