"""What the environment says about a publish."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from publishing.errors import PublishError
from publishing.servers import Server, read_servers

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Settings:
    """Where things are.

    Attributes
    ----------
    warehouse
        WAREHOUSE_PATH, the file that is built.
    published
        PUBLISHED_PATH, the file that readers open.
    target
        Where dbt writes what it did. A folder of its own: another call of dbt at the same time must not change what is audited.
    servers
        PUBLISH_TO.
    mode
        PUBLISHED_MODE, the permissions of the published file; None: whoever may read its folder may read it.
    """

    warehouse: Path
    published: Path
    target: Path
    servers: tuple[Server, ...]
    mode: int | None = None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Returns the settings of an environment.

    Raises
    ------
    PublishError
        Where a setting cannot be.
    """
    # resolved, because a link would be replaced by the file, and not what it leads to
    warehouse = Path(environment.get("WAREHOUSE_PATH") or PROJECT / "warehouse" / "user_analytics.duckdb").resolve()
    published = Path(environment.get("PUBLISHED_PATH") or PROJECT / "warehouse" / "published.duckdb").resolve()
    if warehouse == published:
        raise PublishError("WAREHOUSE_PATH and PUBLISHED_PATH name one file: readers would see the build. Name two.")
    target = Path(environment.get("DBT_TARGET_PATH") or PROJECT / "target").resolve() / "publish"
    servers = tuple(read_servers(environment.get("PUBLISH_TO", "")))
    return Settings(warehouse, published, target, servers, read_mode(environment.get("PUBLISHED_MODE", "")))


def read_mode(text: str) -> int | None:
    """Returns the mode of PUBLISHED_MODE; None where it is not set.

    Raises
    ------
    PublishError
        Where it is anything but permissions to read, of which the owner's is one: nobody writes to the published file.
    """
    if not text:
        return None
    if not re.fullmatch("0?4[04][04]", text):
        raise PublishError(f'PUBLISHED_MODE is "{text}". It must be 0400, 0440, 0404 or 0444: the published file is only ever read.')
    return int(text, 8)
