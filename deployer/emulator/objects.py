"""Schemas, tables, views and procedures are made, dropped, renamed. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deployer.emulator import statements as st
from deployer.emulator.errors import ProgrammingError
from deployer.emulator.frames import Result
from deployer.emulator.relations import quote_name
from deployer.emulator.store import need_storable
from deployer.emulator.syntax import ObjectName
from deployer.emulator.translate import Translator
from deployer.emulator.types import SqlColumn

if TYPE_CHECKING:
    from sqlglot import exp

    from deployer.emulator.session import Session


def run_create_schema(session: Session, statement: st.CreateSchema) -> None:
    session.refuse_in_transaction("CREATE SCHEMA")
    with session.engine():
        session.catalog.create_schema(statement.name)


def run_create_table(session: Session, statement: st.CreateTable) -> None:
    session.refuse_in_transaction("CREATE TABLE")
    session.catalog.need_free(statement.name)
    need_storable(statement.columns, statement.options)
    listed = ", ".join(
        f"{quote_name(c.name)} {c.type.duckdb}{'' if c.nullable else ' NOT NULL'}" for c in statement.columns
    )
    _create(session, statement.name, f"({listed})", statement.columns)


def run_create_table_as(session: Session, statement: st.CreateTableAs) -> Iterator[Result]:
    if not statement.options.distribution:
        raise ProgrammingError("CREATE TABLE AS SELECT needs a DISTRIBUTION option.", 103010)
    yield Result(count=create_as(session, statement.name, statement.query, statement.options))


def create_as(session: Session, name: ObjectName, query: exp.Expr, options: st.TableOptions) -> int:
    session.refuse_in_transaction("CREATE TABLE")
    session.catalog.need_free(name)
    translator = Translator(session)
    sql, columns = translator.query(query)
    need_storable(columns, options)
    listed = ", ".join(f"c{index} AS {quote_name(column.name)}" for index, column in enumerate(columns))
    text = f"AS SELECT {listed} FROM ({sql})"
    return _create(session, name, text, columns, translator.parameters.values)


def _create(
    session: Session,
    name: ObjectName,
    text: str,
    columns: tuple[SqlColumn, ...],
    parameters: Mapping[str, Any] | None = None,
) -> int:
    """The table and its entry in the catalog, both or none."""
    if name.is_temporary:
        session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(session.catalog.temporary)}")
    with session.both():
        count = session.execute(f"CREATE TABLE {session.catalog.quoted(name)} {text}", parameters)
        session.catalog.add(name, "TABLE", columns)
    return count


def run_create_view(session: Session, statement: st.CreateView) -> None:
    session.refuse_in_transaction("CREATE VIEW")
    session.catalog.need_free(statement.name)
    _, columns = Translator(session).query(statement.query)
    if statement.columns and len(statement.columns) != len(columns):
        raise ProgrammingError(f"There are {len(statement.columns)} names for {len(columns)} columns.", 8158)
    names = statement.columns or tuple(column.name for column in columns)
    need_storable(tuple(SqlColumn(n, c.type) for n, c in zip(names, columns, strict=True)), None)
    told = tuple(SqlColumn(n, c.type, c.nullable) for n, c in zip(names, columns, strict=True))
    with session.both():
        session.catalog.add(
            statement.name, "VIEW", told, statement.definition, tuple((name, "") for name in statement.columns)
        )


def run_create_procedure(session: Session, statement: st.CreateProcedure) -> None:
    session.refuse_in_transaction("CREATE PROCEDURE")
    session.catalog.need_free(statement.name)
    named = tuple((name, str(kind)) for name, kind in statement.parameters)
    with session.both():
        session.catalog.add(statement.name, "PROCEDURE", (), statement.definition, named)


def run_drop(session: Session, statement: st.Drop) -> None:
    session.refuse_in_transaction(f"DROP {statement.kind}")
    if statement.kind == "SCHEMA":
        with session.engine():
            session.connection.execute(f"DROP SCHEMA {quote_name(statement.names[0].schema)}")
        return
    for name in statement.names:
        entry = session.catalog.find(name)
        if entry is None or entry.kind != statement.kind:
            raise ProgrammingError(
                f"Cannot drop the {statement.kind.lower()} '{name}', because it does not exist or you do not have "
                "permission.",
                3701,
                11,
                5,
            )
        with session.both():
            if entry.kind == "TABLE":
                session.execute(f"DROP TABLE {session.catalog.quoted(entry.name)}")
            session.catalog.remove(name)


def run_rename(session: Session, statement: st.Rename) -> None:
    session.refuse_in_transaction("RENAME OBJECT")
    entry = session.catalog.find(statement.old)
    if entry is None:
        raise ProgrammingError(f"Invalid object name '{statement.old}'.", 208)
    new = ObjectName(statement.old.schema, statement.new)
    session.catalog.need_free(new)
    columns = session.catalog.columns(statement.old)
    with session.both():
        if entry.kind == "TABLE":
            old = session.catalog.quoted(statement.old)
            session.execute(f"ALTER TABLE {old} RENAME TO {quote_name(statement.new)}")
        session.catalog.remove(statement.old)
        session.catalog.add(new, entry.kind, columns, entry.definition, entry.columns)
