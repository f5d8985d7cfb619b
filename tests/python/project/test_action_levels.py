"""Users of one organisation are alike: chance differences between organisations are no differences between groups."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from tests.python.warehouse import Warehouse

ACTIONS = 500
ATTRIBUTES = [
    {"name": "country", "type": "categorical"},
    {"name": "tariff", "type": "categorical"},
    {"name": "gender", "type": "categorical"},
    {"name": "role", "type": "categorical"},
    {"name": "seats", "type": "numeric"},
    {"name": "age", "type": "numeric"},
]


def nested(folder: Path, organisations: int, users: int, seed: int) -> Path:
    """Writes accounts, profiles and actions: what goes with an action is the organisation alone.

    Country, tariff and seats are those of the organisation; gender, role and age those of the user. The chance of each action, 0.2 on
    average, varies between organisations so that two users of one correlate by 0.08.
    """
    draw = np.random.default_rng(seed)
    sizes = draw.lognormal(0, 0.7, organisations)
    organisation = np.concatenate([np.arange(organisations), draw.choice(organisations, users - organisations, p=sizes / sizes.sum())])
    country, tariff = draw.choice(["A", "B", "C"], organisations), draw.choice(["basic", "full"], organisations, p=[0.3, 0.7])
    seats = draw.integers(1, 200, organisations)
    folder.mkdir()
    user = np.arange(users)
    pd.DataFrame({"object_id": user, "creation_time": "2025-01-01 08:00:00", "org_id": organisation}).to_csv(
        folder / "users.csv", index=False
    )
    pd.DataFrame({"time_stamp": ["2025-01-02 08:00:00"], "user_id": [0], "visited": [1]}).to_csv(
        folder / "user_engagement.csv", index=False
    )
    pd.DataFrame(
        {
            "user_id": user,
            "country": country[organisation],
            "tariff": tariff[organisation],
            "gender": draw.choice(["Female", "Male"], users),
            "role": draw.choice(["a", "b", "c", "d"], users, p=[0.5, 0.3, 0.15, 0.05]),
            "seats": seats[organisation],
            "age": draw.integers(18, 66, users),
        }
    ).to_csv(folder / "user_profiles.csv", index=False)
    alike = 0.08
    chances = draw.beta(0.2 * (1 / alike - 1), 0.8 * (1 / alike - 1), (ACTIONS, organisations))
    action, performer = np.nonzero(draw.random((ACTIONS, users)) < chances[:, organisation])
    pd.DataFrame({"user_id": performer, "action": [f"action {number:03d}" for number in action]}).to_csv(
        folder / "user_actions.csv", index=False
    )
    return folder


@pytest.mark.parametrize(("organisations", "users"), [(60, 900)])
def test_five_hundred_actions_that_nothing_explains(organisations: int, users: int, folder: Path, tmp_path: Path) -> None:
    """At most 41 of 500 families have any difference (0.1 % tail of 5 %), where tests that take users as independent find far more."""
    warehouse = Warehouse(tmp_path, nested(folder, organisations, users, seed=8), ("product", "people"))
    models = [{"name": "age", "terms": ["age"]}]
    settings = {"profile_attributes": ATTRIBUTES, "action_attributes": [], "action_models": models}
    run = warehouse.dbt(
        "build", "--exclude-resource-type", "test", "unit_test", "--select", "level_orders", "+action_tests", settings=settings
    )
    assert run.succeeded, run.output
    tests = warehouse.query("select * from marts.action_tests")
    assert len(tests) == ACTIONS * len(ATTRIBUTES)
    assert tests["p_value"].notna().all()
    assert tests.loc[tests["verdict"] == "different", "action"].nunique() <= 41
    # each attribute by itself keeps its level too: 0.1 % tail of 5 % of 500
    found = (tests["p_value"] <= 0.05).groupby(tests["attribute"]).sum()
    assert found.max() <= 41
    naive = chi2.sf(tests["pearson_statistic"], tests["levels"] - 1) <= 0.05
    assert (pd.Series(naive).groupby(tests["attribute"]).sum()[["country", "tariff"]] > 60).all()
    effects = tests.groupby("attribute")["design_effect"].mean()
    assert effects[["country", "tariff", "seats"]].min() > 1.5
    assert effects[["gender", "role", "age"]].max() < 1.3
