"""Who was in the files of the project and is in no raw table any more, and which texts of theirs the files held."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from publishing import sql
from upkeep.errors import UpkeepError
from upkeep.files import attach, database_name

# the tables and views with what the raw tables say, rejected and excluded rows included
RAW = "schema_name = 'staging' and (table_name like 'stg\\_%\\_rows' escape '\\' or table_name = 'stg_inputs__excluded_users')"
STORED = "(schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables() where database_name = columns.database_name)"
ID = "(column_name = 'user_id' or column_name like '%\\_user\\_id' escape '\\')"
# the column of those tables with a whole line of a raw table
LINE = "raw_text"
ADDRESS = re.compile(r"[^\s,;:|<>(){}\"'\[\]]+@[^\s,;:|<>(){}\"'\[\]]+")


@dataclass(frozen=True)
class Table:
    """A table of an attached file.

    Attributes
    ----------
    name
        As SQL calls it, with its database, quoted.
    ids
        Its columns with ids of users, quoted.
    texts
        Its columns with texts, also in lists and maps, quoted.
    """

    schema: str
    table: str
    name: str
    ids: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def tables_of(connection: duckdb.DuckDBPyConnection, database: str, condition: str = STORED) -> list[Table]:
    """Returns the tables of an attached file with their columns of ids and texts; its views only where a condition asks for them."""
    tables: dict[tuple[str, str], Table] = {}
    for schema, name, column, kind, is_id in connection.execute(
        f"select schema_name, table_name, column_name, data_type, {ID}"
        " from duckdb_columns() as columns"
        f" where database_name = ? and {condition} order by schema_name, table_name, column_index",
        [database],
    ).fetchall():
        table = tables.setdefault((schema, name), Table(schema, name, sql.name(database, schema, name)))
        if is_id:
            table.ids.append(sql.name(column))
        if "VARCHAR" in kind or kind in ("JSON", "BLOB"):
            table.texts.append(sql.name(column))
    return list(tables.values())


class People:
    """The people of the files before a build and after it. Ids are compared as texts, so that their type does not matter.

    Attributes
    ----------
    connection
        Holds the tables `noted`, `lines`, `present` and `erased`, in memory alone.
    """

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        self.connection.execute(
            "create table noted (id varchar); create table lines (id varchar, line varchar);"
            "create table present (id varchar, place varchar); create table erased (id varchar)"
        )

    def note(self, path: Path) -> None:
        """Notes who stands in a file, and the raw lines that it keeps of them."""
        attach(self.connection, path, "file", "file", read_only=True)
        for table in tables_of(self.connection, "file"):
            for column in table.ids:
                self.connection.execute(f"insert into noted select distinct cast({column} as varchar) from {table.name}")
            if table.ids and sql.name(LINE) in table.texts:
                self.connection.execute(
                    f"insert into lines select distinct cast({table.ids[0]} as varchar), {LINE} from {table.name} where {LINE} is not null"
                )
        self.connection.execute("detach file")

    def compare(self, warehouse: Path, named: list[str], databases: Mapping[str, str]) -> None:
        """Finds out who is erased: noted before, or named, and in no raw table of the build that the warehouse now holds.

        Parameters
        ----------
        warehouse
            The warehouse.
        named
            Ids of people who must be erased.
        databases
            Paths of the databases from which raw tables come, by name. Views of the warehouse name them, and the warehouse itself.

        Raises
        ------
        UpkeepError
            Where somebody who is named is still in a raw table.
        """
        own = database_name(warehouse)
        attach(self.connection, warehouse, "warehouse", own, read_only=True)
        for name, path in databases.items():
            attach(self.connection, Path(path), "database", name, read_only=True)
        for table in tables_of(self.connection, own, RAW):
            place = "source_file" if table.table.endswith("_rows") else sql.literal("the excluded rows")
            for column in table.ids:
                self.connection.execute(
                    f"insert into present select distinct cast({column} as varchar), {place} from {table.name} where {column} is not null"
                )
        for name in (own, *databases):
            self.connection.execute(f"detach {sql.name(name)}")
        for user in named:
            places = self.connection.execute("select distinct place from present where id = ? order by 1", [user]).fetchall()
            if places:
                raise UpkeepError(
                    f"USERS names {user}, who is still in {', '.join(place for (place,) in places)}. Delete the rows there first. "
                    "Nobody was erased."
                )
        self.connection.execute(
            "insert into erased select id from noted where id is not null union select unnest(?::varchar[]) except select id from present",
            [named],
        )

    @property
    def erased(self) -> int:
        """How many people are erased."""
        return int(self.connection.execute("select count(*) from erased").fetchall()[0][0])

    def texts(self, named: Iterable[str]) -> list[str]:
        """Returns the texts of the erased: those that are named, the raw lines that the files kept, and the addresses in them."""
        lines = [line for (line,) in self.connection.execute("select line from lines semi join erased using (id)").fetchall()]
        addresses = [address for line in lines for address in ADDRESS.findall(line)]
        return sorted({*named, *lines, *addresses})
