"""What stands for dbt in a model's Jinja when sqlfluff renders it: sqlfluff loads this package as its library and needs no database."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

VARS: dict[str, Any] = yaml.safe_load(Path("dbt_project.yml").read_text())["vars"]
# a few names stand for all: sqlfluff takes minutes for a query that says as much of each of twenty
FEATURES = ["sessions_per_week", "rating_given"]
VARS |= {"segment_features": FEATURES, "segment_kpis": FEATURES}


def var(name: str, default: object = None) -> object:
    """Returns the default of a var."""
    return VARS.get(name, default)


def env_var(name: str, default: object = None) -> object:
    """Returns the default of an environment variable."""
    return default


def call(name: str) -> Callable[..., str]:
    """Renders a dispatched macro as a function of its first argument, which is enough for the layout."""
    return lambda *arguments: f"{name}({arguments[0]})"


def returned(value: object) -> object:
    """Stands for dbt's `return`."""
    return value


def raw_rows(source_name: str, table_name: str) -> str:
    """Returns a query for the rows of a raw table, which only dbt can write."""
    return f"select * from {source_name}.{table_name}"


def listed_settings(name: str, *_: object) -> object:
    """Returns a list of settings unchecked: the macro of this name returns nothing here."""
    return VARS[name]


def declared_attributes() -> list[dict[str, Any]]:
    """Returns the default attributes, as the macro of this name does in dbt."""
    attributes = []
    for declared in VARS["profile_attributes"]:
        attributes.append({"kept_as": "profile"} | declared)
        if "binned_as" in declared:
            group = {"name": declared["binned_as"], "type": "categorical", "kept_as": "groups", "number": declared["name"]}
            attributes.append(declared | group | {"reference_level": declared["labels"][0]})
    return attributes + [{"name": name, "type": "categorical", "kept_as": "account"} for name in VARS["action_attributes"]]


def action_terms() -> list[dict[str, Any]]:
    """Returns the attributes that the default regressions of actions use."""
    names = {term for model in VARS["action_models"] for term in model["terms"]}
    return [attribute for attribute in declared_attributes() if attribute["name"] in names]


def usage_columns() -> list[dict[str, Any]]:
    """Returns two columns of the usage telemetry."""
    return [{"name": "country", "kind": "text"}, {"name": "rating_given", "kind": "number"}]


def activity_features() -> list[str]:
    """Returns a column of user_features."""
    return ["rating_given"]


def segment_features() -> list[dict[str, Any]]:
    """Returns two features, one of each place."""
    places = zip(FEATURES, ("usage", "activity"), strict=True)
    return [{"name": name, "kept_in": place, "is_capped": True} for name, place in places]


def segment_attributes() -> list[dict[str, Any]]:
    """Returns an attribute of segments from each place."""
    places = ("usage.country", "profiles.gender", "attributes.source", "adoption.status")
    return [{"name": place.split(".")[1], "value": place, "is_built_from": False} for place in places]


def track_segment_features() -> list[dict[str, Any]]:
    """Returns two features."""
    return [{"name": name, "is_capped": True} for name in FEATURES]


def kept_fit(_: str) -> str:
    """Returns the name of a table."""
    return "kept_fit"


globals()["return"] = returned  # a word that Python keeps for itself
execute = False
dbt = SimpleNamespace(
    datediff=lambda first, second, part: f"datediff('{part}', {first}, {second})",
    dateadd=lambda part, interval, date: f"dateadd('{part}', {interval}, {date})",
    date_trunc=lambda part, date: f"date_trunc('{part}', {date})",
    date_spine=lambda datepart, start_date, end_date: "select date_day from spine",
    generate_series=lambda bound: "select generated_number from series",
)
adapter = SimpleNamespace(dispatch=lambda name, *_: call(name))
