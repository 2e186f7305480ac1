"""Schemas, tables, views and procedures are made, dropped, renamed. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlglot import exp

from deployer.emulator import statements as st
from deployer.emulator.errors import ProgrammingError
from deployer.emulator.frames import Result
from deployer.emulator.relations import quote_name
from deployer.emulator.store import need_storable
from deployer.emulator.syntax import ObjectName
from deployer.emulator.translate import Translator
from deployer.emulator.types import SqlColumn
from deployer.emulator.values import Parameters

if TYPE_CHECKING:
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
    _create(session, statement.name, f"({listed})", statement.columns, statement.options)


def run_create_table_as(session: Session, statement: st.CreateTableAs) -> Iterator[Result]:
    if not statement.options.distribution:
        raise ProgrammingError("CREATE TABLE AS SELECT needs a DISTRIBUTION option.", 103010)
    yield Result(count=create_as(session, statement.name, statement.query, statement.options))


def create_as(session: Session, name: ObjectName, query: exp.Expr, options: st.TableOptions) -> int:
    session.refuse_in_transaction("CREATE TABLE")
    session.catalog.need_free(name)
    translator = Translator(session)
    relation = translator.query(query)
    columns = tuple(column for _, column in relation.columns)
    need_storable(columns, options)
    listed = ", ".join(f"c{index} AS {quote_name(column.name)}" for index, column in enumerate(columns))
    text = f"AS SELECT {listed} FROM ({relation.sql})"
    return _create(session, name, text, columns, options, parameters=translator.parameters)


def _create(
    session: Session,
    name: ObjectName,
    text: str,
    columns: tuple[SqlColumn, ...],
    options: st.TableOptions,
    *,
    parameters: Parameters | None = None,
) -> int:
    """The table and its entry in the catalog, both or none."""
    if name.is_temporary:
        session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(session.catalog.temporary)}")
    with session.both():
        sql = f"CREATE TABLE {session.catalog.quoted(name)} {text}"
        count = session.execute(sql, parameters.used_in(sql) if parameters is not None else None)
        session.catalog.add(name, "TABLE", columns, options=options)
    return count


def run_create_view(session: Session, statement: st.CreateView) -> None:
    session.refuse_in_transaction("CREATE VIEW")
    session.catalog.need_free(statement.name)
    if any(table.this.args.get("temporary") for table in statement.query.find_all(exp.Table)):
        raise ProgrammingError("Views or functions are not allowed on temporary tables.", 4508)
    relation = Translator(session).query(statement.query).renamed(statement.columns)
    told = tuple(column for _, column in relation.columns)
    need_storable(told, None)
    with session.both():
        session.catalog.add(statement.name, "VIEW", told, statement.definition)


def run_create_procedure(session: Session, statement: st.CreateProcedure) -> None:
    session.refuse_in_transaction("CREATE PROCEDURE")
    session.catalog.need_free(statement.name)
    with session.both():
        session.catalog.add(statement.name, "PROCEDURE", (), statement.definition, parameters=statement.parameters)


def run_drop(session: Session, statement: st.Drop) -> None:
    session.refuse_in_transaction(f"DROP {statement.kind}")
    if statement.kind == "SCHEMA":
        session.catalog.drop_schema(statement.names[0].schema)
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
    with session.both():
        if entry.kind == "TABLE":
            old = session.catalog.quoted(statement.old)
            session.execute(f"ALTER TABLE {old} RENAME TO {quote_name(statement.new)}")
        session.catalog.rename(statement.old, new)
