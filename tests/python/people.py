"""The users of the sample and what they did, from the raw lines."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from tests.python.warehouse import Warehouse

AS_OF = date(2025, 12, 31)
MISSING = "(missing)"
ACTIONS = ("export", "invite", "post", "purchase", "share")
LEVELLED = ("gender", "age_group", "hometown", "creation_source", "mailing_list", "marketing_drip", "organisation_size", "adoption_status")
AGE_GROUPS = ("18-25", "26-35", "36-45", "46-60")
SIZES = ("1-10", "11-25", "26-50", "51-100", "101 or more")


def raw_rows(path: Path) -> pd.DataFrame:
    """Returns the rows of a raw table that have as many fields as the header and no open quote, all as text."""
    header, *rows = [line.split(",") for line in path.read_text().splitlines()]
    return pd.DataFrame([row for row in rows if len(row) == len(header) and '"' not in "".join(row)], columns=header)


def is_time(text: str) -> bool:
    """Tells whether a raw time can be read."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def people_of(sample: Warehouse) -> pd.DataFrame:
    """Returns one row per account, by user_id: attributes as levels, age, org_id, fold, and 1 or 0 for each action; from the raw lines.

    Only the adoption status and the fold come from the warehouse: facts of accounts that have oracles of their own.
    """
    accounts = raw_rows(sample.raw / "users.csv")
    accounts = accounts[accounts["object_id"].str.isdigit() & accounts["creation_time"].map(is_time)]
    accounts = accounts.sort_values("creation_time", kind="stable").drop_duplicates("object_id")
    accounts = accounts.set_index(accounts["object_id"].astype(int).rename("user_id")).sort_index()

    profiles = raw_rows(sample.raw / "user_profiles.csv")
    ages = pd.to_numeric(profiles["age"].replace("", None), errors="coerce")
    profiles = profiles.assign(years=ages)[(profiles["age"] == "") | ages.between(0, 120)].drop_duplicates()
    profiles = profiles[~profiles["user_id"].duplicated(keep=False)]
    profiles = profiles.set_index(profiles["user_id"].astype(int)).reindex(accounts.index)

    facts = sample.query(
        "select user_id, adoption_status, fold from marts.user_adoption inner join intermediate.int_users_described using (user_id)"
    ).set_index("user_id")
    opened = accounts.groupby("org_id")["creation_time"].rank(method="max")
    table = pd.DataFrame(
        {
            "gender": profiles["gender"],
            "age_group": pd.cut(profiles["years"], [17, 25, 35, 45, 60], labels=AGE_GROUPS).astype(object),
            "hometown": profiles["hometown"],
            "creation_source": accounts["creation_source"],
            "mailing_list": accounts["opted_in_to_mailing_list"].map({"1": "yes", "0": "no"}),
            "marketing_drip": accounts["enabled_for_marketing_drip"].map({"1": "yes", "0": "no"}),
            "organisation_size": pd.cut(opened, [0, 10, 25, 50, 100, np.inf], labels=SIZES).astype(object),
            "adoption_status": facts["adoption_status"].reindex(accounts.index),
        }
    )
    table = table.replace("", None).fillna(MISSING)
    actions = raw_rows(sample.raw / "user_actions.csv")
    actions = actions[actions["occurred_at"].map(is_time) & (actions["occurred_at"].str[:10] <= AS_OF.isoformat())]
    performed = {
        action: table.index.astype(str).isin(actions.loc[actions["action"] == action, "user_id"]).astype(int) for action in ACTIONS
    }
    assert table.shape == (3_000, len(LEVELLED))
    assert (accounts["org_id"] != "").all()
    return table.assign(**performed, age=profiles["years"], org_id=accounts["org_id"].astype(int), fold=facts["fold"].reindex(table.index))


def worth(org_id: pd.Series) -> float:
    """Returns how many organisations of equal size tell as much as those of some users: squared sum of sizes over the sum of squares."""
    sizes = org_id.value_counts()
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def worth_of_numbers(numbers: pd.Series, org_id: pd.Series) -> float:
    """Returns the same for a number: organisations weigh as much as they add to its variance, for what users share and for what not."""
    away = (numbers - numbers.mean()).groupby(org_id)
    weights = away.sum() ** 2 + away.agg(lambda values: (values**2).sum())
    return float(weights.sum() ** 2 / (weights**2).sum())
