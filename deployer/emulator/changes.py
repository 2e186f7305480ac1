"""Rows are inserted, updated and deleted. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.frames import Result
from deployer.emulator.functions import Typed, finite
from deployer.emulator.relations import Scope, Source, quote_name
from deployer.emulator.store import convert, insert_columns
from deployer.emulator.syntax import ObjectName
from deployer.emulator.translate import Translator
from deployer.emulator.types import (
    BIGINT,
    BIT,
    FLOAT,
    INT,
    NVARCHAR_MAX,
    REAL,
    VARBINARY_MAX,
    SqlColumn,
    SqlType,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from deployer.emulator.session import Session


def _table(session: Session, name: ObjectName) -> tuple[str, tuple[SqlColumn, ...]]:
    """A table's name in DuckDB, and its columns."""
    entry = session.catalog.find(name)
    if entry is None or entry.kind == "PROCEDURE":
        raise ProgrammingError(f"Invalid object name '{name}'.", 208)
    if entry.kind == "VIEW":
        raise NotSupportedError("Views cannot be written to in a dedicated SQL pool.", 104)
    return session.catalog.quoted(entry.name), session.catalog.columns(entry.name)


def run_insert(session: Session, statement: st.Insert) -> Iterator[Result]:
    table, columns = _table(session, statement.name)
    chosen = insert_columns(columns, statement.columns)
    if statement.query.args.get("with_") is not None:
        # An older page of the pool's docs limits CTEs to SELECT.
        raise NotSupportedError("A CTE in INSERT is not supported in a dedicated SQL pool.", 104)
    translator = Translator(session)
    relation = translator.query(statement.query)
    given = tuple(column for _, column in relation.columns)
    if len(given) != len(chosen):
        more = "more" if len(given) > len(chosen) else "fewer"
        raise ProgrammingError(f"There are {more} values than columns in the INSERT statement.", 213)
    values = ", ".join(
        convert(Typed(f"c{index}", column.type), wanted)
        for index, (column, wanted) in enumerate(zip(given, chosen, strict=True))
    )
    names = ", ".join(quote_name(column.name) for column in chosen)
    text = f"INSERT INTO {table} ({names}) SELECT {values} FROM ({relation.sql})"
    yield Result(count=session.execute(text, translator.parameters.used_in(text)))


def run_update(session: Session, statement: st.Update) -> Iterator[Result]:
    table, columns = _table(session, statement.name)
    translator = Translator(session)
    scope = Scope((_table_source(statement.name, columns),))
    changed = insert_columns(columns, tuple(name for name, _ in statement.values))
    values = ", ".join(
        f"{quote_name(column.name)} = {convert(translator.expressions.value(value, scope), column)}"
        for column, (_, value) in zip(changed, statement.values, strict=True)
    )
    where = f" WHERE {translator.expressions.condition(statement.where, scope)}" if statement.where else ""
    text = f"UPDATE {table} SET {values}{where}"
    yield Result(count=session.execute(text, translator.parameters.used_in(text)))


def run_delete(session: Session, statement: st.Delete) -> Iterator[Result]:
    table, columns = _table(session, statement.name)
    translator = Translator(session)
    scope = Scope((_table_source(statement.name, columns),))
    where = f" WHERE {translator.expressions.condition(statement.where, scope)}" if statement.where else ""
    text = f"DELETE FROM {table}{where}"
    yield Result(count=session.execute(text, translator.parameters.used_in(text)))


def run_truncate(session: Session, statement: st.Truncate) -> None:
    session.refuse_in_transaction("TRUNCATE TABLE")
    table, _ = _table(session, statement.name)
    session.execute(f"DELETE FROM {table}")


def bulk_copy(session: Session, name: ObjectName, rows: pa.Table) -> int:
    """Insert an Arrow table by the names of its columns; gives the number of rows.

    Values are held to the table's types as INSERT holds them. Raises `ProgrammingError` for a column that is not there
    or a type that has no T-SQL type.
    """
    session.release()
    table, columns = _table(session, name)
    chosen = insert_columns(columns, tuple(rows.schema.names))
    values = []
    for index, (field, column) in enumerate(zip(rows.schema, chosen, strict=True)):
        kind = _ARROW_TYPES.get(str(field.type))
        if kind is None:
            raise ProgrammingError(f"Column '{field.name}' is {field.type}, which has no T-SQL type.", 257)
        value = finite(f"c{index}", kind) if kind in {REAL, FLOAT} else Typed(f"c{index}", kind)
        values.append(convert(value, column))
    names = ", ".join(quote_name(column.name) for column in chosen)
    session.connection.register("bulk_rows", rows.rename_columns([f"c{index}" for index in range(len(chosen))]))
    try:
        return session.execute(f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM bulk_rows")
    finally:
        session.connection.unregister("bulk_rows")


_ARROW_TYPES: Mapping[str, SqlType] = {
    "bool": BIT,
    "int32": INT,
    "int64": BIGINT,
    "float": REAL,
    "double": FLOAT,
    "string": NVARCHAR_MAX,
    "large_string": NVARCHAR_MAX,
    "binary": VARBINARY_MAX,
}


def _table_source(name: ObjectName, columns: tuple[SqlColumn, ...]) -> Source:
    """A table's own columns, for UPDATE and DELETE."""
    return Source(name.name, {c.name.lower(): (c.name, Typed(quote_name(c.name), c.type, c.nullable)) for c in columns})
