"""Profiles and actions of any company: columns never seen before, impossible values, free text, experiments, too little."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.python.project.test_own_tables import settings_in_readme
from tests.python.warehouse import Warehouse, write

TESTS_ALONE = ("build", "--exclude-resource-type", "test", "unit_test", "--select", "level_orders", "+action_tests")


def company(folder: Path, users: int = 600) -> Path:
    """A company's customers, with a plan that CSV must quote, and its events: plans differ in exports, prices in purchases."""
    draw = np.random.default_rng(5)
    plans = {'Pro, "annual"': 0.6, "Free": 0.2, "Team 🚀": 0.2}
    customers = ["customer_uuid,signed_up_at,workspace,Plan Name,team_size,region,pricing"]
    events = [
        "customer_uuid,event_name,happened_at",
        *(f"u-0,login,2025-{month:02}-{day} 08:00:00" for month in (6, 7) for day in range(10, 31)),
    ]
    for user in range(users):
        plan, pricing, size = list(plans)[user % 3], ("old", "new")[user % 2], draw.integers(1, 200)
        quoted = '"' + plan.replace('"', '""') + '"' if "," in plan else plan
        customers.append(f"u-{user},2025-06-01,ws-{draw.integers(0, 60)},{quoted},{size},{draw.choice(['north', 'south'])},{pricing}")
        chances = {"export": plans[plan], "invite": 0.1 + 0.004 * size, "purchase": 0.2 if pricing == "old" else 0.4}
        events += [f"u-{user},{event},2025-07-01 10:00:00" for event, chance in chances.items() if draw.random() < chance]
    (folder / "events").mkdir(parents=True)
    (folder / "events" / "all.csv").write_text("\n".join([*events, ""]))
    return write(folder, customers="\n".join([*customers, ""]))


def test_columns_never_seen_before_need_settings_alone(folder: Path, tmp_path: Path) -> None:
    """The README's company: plan, team size, region and an experiment; tests that find what was drawn, and nothing else."""
    _, settings = settings_in_readme("Your own attributes and actions")
    warehouse = Warehouse(tmp_path, company(folder))
    warehouse.build(areas=("actions", "core"), settings=settings | {"action_attributes": []})
    rates = "select level, level_order, users from marts.action_rates where action = 'export' and attribute = 'plan' order by 2"
    assert warehouse.rows(rates) == [("Free", 1, 200), ('Pro, "annual"', 2, 200), ("Team 🚀", 3, 200)]
    teams = "select level from marts.action_rates where action = 'export' and attribute = 'team' order by level_order"
    assert warehouse.rows(teams) == [("small",), ("middling",), ("large",)]
    found = warehouse.rows("select action, attribute from marts.action_tests where verdict = 'different' order by all")
    assert found == [("export", "plan"), ("invite", "team"), ("invite", "team_size"), ("purchase", "pricing")]
    assert warehouse.rows("select distinct verdict from marts.action_tests order by 1") == [("different",), ("no_evidence",)]
    pairs = "select level, other_level from marts.action_pairs where attribute = 'plan' and verdict = 'different' order by 1"
    assert warehouse.rows(pairs) == [("Free", 'Pro, "annual"'), ('Pro, "annual"', "Team 🚀")]
    interactions = warehouse.rows("select interaction, verdict from marts.action_interactions where action = 'export'")
    assert interactions == [("plan x region", "tested")]
    assert warehouse.rows("select level from marts.user_attributes where user_id = 'u-0' and attribute = 'plan'") == [('Pro, "annual"',)]


def test_a_missing_attribute_column_stops_the_build(folder: Path, tmp_path: Path) -> None:
    """With its name, what the file has, and what to change."""
    _, settings = settings_in_readme("Your own attributes and actions")
    settings["profile_attributes"].append({"name": "colour", "type": "categorical"})
    run = Warehouse(tmp_path, company(folder)).dbt("run", "--select", "base_people__user_profiles", settings=settings)
    assert not run.succeeded
    message = " ".join(run.output.split())
    assert "Source people.user_profiles:" in message
    assert "lacks colour; it has customer_uuid, signed_up_at, workspace, plan name, team_size, region, pricing." in message
    assert "inputs.user_profiles.columns" in message
    assert "or change profile_attributes" in message


def test_impossible_ages_are_set_aside_and_free_text_is_not_cut_by(folder: Path, tmp_path: Path) -> None:
    """An age of -3 or 400 is a rejected row, one of 70 a group beyond the last; 2,000 notes are one level, tested by nothing."""
    users = 2_000
    ages = {0: "-3", 1: "400", 2: "70", 3: "17"}
    profiles = ["user_id,gender,age,hometown,note"]
    profiles += [f"{user},{'Female' if user % 2 else 'Male'},{ages.get(user, 20 + user % 40)},TownA,note {user}" for user in range(users)]
    actions = ["user_id,action,occurred_at", *(f"{user},post," for user in range(0, users, 5))]
    raw = write(folder, user_profiles="\n".join([*profiles, ""]), user_actions="\n".join([*actions, ""]))
    warehouse = Warehouse(tmp_path, raw, ("people",))
    default = [
        {"name": "gender", "type": "categorical"},
        {
            "name": "age",
            "type": "numeric",
            "range": [0, 120],
            "binned_as": "age_group",
            "bins": [17, 25, 60],
            "labels": ["18-25", "26-60"],
        },
        {"name": "note", "type": "categorical"},
    ]
    models = [{"name": "with_text", "terms": ["gender", "age", "note"]}]
    warehouse.build(areas=("actions", "quality"), settings={"profile_attributes": default, "action_models": models})
    assert warehouse.rows("select row_number, column_name, reason from marts.rejected_rows order by 1") == [
        (2, "age", "impossible value: outside 0 to 120"),
        (3, "age", "impossible value: outside 0 to 120"),
    ]
    assert warehouse.rows("select level, users from marts.action_rates where attribute = 'age_group' order by level_order") == [
        ("17 or less", 1),
        ("18-25", 296),
        ("26-60", 1700),
        ("over 60", 1),
    ]
    # the users themselves are known by nothing else, and are not counted
    assert warehouse.rows("select level, users, performers from marts.action_rates where attribute = 'note'") == [
        ("(too many levels)", 1998, 399)
    ]
    assert warehouse.rows("select verdict, levels, reason from marts.action_tests where attribute = 'note'") == [
        ("too_many_levels", 1998, "levels: 1,998, at most 1,000 are tested")
    ]
    assert warehouse.rows("select count(*) filter (where attribute = 'note'), max(users) from marts.action_coefficients") == [(0, 1998)]


@pytest.mark.parametrize(
    ("arms", "read_out_on", "verdict"),
    [((300, 300), "2025-03-01", "different"), ((300, 300), "2025-03-02", "not_yet"), ((300, 200), "2025-03-01", "sample_ratio_mismatch")],
)
def test_an_experiment_is_judged_at_its_read_out_and_by_its_sizes(
    arms: tuple[int, int], read_out_on: str, verdict: str, folder: Path, tmp_path: Path
) -> None:
    """Half of one arm and a tenth of the other act; before the day, or with arms of other sizes than declared, nothing is tested."""
    users = [(f"{arm}{number}", arm, number) for arm, size in zip("ab", arms, strict=True) for number in range(size)]
    profiles = "user_id,arm\n" + "".join(f"{user},{arm}\n" for user, arm, _ in users)
    performed = [user for user, arm, number in users if number % (2 if arm == "a" else 10) == 0]
    actions = "user_id,action,occurred_at\n" + "".join(f"{user},buy,2025-03-01\n" for user in performed)
    warehouse = Warehouse(tmp_path, write(folder, user_profiles=profiles, user_actions=actions), ("people",))
    arm = {"name": "arm", "type": "experiment", "reference_level": "b", "shares": {"a": 0.5, "b": 0.5}, "read_out_on": read_out_on}
    settings = {"id_type": "text", "profile_attributes": [arm], "action_models": [{"name": "arm", "terms": ["arm"]}]}
    run = warehouse.dbt(*TESTS_ALONE, settings=settings)
    assert run.succeeded, run.output
    [(found, p_value, ratio_p_value, effect)] = warehouse.rows(
        "select verdict, p_value, sample_ratio_p_value, effect_size from marts.action_tests"
    )
    assert found == verdict
    assert (p_value is None) == (verdict != "different")
    assert (ratio_p_value > 0.001) == (verdict != "sample_ratio_mismatch")
    if verdict == "different":
        assert effect == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("profiles", "actions", "rates"),
    [
        ("", "", []),
        ("", "1,post,2025-01-01\n", []),
        ("1,Female,30,TownA\n2,Male,31,TownA\n", "1,post,2025-01-01\n9,post,2025-01-01\n", [("post", 2, 1)]),
    ],
    ids=["nothing", "actions", "two users"],
)
def test_next_to_nothing_gives_empty_typed_tables(profiles: str, actions: str, rates: list[Any], folder: Path, tmp_path: Path) -> None:
    """Every mart is there; who has neither account nor profile is a user, and in no rate."""
    raw = write(folder, user_profiles="user_id,gender,age,hometown\n" + profiles, user_actions="user_id,action,occurred_at\n" + actions)
    warehouse = Warehouse(tmp_path, raw, ("people",))
    warehouse.build(areas=("actions", "core", "quality"))
    assert warehouse.rows("select action, users, performers from marts.action_rates where attribute = '(all)'") == rates
    assert {verdict for (verdict,) in warehouse.rows("select verdict from marts.action_tests")} == ({"too_few_users"} if rates else set())
    assert {verdict for (verdict,) in warehouse.rows("select verdict from intermediate.int_action_models_judged")} == (
        {"too_few_outcomes"} if rates else set()
    )
    for mart in ("action_pairs", "action_coefficients", "action_calibration"):
        assert warehouse.rows(f"select * from marts.{mart}") == []
    known = {row.split(",")[0] for row in (profiles + actions).split()}
    assert {str(user) for (user,) in warehouse.rows("select user_id from marts.users")} == known
