"""Publishes to PostgreSQL: loads new schemas, then puts them in the place of the old ones, both in one transaction."""

import duckdb

from publishing import sql
from publishing.connecting import LOCK_TIMEOUT, Session, connected
from publishing.contents import Column, Contents, Table
from publishing.errors import PublishError
from publishing.servers import Server

TYPES = {
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "VARCHAR": "text",
}
# tells our schemas from others of the same name
MARK = "Published as a whole: what else is put here, the next publish removes."

DEFAULT_PRIVILEGES = """
    select format(
        'alter default privileges in schema %I grant %s on tables to %s',
        schemas.nspname || '_new',
        privileges.privilege_type,
        case privileges.grantee when 0 then 'public' else privileges.grantee::regrole::text end
    )
    from pg_default_acl as defaults
    inner join pg_namespace as schemas on defaults.defaclnamespace = schemas.oid
    cross join aclexplode(defaults.defaclacl) as privileges
    where schemas.nspname in ({schemas})
        and defaults.defaclobjtype = 'r'
        and defaults.defaclrole = current_user::regrole
"""
# Of schemas, tables and columns; and who may read every table of a schema may read one that is new in it.
PRIVILEGES = """
    with

    tables as (

        select
            schemas.nspname,
            relations.*,
            to_regclass(format('%I.%I', schemas.nspname || '_new', relations.relname)) as successor
        from pg_class as relations
        inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
        where schemas.nspname in ({schemas}) and relations.relkind = 'r'

    ),

    readers as (

        select tables.nspname, privileges.grantee
        from tables
        cross join aclexplode(tables.relacl) as privileges
        where privileges.privilege_type = 'SELECT' and privileges.grantee <> tables.relowner
        group by tables.nspname, privileges.grantee
        having count(distinct tables.oid) = (select count(*) from tables as others where others.nspname = tables.nspname)

    ),

    granted as (

        select
            format('%s on schema %I', privileges.privilege_type, schemas.nspname || '_new') as privilege,
            privileges.grantee,
            privileges.is_grantable
        from pg_namespace as schemas
        cross join aclexplode(schemas.nspacl) as privileges
        where schemas.nspname in ({schemas}) and privileges.grantee <> schemas.nspowner

        union all

        select format('%s on %s', privileges.privilege_type, tables.successor), privileges.grantee, privileges.is_grantable
        from tables
        cross join aclexplode(tables.relacl) as privileges
        where tables.successor is not null and privileges.grantee <> tables.relowner

        union all

        select
            format('%s (%I) on %s', privileges.privilege_type, columns.attname, tables.successor),
            privileges.grantee,
            privileges.is_grantable
        from tables
        inner join pg_attribute as columns on tables.oid = columns.attrelid and not columns.attisdropped
        inner join pg_attribute as successors on tables.successor = successors.attrelid and columns.attname = successors.attname
        cross join aclexplode(columns.attacl) as privileges
        where privileges.grantee <> tables.relowner

        union all

        select format('select on %I.%I', readers.nspname || '_new', relations.relname), readers.grantee, false
        from readers
        inner join pg_namespace as schemas on schemas.nspname = readers.nspname || '_new'
        inner join pg_class as relations on schemas.oid = relations.relnamespace and relations.relkind = 'r'
        where to_regclass(format('%I.%I', readers.nspname, relations.relname)) is null

    )

    select format(
        'grant %s to %s%s',
        privilege,
        case grantee when 0 then 'public' else grantee::regrole::text end,
        case when is_grantable then ' with grant option' end
    )
    from granted
"""
DEPENDENT_VIEWS = """
    select distinct format('%I.%I', view_schemas.nspname, views.relname)
    from pg_depend as dependencies
    inner join pg_rewrite as rules on dependencies.objid = rules.oid
    inner join pg_class as views on rules.ev_class = views.oid
    inner join pg_namespace as view_schemas on views.relnamespace = view_schemas.oid
    inner join pg_class as relations on dependencies.refobjid = relations.oid
    inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
    where dependencies.classid = 'pg_rewrite'::regclass
        and dependencies.refclassid = 'pg_class'::regclass
        and views.oid <> relations.oid
        and schemas.nspname in ({schemas})
    order by 1
"""
FOREIGN_RELATIONS = """
    select format('%I.%I', schemas.nspname, relations.relname)
    from pg_class as relations
    inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
    where schemas.nspname in ({schemas})
        and relations.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and (
            obj_description(schemas.oid, 'pg_namespace') is distinct from {mark}
            or relations.relkind <> 'r'
            or relations.relowner <> current_user::regrole
            or relations.relrowsecurity
        )
    order by 1
"""
RUN_EACH = "do $each$ declare statement text; begin for statement in {query} loop execute statement; end loop; end $each$"


def publish_postgres(contents: Contents, server: Server) -> list[str]:
    """Puts a new version in the place of the schemas marts, lookups and publication of a database.

    Until the one moment in which all is renamed readers have the old version, from then on the new one. Privileges stay what they were.

    Returns
    -------
    notes
        What the person who publishes should know although all went well.

    Raises
    ------
    PublishError
        Where nothing was published, with the reason.
    """
    schemas = list(dict.fromkeys(table.schema for table in contents.tables))
    with connected(contents.connection, server) as session:
        session.connection.execute("set pg_null_byte_replacement = ''")
        refuse_what_would_be_lost(session, schemas)
        remove_old(session, schemas)
        with sql.transaction(session.connection):
            load(session, contents, schemas)
            session.run(f"set local lock_timeout = '{LOCK_TIMEOUT}s'")
            for schema in existing(session, schemas):
                session.run(f"alter schema {sql.name(schema)} rename to {sql.name(schema + '_old')}")
            for schema in schemas:
                session.run(f"alter schema {sql.name(schema + '_new')} rename to {sql.name(schema)}")
        try:
            remove_old(session, schemas)
        except duckdb.Error as error:
            return [f"the former version stays in {', '.join(schema + '_old' for schema in schemas)} for now: {server.masked(str(error))}"]
    return []


def refuse_what_would_be_lost(session: Session, schemas: list[str]) -> None:
    """Stops where a publish would break or remove what somebody else made."""
    places = ", ".join(map(sql.literal, schemas))
    if views := names(session, DEPENDENT_VIEWS.format(schemas=places)):
        raise PublishError(
            f"Views read the published tables and would be lost with the old version: {', '.join(views)}. Nothing was published. "
            "Drop them, and write the same as queries of the BI tool, or create them after each publish."
        )
    if relations := names(session, FOREIGN_RELATIONS.format(schemas=places, mark=sql.literal(MARK))):
        raise PublishError(
            f"The schemas {', '.join(schemas)} are replaced as a whole, and hold what no publish made: {', '.join(relations)}. Nothing was "
            "published. Move them to a schema of your own, or publish to a database of its own; no row security is kept."
        )


def names(session: Session, query: str) -> list[str]:
    """Returns the first column of a query."""
    return [row[0] for row in session.rows(query)]


def existing(session: Session, schemas: list[str]) -> list[str]:
    """Returns which of some schemas the database has."""
    places = ", ".join(map(sql.literal, schemas))
    return names(session, f"select nspname::text from pg_namespace where nspname in ({places}) order by 1")


def remove_old(session: Session, schemas: list[str]) -> None:
    """Removes what a former publish has replaced, once its last reader is done; never what others made of it."""
    for schema in existing(session, [f"{schema}_old" for schema in schemas]):
        tables = names(session, f"select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = {sql.literal(schema)}")
        with sql.transaction(session.connection):
            session.run(f"set local lock_timeout = '{LOCK_TIMEOUT}s'")
            if tables:
                session.run(f"drop table {', '.join(tables)}")
            session.run(f"drop schema {sql.name(schema)}")


def load(session: Session, contents: Contents, schemas: list[str]) -> None:
    """Creates new schemas with all tables, rows, comments and privileges, and counts the rows."""
    places = ", ".join(map(sql.literal, schemas))
    for schema in schemas:
        session.run(f"create schema {sql.name(schema + '_new')}")
        session.run(f"comment on schema {sql.name(schema + '_new')} is {sql.literal(MARK)}")
    session.run(RUN_EACH.format(query=DEFAULT_PRIVILEGES.format(schemas=places)))
    # all definitions first: what DuckDB knows of a database is what there is when it first asks
    for table in contents.tables:
        for statement in definition(table):
            session.run(statement)
    for table in contents.tables:
        values = ", ".join(map(value, table.columns))
        session.connection.execute(
            f"insert into {sql.name('server', table.schema + '_new', table.name)} select {values} from {table.source}"
        )
    counts = session.rows(
        " union all ".join(f"select {place}, count(*) from {new_name(table)}" for place, table in enumerate(contents.tables))
    )
    for place, rows in counts:
        table = contents.tables[place]
        if rows != table.rows:
            raise PublishError(f"{table.schema}.{table.name} arrived with {rows:,} rows of {table.rows:,}. Nothing was published.")
    session.run(RUN_EACH.format(query=PRIVILEGES.format(schemas=places)))


def new_name(table: Table) -> str:
    """Returns what a table is called before the swap."""
    return sql.name(f"{table.schema}_new", table.name)


def definition(table: Table) -> list[str]:
    """Returns the statements that create a table with its comments."""
    columns = ", ".join(
        f"{sql.name(column.name)} {postgres_type(column.kind)}{'' if column.is_nullable else ' not null'}" for column in table.columns
    )
    comments = [f"comment on table {new_name(table)} is {sql.literal(table.comment)}"] + [
        f"comment on column {new_name(table)}.{sql.name(column.name)} is {sql.literal(column.comment)}" for column in table.columns
    ]
    return [f"create table {new_name(table)} ({columns})", "; ".join(comments)]


def postgres_type(kind: str) -> str:
    """Returns PostgreSQL's type for one of DuckDB; lists, structs and the like become JSON in a text."""
    return kind.replace("DECIMAL", "numeric") if kind.startswith("DECIMAL") and not kind.endswith("]") else TYPES.get(kind, "text")


def value(column: Column) -> str:
    """Returns the SQL of a column's values as PostgreSQL takes them."""
    quoted = sql.name(column.name)
    return quoted if postgres_type(column.kind) != "text" or column.kind == "VARCHAR" else f"cast(to_json({quoted}) as varchar)"
