"""Schemas, tables, views and procedures are made, dropped, renamed. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from deployer.emulator import ddl
from deployer.emulator.alterations import add_key, need_default, need_identity
from deployer.emulator.catalog import Entry
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.frames import Result
from deployer.emulator.relations import quote_name
from deployer.emulator.sources import table_name
from deployer.emulator.store import need_storable
from deployer.emulator.syntax import ObjectName
from deployer.emulator.translate import Translator
from deployer.emulator.types import SqlColumn
from deployer.emulator.values import Parameters

if TYPE_CHECKING:
    from deployer.emulator.session import Session


def run_create_schema(session: Session, statement: ddl.CreateSchema) -> None:
    session.refuse_in_transaction("CREATE SCHEMA")
    with session.engine():
        session.catalog.create_schema(statement.name)


def run_create_table(session: Session, statement: ddl.CreateTable) -> None:
    session.refuse_in_transaction("CREATE TABLE")
    session.catalog.need_free(statement.name)
    primary = {column.lower() for key in statement.keys if key.kind == "PRIMARY KEY" for column in key.columns}
    definitions = [
        # A column of the primary key takes no NULL, whether it says so or not.
        replace(one, column=replace(one.column, nullable=False)) if one.column.name.lower() in primary else one
        for one in statement.columns
    ]
    columns = tuple(definition.column for definition in definitions)
    need_storable(columns, statement.options)
    need_identity(definitions, statement.options)
    for definition in definitions:
        if definition.default is not None:
            need_default(session, statement.name, definition.column, definition.default)
    listed = ", ".join(f"{quote_name(c.name)} {c.type.duckdb}{'' if c.nullable else ' NOT NULL'}" for c in columns)
    _create(session, statement.name, f"({listed})", definitions, statement.options, keys=statement.keys)


def run_create_table_as(session: Session, statement: ddl.CreateTableAs) -> Iterator[Result]:
    if not statement.options.distribution:
        raise ProgrammingError("CREATE TABLE AS SELECT needs a DISTRIBUTION option.", 103010)
    yield Result(count=create_as(session, statement.name, statement.query, statement.options))


def create_as(session: Session, name: ObjectName, query: exp.Expr, options: ddl.TableOptions) -> int:
    session.refuse_in_transaction("CREATE TABLE")
    session.catalog.need_free(name)
    translator = Translator(session)
    relation = translator.query(query)
    columns = tuple(column for _, column in relation.columns)
    need_storable(columns, options)
    listed = ", ".join(f"c{index} AS {quote_name(column.name)}" for index, column in enumerate(columns))
    text = f"AS SELECT {listed} FROM ({relation.sql})"
    _refuse_identity(session, query, columns)
    definitions = tuple(map(ddl.ColumnDefinition, columns))
    return _create(session, name, text, definitions, options, parameters=translator.parameters)


def _refuse_identity(session: Session, query: exp.Expr, columns: Sequence[SqlColumn]) -> None:
    """A column that is copied as it is keeps its IDENTITY on the pool (learn.microsoft.com: Using IDENTITY, which has
    exceptions for joins, unions and expressions); here it would lose it in silence.
    """
    names = {column.name.lower() for column in columns}
    for table in query.find_all(exp.Table):
        entry = session.catalog.find(table_name(table)) if isinstance(table.this, exp.Identifier) else None
        for name, generated in entry.generated.items() if entry is not None else ():
            if generated.sequence is not None and name in names:
                raise NotSupportedError(
                    f"The emulator does not know how to copy the IDENTITY column '{name}' into a new table: cast it, "
                    "under another name."
                )


def _create(
    session: Session,
    name: ObjectName,
    text: str,
    columns: Sequence[ddl.ColumnDefinition],
    options: ddl.TableOptions,
    *,
    keys: Sequence[ddl.Key] = (),
    parameters: Parameters | None = None,
) -> int:
    """The table and its entry in the catalog, both or none."""
    if name.is_temporary:
        session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(session.catalog.temporary)}")
    with session.both():
        sql = f"CREATE TABLE {session.catalog.quoted(name)} {text}"
        count = session.execute(sql, parameters.used_in(sql) if parameters is not None else None)
        number = session.catalog.add(name, "TABLE", columns, options=options)
        for key in keys:
            add_key(session, name, number, key)
    return count


def run_create_view(session: Session, statement: ddl.CreateView) -> None:
    session.refuse_in_transaction("ALTER VIEW" if statement.replaces else "CREATE VIEW")
    entry = _entry_to_alter(session, statement.name, "VIEW") if statement.replaces else None
    if entry is None:
        session.catalog.need_free(statement.name)
    if any(table.this.args.get("temporary") for table in statement.query.find_all(exp.Table)):
        raise ProgrammingError("Views or functions are not allowed on temporary tables.", 4508)
    relation = Translator(session).query(statement.query).renamed(statement.columns)
    told = tuple(column for _, column in relation.columns)
    need_storable(told, None)
    columns = tuple(map(ddl.ColumnDefinition, told))
    with session.both():
        if entry is not None:
            session.catalog.alter(entry.id, statement.definition, columns)
        else:
            session.catalog.add(statement.name, "VIEW", columns, statement.definition)


def run_create_procedure(session: Session, statement: ddl.CreateProcedure) -> None:
    session.refuse_in_transaction("ALTER PROCEDURE" if statement.replaces else "CREATE PROCEDURE")
    entry = _entry_to_alter(session, statement.name, "PROCEDURE") if statement.replaces else None
    if entry is None:
        session.catalog.need_free(statement.name)
    with session.both():
        if entry is not None:
            session.catalog.alter(entry.id, statement.definition, (), statement.parameters)
        else:
            session.catalog.add(statement.name, "PROCEDURE", (), statement.definition, parameters=statement.parameters)


def _entry_to_alter(session: Session, name: ObjectName, kind: str) -> Entry:
    entry = session.catalog.find(name)
    if entry is None or entry.kind != kind:
        raise ProgrammingError(f"Invalid object name '{name}'.", 208, 16, 6)
    return entry


def run_drop(session: Session, statement: ddl.Drop) -> None:
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


def run_rename(session: Session, statement: ddl.Rename) -> None:
    session.refuse_in_transaction("RENAME OBJECT")
    entry = session.catalog.find(statement.old)
    if entry is None:
        raise ProgrammingError(f"Invalid object name '{statement.old}'.", 208)
    if entry.kind != "TABLE":
        # learn.microsoft.com, RENAME: user-created tables.
        raise NotSupportedError("RENAME OBJECT takes tables only in a dedicated SQL pool.", 104)
    new = ObjectName(statement.old.schema, statement.new)
    session.catalog.need_free(new)
    with session.both():
        old = session.catalog.quoted(statement.old)
        session.execute(f"ALTER TABLE {old} RENAME TO {quote_name(statement.new)}")
        session.catalog.rename(statement.old, new)
