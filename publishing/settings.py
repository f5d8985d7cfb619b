"""What the environment says about a publish."""

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
    """

    warehouse: Path
    published: Path
    target: Path
    servers: tuple[Server, ...]


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
    return Settings(warehouse, published, target, tuple(read_servers(environment.get("PUBLISH_TO", ""))))
