"""What may be said of attributes, and of regressions of actions."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.python import macros
from tests.python.warehouse import PROJECT, Warehouse

PLAN = {"name": "plan", "type": "categorical"}
AGES = {"name": "age", "type": "numeric", "binned_as": "ages", "bins": [1, 2], "labels": ["young"]}
ARM = {"name": "arm", "type": "experiment", "shares": {"a": 0.5, "b": 0.5}, "read_out_on": "2025-06-30"}
TERMS = [{"name": "one", "terms": ["plan"]}]


def check(settings: dict[str, Any]) -> None:
    """Calls check_attributes, with what it asks dbt and DuckDB for."""
    words = SimpleNamespace(columns=[SimpleNamespace(values=lambda: ["group", "order"])])
    macros.call("check_attributes", settings, run_query=lambda _: words)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"profile_attributes": "gender"}, "profile_attributes must be a list of at least one entry of the form {name: ..., type: ...}"),
        ({"profile_attributes": [{"name": "plan"}]}, "profile_attributes must be a list"),
        ({"profile_attributes": [PLAN | {"type": "text"}]}, "the type of plan is 'text'; it can be: categorical, numeric, experiment"),
        ({"profile_attributes": [PLAN | {"bins": [1]}]}, "plan has 'bins'; as categorical it can have: name, type, reference_level"),
        ({"profile_attributes": [PLAN | {"name": "group"}]}, "An attribute cannot be called 'group'"),
        ({"profile_attributes": [PLAN | {"name": "users"}]}, "An attribute cannot be called 'users'"),
        ({"profile_attributes": [PLAN | {"name": "My Plan"}]}, "inputs.user_profiles.columns.my_my_plan: My Plan"),
        ({"profile_attributes": [PLAN, PLAN]}, "Two attributes are called plan"),
        ({"profile_attributes": [PLAN | {"name": "mailing_list"}]}, "Two attributes are called mailing_list"),
        ({"profile_attributes": [AGES | {"labels": ["a", "b"]}]}, "age has 2 bins and 2 labels; groups need binned_as"),
        ({"profile_attributes": [AGES | {"binned_as": None}]}, "groups need binned_as"),
        ({"profile_attributes": [AGES | {"bins": [2, 1]}]}, "the bins [2, 1] do not rise"),
        ({"profile_attributes": [AGES | {"bins": [0, "5"]}]}, "bins is [0, '5']; it must be a list of numbers"),
        ({"profile_attributes": [AGES | {"bins": "0,5"}]}, "bins is 0,5; it must be a list of numbers"),
        ({"profile_attributes": [AGES | {"range": "1-9"}]}, "range is 1-9; it must be a list of numbers"),
        ({"profile_attributes": [AGES | {"range": [1, None]}]}, "range is [1, None]; it must be a list of numbers"),
        ({"profile_attributes": [AGES | {"bins": [1, 2, 3], "labels": ["a", "a"]}]}, "it must be a list of different texts"),
        ({"profile_attributes": [AGES | {"labels": ["over 2"]}]}, "it must be a list of different texts"),
        ({"profile_attributes": [AGES | {"labels": [True]}]}, "it must be a list of different texts, yes and no in quotes"),
        ({"profile_attributes": [ARM | {"shares": {True: 0.5, False: 0.5}}]}, "on and off in quotes"),
        ({"profile_attributes": [ARM | {"shares": {"a": "50%"}}]}, "it must be of the form {control: 0.5, treatment: 0.5}"),
        ({"profile_attributes": [PLAN | {"reference_level": True}]}, "put it in quotes, as it stands in the column"),
        ({"action_attributes": "creation_source"}, "action_attributes is creation_source; it must be a list"),
        ({"action_models": [{"name": "one", "terms": "age"}]}, "terms of one must be a list"),
        ({"action_models": [{"name": "one", "terms": ["age"], "interactions": ["age", "age"]}]}, "a list of pairs: [[gender, age]]"),
        ({"profile_attributes": [AGES | {"range": [9, 1]}]}, "the range is [9, 1]; it must be the lowest and the highest possible value"),
        ({"profile_attributes": [AGES | {"step": 0}]}, "the step is '0'; it must be a number above 0"),
        ({"profile_attributes": [ARM | {"shares": {"a": 0.5}}]}, "it needs the shares of its arms, which sum to 1"),
        ({"profile_attributes": [ARM | {"read_out_on": None}]}, "and the day of its read-out"),
        ({"profile_attributes": [ARM | {"read_out_on": "June"}]}, "read_out_on is 'June', which is no date"),
        ({"action_attributes": ["plan"]}, "action_attributes names 'plan'; there are: creation_source"),
        ({"action_models": TERMS}, "one has the term 'plan'; there are: gender, age, age_group, hometown, creation_source"),
        ({"action_models": [{"name": "one", "terms": []}]}, "one is there twice, or has no terms"),
        ({"action_models": TERMS * 2, "profile_attributes": [PLAN]}, "one is there twice, or has no terms"),
        ({"action_models": [{"name": "one", "terms": ["age"], "interactions": [["age", "age"]]}]}, "it must be two of its terms: age"),
        ({"action_models": [{"name": "one", "terms": ["age"], "step": 1}]}, "one has 'step'; it can have: name, terms, interactions"),
        ({"action_models": []}, "action_models must be a list of at least one entry of the form {name: ..., terms: ...}"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], message: str) -> None:
    """With the name and what there is."""
    with pytest.raises(ValueError, match=r".") as refusal:
        check(settings)
    assert message in str(refusal.value)


@pytest.mark.parametrize("settings", [{}, {"profile_attributes": [PLAN, AGES, ARM], "action_models": TERMS}, {"raw_sources": ["people"]}])
def test_settings_that_can_be_meant_pass(settings: dict[str, Any]) -> None:
    """The defaults, every type of attribute, and no accounts."""
    check(settings)


def test_a_refused_setting_stops_a_run(tmp_path: Path) -> None:
    """Before anything is built."""
    run = Warehouse(tmp_path, PROJECT / "sample_data").dbt("run", settings={"profile_attributes": [PLAN | {"name": "group"}]})
    assert not run.succeeded
    assert "An attribute cannot be called 'group'" in " ".join(run.output.split())
    assert "START sql" not in run.output
