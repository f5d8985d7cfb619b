"""`make forget`: removes people from every file that the project has made, once their rows are deleted from the raw tables."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import yaml

from publishing.auditing import audit, read_artifact, shortened
from publishing.building import build
from publishing.settings import PROJECT, Settings
from upkeep.backups import backups_folder, backups_of
from upkeep.errors import UpkeepError
from upkeep.files import size
from upkeep.looking_back import remove_looking_back, with_backups
from upkeep.people import People
from upkeep.rewriting import rewrite, rewrite_without_erased
from upkeep.traces import stands_in_bytes, traces_in_tables
from upkeep.written import ARTIFACTS, LOGS

REPORT = Path("warehouse/report.html")
SHORTEST_TEXT = 4


def forget(settings: Settings, config: Path | None, users: list[str], texts: list[str]) -> int:
    """Builds, publishes, writes all files anew without the erased, looks for them, and prints a receipt. Returns the exit code.

    Parameters
    ----------
    settings
        Where things are.
    config
        The settings of a company, if it has a file of them.
    users
        Ids of people who must be gone, besides those whom the build misses.
    texts
        Texts that must be gone.
    """
    check_texts(texts)
    if not settings.warehouse.exists():
        raise UpkeepError(f"There is no warehouse {settings.warehouse}, so there is nobody to forget.")
    people = People()
    for path in databases(settings):
        people.note(path)
    if not built(settings, config):
        raise UpkeepError("The build failed, so nobody was erased. Mend what it says above, and call 'make forget' again.")
    people.compare(settings.warehouse, users, attached_databases(config))

    rewritten = written_anew(settings, people.connection)
    texts = people.texts(texts)
    checked = [*databases(settings), *other_files(settings)]
    found = [trace for path in databases(settings) for trace in traces_in_tables(people.connection, path, texts)]
    found += [f"a text in the bytes of {path}" for path in checked if stands_in_bytes(path, texts)]
    print("\n".join(receipt(people.erased, len(texts), rewritten, checked, found)))
    return 1 if found else 0


def attached_databases(config: Path | None) -> dict[str, str]:
    """Returns the var `attached_databases` as a build knows it."""
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    if config:
        variables |= yaml.safe_load(config.read_text()) or {}
    databases: dict[str, str] = variables["attached_databases"]
    return databases


def check_texts(texts: Iterable[str]) -> None:
    """Stops on a text that is too short to be searched for."""
    for text in texts:
        if len(text) < SHORTEST_TEXT:
            raise UpkeepError(
                f"TEXTS names '{text}': a text of fewer than {SHORTEST_TEXT} characters is in any file by chance. "
                "Write a longer one, such as the whole name."
            )


def databases(settings: Settings) -> list[Path]:
    """Returns the DuckDB files that there are: the warehouse, the published file, the backups."""
    return [path for path in (settings.warehouse, settings.published) if path.exists()] + backups(settings)


def backed_up(settings: Settings) -> list[Path]:
    """Returns the warehouses whose backups are written anew: the own one, and those that look back beside it."""
    return [settings.warehouse, *with_backups(settings.warehouse)]


def backups(settings: Settings) -> list[Path]:
    """Returns the backups of these warehouses."""
    return [path for warehouse in backed_up(settings) for path in backups_of(warehouse)]


def strangers(settings: Settings) -> list[Path]:
    """Returns the DuckDB files that lie among these backups and are none of them."""
    beside = [path for warehouse in backed_up(settings) for path in sorted(backups_folder(warehouse).glob("*.duckdb"))]
    known = backups(settings)
    return [path for path in beside if path not in known]


def other_files(settings: Settings) -> list[Path]:
    """Returns all other files that the project has made, and what else lies among the backups."""
    beside = [path for database in (settings.warehouse, settings.published) for path in database.parent.glob(f"{database.name}.*")]
    roots = [*beside, *map(backups_folder, backed_up(settings)), REPORT, target_folder(settings), logs_folder()]
    files = {file.resolve() for root in roots for file in (root.rglob("*") if root.is_dir() else [root]) if file.is_file()}
    return sorted(files - set(databases(settings)))


def target_folder(settings: Settings) -> Path:
    """Returns dbt's target folder, in which that of a publish lies."""
    return settings.target.parent


def logs_folder() -> Path:
    """Returns the folder of dbt's logs."""
    return Path(os.environ.get("DBT_LOG_PATH") or PROJECT / "logs")


def built(settings: Settings, config: Path | None) -> bool:
    """Builds, and publishes where that was done before; returns whether all of it succeeded."""
    if config and not config.is_file():
        raise UpkeepError(f"CONFIG: there is no file {config}")
    if settings.published.exists():
        command = [sys.executable, "-m", "publishing", *(["--config", str(config.resolve())] if config else [])]
        return subprocess.run(command, cwd=PROJECT, env=environment(settings), check=False).returncode == 0  # noqa: S603
    code = build(settings, config.read_text() if config else None)
    failures = audit(read_artifact(settings.target, "run_results.json"), read_artifact(settings.target, "manifest.json"), code).failures
    for failure in shortened(failures):
        print(f"  {failure}")
    return not failures


def environment(settings: Settings) -> dict[str, str]:
    """Returns the environment of other commands of the project, for which relative paths begin elsewhere."""
    return os.environ | {"WAREHOUSE_PATH": str(settings.warehouse), "PUBLISHED_PATH": str(settings.published)}


def written_anew(settings: Settings, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Writes anew what may hold rows of the erased, removes what the next build makes again, and returns what was done."""
    done = [
        f"removed: {path} ('make build AS_OF={path.stem.removeprefix('as_of_')}' makes it again)"
        for path in remove_looking_back((settings.warehouse, settings.published), settings.warehouse.parent)
    ]
    rewrite(settings.warehouse)
    done.append(f"written anew: {settings.warehouse} ({size(settings.warehouse)})")
    shutil.rmtree(f"{settings.warehouse}.tmp", ignore_errors=True)
    if settings.published.exists():
        done.append(f"published anew: {settings.published} ({size(settings.published)})")
    for path in backups(settings):
        rewrite_without_erased(connection, path)
        done.append(f"written anew: {path} ({size(path)})")
    done += [f"left as it is: {path}, because it is no backup of this warehouse" for path in strangers(settings)]
    for folder in (target_folder(settings), settings.target):
        remove(folder / name for name in ARTIFACTS)
        done.append(f"emptied: {folder}")
    remove(logs_folder().glob(LOGS))
    done.append(f"emptied: {logs_folder()}")
    if REPORT.exists():
        REPORT.unlink()
        command = [sys.executable, "-m", "report", "--output", str(REPORT.resolve())]
        code = subprocess.run(command, cwd=PROJECT, env=environment(settings), stdout=subprocess.DEVNULL, check=False).returncode  # noqa: S603
        done.append(
            f"written anew: {REPORT}" if code == 0 else f"removed: {REPORT}, because it could not be written anew ('make report' says why)"
        )
    return done


def remove(paths: Iterable[Path]) -> None:
    """Removes the files and folders that there are."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def receipt(erased: int, texts: int, done: list[str], checked: list[Path], found: list[str]) -> list[str]:
    """Returns the lines of a receipt, which names none of the erased."""
    return [
        "",
        f"Receipt of an erasure, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"  {erased:,} users and {texts:,} texts were to be gone.",
        *(f"  {line}" for line in done),
        f"  searched: {len(checked):,} files",
        *(f"    {path} ({size(path)})" for path in checked),
        *(f"  found: {trace}" for trace in found or ["nothing"]),
        *(["Some of it is still there: see what the lines with 'found' name."] if found else []),
    ]
