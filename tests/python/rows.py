"""Oracles that go user by user, where the project goes by counts."""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import t

from tests.python.activity import plays_of, started_at
from tests.python.warehouse import Warehouse

HORIZON = 90
CLOSE = 1e-8


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


def assert_marts_are_those_of_rows(warehouse: Warehouse, rows: LandmarkRows) -> None:
    """Compares estimates, clustered errors, intervals, likelihoods, marginal effects and every fitted user's score, to eight digits."""
    terms, result = rows.terms, rows.result
    assert terms["users"].unique().tolist() == [len(rows.users)]
    assert terms["events"].unique().tolist() == [rows.users["is_event"].sum()]
    assert len(terms) > 8
    np.testing.assert_allclose(terms["coefficient"], result.params, atol=CLOSE)
    # where fewer than two organisations' worth of users have a level there is no error
    has_error = (terms["support"] >= 2).to_numpy()
    assert has_error.sum() >= len(has_error) - 1
    errors = np.where(has_error, result.bse, np.nan)
    np.testing.assert_allclose(terms["std_error"], errors, atol=CLOSE)
    # statsmodels takes the normal distribution; clusters of unequal size are worth fewer
    assert terms["support"].between(1, rows.users["org_id"].nunique()).all()
    distribution = t(terms["support"] - 1)
    np.testing.assert_allclose(terms["p_value"], 2 * distribution.sf(np.abs(result.params / errors)), atol=CLOSE)
    reach = distribution.ppf(0.975)
    bounds = result.params + np.outer([-1, 1], reach * errors)
    np.testing.assert_allclose(np.log(terms[["ci_low", "ci_high"]]).T, bounds, atol=CLOSE)
    assert_effects_are_those_of_rows(rows, reach, errors)

    [(log_likelihood, pseudo_r_squared, clusters, verdict)] = warehouse.rows(
        "select log_likelihood, pseudo_r_squared, clusters, verdict from marts.model_runs where model = 'landmark'"
    )
    share = rows.users["is_event"].mean()
    null = len(rows.users) * (share * np.log(share) + (1 - share) * np.log(1 - share))
    assert log_likelihood == pytest.approx(result.llf, abs=CLOSE)
    assert pseudo_r_squared == pytest.approx(1 - result.llf / null, abs=CLOSE)
    # the likelihood ratio, as it follows from what is published; statsmodels iterates for its null model
    assert 2 * (log_likelihood - log_likelihood / (1 - pseudo_r_squared)) == pytest.approx(result.llr, abs=1e-5)
    assert (clusters, verdict) == (rows.users["org_id"].nunique() + rows.users["org_id"].isna().sum(), "fitted")

    scores = warehouse.query("select user_id, adoption_probability from marts.user_adoption_scores where is_fitted order by user_id")
    assert scores["user_id"].tolist() == rows.users["user_id"].tolist()
    np.testing.assert_allclose(scores["adoption_probability"], result.predict(), atol=1e-9)


def assert_effects_are_those_of_rows(rows: LandmarkRows, reach: NDArray[np.float64], errors: NDArray[np.float64]) -> None:
    """Compares marginal effects: of numbers and two levels with get_margeff, of more levels with predictions of changed rows."""
    terms, matrix = rows.terms, rows.matrix
    margins = rows.result.get_margeff(at="overall", dummy=True)
    levels = terms.groupby("attribute")["term"].transform("size")
    alone = np.flatnonzero((levels == 1).to_numpy())
    assert len(alone) >= 2
    np.testing.assert_allclose(terms["marginal_effect"].iloc[alone], margins.margeff[alone - 1], atol=CLOSE)
    for bound, sign in (("marginal_effect_ci_low", -1), ("marginal_effect_ci_high", 1)):
        expected = margins.margeff[alone - 1] + sign * reach[alone] * margins.margeff_se[alone - 1]
        np.testing.assert_allclose(terms[bound].iloc[alone], expected, atol=CLOSE)
    assert terms.loc[np.isnan(errors), "marginal_effect_ci_low"].isna().all()
    for place in np.flatnonzero((levels > 1).to_numpy()):
        at_reference = matrix.copy()
        at_reference[:, (terms["attribute"] == terms["attribute"].iloc[place]).to_numpy()] = 0
        at_level = at_reference.copy()
        at_level[:, place] = 1
        expected = (rows.result.predict(at_level) - rows.result.predict(at_reference)).mean()
        assert terms["marginal_effect"].iloc[place] == pytest.approx(expected, abs=CLOSE)


def features_then_and_now(
    warehouse: Warehouse, day: date, folder: Path, settings: dict[str, Any] | None = None, encoding: str = "utf-8"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns user_features as a build of that day gives them, and as the warehouse has them; of users whose first week was over.

    The build, in the folder `then`, also has the features from which churn is predicted.
    """
    raw = without_what_came_after(warehouse.raw, day, folder / "raw", encoding)
    then = Warehouse(folder / "then", raw, tuple(source for source in warehouse.sources if source != "telemetry"))
    run = then.dbt(
        "run", "--select", "+user_features", "+users", "int_churn_features_measured", settings=(settings or {}) | {"as_of": day.isoformat()}
    )
    assert run.succeeded, run.output
    query = f"""
        select user_features.*
        from marts.user_features
        inner join marts.users using (user_id)
        where created_on <= date '{day}' - 6
        order by user_id
    """
    before, now = then.query(query).set_index("user_id"), warehouse.query(query).set_index("user_id")
    assert before.index.equals(now.index)
    return before, now


def without_what_came_after(raw: Path, day: date, target: Path, encoding: str = "utf-8") -> Path:
    """Copies the raw tables as they were at the end of a day: later rows go, and so do later times in earlier rows.

    Actions and plays are copied where they are; usage, which has no dates, is not.
    """
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
    if (raw / "user_actions.csv").exists():
        shutil.copy(raw / "user_profiles.csv", target)
        header, *rows = (raw / "user_actions.csv").read_text().splitlines()
        kept = [header, *(row for row in rows if row.split(",")[-1][:10] <= day.isoformat())]
        (target / "user_actions.csv").write_text("\n".join([*kept, ""]))
    if (raw / "plays.csv").exists():
        plays = pd.DataFrame([play for play in plays_of(raw) if started_at(play).date() <= day])
        plays.to_csv(target / "plays.csv", index=False)
    return target
