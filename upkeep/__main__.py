"""`make backup`, `make restore`, `make reset` and `make forget`."""

import argparse
import os
import sys
from pathlib import Path

import duckdb

from publishing.errors import PublishError
from publishing.settings import Settings, read_settings
from upkeep.backups import back_up, reset, restore
from upkeep.errors import UpkeepError
from upkeep.files import first_sentence
from upkeep.forgetting import forget


def main(arguments: list[str]) -> int:
    """Does what a command asks for, says what it did, and returns the exit code.

    Parameters
    ----------
    arguments
        Those of the command line.
    """
    # whatever is written holds rows of users
    os.umask(0o077)
    parser = argparse.ArgumentParser(prog="python -m upkeep", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("backup", help="write a copy of the segment history and of the fits")
    commands.add_parser("restore", help="put a copy back").add_argument("source", type=Path)
    commands.add_parser("reset", help="write a copy, then remove the warehouse")
    forgetting = commands.add_parser("forget", help="remove people from all files whose rows are no longer in the raw tables")
    forgetting.add_argument("--config", type=Path, help="file with the settings of a company, as for `make build`")
    forgetting.add_argument("--users", default="", help="ids that must be gone, with blanks between them")
    forgetting.add_argument("--texts", default="", help="texts that must be gone, with | between them")
    call = parser.parse_args(arguments)
    try:
        settings = read_settings({name: value for name, value in os.environ.items() if name != "PUBLISH_TO"})
        return run(call, settings)
    except (UpkeepError, PublishError, OSError) as error:
        print(error, file=sys.stderr)
    except duckdb.Error as error:
        print(f"DuckDB stopped 'make {call.command}': {first_sentence(error)}", file=sys.stderr)
    return 1


def run(call: argparse.Namespace, settings: Settings) -> int:
    """Runs one command, and returns the exit code."""
    if call.command == "forget":
        return forget(settings, call.config, call.users.split(), [text.strip() for text in call.texts.split("|") if text.strip()])
    if call.command == "backup":
        notes = back_up(settings.warehouse)
    elif call.command == "restore":
        notes = restore(settings.warehouse, call.source)
    else:
        notes = reset(settings.warehouse)
    print("\n".join(notes))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
