"""Regressions of every action by every declared model, from covariate patterns with counts."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from python_models.methods.attributes import as_features
from python_models.methods.logit import q_values
from python_models.methods.pattern_models import (
    CALIBRATION_COLUMNS,
    FIT_COLUMNS,
    INTERACTION_COLUMNS,
    SCORE_COLUMNS,
    calibration_table,
    fit_table,
    interaction_table,
    score_table,
)

ACTION = {"action": "varchar"}
ACTION_FIT_COLUMNS = ACTION | FIT_COLUMNS
ACTION_SCORE_COLUMNS = ACTION | SCORE_COLUMNS
ACTION_CALIBRATION_COLUMNS = ACTION | CALIBRATION_COLUMNS
ACTION_INTERACTION_COLUMNS = {
    "action": "varchar",
    "model": "varchar",
    "interaction": "varchar",
    "statistic": "double",
    "degrees_of_freedom": "integer",
    "p_value": "double",
    "q_value": "double",
    "users": "bigint",
    "events": "bigint",
    "verdict": "varchar",
}


class ActionModels:
    """The declared regressions with what SQL has counted for them.

    Parameters
    ----------
    models
        Declarations: name, terms (names of attributes), interactions (pairs of them; may be left out).
    attributes
        Declarations of all attributes, see `attributes.declared_attributes`.
    values
        One row per model, pattern and attribute: model, pattern_id, attribute, level, number.
    counts
        One row per model, action, pattern, cluster and fold: model, action (missing: all users, who performed it or not), pattern_id,
        cluster_number (missing: every user is a cluster), fold, users.
    min_outcomes
        Performers, and others, without whom nothing is fitted.
    """

    def __init__(
        self,
        models: list[dict[str, Any]],
        attributes: list[dict[str, Any]],
        values: pd.DataFrame,
        counts: pd.DataFrame,
        *,
        min_outcomes: int,
    ) -> None:
        self._models = models
        self._attributes = attributes
        self._values = values
        self._counts = counts
        self._min_outcomes = min_outcomes

    def fitted(self, as_of: Any) -> pd.DataFrame:
        """Returns the terms of every regression, columns `ACTION_FIT_COLUMNS`; see `pattern_models.fit_table`."""
        return self._tables(fit_table, ACTION_FIT_COLUMNS, as_of=as_of)

    def evaluated(self, *, holdout_share: float, holdout_seed: int) -> pd.DataFrame:
        """Returns the scores of every regression, columns `ACTION_SCORE_COLUMNS`; see `pattern_models.score_table`."""
        return self._tables(score_table, ACTION_SCORE_COLUMNS, holdout_share=holdout_share, holdout_seed=holdout_seed)

    def calibrated(self) -> pd.DataFrame:
        """Returns the calibration of every regression, columns `ACTION_CALIBRATION_COLUMNS`; see `pattern_models.calibration_table`."""
        return self._tables(calibration_table, ACTION_CALIBRATION_COLUMNS)

    def interactions(self) -> pd.DataFrame:
        """Returns the tests of declared interactions, columns `ACTION_INTERACTION_COLUMNS`; see `pattern_models.interaction_table`.

        All interactions of an action are one family (`q_value`).
        """
        table = self._tables(interaction_table, ACTION | INTERACTION_COLUMNS)
        p_values = table["p_value"].astype("float64")
        table["q_value"] = p_values.groupby(table["action"]).transform(lambda family: q_values(family.to_numpy()))
        return table[list(ACTION_INTERACTION_COLUMNS)]

    def _tables(self, table_of: Callable[..., pd.DataFrame], columns: dict[str, str], **settings: Any) -> pd.DataFrame:
        """Calls a function for each regression of each action."""
        tables = [pd.DataFrame(columns=list(columns), dtype=object)]
        for model in self._models:
            values = self._values[self._values["model"] == model["name"]]
            for action, counts in self._counts_by_action(model["name"]):
                table = table_of(
                    model["name"],
                    values,
                    counts,
                    features=as_features(self._attributes, model["terms"]),
                    interactions=[tuple(pair) for pair in model.get("interactions", [])],
                    min_outcomes=self._min_outcomes,
                    **settings,
                )
                tables.append(table.assign(action=action).astype(object))
        return pd.concat(tables, ignore_index=True)[list(columns)]

    def _counts_by_action(self, model: str) -> Iterator[tuple[str, pd.DataFrame]]:
        """Users of each pattern beside the performers of each action."""
        counts = self._counts[self._counts["model"] == model].drop(columns="model")
        cell = ["pattern_id", "cluster_number", "fold"]
        users = counts[counts["action"].isna()].drop(columns="action")
        for action in sorted(self._counts["action"].dropna().unique()):  # also of those that nobody in a sample performed
            performers = counts[counts["action"] == action].drop(columns="action").rename(columns={"users": "events"})
            merged = users.merge(performers, on=cell, how="left")
            yield action, merged.assign(events=merged["events"].fillna(0).astype("int64"))
