"""What no other tool checks about the project itself."""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.python import macros
from tests.python.warehouse import PROJECT, Warehouse

REQUIREMENTS = sorted(PROJECT.glob("requirements*.in"))


def imported_packages(code: str) -> set[str]:
    """Returns the top-level packages that a module imports anywhere."""
    packages: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            packages |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            packages.add(node.module.split(".")[0])
    return packages


def unpublished_python_models(nodes: Iterable[dict[str, Any]]) -> set[str]:
    """Returns the Python models that reach no model with an enforced contract and that no test of the project's own reads."""
    nodes = list(nodes)
    parents = {node["unique_id"]: node["depends_on"]["nodes"] for node in nodes if node["resource_type"] == "model"}
    reached = {
        parent
        for node in nodes
        if (node["resource_type"] == "model" and node["contract"]["enforced"])
        or (node["resource_type"] == "test" and "test_metadata" not in node)
        for parent in node["depends_on"]["nodes"]
    }
    ahead = list(reached)
    while ahead:
        further = set(parents.get(ahead.pop(), [])) - reached
        reached |= further
        ahead += further
    return {node["name"] for node in nodes if node["resource_type"] == "model" and node["language"] == "python"} & {
        node["name"] for node in nodes if node["unique_id"] not in reached
    }


@pytest.fixture(scope="module")
def manifest(sample: Warehouse) -> dict[str, Any]:
    """What dbt knows of the project after a build."""
    loaded: dict[str, Any] = json.loads((sample.folder / "target" / "manifest.json").read_text())
    return loaded


def test_declared_types_are_built_types(sample: Warehouse, manifest: dict[str, Any]) -> None:
    """Every model's table has exactly the columns that its YAML declares, in order, of the declared types; and those of a setting."""
    built: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, kind in sample.rows(
        "select table_schema, table_name, column_name, lower(data_type) from information_schema.columns order by ordinal_position"
    ):
        built.setdefault((schema, table), []).append((column, kind))
    models = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    assert len(models) > 30
    for node in models:
        declared = [(column["name"], column["data_type"].lower()) for column in node["columns"].values()]
        by_setting = set(macros.SETTINGS.get(node["config"]["meta"].get("columns_by"), [])) - {name for name, _ in declared}
        table = built[node["schema"], node["name"]]
        assert [column for column in table if column[0] not in by_setting] == declared, node["name"]
        assert by_setting <= {name for name, _ in table}, node["name"]


@pytest.fixture(scope="module")
def artifacts(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what dbt writes about the sample: manifest, catalog and results of a build; not to be written to."""
    copy = Warehouse(tmp_path_factory.mktemp("artifacts"), sample.raw, sample.sources)
    shutil.copytree(sample.folder / "target", copy.folder / "target", ignore=shutil.ignore_patterns("compiled", "run"))
    copy.path.symlink_to(sample.path)
    run = copy.dbt("docs", "generate", "--no-compile", DBT_WRITE_JSON="true")
    assert run.succeeded, run.output
    return copy.folder / "target"


def bouncer(artifacts: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Checks the conventions in dbt-bouncer.yml on artifacts that lie elsewhere."""
    place = "dbt_artifacts_dir: target\n"
    conventions = (PROJECT / "dbt-bouncer.yml").read_text()
    assert place in conventions
    config = folder / "dbt-bouncer.yml"
    config.write_text(conventions.replace(place, f"dbt_artifacts_dir: {artifacts}\n"))
    command = [str(Path(sys.executable).with_name("dbt-bouncer")), "run", "--config-file", str(config)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def test_names_places_and_descriptions_are_as_agreed(artifacts: Path, tmp_path: Path) -> None:
    """What dbt-bouncer.yml asks for holds; where it did not, that would be seen."""
    checked = bouncer(artifacts, tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    broken = tmp_path / "broken"
    shutil.copytree(artifacts, broken, ignore=shutil.ignore_patterns("*.msgpack"))
    manifest = json.loads((broken / "manifest.json").read_text())
    manifest["nodes"]["model.user_analytics.users"]["contract"]["enforced"] = False
    (broken / "manifest.json").write_text(json.dumps(manifest))
    checked = bouncer(broken, tmp_path)
    assert checked.returncode != 0
    assert "users" in checked.stdout


def test_no_column_is_null_that_a_contract_says_is_not(sample: Warehouse, manifest: dict[str, Any]) -> None:
    """DuckDB refuses the rows: the build stops at the mart, names the column, and leaves the mart as it was."""
    declared = {
        (node["name"], column["name"])
        for node in manifest["nodes"].values()
        for column in node["columns"].values()
        if "not_null" in [constraint["type"] for constraint in column.get("constraints", [])]
    }
    assert len(declared) > 150
    assert declared == set(
        sample.rows("select table_name, column_name from duckdb_columns() where schema_name = 'marts' and not is_nullable")
    )


# Marts whose rows others refer to, by the name of the column; ids of segments are those of users, in marts of tracks those of tracks.
HOMES = {
    "user_id": "users",
    "org_id": "organisations",
    "segment_id": "segments",
    "track_uri": "track_features",
    "date_day": "dates",
    "date_week": "dates",
}


def marts_of(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns what the manifest says of each mart."""
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["schema"] == "marts"}


def undeclared(manifest: dict[str, Any]) -> set[tuple[str, str]]:
    """Returns the columns of marts that name a row of another mart and have neither a test of that nor a reason why they need none."""
    tested = {
        (
            node["attached_node"].split(".")[-1],
            node["column_name"],
            re.sub(r"^ref\('(\w+)'\)$", r"\1", node["test_metadata"]["kwargs"]["to"]),
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("test_metadata", {}).get("name") == "relationships"
    }
    found = set()
    for name, mart in marts_of(manifest).items():
        for column, about in mart["columns"].items():
            key = next((key for key in HOMES if re.search(rf"(^|_){key}$", column)), None)
            home = "track_segment_summaries" if key == "segment_id" and name.startswith("track_") else HOMES.get(key or "")
            if home and (name, column) != (home, key):
                meta = about["config"]["meta"]
                is_reasoned = meta.get("references") == home and bool(meta.get("untested_because"))
                if ((name, column, home) in tested) == is_reasoned:
                    found.add((name, column))
    return found


def test_every_mart_has_a_key(manifest: dict[str, Any]) -> None:
    """One test says what it is; its columns are never null, but those of which the description says so."""
    keys: dict[str, list[tuple[str, list[str]]]] = {}
    for node in manifest["nodes"].values():
        test = node.get("test_metadata", {}).get("name")
        if node["resource_type"] == "test" and test in ("primary_key", "unique_combination"):
            keys.setdefault(node["attached_node"].split(".")[-1], []).append((test, node["test_metadata"]["kwargs"]["columns"]))
    marts = marts_of(manifest)
    assert len(marts) > 60
    for name, mart in marts.items():
        # a row of a file that cannot be read may have no number, and the same reason as the next
        if name == "rejected_rows":
            continue
        [(test, columns)] = keys[name]
        never_null = {column for column in columns if "not_null" in [rule["type"] for rule in mart["columns"][column]["constraints"]]}
        if test == "primary_key":
            assert never_null == set(columns), name
            assert f"Primary key: {', '.join(columns)}." in mart["description"], name
        else:
            assert never_null < set(columns), name
            assert "may be null" in mart["description"], name


def test_columns_that_name_a_row_of_another_mart_say_so(manifest: dict[str, Any]) -> None:
    """A test holds them to it, or what the rows are made of does; not both."""
    assert undeclared(manifest) == set()


def test_a_column_that_names_a_row_unsaid_would_be_seen(manifest: dict[str, Any]) -> None:
    """One whose test is gone, one whose reason is gone, and one that says another mart."""
    changed = json.loads(json.dumps({"nodes": manifest["nodes"]}))
    for node_id, node in list(changed["nodes"].items()):
        if node["name"].startswith("relationships_listener_features_user_id"):
            del changed["nodes"][node_id]
    nodes = marts_of(changed)
    nodes["weekly_activity"]["columns"]["user_id"]["config"]["meta"] = {}
    nodes["plays"]["columns"]["track_uri"]["config"]["meta"]["references"] = "users"
    assert undeclared(changed) == {("listener_features", "user_id"), ("weekly_activity", "user_id"), ("plays", "track_uri")}


def test_every_mart_has_an_owner(manifest: dict[str, Any]) -> None:
    """The group is its folder; what people look at depends on marts only, and on insights."""
    groups = {group["name"]: group["owner"] for group in manifest["groups"].values()}
    for name, mart in marts_of(manifest).items():
        assert mart["config"]["group"] == Path(mart["path"]).parts[1], name
        assert mart["access"] == "public", name
    assert {mart["config"]["group"] for mart in marts_of(manifest).values()} == set(groups)
    assert all(owner["name"] and owner["email"] for owner in groups.values())
    exposures = {exposure["name"]: exposure for exposure in manifest["exposures"].values()}
    assert set(exposures) == {"dashboard", "report"}
    for name, exposure in exposures.items():
        files = [path.read_text() for path in (PROJECT / name).rglob("*.py")]
        read = {mart for text in files for mart in re.findall(r"\b(?:from|join) marts\.(\w+)", text)}
        assert {node.split(".")[-1] for node in exposure["depends_on"]["nodes"]} == read, name


def test_macros_list_the_columns_that_yaml_declares(manifest: dict[str, Any]) -> None:
    """Unit tests cannot look them up: columns of the usage with their kinds, numbers of user_features, attributes of accounts."""
    usage = manifest["sources"]["source.user_analytics.telemetry.app_usage"]["columns"]
    kinds = {"double": "number", "varchar": "text"}
    declared = [{"name": name, "kind": kinds[column["data_type"]]} for name, column in usage.items() if name != "user_id"]
    assert macros.call("usage_columns", {}) == declared
    features = manifest["nodes"]["model.user_analytics.user_features"]["columns"]
    numbers = [name for name, column in features.items() if column["data_type"] in ("integer", "bigint", "double") and name != "user_id"]
    assert macros.call("activity_features", {}) == numbers
    accounts = manifest["nodes"]["model.user_analytics.int_users_attributed"]["columns"]
    attributes = [name for name, column in accounts.items() if column["config"]["meta"].get("attribute")]
    assert macros.call("account_attributes", {}) == [*attributes, "adoption_status"]


def test_descriptions_reach_the_warehouse(sample: Warehouse) -> None:
    """Every mart and every column of one has a comment that tools can show."""
    assert sample.rows("select table_name from duckdb_tables() where schema_name = 'marts' and comment is null") == []
    assert sample.rows("select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null") == []


def test_methods_know_neither_dbt_nor_duckdb() -> None:
    """Statistics are plain functions of frames."""
    for path in (PROJECT / "python_models" / "methods").rglob("*.py"):
        assert not imported_packages(path.read_text()) & {"dbt", "duckdb"}, path


def test_an_import_of_duckdb_would_be_seen() -> None:
    """In each of the forms that Python has."""
    for code in (
        "import duckdb",
        "from duckdb.typing import X",
        "def f():\n    import duckdb as d",
        "import numpy, duckdb",
    ):
        assert "duckdb" in imported_packages(code)


def test_every_python_model_feeds_a_contracted_mart(manifest: dict[str, Any]) -> None:
    """A result that nobody publishes is of no use, and one without a contract may change unseen."""
    assert unpublished_python_models(manifest["nodes"].values()) == set()


def test_an_unpublished_python_model_would_be_seen() -> None:
    """One that only a model without a contract reads, and not one that a contracted mart reads, be it through another model."""

    def node(name: str, language: str, parents: list[str], is_enforced: bool = False) -> dict[str, Any]:
        return {
            "name": name,
            "unique_id": name,
            "resource_type": "model",
            "language": language,
            "contract": {"enforced": is_enforced},
            "depends_on": {"nodes": parents},
        }

    nodes = [
        node("fit", "python", []),
        node("lost", "python", []),
        node("axes", "python", []),
        node("places", "sql", ["axes"]),
        node("mart", "sql", ["fit", "places"], is_enforced=True),
        node("view", "sql", ["lost"]),
    ]
    assert unpublished_python_models(nodes) == {"lost"}


def test_parsing_warns_of_nothing(tmp_path: Path) -> None:
    """No deprecation, no unused setting."""
    run = Warehouse(tmp_path, PROJECT / "sample_data").dbt("parse", "--no-partial-parse", "--show-all-deprecations")
    assert run.succeeded, run.output
    assert "deprecat" not in run.output.lower()
    assert "warning" not in run.output.lower()


def test_every_var_is_documented() -> None:
    """A comment stands above each var of dbt_project.yml; each is used, and none is used that is not there."""
    text = (PROJECT / "dbt_project.yml").read_text()
    declared = yaml.safe_load(text)["vars"]
    documented = re.findall(r"^  # (?!-).*\n(?:  # .*\n)*  (\w+):", text, flags=re.MULTILINE)
    assert documented == list(declared)
    used: set[str] = set()
    for folder in ("models", "macros", "tests/singular", "analyses", "python_models", "snapshots"):
        for path in (PROJECT / folder).rglob("*.*"):
            if path.suffix in (".sql", ".py", ".yml"):
                used |= set(re.findall(r"(?:(?<!env_)var|listed_settings)\(['\"](\w+)['\"]", path.read_text()))
    assert used == set(declared)


# the two places where a name is quoted
QUOTING = ("macros/sql_name.sql", "publishing/sql.py")
# the adapter's quoting, which does not double quotes, and quotes around a name by hand: in a template, before and after a join
QUOTED_BY_HAND = re.compile(r"""adapter\.quote|"\{\{|\}\}"(?!["\]},])|'"' *[~+]|[~+] *'"'""")


def names_quoted_by_hand(code: dict[str, str]) -> list[str]:
    """Returns the files, of some files with their text, that quote a name elsewhere than where it is done for all."""
    return [path for path, text in code.items() if path not in QUOTING and QUOTED_BY_HAND.search(text)]


def test_names_are_quoted_in_one_place() -> None:
    """A name from a file, a database or a setting would end its quotes otherwise, and go on as SQL."""
    folders = {
        "*.sql": ("macros", "models", "snapshots", "tests/generic", "tests/singular"),
        "*.py": ("publishing", "python_models", "upkeep"),
    }
    paths = [path for pattern, names in folders.items() for name in names for path in (PROJECT / name).rglob(pattern)]
    assert names_quoted_by_hand({str(path.relative_to(PROJECT)): path.read_text() for path in paths}) == []


@pytest.mark.parametrize(
    "text", ["{{ adapter.quote(column) }}", 'as "{{ column }}"', "'\"' ~ column ~ '\"'", "'select ' ~ column ~ '\"'", "'\"' + name + '\"'"]
)
def test_a_name_quoted_by_hand_would_be_seen(text: str) -> None:
    assert names_quoted_by_hand({"macros/csv_rows.sql": text, "macros/sql_name.sql": text}) == ["macros/csv_rows.sql"]


def test_no_yaml_lies_among_the_python_tests() -> None:
    """Dbt would read it as its own."""
    assert not [path for path in (PROJECT / "tests" / "python").rglob("*") if path.suffix in (".yml", ".yaml")]


def test_lock_files_agree() -> None:
    """One environment holds what several of them install."""
    versions: dict[str, set[str]] = {}
    for path in REQUIREMENTS:
        lock = path.with_suffix(".txt").read_text()
        for name, version in re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", lock, flags=re.MULTILINE):
            versions.setdefault(name, set()).add(version)
    assert len(versions) > 100
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_requirements_are_locked_and_explained(path: Path) -> None:
    """Every package is pinned with a hash in the lock file of the same name, no address in it, and has its reason in the README."""
    lock = path.with_suffix(".txt").read_text()
    assert "://" not in lock
    pins = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==\S+ (?:; [^\n]*)?\\\n +--hash", lock, flags=re.MULTILINE)
    assert len(pins) == len(re.findall(r"^\S+==", lock, flags=re.MULTILINE))
    readme = (PROJECT / "README.md").read_text()
    for line in path.read_text().splitlines():
        if line and not line.startswith(("#", "-r")):
            name = re.split(r"[<>=]", line)[0]
            assert name.lower() in pins
            assert re.search(rf"^\| [^|]*`{name}`[^|]*\|", readme, flags=re.MULTILINE), f"{name} has no reason in README.md"
