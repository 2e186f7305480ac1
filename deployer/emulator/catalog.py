"""What the database knows of its objects: T-SQL's types and the texts of views and procedures, kept beside the tables.

DuckDB has no length for text and no varbinary(max), so both stand in tables of the emulator's own, in a schema that no
T-SQL name reaches. `INFORMATION_SCHEMA` and `sys` are views over them.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.emulator.errors import ProgrammingError
from deployer.emulator.own_tables import NOW, OWN, SCHEMAS, TEMPORARY
from deployer.emulator.relations import Relation, quote_name
from deployer.emulator.syntax import ObjectName
from deployer.emulator.types import SqlColumn, SqlType, parse_type

if TYPE_CHECKING:
    import duckdb

    from deployer.emulator.ddl import ColumnDefinition, Parameter, TableOptions

_SETUP = f"""
CREATE SCHEMA IF NOT EXISTS "dbo";
CREATE SCHEMA IF NOT EXISTS {OWN};
CREATE TABLE IF NOT EXISTS {OWN}.objects (
    id INTEGER PRIMARY KEY, schema_name VARCHAR, name VARCHAR, kind VARCHAR, definition VARCHAR, index_kind VARCHAR,
    distribution VARCHAR, created TIMESTAMP, modified TIMESTAMP
);
CREATE TABLE IF NOT EXISTS {OWN}.columns (
    object_id INTEGER, ordinal INTEGER, name VARCHAR, type VARCHAR, nullable BOOLEAN, base VARCHAR, length INTEGER,
    precision INTEGER, scale INTEGER, hash_ordinal INTEGER, index_ordinal INTEGER, default_name VARCHAR,
    default_text VARCHAR, identity_seed BIGINT, identity_step BIGINT
);
CREATE TABLE IF NOT EXISTS {OWN}.keys (
    object_id INTEGER, id INTEGER, name VARCHAR, kind VARCHAR, ordinal INTEGER, column_name VARCHAR
);
CREATE TABLE IF NOT EXISTS {OWN}.indexes (
    object_id INTEGER, name VARCHAR, kind VARCHAR, ordinal INTEGER, column_name VARCHAR
);
CREATE TABLE IF NOT EXISTS {OWN}.statistics (object_id INTEGER, name VARCHAR, ordinal INTEGER, column_name VARCHAR);
CREATE TABLE IF NOT EXISTS {OWN}.parameters (
    object_id INTEGER, ordinal INTEGER, name VARCHAR, type VARCHAR, base VARCHAR, length INTEGER, precision INTEGER,
    scale INTEGER, is_output BOOLEAN
);
CREATE TABLE IF NOT EXISTS {OWN}.principals (
    id INTEGER, name VARCHAR, kind VARCHAR, external BOOLEAN, default_schema VARCHAR, created TIMESTAMP
);
CREATE TABLE IF NOT EXISTS {OWN}.members (role VARCHAR, member VARCHAR);
CREATE TABLE IF NOT EXISTS {OWN}.permissions (
    principal VARCHAR, class VARCHAR, name VARCHAR, object_id INTEGER, column_name VARCHAR, permission VARCHAR,
    state VARCHAR
);
"""


@dataclass(frozen=True, slots=True)
class Generated:
    """Where a column's value comes from when INSERT gives none: a default's text, or the sequence of an IDENTITY."""

    default: str | None
    sequence: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One object: TABLE, VIEW or PROCEDURE (`kind`). `definition` is the batch that made a view or a procedure.

    `generated` are the columns with a default or IDENTITY, by their names in lower case.
    """

    name: ObjectName
    kind: str
    id: int
    definition: str
    distribution: str
    index: str
    columns: tuple[SqlColumn, ...]
    generated: Mapping[str, Generated]

    @property
    def identity(self) -> str | None:
        """The name of the column that has IDENTITY."""
        has = {name for name, source in self.generated.items() if source.sequence is not None}
        return next((column.name for column in self.columns if column.name.lower() in has), None)


class Catalog:
    """The objects of one database, read and written on a session's own connection and in its transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.number = next(_sessions)
        """The session's, as @@SPID tells it."""
        self.temporary = f"{TEMPORARY}{self.number}"
        """The schema that holds this session's `#` tables, as ordinary ones, so that other cursors can read them."""
        connection.execute(_SETUP)
        connection.execute(f"SET VARIABLE session_number = {self.number}")
        self._drop_left_over()
        _live.add(self.temporary)

    def place(self, name: ObjectName) -> tuple[str, str]:
        """The schema and name under which an object is kept."""
        if name.is_temporary:
            return self.temporary, name.name
        # DuckDB takes two spellings of a name for one only where they differ by the case of ASCII.
        return name.schema if name.schema.isascii() else self._schema_as_made(name.schema), name.name

    def quoted(self, name: ObjectName) -> str:
        """The object's name in DuckDB."""
        schema, table = self.place(name)
        return f"{quote_name(schema)}.{quote_name(table)}"

    def find(self, name: ObjectName) -> Entry | None:
        rows = self.connection.execute(
            "SELECT o.schema_name, o.name, o.kind, o.id, o.definition, o.distribution, o.index_kind, c.name, c.type, "
            f"c.nullable, c.default_text, c.identity_seed FROM {OWN}.objects AS o LEFT JOIN {OWN}.columns AS c "
            "ON c.object_id = o.id WHERE lower(o.schema_name) = lower($1) AND lower(o.name) = lower($2) "
            "ORDER BY c.ordinal",
            list(self.place(name)),
        ).fetchall()
        if not rows:
            return None
        schema, table, kind, number, definition, distribution, index, *_ = rows[0]
        described = [row[7:] for row in rows if row[7] is not None]
        return Entry(
            ObjectName(schema if schema != self.temporary else "dbo", table),
            kind,
            number,
            definition,
            distribution,
            index,
            tuple(SqlColumn(column, parse_type(written), nullable) for column, written, nullable, _, _ in described),
            {
                column.lower(): Generated(default, sequence_name(number) if seed is not None else None)
                for column, _, _, default, seed in described
                if default is not None or seed is not None
            },
        )

    def columns(self, name: ObjectName) -> tuple[SqlColumn, ...]:
        """The columns of a table or view; none where there is none of that name."""
        entry = self.find(name)
        return entry.columns if entry is not None else ()

    def table(self, entry: Entry) -> Relation:
        """A table as a relation."""
        named = tuple((f"c{index}", column) for index, column in enumerate(entry.columns))
        listed = ", ".join(f"{quote_name(column.name)} AS {inner}" for inner, column in named)
        return Relation(f"SELECT {listed} FROM {self.quoted(entry.name)}", named)

    def add(
        self,
        name: ObjectName,
        kind: str,
        columns: Sequence[ColumnDefinition] = (),
        definition: str = "",
        *,
        options: TableOptions | None = None,
        parameters: Sequence[Parameter] = (),
    ) -> int:
        """Write an object down, and give its number. Its name must be free and its schema there."""
        schema, table = self.place(name)
        if not name.is_temporary:
            schema = self._schema_as_made(schema)
        number = self.free_number(f"{schema}.{table}")
        index, distribution = (
            (options.index, options.distribution or "ROUND_ROBIN") if options is not None else ("", "")
        )
        self.connection.execute(
            f"INSERT INTO {OWN}.objects VALUES ($1, $2, $3, $4, $5, $6, $7, {NOW}, {NOW})",
            [number, schema, table, kind, definition, index, distribution],
        )
        self._fill(number, columns, options, parameters)
        return number

    def alter(
        self, number: int, definition: str, columns: Sequence[ColumnDefinition], parameters: Sequence[Parameter] = ()
    ) -> None:
        """Give a view or procedure another text; it keeps its number, and the rights on it."""
        self.connection.execute(
            f"UPDATE {OWN}.objects SET definition = $2, modified = {NOW} WHERE id = $1", [number, definition]
        )
        for table in ("columns", "parameters"):
            self.connection.execute(f"DELETE FROM {OWN}.{table} WHERE object_id = $1", [number])
        self._fill(number, columns, None, parameters)

    def _fill(
        self,
        number: int,
        columns: Sequence[ColumnDefinition],
        options: TableOptions | None,
        parameters: Sequence[Parameter],
    ) -> None:
        for ordinal, column in enumerate(columns, start=1):
            self.add_column(number, ordinal, column, options)
        for ordinal, parameter in enumerate(parameters, start=1):
            t = parameter.type
            self.connection.execute(
                f"INSERT INTO {OWN}.parameters VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                [number, ordinal, parameter.name, str(t), *_facets(t), parameter.output],
            )

    def add_column(
        self, number: int, ordinal: int, definition: ColumnDefinition, options: TableOptions | None = None
    ) -> None:
        """Write a column of an object down, and make the sequence of its IDENTITY."""
        column, default = definition.column, definition.default
        hashed = _place_in(column.name, options.hash_columns if options is not None else ())
        indexed = _place_in(column.name, options.index_columns if options is not None else ())
        seed, step = definition.identity or (None, None)
        default_name = (default.name or f"DF_{number}_{column.name}") if default is not None else None
        self.connection.execute(
            f"INSERT INTO {OWN}.columns VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            [
                *(number, ordinal, column.name, str(column.type), column.nullable, *_facets(column.type)),
                *(hashed, indexed, default_name, default.text if default is not None else None, seed, step),
            ],
        )
        if definition.identity is not None:
            self.connection.execute(
                f"CREATE SEQUENCE {sequence_name(number)} START WITH {seed} INCREMENT BY {step} "
                f"MINVALUE {-(2**63)} MAXVALUE {2**63 - 1}"
            )

    def drop_column(self, entry: Entry, name: str) -> None:
        """Forget a column, with the sequence of its IDENTITY."""
        generated = entry.generated.get(name.lower())
        if generated is not None and generated.sequence is not None:
            self.connection.execute(f"DROP SEQUENCE {generated.sequence}")
        self.connection.execute(
            f"DELETE FROM {OWN}.columns WHERE object_id = $1 AND lower(name) = lower($2)", [entry.id, name]
        )

    def free_number(self, name: str) -> int:
        """A number for an object: the same in every file for the same name, so that nothing depends on the order of
        creation; the next free one where a renamed object keeps the number of that name.
        """
        number = zlib.crc32(name.lower().encode()) & 0x7FFFFFFF
        while self.connection.execute(f"SELECT 1 FROM {OWN}.objects WHERE id = $1", [number]).fetchall():
            number = (number + 1) & 0x7FFFFFFF
        return number

    def rename(self, old: ObjectName, new: ObjectName) -> None:
        """An object keeps its number, and a view or procedure its text, as on the server."""
        self.connection.execute(
            f"UPDATE {OWN}.objects SET name = $3, modified = {NOW} "
            "WHERE lower(schema_name) = lower($1) AND lower(name) = lower($2)",
            [*self.place(old), new.name],
        )

    def remove(self, name: ObjectName) -> None:
        self._forget("lower(schema_name) = lower($1) AND lower(name) = lower($2)", list(self.place(name)))

    def _forget(self, condition: str, values: list[str]) -> None:
        held = f"SELECT id FROM {OWN}.objects WHERE {condition}"
        sequences = self.connection.execute(
            f"SELECT object_id FROM {OWN}.columns WHERE identity_seed IS NOT NULL AND object_id IN ({held})", values
        ).fetchall()
        for (number,) in sequences:
            self.connection.execute(f"DROP SEQUENCE {sequence_name(number)}")
        for table in ("columns", "parameters", "permissions", "keys", "indexes", "statistics"):
            self.connection.execute(f"DELETE FROM {OWN}.{table} WHERE object_id IN ({held})", values)
        self.connection.execute(f"DELETE FROM {OWN}.objects WHERE {condition}", values)

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

    def schema_id(self, name: str) -> int | None:
        rows = self.connection.execute(
            f"SELECT schema_id FROM ({SCHEMAS}) WHERE lower(name) = lower($1)", [name]
        ).fetchall()
        return int(rows[0][0]) if rows else None

    def _schema_as_made(self, name: str) -> str:
        rows = self.connection.execute(f"SELECT name FROM ({SCHEMAS}) WHERE lower(name) = lower($1)", [name]).fetchall()
        return str(rows[0][0]) if rows else name

    def has_schema(self, name: str) -> bool:
        return self.schema_id(name) is not None

    def create_schema(self, name: str) -> None:
        if self.has_schema(name) or name.lower() in _RESERVED:
            raise ProgrammingError(f"There is already an object named '{name}' in the database.", 2714, 16, 6)
        self.connection.execute(f"CREATE SCHEMA {quote_name(name)}")

    def drop_schema(self, name: str) -> None:
        """Msg 15151 where it is not there, 3729 where an object is in it."""
        if not self.has_schema(name) or name.lower() == "dbo":
            raise ProgrammingError(
                f"Cannot drop the schema '{name}', because it does not exist or you do not have permission.", 15151
            )
        held = self.connection.execute(
            f"SELECT min(name) FROM {OWN}.objects WHERE lower(schema_name) = lower($1)", [name]
        ).fetchall()
        if held[0][0] is not None:
            raise ProgrammingError(
                f"Cannot drop schema '{name}' because it is being referenced by object '{held[0][0]}'.", 3729
            )
        self.connection.execute(f"DROP SCHEMA {quote_name(name)}")

    def drop_temporary(self) -> None:
        """Forget the session's `#` tables."""
        _live.discard(self.temporary)
        self._drop(self.temporary)

    def _drop(self, schema: str) -> None:
        self.connection.execute(f"DROP SCHEMA IF EXISTS {quote_name(schema)} CASCADE")
        self._forget("schema_name = $1", [schema])

    def _drop_left_over(self) -> None:
        """Forget the `#` tables of sessions that ended without a word. A file has the sessions of one process only."""
        rows = self.connection.execute(
            "SELECT schema_name FROM duckdb_schemas() "
            "WHERE database_name = current_database() AND starts_with(schema_name, $1)",
            [TEMPORARY],
        ).fetchall()
        for (schema,) in rows:
            if schema not in _live:
                self._drop(schema)


_sessions = itertools.count(51)
_live: set[str] = set()
"""Schemas of the sessions of this process that are open."""

_RESERVED = frozenset(["main", "sys", "information_schema", "pg_catalog", "temp", "guest"])
"""Schemas that the server has, or DuckDB."""


def sequence_name(number: int) -> str:
    """The sequence that gives a table's IDENTITY its values, in DuckDB."""
    return f"{OWN}.{quote_name(f'identity_{number}')}"


def _facets(kind: SqlType) -> tuple[str, int | None, int | None, int | None]:
    return kind.base, kind.length, kind.precision, kind.scale


def _place_in(name: str, names: Sequence[str]) -> int | None:
    """Where a name stands in a list, from 1."""
    lowered = [one.lower() for one in names]
    return lowered.index(name.lower()) + 1 if name.lower() in lowered else None
