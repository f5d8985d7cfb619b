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


def nested(folder: Path, sizes: list[int], is_full: list[bool], seed: int) -> Path:
    """Writes accounts, profiles and actions: what goes with an action is the organisation alone.

    Country, tariff and seats are those of the organisation; gender, role and age those of the user. The chance of each action, 0.2 on
    average, varies between organisations so that two users of one correlate by 0.08.
    """
    draw = np.random.default_rng(seed)
    organisations, users = len(sizes), sum(sizes)
    organisation = np.repeat(np.arange(organisations), sizes)
    country, seats = np.arange(organisations) % 3, draw.integers(1, 200, organisations)
    folder.mkdir()
    user = np.arange(users)
    accounts = {"object_id": user, "creation_time": "2025-01-01 08:00:00", "org_id": organisation}
    pd.DataFrame(accounts).to_csv(folder / "users.csv", index=False)
    logins = {"time_stamp": ["2025-01-02 08:00:00"], "user_id": [0], "visited": [1]}
    pd.DataFrame(logins).to_csv(folder / "user_engagement.csv", index=False)
    profiles = {
        "user_id": user,
        "country": country[organisation],
        "tariff": np.array(is_full)[organisation],
        "gender": draw.choice(["Female", "Male"], users),
        "role": draw.choice(["a", "b", "c", "d"], users, p=[0.5, 0.3, 0.15, 0.05]),
        "seats": seats[organisation],
        "age": draw.integers(18, 66, users),
    }
    pd.DataFrame(profiles).to_csv(folder / "user_profiles.csv", index=False)
    alike = 0.08
    chances = draw.beta(0.2 * (1 / alike - 1), 0.8 * (1 / alike - 1), (ACTIONS, organisations))
    action, performer = np.nonzero(draw.random((ACTIONS, users)) < chances[:, organisation])
    actions = {"user_id": performer, "action": [f"action {number:03d}" for number in action]}
    pd.DataFrame(actions).to_csv(folder / "user_actions.csv", index=False)
    return folder


MANY = [5 + 2 * (place % 12) for place in range(60)]
FEW_LARGE = [300] * 3 + [20] * 40


@pytest.mark.parametrize(
    ("sizes", "is_full"),
    [(MANY, [place % 4 == 0 for place in range(60)]), (FEW_LARGE, [place < 3 for place in range(43)])],
    ids=["many organisations", "one level in three large ones"],
)
def test_five_hundred_actions_that_nothing_explains(sizes: list[int], is_full: list[bool], folder: Path, tmp_path: Path) -> None:
    """At most 41 of 500 families have any difference (0.1 % tail of 5 %), where tests that take users as independent find far more."""
    warehouse = Warehouse(tmp_path, nested(folder, sizes, is_full, seed=8), ("product", "people"))
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
