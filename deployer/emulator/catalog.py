"""What the database knows of its objects: T-SQL's types and the texts of views and procedures, kept beside the tables.

DuckDB has no length for text and no varbinary(max), so both stand in tables of the emulator's own, in a schema that no
T-SQL name reaches. `INFORMATION_SCHEMA` and `sys` are views over them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.emulator.errors import ProgrammingError
from deployer.emulator.relations import Relation, quote_name
from deployer.emulator.syntax import ObjectName
from deployer.emulator.types import INT, NVARCHAR, SqlColumn, SqlType, parse_type

if TYPE_CHECKING:
    import duckdb

# No T-SQL name has a line break: `grammar` reads names from one line of text.
HIDDEN = "the emulator's own\n"
_OWN = quote_name(HIDDEN)
KINDS: Mapping[str, tuple[str, str]] = {
    "TABLE": ("U ", "USER_TABLE"),
    "VIEW": ("V ", "VIEW"),
    "PROCEDURE": ("P ", "SQL_STORED_PROCEDURE"),
}

_SETUP = f"""
CREATE SCHEMA IF NOT EXISTS "dbo";
CREATE SCHEMA IF NOT EXISTS {_OWN};
CREATE TABLE IF NOT EXISTS {_OWN}.objects (
    schema_name VARCHAR, name VARCHAR, kind VARCHAR, definition VARCHAR, columns VARCHAR, id INTEGER
);
CREATE TABLE IF NOT EXISTS {_OWN}.columns (
    schema_name VARCHAR, table_name VARCHAR, ordinal INTEGER, name VARCHAR, type VARCHAR, nullable BOOLEAN,
    base VARCHAR, length INTEGER, precision INTEGER, scale INTEGER
);
"""

_S = SqlType("nvarchar", 128)
_C2 = SqlType("char", 2)
_SHORT = SqlType("varchar", 3)
_SYSTEM: Mapping[tuple[str, str], tuple[tuple[SqlColumn, ...], str]] = {
    ("information_schema", "columns"): (
        (
            SqlColumn("TABLE_CATALOG", _S),
            SqlColumn("TABLE_SCHEMA", _S),
            SqlColumn("TABLE_NAME", _S),
            SqlColumn("COLUMN_NAME", _S),
            SqlColumn("ORDINAL_POSITION", INT),
            SqlColumn("IS_NULLABLE", _SHORT),
            SqlColumn("DATA_TYPE", _S),
            SqlColumn("CHARACTER_MAXIMUM_LENGTH", INT),
            SqlColumn("NUMERIC_PRECISION", INT),
            SqlColumn("NUMERIC_SCALE", INT),
        ),
        f"SELECT 'emulator', schema_name, table_name, name, ordinal, CASE WHEN nullable THEN 'YES' ELSE 'NO' END, "
        f"base, length, precision, scale FROM {_OWN}.columns",
    ),
    ("information_schema", "tables"): (
        (
            SqlColumn("TABLE_CATALOG", _S),
            SqlColumn("TABLE_SCHEMA", _S),
            SqlColumn("TABLE_NAME", _S),
            SqlColumn("TABLE_TYPE", SqlType("varchar", 10)),
        ),
        f"SELECT 'emulator', schema_name, name, CASE WHEN kind = 'VIEW' THEN 'VIEW' ELSE 'BASE TABLE' END "
        f"FROM {_OWN}.objects WHERE kind <> 'PROCEDURE'",
    ),
    ("sys", "schemas"): (
        (SqlColumn("name", _S), SqlColumn("schema_id", INT)),
        "SELECT schema_name, CAST(schema_oid AS INTEGER) FROM (SELECT schema_name, oid AS schema_oid "
        "FROM duckdb_schemas() WHERE database_name = current_database() AND NOT internal) "
        "WHERE strpos(schema_name, chr(10)) = 0",
    ),
    **{
        ("sys", view): (
            (
                SqlColumn("name", _S),
                SqlColumn("object_id", INT),
                SqlColumn("schema_id", INT),
                SqlColumn("type", _C2),
                SqlColumn("type_desc", SqlType("nvarchar", 60)),
            ),
            "SELECT o.name, o.id, (SELECT CAST(s.oid AS INTEGER) FROM duckdb_schemas() s WHERE s.schema_name = "
            "o.schema_name AND s.database_name = current_database()), "
            "CASE o.kind WHEN 'TABLE' THEN 'U ' WHEN 'VIEW' THEN 'V ' ELSE 'P ' END, "
            "CASE o.kind WHEN 'TABLE' THEN 'USER_TABLE' WHEN 'VIEW' THEN 'VIEW' ELSE 'SQL_STORED_PROCEDURE' END "
            f"FROM {_OWN}.objects o WHERE {condition}",
        )
        for view, condition in {
            "objects": "TRUE",
            "tables": "o.kind = 'TABLE'",
            "views": "o.kind = 'VIEW'",
            "procedures": "o.kind = 'PROCEDURE'",
        }.items()
    },
    ("sys", "columns"): (
        (
            SqlColumn("object_id", INT),
            SqlColumn("name", SqlType("nvarchar", 128)),
            SqlColumn("column_id", INT),
            SqlColumn("is_nullable", SqlType("bit")),
        ),
        f"SELECT o.id, c.name, c.ordinal, c.nullable FROM {_OWN}.columns c JOIN {_OWN}.objects o "
        "ON o.schema_name = c.schema_name AND o.name = c.table_name",
    ),
    ("sys", "sql_modules"): (
        (SqlColumn("object_id", INT), SqlColumn("definition", NVARCHAR)),
        f"SELECT id, definition FROM {_OWN}.objects WHERE kind <> 'TABLE'",
    ),
}
"""The catalog views that the emulator knows: their columns, and DuckDB's SQL that gives them in this order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object. `definition` is a view's query or a procedure's body; `columns` the names a view was given, or a
    procedure's parameters with their types.
    """

    name: ObjectName
    kind: str
    id: int
    definition: str
    columns: tuple[tuple[str, str], ...]


class Catalog:
    """The objects of one database, read and written on a session's own connection and in its transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, temporary: str) -> None:
        self.connection = connection
        self.temporary = temporary
        """The schema that holds this session's `#` tables, as ordinary ones, so that other cursors can read them."""
        connection.execute(_SETUP)

    def place(self, name: ObjectName) -> tuple[str, str]:
        """The schema and name under which an object is kept."""
        return (self.temporary, name.name) if name.is_temporary else (name.schema, name.name)

    def quoted(self, name: ObjectName) -> str:
        """The object's name in DuckDB."""
        schema, table = self.place(name)
        return f"{quote_name(schema)}.{quote_name(table)}"

    def find(self, name: ObjectName) -> Entry | None:
        rows = self.connection.execute(
            f"SELECT schema_name, name, kind, id, definition, columns FROM {_OWN}.objects "
            "WHERE lower(schema_name) = lower($1) AND lower(name) = lower($2)",
            list(self.place(name)),
        ).fetchall()
        if not rows:
            return None
        schema, table, kind, number, definition, columns = rows[0]
        pairs = tuple((first, second) for first, second in json.loads(columns))
        return Entry(ObjectName(schema, table), kind, number, definition, pairs)

    def columns(self, name: ObjectName) -> tuple[SqlColumn, ...]:
        rows = self.connection.execute(
            f"SELECT name, type, nullable FROM {_OWN}.columns "
            "WHERE lower(schema_name) = lower($1) AND lower(table_name) = lower($2) ORDER BY ordinal",
            list(self.place(name)),
        ).fetchall()
        return tuple(SqlColumn(column, parse_type(kind), nullable) for column, kind, nullable in rows)

    def table(self, name: ObjectName) -> Relation:
        """A table as a relation."""
        columns = self.columns(name)
        listed = ", ".join(f"{quote_name(column.name)} AS c{index}" for index, column in enumerate(columns))
        return Relation(
            f"SELECT {listed} FROM {self.quoted(name)}", tuple((f"c{i}", column) for i, column in enumerate(columns))
        )

    def system(self, name: ObjectName) -> Relation | None:
        """A catalog view as a relation."""
        found = _SYSTEM.get((name.schema.lower(), name.name.lower()))
        if found is None:
            return None
        columns, sql = found
        names = ", ".join(f"c{index}" for index in range(len(columns)))
        return Relation(f"SELECT * FROM ({sql}) AS s({names})", tuple((f"c{i}", c) for i, c in enumerate(columns)))

    def add(
        self,
        name: ObjectName,
        kind: str,
        columns: tuple[SqlColumn, ...] = (),
        definition: str = "",
        named: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Write an object down. Its name must be free and its schema there."""
        schema, table = self.place(name)
        # Stable over restarts and the same in every file: nothing may depend on the order of creation.
        number = zlib.crc32(f"{schema}.{table}".lower().encode()) & 0x7FFFFFFF
        self.connection.execute(
            f"INSERT INTO {_OWN}.objects VALUES ($1, $2, $3, $4, $5, $6)",
            [schema, table, kind, definition, json.dumps(named), number],
        )
        for ordinal, column in enumerate(columns, start=1):
            t = column.type
            self.connection.execute(
                f"INSERT INTO {_OWN}.columns VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                [schema, table, ordinal, column.name, str(t), column.nullable, t.base, t.length, t.precision, t.scale],
            )

    def remove(self, name: ObjectName) -> None:
        for table, column in (("objects", "name"), ("columns", "table_name")):
            self.connection.execute(
                f"DELETE FROM {_OWN}.{table} WHERE lower(schema_name) = lower($1) AND lower({column}) = lower($2)",
                list(self.place(name)),
            )

    def need_free(self, name: ObjectName) -> None:
        """Msg 2714 where an object has the name, 2760 where the schema is not there."""
        if not name.is_temporary and not self.has_schema(name.schema):
            raise ProgrammingError(
                f'The specified schema name "{name.schema}" either does not exist or you do not have permission to use '
                "it.",
                2760,
            )
        if self.find(name) is not None:
            raise ProgrammingError(f"There is already an object named '{name.name}' in the database.", 2714, 16, 6)

    def has_schema(self, name: str) -> bool:
        found = self.connection.execute(
            "SELECT count(*) FROM duckdb_schemas() "
            "WHERE database_name = current_database() AND lower(schema_name) = lower($1) AND NOT internal",
            [name],
        ).fetchall()
        return bool(found[0][0])

    def create_schema(self, name: str) -> None:
        if self.has_schema(name):
            raise ProgrammingError(f"There is already an object named '{name}' in the database.", 2714, 16, 6)
        self.connection.execute(f"CREATE SCHEMA {quote_name(name)}")

    def drop_temporary(self) -> None:
        """Forget the session's `#` tables."""
        self.connection.execute(f"DROP SCHEMA IF EXISTS {quote_name(self.temporary)} CASCADE")
        for table in ("objects", "columns"):
            self.connection.execute(f"DELETE FROM {_OWN}.{table} WHERE schema_name = $1", [self.temporary])


def parameter_types(entry: Entry) -> tuple[tuple[str, SqlType], ...]:
    """A procedure's parameters."""
    return tuple((name, parse_type(kind)) for name, kind in entry.columns)
