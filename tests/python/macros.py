"""Calls macros that look at settings, without dbt: a call takes milliseconds and not the seconds of a process."""

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import yaml

from tests.python.warehouse import PROJECT

SETTINGS: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]


class _ReturnedError(Exception):
    """Carries what a macro returns, as dbt's own `return` does."""


def refuse(message: str) -> None:
    """Stands for exceptions.raise_compiler_error."""
    raise ValueError(message)


def call(name: str, settings: dict[str, Any], *arguments: Any, **context: Any) -> Any:
    """Returns what a macro returns, under the project's settings with some changed.

    Parameters
    ----------
    name
        Of the macro; it may call those of macros/ that need nothing but settings and `context`.
    settings
        Vars that differ from dbt_project.yml.
    *arguments
        Of the macro.
    **context
        What else the macro reads: graph, run_query.

    Raises
    ------
    ValueError
        With the message with which the macro stops a run.
    """
    changed = SETTINGS | settings

    def returned(value: Any) -> None:
        raise _ReturnedError(value)

    def macro(of: str) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            template = environment.from_string((PROJECT / "macros" / f"{of}.sql").read_text())
            try:
                return getattr(template.module, of)(*arguments)
            except _ReturnedError as result:
                return result.args[0]

        return run

    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 (what comes out is SQL)
    environment.globals |= {
        "var": changed.__getitem__,
        "return": returned,
        "exceptions": SimpleNamespace(raise_compiler_error=refuse),
        "modules": SimpleNamespace(re=__import__("re")),
        "project_name": "user_analytics",
    }
    environment.globals |= {path.stem: macro(path.stem) for path in (PROJECT / "macros").glob("*.sql")} | context
    return macro(name)(*arguments)


def answered(sql: str) -> SimpleNamespace:
    """Stands for run_query, of what an empty warehouse can answer."""
    with duckdb.connect() as connection:
        rows = connection.execute(sql).fetchall()
    return SimpleNamespace(rows=rows, columns=[SimpleNamespace(values=lambda column=column: column) for column in zip(*rows, strict=True)])


@cache
def declared_graph() -> dict[str, dict[str, Any]]:
    """Returns what the YAML of the project says of its models and sources, in the form of dbt's graph."""
    graph: dict[str, dict[str, Any]] = {"nodes": {}, "sources": {}}
    for path in sorted((PROJECT / "models").rglob("*.yml")):
        declared = yaml.safe_load(path.read_text())
        for model in declared.get("models", []):
            columns = {column["name"]: {"config": {"meta": {}}} | column for column in model.get("columns", [])}
            graph["nodes"][f"model.user_analytics.{model['name']}"] = {"columns": columns}
        for source in declared.get("sources", []):
            for table in source["tables"]:
                name = f"source.user_analytics.{source['name']}.{table['name']}"
                graph["sources"][name] = {"source_name": source["name"], "name": table["name"]}
    return graph


def check_settings(settings: dict[str, Any]) -> None:
    """Does what dbt does with settings before it builds anything.

    Parameters
    ----------
    settings
        Vars that differ from dbt_project.yml.

    Raises
    ------
    ValueError
        With the message with which the run stops.
    """
    arguments = {"vars": settings}
    call("check_settings", settings, execute=True, invocation_args_dict=arguments, graph=declared_graph(), run_query=answered)
