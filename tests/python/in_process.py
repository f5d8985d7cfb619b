"""Builds models in this process, without dbt: a build of all models takes seconds, one of the raw tables a fraction of a second.

The SQL is that of the project, rendered with Jinja from the project's macros and from dbt's own. What dbt does with it, to create
tables, increments and the snapshot, is done here once more, in few words. Tests compare what comes out with a build by dbt.
"""

import importlib
import importlib.util
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import dbt.include.duckdb
import dbt.include.global_project
import duckdb
import jinja2
import jinja2.nativetypes
import yaml
from dbt_common.clients import agate_helper

from tests.python.macros import SETTINGS
from tests.python.warehouse import PROJECT

SCHEMAS = {"staging": "staging", "intermediate": "intermediate", "marts": "marts"}
# dbt's own macros that are no part of how it builds: date arithmetic and the like
UTILITIES = [Path(next(iter(package.__path__))) / "macros" / "utils" for package in (dbt.include.global_project, dbt.include.duckdb)]

# What Python models have returned, by what they were given: fits are functions of their inputs, and take longer than all else. Those that
# read what they left behind in the build before are not among them.
RETURNED: dict[str, Any] = {}


class RefusedError(ValueError):
    """The project stops the build, with this message."""


class _ReturnedError(Exception):
    """Carries what a macro returns, as dbt's own `return` does."""


class Relation(str):
    """The name of a table with its schema, as models write it."""

    __slots__ = ()

    @property
    def schema(self) -> str:
        """The part before the dot."""
        return self.split(".")[0]

    @property
    def identifier(self) -> str:
        """The part after the dot."""
        return self.split(".")[1]


@cache
def files() -> dict[str, Path]:
    """Returns the file of each model, seed and snapshot, by its name."""
    paths = [
        *(PROJECT / "models").rglob("*.sql"),
        *(path for path in (PROJECT / "python_models").glob("*/*.py") if path.parent.name != "methods"),
        *(PROJECT / "seeds").glob("*.csv"),
        *(PROJECT / "snapshots").glob("*.sql"),
    ]
    return {path.stem: path for path in sorted(paths)}


@cache
def declared() -> dict[str, dict[str, Any]]:
    """Returns what the YAML of the project says of each model and seed, by its name; a source stands there as source.table."""
    found: dict[str, dict[str, Any]] = {}
    for folder in ("models", "python_models", "seeds", "snapshots"):
        for path in sorted((PROJECT / folder).rglob("*.yml")):
            text = yaml.safe_load(path.read_text())
            for node in [*text.get("models", []), *text.get("seeds", []), *text.get("snapshots", [])]:
                found[node["name"]] = node
            for source in text.get("sources", []):
                for table in source["tables"]:
                    found[f"{source['name']}.{table['name']}"] = table | {"source_name": source["name"]}
    return found


@cache
def graph() -> dict[str, dict[str, Any]]:
    """Returns what macros read of dbt's graph."""
    whole: dict[str, dict[str, Any]] = {"nodes": {}, "sources": {}}
    for name, node in declared().items():
        columns = {column["name"]: {"config": {"meta": {}}} | column for column in node.get("columns", [])}
        entry = {"name": node["name"], "config": {"meta": {}} | node.get("config", {}), "columns": columns}
        if "source_name" in node:
            whole["sources"][f"source.user_analytics.{name}"] = entry | {"source_name": node["source_name"]}
        else:
            whole["nodes"][f"model.user_analytics.{name}"] = entry
    return whole


@cache
def python_model(path: Path) -> ModuleType:
    """Returns a Python model as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def remembers(name: str) -> bool:
    """Whether a model is meant to depend on earlier builds: a snapshot, or a Python model that reads what it left behind."""
    path = files()[name]
    return path.parent.name == "snapshots" or (path.suffix == ".py" and "previous_fit(dbt, session)" in path.read_text())


class _This:
    """The table of the model that runs, whichever that is, as macros see it."""

    def __init__(self, running: Callable[[], Relation]) -> None:
        self.running = running

    def __str__(self) -> str:
        """Returns its name."""
        return self.running()

    @property
    def schema(self) -> str:
        """The schema of its name."""
        return self.running().schema

    @property
    def identifier(self) -> str:
        """The name without its schema."""
        return self.running().identifier


class _Templates:
    """The compiled templates of all macros and models. What they call is done by the build that runs.

    Attributes
    ----------
    build
        The build that runs.
    """

    build: "Build"

    def __init__(self) -> None:
        self.environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 (what comes out is SQL)
        # values of YAML keep their types
        self.yaml = jinja2.nativetypes.NativeEnvironment()
        self.modules: dict[str, Any] = {}
        self.places: dict[str, Path] = {}
        for path in [*(path for folder in UTILITIES for path in sorted(folder.glob("*.sql"))), *sorted((PROJECT / "macros").glob("*.sql"))]:
            for name in re.findall(r"{%-?\s*macro\s+(\w+)", path.read_text()):
                self.places[name] = path
        context = {
            "return": self.returned,
            "execute": True,
            "graph": graph(),
            "project_name": "user_analytics",
            "flags": SimpleNamespace(PROFILES_DIR=str(PROJECT)),
            "target": SimpleNamespace(schema="intermediate"),
            "modules": SimpleNamespace(re=re),
            "exceptions": SimpleNamespace(raise_compiler_error=self.refuse, warn=self.warn),
            "adapter": SimpleNamespace(dispatch=self.dispatched, quote='"{}"'.format),
            "dbt": self,
            "log": lambda *_, **__: "",
            "var": lambda name, default=None: self.build.settings.get(name, default),
            "env_var": lambda name, default=None: self.build.environment.get(name, default),
            "ref": self.referred,
            "source": lambda *names: ".".join(names),
            "run_query": lambda sql: self.build.answered(str(sql)),
            "statement": lambda name, caller, **_: self.build.remember(name, caller()),
            "load_result": lambda name: self.build.remembered[name],
            "load_relation": lambda relation: relation if self.build.exists(relation) else None,
            "is_incremental": self.is_incremental,
            "this": _This(lambda: self.build.running[-1][0]),
            "config": lambda **settings: self.build.configure(settings),
        }
        self.environment.globals |= {name: self.macro(name) for name in self.places} | context
        self.yaml.globals |= {"var": context["var"], "doc": str}
        self.models: dict[Path, jinja2.Template] = {}

    def __getattr__(self, name: str) -> Any:
        """Returns a macro of dbt: `dbt.dateadd`."""
        return self.environment.globals[name]

    def macro(self, name: str) -> Callable[..., Any]:
        """Returns a macro as a function that returns what the macro returns."""

        def run(*arguments: Any, **named: Any) -> Any:
            module = self.modules.get(name)
            if module is None:
                template = self.environment.from_string(self.places[name].read_text())
                module = self.modules[name] = getattr(template.module, name)
            try:
                return module(*arguments, **named)
            except _ReturnedError as result:
                return result.args[0]

        return run

    def dispatched(self, name: str, _: str = "") -> Any:
        """Returns the macro of this database, or the one for all."""
        return self.environment.globals["duckdb__" + name if "duckdb__" + name in self.places else "default__" + name]

    def referred(self, name: str) -> Relation:
        """Returns a model, which the build that runs has then built."""
        return self.build.table(name)

    def is_incremental(self) -> bool:
        """Whether the model that is rendered is added to."""
        return self.build.is_incremental()

    def warn(self, text: str) -> None:
        """Notes a warning."""
        self.build.warnings.append(text)

    @staticmethod
    def returned(value: Any) -> None:
        """Ends a macro."""
        raise _ReturnedError(value)

    @staticmethod
    def refuse(message: str) -> None:
        """Stops the build."""
        raise RefusedError(message)

    def rendered(self, path: Path) -> str:
        """Returns the SQL of a model."""
        if path not in self.models:
            text = re.sub(r"{%-?\s*(end)?snapshot.*?%}", "", path.read_text())
            self.models[path] = self.environment.from_string(text)
        return self.models[path].render()

    def value(self, text: Any) -> Any:
        """Returns a value of the project's YAML."""
        return self.yaml.from_string(text).render() if isinstance(text, str) and "{{" in text else text


@cache
def templates() -> _Templates:
    """Returns the compiled templates, which all builds of this process share."""
    return _Templates()


def connected(path: str | Path = ":memory:") -> duckdb.DuckDBPyConnection:
    """Opens a warehouse, with what profiles.yml gives to each connection."""
    # tables are small here, and the workers of pytest have all cores anyway
    connection = duckdb.connect(str(path), config={"threads": 1})
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text())
    for plugin in profile["user_analytics"]["outputs"]["dev"]["plugins"]:
        made = importlib.import_module(plugin["module"]).Plugin
        # the others are for dbt's own process
        if "configure_connection" in vars(made):
            made(plugin["module"], {}).configure_connection(connection)
    for schema in ("staging", "intermediate", "marts", "lookups"):
        connection.execute(f"create schema if not exists {schema}")
    return connection


class Build:
    """One run over a warehouse.

    Parameters
    ----------
    connection
        Of the warehouse, as `connected` opens it.
    raw
        RAW_DATA_DIR.
    settings
        Vars that differ from the project's.
    environment
        Further environment variables.

    Attributes
    ----------
    warnings
        What the build warned of.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        raw: Path,
        settings: dict[str, Any] | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.connection = connection
        self.settings = SETTINGS | (settings or {})
        self.environment = {"RAW_DATA_DIR": str(raw)} | (environment or {})
        self.warnings: list[str] = []
        self.remembered: dict[str, Any] = {}
        self.built: dict[str, Relation] = {}
        self.running: list[tuple[Relation, dict[str, Any]]] = []

    def table(self, name: str) -> Relation:
        """Builds a model, unless this run has built it, after all that it is made of, and returns it."""
        if name not in self.built:
            templates().build = self
            path = files()[name]
            folder = path.relative_to(PROJECT).parts[1]
            relation = Relation(f"{'lookups' if path.suffix == '.csv' else SCHEMAS.get(folder, 'intermediate')}.{name}")
            self.running.append((relation, {"materialized": "view" if relation.schema == "staging" else "table"}))
            try:
                self.create(name, path, relation)
            finally:
                self.running.pop()
            self.built[name] = relation
        return self.built[name]

    def create(self, name: str, path: Path, relation: Relation) -> None:
        """Creates the table or view of one model."""
        if path.suffix == ".csv":
            types = declared()[name]["config"]["column_types"]
            reader = f"read_csv('{path}', header = true, all_varchar = true, nullstr = '')"
            columns = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in types.items())
            self.replace(relation, f"select {columns} from {reader}")
        elif path.suffix == ".py":
            self.run_python(name, path, relation)
        else:
            sql = templates().rendered(path)
            kind = self.running[-1][1]["materialized"]
            if path.parent.name == "snapshots":
                self.take_snapshot(relation, sql)
            elif kind == "view":
                self.connection.execute(f"create or replace view {relation} as (\n{sql}\n);")
            elif kind == "incremental" and self.is_incremental():
                self.increment(relation, sql)
            else:
                self.replace(relation, sql, self.contract(name, relation))

    def contract(self, name: str, relation: Relation) -> dict[str, str]:
        """Returns the columns of a mart with their types; nothing for other models."""
        if relation.schema != "marts":
            return {}
        return {column["name"]: templates().value(column["data_type"]) for column in declared()[name]["columns"]}

    def replace(self, relation: Relation, sql: str, contract: dict[str, str] | None = None) -> None:
        """Puts the rows of a query in the place of a table, which the query may read."""
        new = f"{relation}__new"
        if contract:
            columns = ", ".join(contract)
            self.connection.execute(f"create table {new} ({', '.join(f'{column} {kind}' for column, kind in contract.items())})")
            self.connection.execute(f"insert into {new} ({columns}) (select {columns} from (\n{sql}\n) as model_subq);")
        else:
            self.connection.execute(f"create table {new} as (\n{sql}\n);")
        self.connection.execute(f"drop table if exists {relation}")
        self.connection.execute(f"alter table {new} rename to {relation.identifier}")

    def increment(self, relation: Relation, sql: str) -> None:
        """Adds what an incremental model gives, by the strategy of the project."""
        self.connection.execute(f"create or replace temporary table increment as (\n{sql}\n);")
        columns = [column for (column,) in self.connection.execute(f"select column_name from (describe {relation})").fetchall()]
        replaced = templates().macro("get_incremental_replace_sql")(
            {
                "unique_key": self.running[-1][1]["unique_key"],
                "dest_columns": [{"name": column} for column in columns],
                "target_relation": relation,
                "temp_relation": "increment",
            }
        )
        self.connection.execute(replaced)

    def run_python(self, name: str, path: Path, relation: Relation) -> None:
        """Runs a Python model as dbt does."""
        meta = {key: templates().value(value) for key, value in declared()[name].get("config", {}).get("meta", {}).items()}

        def ref(of: str) -> duckdb.DuckDBPyRelation:
            return self.connection.sql(f"select * from {self.table(of)}")

        handle = SimpleNamespace(ref=ref, this=relation, config=SimpleNamespace(meta_get=meta.get))
        inputs = repr((name, meta, [self.fingerprint(self.table(of)) for of in re.findall(r'dbt[.]ref[(]"(\w+)"[)]', path.read_text())]))
        frame = RETURNED.get(inputs)
        if frame is None:
            frame = python_model(path).model(handle, self.connection)
            if not remembers(name) and not isinstance(frame, duckdb.DuckDBPyRelation):
                RETURNED[inputs] = frame
        if isinstance(frame, duckdb.DuckDBPyRelation):
            # the table of the run before
            self.replace(relation, frame.sql_query())
        else:
            self.connection.register("returned", frame)
            self.replace(relation, "select * from returned")
            self.connection.unregister("returned")

    def fingerprint(self, relation: Relation) -> tuple[Any, ...]:
        """Returns what tells the rows of a table from others, whatever their order."""
        return self.connection.execute(f"select count(*), sum(hash(rows)), bit_xor(hash(rows)) from {relation} as rows").fetchall()[0]

    def take_snapshot(self, relation: Relation, sql: str) -> None:
        """Adds the rows of today to a snapshot that checks columns and closes the rows of keys that are gone."""
        execute, settings = self.connection.execute, self.running[-1][1]
        key, [checked], updated_at = settings["unique_key"], settings["check_cols"], settings["updated_at"]
        assert (settings["strategy"], settings["hard_deletes"]) == ("check", "invalidate")
        now = templates().macro("duckdb__snapshot_get_time")()
        execute(f"create or replace temporary table present as (\n{sql}\n);")
        row = f"*, md5(concat_ws('|', {key}, {updated_at})), {updated_at}, {updated_at}, cast(null as date)"
        if self.exists(relation):
            same = f"old.dbt_valid_to is null and old.{checked} is not distinct from present.{checked}"
            stays = f"select old.{key} from {relation} as old inner join present using ({key}) where {same}"
            execute(f"create or replace temporary table staying as {stays}")
            ended = f"(select {updated_at} from present where present.{key} = {relation.identifier}.{key})"
            execute(
                f"update {relation} set dbt_valid_to = coalesce({ended}, {now})"
                f" where dbt_valid_to is null and {key} not in (select {key} from staying)"
            )
            execute(f"insert into {relation} select {row} from present where {key} not in (select {key} from staying)")
        else:
            names = "dbt_scd_id, dbt_updated_at, dbt_valid_from, dbt_valid_to"
            columns = ", ".join(column for (column,) in execute("select column_name from (describe present)").fetchall())
            execute(f"create table {relation} as select * from (select {row} from present) as rows ({columns}, {names})")
        execute(templates().environment.from_string(settings["post_hook"]).render())

    def exists(self, relation: Relation | _This) -> bool:
        """Whether the warehouse has a table."""
        query = "select count(*) from information_schema.tables where table_schema = ? and table_name = ?"
        return bool(self.connection.execute(query, [relation.schema, relation.identifier]).fetchall()[0][0])

    def is_incremental(self) -> bool:
        """Whether the model that is rendered is added to."""
        relation, settings = self.running[-1]
        return settings["materialized"] == "incremental" and self.exists(relation)

    def configure(self, settings: dict[str, Any]) -> str:
        """Notes the settings of the model that is rendered."""
        self.running[-1][1].update(settings)
        return ""

    def answered(self, sql: str) -> Any:
        """Returns what a query gives to a macro, in the form in which dbt gives it."""
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description]
        return agate_helper.table_from_data_flat([dict(zip(names, row, strict=True)) for row in result.fetchall()], names)

    def remember(self, name: str, sql: str) -> str:
        """Keeps what a query gives until a macro asks for it."""
        self.remembered[name] = {"data": self.connection.execute(sql).fetchall()}
        return ""
