"""Warehouses that `make build AS_OF=...` has made beside another, which looks back from a day."""

from pathlib import Path

from upkeep.backups import backups_folder
from upkeep.files import attached, remove_leftovers

NAME = "as_of_[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


def remove_looking_back(kept: tuple[Path, ...], folder: Path) -> list[Path]:
    """Removes all warehouses of a folder that look back, and what is left of them, and returns them.

    Parameters
    ----------
    kept
        Files that are used as something else, whatever their name is.
    folder
        The folder.

    Raises
    ------
    InUseError
        Where a build is at work on one.
    """
    beside = {
        path.with_name(f"{path.name.split('.')[0]}.duckdb") for end in ("", ".wal", ".tmp") for path in folder.glob(f"{NAME}.duckdb{end}")
    }
    removed = sorted(beside - set(kept))
    for path in removed:
        if path.exists():
            # while it is locked, so that no build has it open
            with attached(path, "warehouse"):
                path.unlink()
        remove_leftovers(path)
    return removed


def with_backups(warehouse: Path) -> list[Path]:
    """Returns the warehouses beside another that look back and have backups. They need not be there any more."""
    own = backups_folder(warehouse)
    return [warehouse.with_name(f"{folder.name}.duckdb") for folder in sorted(own.parent.glob(NAME)) if folder != own]
