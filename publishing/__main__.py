"""`make publish`: builds, audits, publishes, and says what it did.

The exit code says what failed, and the last line names the targets that did not get the new version:

  0    every target has the new version
  1    nothing was published: a setting, the build, its audit or the warehouse does not allow it
  3    the published file failed; every server has the new version
  4    a server failed; the published file has the new version
  5    the published file and a server failed
  130  somebody interrupted it

`make publish` exits with 2 for all of them but 0, and then says the code in a line of its own, such as `Error 3`.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from publishing.auditing import audit, read_artifact, shortened
from publishing.building import build
from publishing.contents import Contents, open_contents
from publishing.errors import PublishError
from publishing.extensions import extension_file
from publishing.file import only_publish, publish_file
from publishing.mysql import publish_mysql
from publishing.postgres import publish_postgres
from publishing.settings import Settings, read_settings

NOTHING_PUBLISHED, FILE_FAILED, SERVER_FAILED, BOTH_FAILED, INTERRUPTED = 1, 3, 4, 5, 130
SERVERS = {"postgres": publish_postgres, "mysql": publish_mysql}


def main(arguments: list[str]) -> int:
    """Publishes, and returns the exit code.

    Parameters
    ----------
    arguments
        Those of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m publishing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, help="file with the settings of a company, as for `make build`")
    try:
        settings = read_settings(os.environ)
        for server in settings.servers:
            extension_file(server.kind)
        variables = read_config(parser.parse_args(arguments).config)
        with only_publish(settings.published):
            return audit_publish(settings, build(settings, variables))
    except (PublishError, OSError) as error:
        print(error, file=sys.stderr)
        return NOTHING_PUBLISHED
    except KeyboardInterrupt:
        print("Interrupted. What was not yet published stays as it was.", file=sys.stderr)
        return INTERRUPTED


def read_config(path: Path | None) -> str | None:
    """Returns the text of a file of settings, if one is named."""
    if path is None:
        return None
    if not path.is_file():
        raise PublishError(f"CONFIG: there is no file {path}")
    try:
        return path.read_text()
    except UnicodeDecodeError:
        raise PublishError(f"CONFIG: {path} is not a text in UTF-8") from None


def audit_publish(settings: Settings, exit_code: int) -> int:
    """Publishes what was built, if it passes the audit, and returns the exit code.

    Parameters
    ----------
    settings
        Where things are.
    exit_code
        That of the build.
    """
    manifest = read_artifact(settings.target, "manifest.json")
    judged = audit(read_artifact(settings.target, "run_results.json"), manifest, exit_code)
    print()
    for warning in shortened(judged.warnings):
        print(f"  warns: {warning}")
    if judged.failures:
        print("Nothing was published: readers keep the version they have. What failed:")
        for failure in shortened(judged.failures):
            print(f"  {failure}")
        return NOTHING_PUBLISHED
    print(f"The build passed its audit: {judged.passed:,} in order, {len(judged.warnings):,} warn.")
    contents = open_contents(settings.warehouse, manifest)
    return publish(contents, settings)


def publish(contents: Contents, settings: Settings) -> int:
    """Publishes to the file, then to each server; what fails leaves its own target as it was, and no other. Returns the exit code."""
    day = f", as of {contents.as_of}" if contents.as_of else ""
    print(f"Version {contents.version}{day}: {len(contents.tables):,} tables, {contents.rows:,} rows.")

    file = str(settings.published)
    steps = [(file, partial(publish_file, contents, settings.published, settings.mode))]
    steps += [(server.name, partial(SERVERS[server.kind], contents, server)) for server in settings.servers]
    failed = [target for target, step in steps if not attempt(target, step)]
    if not failed:
        return 0
    print(f"Not published: {', '.join(failed)}", file=sys.stderr)
    if file not in failed:
        return SERVER_FAILED
    return FILE_FAILED if failed == [file] else BOTH_FAILED


def attempt(target: str, step: Callable[[], list[str]]) -> bool:
    """Publishes to one target by a step that returns what else is to be said, says how it went, and returns whether it succeeded."""
    started = time.monotonic()
    print(f"  {target} ... ", end="", flush=True)
    try:
        notes = step()
    except (PublishError, duckdb.Error, OSError) as error:
        # at once, so that the reason, which is an error, stands below it
        print("failed, and keeps what it had", flush=True)
        print(f"    {error}", file=sys.stderr)
        return False
    print(f"published in {time.monotonic() - started:.1f} s")
    for note in notes:
        print(f"    {note}")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
