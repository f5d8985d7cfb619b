"""`make publish`: builds, audits, publishes, and says what it did."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from publishing.auditing import audit, read_artifact, shortened
from publishing.building import build
from publishing.contents import Contents, open_contents
from publishing.errors import PublishError
from publishing.extensions import extension_file
from publishing.file import only_publish, publish_file
from publishing.mysql import publish_mysql
from publishing.postgres import publish_postgres
from publishing.settings import Settings, read_settings

SERVERS = {"postgres": publish_postgres, "mysql": publish_mysql}


def main(arguments: list[str]) -> int:
    """Publishes, and returns the exit code: 0 only where every target has the new version.

    Parameters
    ----------
    arguments
        Those of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m publishing", description=__doc__)
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
        return 1
    except KeyboardInterrupt:
        print("Interrupted. What was not yet published stays as it was.", file=sys.stderr)
        return 130


def read_config(path: Path | None) -> str | None:
    """Returns the text of a file of settings, if one is named."""
    if path is None:
        return None
    if not path.is_file():
        raise PublishError(f"CONFIG: there is no file {path}")
    return path.read_text()


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
        return 1
    print(f"The build passed its audit: {judged.passed:,} in order, {len(judged.warnings):,} warn.")
    contents = open_contents(settings.warehouse, manifest)
    return publish(contents, settings)


def publish(contents: Contents, settings: Settings) -> int:
    """Publishes to the file, then to each server; what fails leaves its own target as it was, and no other. Returns the exit code."""
    day = f", as of {contents.as_of}" if contents.as_of else ""
    print(f"Version {contents.version}{day}: {len(contents.tables):,} tables, {contents.rows:,} rows.")

    done = [attempt(str(settings.published), partial(publish_file, contents, settings.published))]
    done += [attempt(server.name, partial(SERVERS[server.kind], contents, server)) for server in settings.servers]
    return 0 if all(done) else 1


def attempt(target: str, step: Callable[[], list[str]]) -> bool:
    """Publishes to one target by a step that returns what else is to be said, says how it went, and returns whether it succeeded."""
    started = time.monotonic()
    print(f"  {target} ... ", end="", flush=True)
    try:
        notes = step()
    except (PublishError, OSError) as error:
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
