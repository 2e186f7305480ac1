"""Rows are inserted, updated and deleted. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.expressions import Scope, Source
from deployer.emulator.frames import Result
from deployer.emulator.functions import Typed
from deployer.emulator.relations import quote_name
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


def _table(session: Session, name: ObjectName) -> tuple[SqlColumn, ...]:
    entry = session.catalog.find(name)
    if entry is None or entry.kind == "PROCEDURE":
        raise ProgrammingError(f"Invalid object name '{name}'.", 208)
    if entry.kind == "VIEW":
        raise NotSupportedError("Views cannot be written to in a dedicated SQL pool.", 104)
    return session.catalog.columns(name)


def run_insert(session: Session, statement: st.Insert) -> Iterator[Result]:
    chosen = insert_columns(_table(session, statement.name), statement.columns)
    if statement.query.args.get("with_") is not None:
        # An older page of the pool's docs limits CTEs to SELECT.
        raise NotSupportedError("A CTE in INSERT is not supported in a dedicated SQL pool.", 104)
    translator = Translator(session)
    sql, columns = translator.query(statement.query)
    if len(columns) != len(chosen):
        more = "more" if len(columns) > len(chosen) else "fewer"
        raise ProgrammingError(f"There are {more} values than columns in the INSERT statement.", 213)
    values = ", ".join(
        convert(Typed(f"c{index}", column.type), wanted)
        for index, (column, wanted) in enumerate(zip(columns, chosen, strict=True))
    )
    names = ", ".join(quote_name(column.name) for column in chosen)
    text = f"INSERT INTO {session.catalog.quoted(statement.name)} ({names}) SELECT {values} FROM ({sql})"
    yield Result(count=session.execute(text, translator.parameters.values))


def run_update(session: Session, statement: st.Update) -> Iterator[Result]:
    columns = _table(session, statement.name)
    translator = Translator(session)
    scope = Scope((_table_source(statement.name, columns),))
    changed = insert_columns(columns, tuple(name for name, _ in statement.values))
    values = ", ".join(
        f"{quote_name(column.name)} = {convert(translator.expressions.value(value, scope), column)}"
        for column, (_, value) in zip(changed, statement.values, strict=True)
    )
    where = f" WHERE {translator.expressions.condition(statement.where, scope)}" if statement.where else ""
    text = f"UPDATE {session.catalog.quoted(statement.name)} SET {values}{where}"
    yield Result(count=session.execute(text, translator.parameters.values))


def run_delete(session: Session, statement: st.Delete) -> Iterator[Result]:
    columns = _table(session, statement.name)
    translator = Translator(session)
    scope = Scope((_table_source(statement.name, columns),))
    where = f" WHERE {translator.expressions.condition(statement.where, scope)}" if statement.where else ""
    text = f"DELETE FROM {session.catalog.quoted(statement.name)}{where}"
    yield Result(count=session.execute(text, translator.parameters.values))


def run_truncate(session: Session, statement: st.Truncate) -> None:
    session.refuse_in_transaction("TRUNCATE TABLE")
    _table(session, statement.name)
    session.execute(f"DELETE FROM {session.catalog.quoted(statement.name)}")


def bulk_copy(session: Session, name: ObjectName, rows: pa.Table) -> int:
    """Insert an Arrow table by the names of its columns; gives the number of rows.

    Values are held to the table's types as INSERT holds them. Raises `ProgrammingError` for a column that is not there
    or a type that has no T-SQL type.
    """
    session.release()
    chosen = insert_columns(_table(session, name), tuple(rows.schema.names))
    values = []
    for index, (field, column) in enumerate(zip(rows.schema, chosen, strict=True)):
        kind = _ARROW_TYPES.get(str(field.type))
        if kind is None:
            raise ProgrammingError(f"Column '{field.name}' is {field.type}, which has no T-SQL type.", 257)
        values.append(convert(Typed(f"c{index}", kind), column))
    names = ", ".join(quote_name(column.name) for column in chosen)
    session.connection.register("bulk_rows", rows.rename_columns([f"c{index}" for index in range(len(chosen))]))
    try:
        return session.execute(
            f"INSERT INTO {session.catalog.quoted(name)} ({names}) SELECT {', '.join(values)} FROM bulk_rows"
        )
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
