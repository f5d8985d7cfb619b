"""What was declared of the attributes by which users are cut."""

from typing import Any

import pandas as pd


def declared_attributes(attributes: pd.DataFrame, shares: pd.DataFrame) -> list[dict[str, Any]]:
    """Returns one declaration per attribute, in their order.

    Parameters
    ----------
    attributes
        attribute, type, reference_level and read_out_on (missing where not declared), in the order of the result.
    shares
        attribute, level, share: of the users whom each arm of an experiment should have.

    Returns
    -------
    list of dict
        name and type; reference_level, read_out_on and shares where declared.
    """
    declarations = []
    for row in attributes.itertuples(index=False):
        declaration: dict[str, Any] = {"name": row.attribute, "type": row.type}
        if pd.notna(row.reference_level):
            declaration["reference_level"] = row.reference_level
        if row.type == "experiment":
            arms = shares[shares["attribute"] == row.attribute]
            declaration |= {"shares": dict(zip(arms["level"], arms["share"], strict=True)), "read_out_on": row.read_out_on}
        declarations.append(declaration)
    return declarations


def as_features(attributes: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    """Returns the declarations of some attributes as features of a regression, in the order of their names; see `design.Feature`."""
    by_name = {attribute["name"]: attribute for attribute in attributes}
    return [
        {
            "name": name,
            "type": "numeric" if by_name[name]["type"] == "numeric" else "categorical",
            "reference_level": by_name[name].get("reference_level"),
        }
        for name in names
    ]
