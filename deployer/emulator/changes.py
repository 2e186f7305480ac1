"""Rows are inserted, updated and deleted. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import quote
from deployer.emulator.frames import Result
from deployer.emulator.grammar import parse_batch
from deployer.emulator.relations import Relation, Scope, Source, quote_name
from deployer.emulator.sources import table_name
from deployer.emulator.store import convert, insert_columns
from deployer.emulator.syntax import ObjectName
from deployer.emulator.translate import Translator
from deployer.emulator.typed import Typed, finite
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

    from deployer.emulator.catalog import Entry
    from deployer.emulator.session import Session


def find_table(session: Session, name: ObjectName) -> Entry:
    """A table that is written to; Msg 208 where there is none."""
    entry = session.catalog.find(name)
    if entry is None or entry.kind == "PROCEDURE":
        raise ProgrammingError(f"Invalid object name '{name}'.", 208)
    if entry.kind == "VIEW":
        raise NotSupportedError("Views cannot be written to in a dedicated SQL pool.", 104)
    return entry


@dataclass(frozen=True, slots=True)
class Insertion:
    """An INSERT into a table of DuckDB's: the columns that are given values, and what the others are filled with."""

    table: str
    chosen: tuple[SqlColumn, ...]
    filled: tuple[tuple[str, str], ...]

    def names(self) -> str:
        return ", ".join([*(quote_name(column.name) for column in self.chosen), *(name for name, _ in self.filled)])

    def values(self, given: Sequence[str]) -> str:
        return ", ".join([*given, *(value for _, value in self.filled)])

    def insert(self, given: Sequence[str], source: str) -> str:
        """The statement that takes its rows from `source`."""
        return f"INSERT INTO {self.table} ({self.names()}) SELECT {self.values(given)} FROM {source}"


def plan_insert(
    session: Session,
    translator: Translator,
    name: ObjectName,
    names: tuple[str, ...],
    *,
    explicit: bool | None = None,
) -> Insertion:
    """What an INSERT that lists these columns, or none, gives; Msg 544 and 545 for an IDENTITY column.

    `explicit` says whether it gives the values of that column; None: as SET IDENTITY_INSERT says.
    """
    entry = find_table(session, name)
    columns, identity = entry.columns, entry.identity
    if explicit is None:
        explicit = entry.id in session.identity_insert
    if not names:
        names = tuple(column.name for column in columns if explicit or column.name != identity)
    chosen = insert_columns(columns, names)
    listed = {column.name.lower() for column in chosen}
    if identity is not None and not explicit and identity.lower() in listed:
        raise ProgrammingError(
            f"Cannot insert explicit value for identity column in table '{name.name}' when IDENTITY_INSERT is set to "
            "OFF.",
            544,
        )
    if identity is not None and explicit and identity.lower() not in listed:
        raise ProgrammingError(
            f"Explicit value must be specified for identity column in table '{name.name}' either when IDENTITY_INSERT "
            "is set to ON or when a replication user is inserting into a NOT FOR REPLICATION identity column.",
            545,
        )
    filled = []
    for column in columns:
        source = entry.generated.get(column.name.lower())
        if source is None or column.name.lower() in listed:
            continue
        if source.sequence is not None:
            value = f"CAST(nextval({quote(source.sequence)}) AS {column.type.duckdb})"
        else:
            value = constant(translator, source.default or "NULL", column, name)
        filled.append((quote_name(column.name), value))
    return Insertion(session.catalog.quoted(entry.name), chosen, tuple(filled))


def constant(translator: Translator, text: str, column: SqlColumn, table: ObjectName) -> str:
    """A default's text as a value of its column in that table."""
    (query,) = parse_batch(f"SELECT {text}")
    if not isinstance(query, st.Query):
        raise ProgrammingError(f"Incorrect syntax near '{text}'.", 102, 15)
    return convert(translator.expressions.value(query.query.expressions[0], Scope()), column, table)


def run_identity_insert(session: Session, statement: st.IdentityInsert) -> None:
    """For one table of the session at a time: Msg 8107 for a second one, 8106 for a table without IDENTITY."""
    entry = find_table(session, statement.name)
    if entry.identity is None:
        raise ProgrammingError(
            f"Table '{statement.name.name}' does not have the identity property. Cannot perform SET operation.", 8106
        )
    if not statement.on:
        session.identity_insert.discard(entry.id)
    elif session.identity_insert - {entry.id}:
        raise ProgrammingError(
            "IDENTITY_INSERT is already ON for another table. Cannot perform SET operation for table "
            f"'{statement.name.name}'.",
            8107,
        )
    else:
        session.identity_insert.add(entry.id)


def run_insert(session: Session, statement: st.Insert) -> Iterator[Result]:
    translator = Translator(session)
    target = plan_insert(session, translator, statement.name, statement.columns)
    chosen = target.chosen
    if statement.query.args.get("with_") is not None:
        # An older page of the pool's docs limits CTEs to SELECT.
        raise NotSupportedError("A CTE in INSERT is not supported in a dedicated SQL pool.", 104)
    relation = translator.query(statement.query)
    given = tuple(column for _, column in relation.columns)
    if len(given) != len(chosen):
        more = "more" if len(given) > len(chosen) else "fewer"
        raise ProgrammingError(f"There are {more} values than columns in the INSERT statement.", 213)
    values = [
        convert(Typed(f"c{index}", None if column.is_null else column.type), wanted, statement.name)
        for index, (column, wanted) in enumerate(zip(given, chosen, strict=True))
    ]
    text = target.insert(values, f"({relation.sql})")
    yield Result(count=session.execute(text, translator.parameters.used_in(text)))


def run_update(session: Session, statement: st.Update) -> Iterator[Result]:
    translator = Translator(session)
    rows = _choose_rows(session, translator, statement.name, statement.source, [value for _, value in statement.values])
    changed = insert_columns(rows.entry.columns, tuple(name for name, _ in statement.values))
    for column in changed:
        if column.name == rows.entry.identity:
            raise ProgrammingError(f"Cannot update identity column '{column.name}'.", 8102)
    given = [Typed(f"u.{name}", None if column.is_null else column.type) for name, column in rows.relation.columns[1:]]
    values = ", ".join(
        f"{quote_name(column.name)} = {convert(value, column, statement.name)}"
        for column, value in zip(changed, given, strict=True)
    )
    # A row that a join finds more than once takes the values of one of them; the server does not say which either.
    text = (
        f"UPDATE {rows.table} AS t SET {values} FROM (SELECT DISTINCT ON (c0) * FROM ({rows.relation.sql})) AS u "
        "WHERE t.rowid = u.c0"
    )
    yield Result(count=session.execute(text, translator.parameters.used_in(text)))


def run_delete(session: Session, statement: st.Delete) -> Iterator[Result]:
    translator = Translator(session)
    rows = _choose_rows(session, translator, statement.name, statement.source, [])
    text = f"DELETE FROM {rows.table} WHERE rowid IN (SELECT c0 FROM ({rows.relation.sql}))"
    yield Result(count=session.execute(text, translator.parameters.used_in(text)))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a table that are to change: the table, its name in DuckDB, and a relation of row ids and values."""

    entry: Entry
    table: str
    relation: Relation


_ROW = "row\n"
"""The name of a table's row ids, and of the table that has them: no name of T-SQL's has a line break."""


def _choose_rows(
    session: Session, translator: Translator, name: ObjectName, source: exp.Select, values: list[exp.Expr]
) -> _Rows:
    """What the FROM and WHERE of an UPDATE or DELETE choose. The target may stand in the FROM, by its name or alias."""
    query = source.copy()
    tables = [node for node in _tables(query) if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier)]
    target = _find_target(tables, name)
    if target is None:
        target = exp.Table(this=exp.Identifier(this=name.name, quoted=True))
        query.append("joins", exp.Join(this=target, kind="CROSS"))
    else:
        name = table_name(target)
    entry = find_table(session, name)
    table, columns = session.catalog.quoted(entry.name), entry.columns
    alias = target.alias or name.name
    # The table goes by an alias of its own here, and without one its schema may stand before its columns.
    target.meta["schema"] = "" if target.alias else name.schema
    target.set("this", exp.Identifier(this=_ROW, quoted=True))
    target.set("db", None)
    target.set("alias", exp.TableAlias(this=exp.Identifier(this=alias, quoted=True)))
    query.set("expressions", [exp.column(_ROW, table=alias, quoted=True), *values])
    listed = [f"{quote_name(column.name)} AS c{index}" for index, column in enumerate(columns)]
    named = tuple((f"c{index}", column) for index, column in enumerate((*columns, SqlColumn(_ROW, BIGINT, False))))
    relation = Relation(f"SELECT {', '.join([*listed, f'rowid AS c{len(columns)}'])} FROM {table}", named)
    return _Rows(entry, table, translator.query(query, ctes={_ROW: relation}))


def _tables(query: exp.Select) -> Iterator[exp.Expr]:
    """What stands in a FROM, with its joins, and not in the queries within."""
    first = query.args["from_"].this
    for join in [*(first.args.get("joins") or []), *(query.args.get("joins") or [])]:
        yield join.this
    yield first


def _find_target(tables: list[exp.Table], name: ObjectName) -> exp.Table | None:
    """The table of a FROM that an UPDATE or DELETE means: by its alias, or the only one of that name, or the one of
    them that has no alias (learn.microsoft.com, UPDATE). An alias is not in the pool's grammar: that it may stand there
    is inferred from the server's.
    """
    lowered = str(name).lower()
    same = [table for table in tables if str(table_name(table)).lower() == lowered]
    plain = [table for table in same if not table.alias]
    aliased = [table for table in tables if table.alias.lower() == name.name.lower()]
    found = aliased or (plain if len(same) > 1 else same)
    if len(found) > 1 or (len(same) > 1 and not found):
        raise ProgrammingError(f"The table '{name}' is ambiguous.", 8154)
    return found[0] if found else None


def run_truncate(session: Session, statement: st.Truncate) -> None:
    session.refuse_in_transaction("TRUNCATE TABLE")
    table = find_table(session, statement.name)
    session.execute(f"DELETE FROM {session.catalog.quoted(table.name)}")


def bulk_copy(session: Session, name: ObjectName, rows: pa.Table) -> int:
    """Insert an Arrow table by the names of its columns; gives the number of rows.

    Values are held to the table's types as INSERT holds them. Raises `ProgrammingError` for a column that is not there
    or a type that has no T-SQL type.
    """
    session.release()
    target = plan_insert(session, Translator(session), name, tuple(rows.schema.names))
    values = []
    for index, (field, column) in enumerate(zip(rows.schema, target.chosen, strict=True)):
        kind = _ARROW_TYPES.get(str(field.type))
        if kind is None:
            raise ProgrammingError(f"Column '{field.name}' is {field.type}, which has no T-SQL type.", 257)
        value = finite(f"c{index}", kind) if kind in {REAL, FLOAT} else Typed(f"c{index}", kind)
        values.append(convert(value, column, name))
    session.connection.register("bulk_rows", rows.rename_columns([f"c{index}" for index in range(len(values))]))
    try:
        return session.execute(target.insert(values, "bulk_rows"))
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


def table_source(alias: str, columns: tuple[SqlColumn, ...], inner: str) -> Source:
    """A table's own columns, where it is called `inner` in DuckDB."""
    named = {c.name.lower(): (c.name, Typed(f"{inner}.{quote_name(c.name)}", c.type, c.nullable)) for c in columns}
    return Source(alias, named)
