"""Oracles that go user by user, where the project goes by counts."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray

from tests.python.warehouse import Warehouse

HORIZON = 90


@dataclass(frozen=True)
class LandmarkRows:
    """The regression from the first week on, fitted user by user.

    Attributes
    ----------
    users
        One row per fitted user, by user_id: features, org_id, fold and is_event.
    matrix
        Users x terms of the mart, in its order.
    terms
        Rows of adoption_coefficients.
    result
        What statsmodels gives, errors clustered by organisation.
    """

    users: pd.DataFrame
    matrix: NDArray[np.float64]
    terms: pd.DataFrame
    result: Any


def landmark_rows(warehouse: Warehouse) -> LandmarkRows:
    """Finds the users, their outcomes and their model matrix again, and fits them with statsmodels' Logit."""
    users = warehouse.query(
        """
        select features.*, users.org_id, folds.fold, adoption.created_on, adoption.adopted_on, adoption.is_observed_from_signup
        from marts.user_features as features
        inner join marts.users using (user_id)
        inner join marts.user_adoption as adoption using (user_id)
        inner join intermediate.int_users_landmarked as folds using (user_id)
        order by user_id
        """
    )
    as_of = users["as_of"].iloc[0]
    age = (users["adopted_on"] - users["created_on"]).dt.days
    is_known = users["created_on"] + timedelta(days=7 + HORIZON - 1) <= as_of
    users = users[users["is_observed_from_signup"] & is_known & ~(age <= 6)].assign(is_event=age.between(7, 7 + HORIZON - 1).astype(int))
    terms = warehouse.query("select * from marts.adoption_coefficients where model = 'landmark'")
    columns = [np.ones(len(users))]
    for attribute, level in terms[["attribute", "level"]].iloc[1:].itertuples(index=False):
        values = users[attribute]
        if pd.api.types.is_bool_dtype(values):
            values = values.astype(str).str.lower()
        columns.append(values.to_numpy(float) if pd.isna(level) else (values.fillna("(missing)") == level).to_numpy(float))
    matrix = np.column_stack(columns)
    alone = pd.Series(-users["user_id"].to_numpy(), index=users.index)
    groups = pd.factorize(users["org_id"].astype("Int64").fillna(alone))[0]
    logit = sm.Logit(users["is_event"].to_numpy(), matrix)
    return LandmarkRows(users, matrix, terms, logit.fit(disp=0, tol=1e-14, maxiter=100, cov_type="cluster", cov_kwds={"groups": groups}))


def without_what_came_after(raw: Path, day: date, target: Path, encoding: str = "utf-8") -> Path:
    """Copies the raw tables of a product as they were at the end of a day: later rows go, and so do later times in earlier rows."""
    target.mkdir(parents=True)
    header, *rows = (raw / "users.csv").read_text(encoding).splitlines()
    names = header.lower().split(",")
    created, last_session = names.index("creation_time"), names.index("last_session_creation_time")
    kept = [header]
    end = pd.Timestamp(day + timedelta(days=1)).timestamp()
    for row in rows:
        fields = row.split(",")
        if fields[created][:10] <= day.isoformat():
            if fields[last_session] and float(fields[last_session]) >= end:
                fields[last_session] = ""
            kept.append(",".join(fields))
    (target / "users.csv").write_text("\n".join([*kept, ""]), encoding)
    header, *rows = (raw / "user_engagement.csv").read_text().splitlines()
    kept = [header, *(row for row in rows if row[:10] <= day.isoformat())]
    (target / "user_engagement.csv").write_text("\n".join([*kept, ""]))
    return target
