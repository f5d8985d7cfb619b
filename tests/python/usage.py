"""The users of the sample's telemetry and their features, from the raw lines."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from tests.python.macros import SETTINGS
from tests.python.people import AGE_GROUPS, MISSING, raw_rows
from tests.python.warehouse import Warehouse

Array = NDArray[np.float64]

FEATURES: list[str] = SETTINGS["segment_features"]
CAPPED: list[str] = SETTINGS["capped_features"]
QUARTILE_RANGES = 1.5
USAGE_ATTRIBUTES = ("country", "device_type", "subscription_type", "marketing_source")


@dataclass(frozen=True)
class Usage:
    """Accepted rows of app_usage.csv, by user_id.

    Attributes
    ----------
    rows
        Features as numbers, attributes of segments as levels, org_id (of no other user where there is none).
    segments
        Segment of each user, as the warehouse has it.
    """

    rows: pd.DataFrame
    segments: "pd.Series[int]"

    @cached_property
    def prepared(self) -> pd.DataFrame:
        """Features with medians for what is missing, and outliers at their caps."""
        features = self.rows[FEATURES]
        filled = features.fillna(features.median())
        quartiles = features[CAPPED].quantile([0.25, 0.75])
        reach = QUARTILE_RANGES * (quartiles.loc[0.75] - quartiles.loc[0.25])
        # a feature most of whose values are one has no caps
        caps = [(quartiles.loc[0.25] - reach).where(reach > 0), (quartiles.loc[0.75] + reach).where(reach > 0)]
        filled[CAPPED] = filled[CAPPED].clip(*caps, axis=1)
        return filled

    @cached_property
    def standardised(self) -> Array:
        """The same in standard deviations, shape (users, features)."""
        return np.asarray(StandardScaler().fit_transform(self.prepared), dtype=np.float64)


def usage_of(sample: Warehouse, people: pd.DataFrame) -> Usage:
    """Reads the raw lines: those of 25 fields, with an id and numbers that can be, one of equal ones and none of different ones."""
    lines = raw_rows(sample.raw / "app_usage.csv")
    numbers = lines[[*FEATURES, "age"]].replace("", None).apply(pd.to_numeric, errors="coerce")
    is_number = (numbers.notna() & np.isfinite(numbers) & (numbers >= 0)) | (lines[numbers.columns] == "")
    good = lines[is_number.all(axis=1) & lines["user_id"].str.isdigit()].drop_duplicates()
    good = good[~good["user_id"].duplicated(keep=False)]
    table = good[list(USAGE_ATTRIBUTES)].join(numbers).set_index(good["user_id"].astype(int).rename("user_id")).sort_index()
    table["gender"] = good.set_index(good["user_id"].astype(int))["gender"]

    # what the profile says goes before what the telemetry says
    known = people.reindex(table.index)
    by_age = pd.cut(known["age"].fillna(table["age"]), [17, 25, 35, 45, 60], labels=AGE_GROUPS)
    table = table.assign(
        gender=known["gender"].replace(MISSING, None).fillna(table["gender"]),
        age_group=by_age.astype(object),
        adoption_status=known["adoption_status"],
        org_id=known["org_id"].fillna(pd.Series(-table.index.to_numpy(), index=table.index)).astype(int),
    )
    assert len(table) == 2_940
    found = sample.query("select user_id, segment_id from marts.user_segments order by user_id").set_index("user_id")["segment_id"]
    assert found.index.equals(table.index)
    return Usage(table, found.astype(int))
