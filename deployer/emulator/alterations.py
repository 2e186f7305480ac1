"""ALTER TABLE and ALTER SCHEMA: columns, defaults, keys. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deployer.emulator import ddl
from deployer.emulator.changes import constant
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import quote
from deployer.emulator.own_tables import NOW, OWN
from deployer.emulator.relations import quote_name
from deployer.emulator.store import convert, insert_columns, need_storable
from deployer.emulator.syntax import ObjectName
from deployer.emulator.translate import Translator
from deployer.emulator.typed import Typed
from deployer.emulator.types import SqlColumn

if TYPE_CHECKING:
    from deployer.emulator.catalog import Entry
    from deployer.emulator.session import Session


def need_identity(columns: Sequence[ddl.ColumnDefinition], options: ddl.TableOptions) -> None:
    """One IDENTITY column at most, an int or bigint, and not what the table is distributed by.

    learn.microsoft.com: Using IDENTITY to create surrogate keys.
    """
    found = [definition.column for definition in columns if definition.identity is not None]
    if len(found) > 1:
        raise ProgrammingError("Multiple identity columns specified for the table. Only one is allowed.", 2744)
    for column in found:
        if column.type.base not in {"int", "bigint"}:
            raise ProgrammingError(f"Identity column '{column.name}' must be of data type int or bigint.", 2749)
        if column.name.lower() in {name.lower() for name in options.hash_columns}:
            raise NotSupportedError("An IDENTITY column cannot be the distribution key in a dedicated SQL pool.", 104)


def need_default(session: Session, table: ObjectName, column: SqlColumn, default: ddl.Default) -> None:
    """A default that its column can take: what is wrong comes with the definition, not with the first row."""
    translator = Translator(session)
    sql = f"SELECT {constant(translator, default.text, column, table)}"
    with session.engine():
        session.connection.execute(sql, translator.parameters.used_in(sql)).fetchall()


def add_key(session: Session, name: ObjectName, number: int, key: ddl.Key) -> None:
    """Write a key of a table down; Msg 1911, 1779, 8111, 2714."""
    columns = session.catalog.columns(name)
    by_name = {column.name.lower(): column for column in columns}
    for column in key.columns:
        if column.lower() not in by_name:
            raise ProgrammingError(f"Column name '{column}' does not exist in the target table or view.", 1911)
        if key.kind == "PRIMARY KEY" and by_name[column.lower()].nullable:
            raise ProgrammingError(
                f"Cannot define PRIMARY KEY constraint on nullable column in table '{name.name}'.", 8111
            )
    held = session.connection.execute(f"SELECT kind, name FROM {OWN}.keys WHERE object_id = $1", [number]).fetchall()
    if key.kind == "PRIMARY KEY" and any(kind == key.kind for kind, _ in held):
        raise ProgrammingError(f"Table '{name.name}' already has a primary key defined on it.", 1779)
    prefix = "PK" if key.kind == "PRIMARY KEY" else "UQ"
    written = key.name or f"{prefix}_{number}_{'_'.join(key.columns)}"
    if any(one.lower() == written.lower() for _, one in held):
        raise ProgrammingError(f"There is already an object named '{written}' in the database.", 2714, 16, 5)
    own = session.catalog.free_number(f"{number}.{written}")
    for ordinal, column in enumerate(key.columns, start=1):
        session.connection.execute(
            f"INSERT INTO {OWN}.keys VALUES ($1, $2, $3, $4, $5, $6)",
            [number, own, written, key.kind, ordinal, by_name[column.lower()].name],
        )


def run_add_columns(session: Session, statement: ddl.AddColumns) -> None:
    table, entry, columns = _open(session, statement.name)
    added = [definition.column for definition in statement.columns]
    need_storable((*columns, *added), ddl.TableOptions(entry.index))
    has_rows = bool(session.connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall())
    ordinals = session.connection.execute(f"SELECT max(ordinal) FROM {OWN}.columns WHERE object_id = $1", [entry.id])
    last = int(ordinals.fetchall()[0][0])
    with session.both():
        for ordinal, definition in enumerate(statement.columns, start=last + 1):
            column, default = definition.column, definition.default
            name = quote_name(column.name)
            value = ""
            if default is not None:
                need_default(session, statement.name, column, default)
                # Rows that are there already take it only where they cannot be NULL (learn.microsoft.com: ALTER TABLE).
                value = "" if column.nullable else constant(Translator(session), default.text, column, statement.name)
            session.execute(
                f"ALTER TABLE {table} ADD COLUMN {name} {column.type.duckdb}{f' DEFAULT ({value})' if value else ''}"
            )
            if value:
                session.execute(f"ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT")
            if not column.nullable:
                if default is None and has_rows:
                    raise ProgrammingError(
                        "ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT "
                        f"definition specified; column '{column.name}' cannot be added to non-empty table "
                        f"'{entry.name.name}' because it does not satisfy these conditions.",
                        4901,
                    )
                session.execute(f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL")
            session.catalog.add_column(entry.id, ordinal, definition)


def run_alter_column(session: Session, statement: ddl.AlterColumn) -> None:
    table, entry, columns = _open(session, statement.name)
    new = statement.column
    (old,) = insert_columns(columns, (new.name,))
    _need_unused(session, entry, old, "ALTER TABLE ALTER COLUMN")
    need_storable(tuple(new if column is old else column for column in columns), ddl.TableOptions(entry.index))
    name = quote_name(old.name)
    value = convert(Typed(name, old.type), new, statement.name)
    with session.both():
        if new.type != old.type:
            session.execute(f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {new.type.duckdb} USING {value}")
        if new.nullable != old.nullable:
            session.execute(f"ALTER TABLE {table} ALTER COLUMN {name} {'DROP' if new.nullable else 'SET'} NOT NULL")
        t = new.type
        session.connection.execute(
            f"UPDATE {OWN}.columns SET type = $3, nullable = $4, base = $5, length = $6, precision = $7, scale = $8 "
            "WHERE object_id = $1 AND lower(name) = lower($2)",
            [entry.id, old.name, str(t), new.nullable, t.base, t.length, t.precision, t.scale],
        )


def run_drop_columns(session: Session, statement: ddl.DropColumns) -> None:
    table, entry, columns = _open(session, statement.name)
    chosen = insert_columns(columns, statement.columns)
    if len(chosen) == len(columns):
        raise ProgrammingError(
            f"ALTER TABLE DROP COLUMN failed because '{chosen[-1].name}' is the only data column in table "
            f"'{entry.name.name}'. A table must have at least one data column.",
            4923,
        )
    for column in chosen:
        _need_unused(session, entry, column, "ALTER TABLE DROP COLUMN")
        generated = entry.generated.get(column.name.lower())
        if generated is not None and generated.default is not None:
            raise _in_use(column, "ALTER TABLE DROP COLUMN", "its default")
    with session.both():
        for column in chosen:
            session.execute(f"ALTER TABLE {table} DROP COLUMN {quote_name(column.name)}")
            session.catalog.drop_column(entry, column.name)


def run_add_key(session: Session, statement: ddl.AddKey) -> None:
    _, entry, _ = _open(session, statement.name)
    with session.both():
        add_key(session, statement.name, entry.id, statement.key)


def run_add_default(session: Session, statement: ddl.AddDefault) -> None:
    _, entry, columns = _open(session, statement.name)
    (column,) = insert_columns(columns, (statement.column,))
    if column.name.lower() in entry.generated:
        raise ProgrammingError("Column already has a DEFAULT bound to it.", 1781)
    need_default(session, statement.name, column, statement.default)
    session.connection.execute(
        f"UPDATE {OWN}.columns SET default_name = $3, default_text = $4 WHERE object_id = $1 AND name = $2",
        [entry.id, column.name, statement.default.name or f"DF_{entry.id}_{column.name}", statement.default.text],
    )


def run_drop_constraints(session: Session, statement: ddl.DropConstraints) -> None:
    _, entry, _ = _open(session, statement.name)
    with session.both():
        for name in statement.constraints:
            found = session.connection.execute(
                f"SELECT 1 FROM {OWN}.keys WHERE object_id = $1 AND lower(name) = lower($2) UNION ALL "
                f"SELECT 1 FROM {OWN}.columns WHERE object_id = $1 AND lower(default_name) = lower($2)",
                [entry.id, name],
            ).fetchall()
            if not found:
                raise ProgrammingError(f"'{name}' is not a constraint.", 3728)
            session.connection.execute(
                f"DELETE FROM {OWN}.keys WHERE object_id = $1 AND lower(name) = lower($2)", [entry.id, name]
            )
            session.connection.execute(
                f"UPDATE {OWN}.columns SET default_name = NULL, default_text = NULL WHERE object_id = $1 "
                "AND lower(default_name) = lower($2)",
                [entry.id, name],
            )


def run_transfer(session: Session, statement: ddl.Transfer) -> None:
    """The object keeps its number; a table's rows are copied, since DuckDB moves none."""
    session.refuse_in_transaction("ALTER SCHEMA")
    entry = session.catalog.find(statement.name)
    if entry is None or entry.name.is_temporary:
        raise ProgrammingError(
            f"Cannot find the object '{statement.name}', because it does not exist or you do not have permission.",
            15151,
        )
    new = ObjectName(statement.schema, entry.name.name)
    session.catalog.need_free(new)
    with session.both():
        if entry.kind == "TABLE":
            old = session.catalog.quoted(entry.name)
            listed = ", ".join(
                f"{quote_name(c.name)} {c.type.duckdb}{'' if c.nullable else ' NOT NULL'}" for c in entry.columns
            )
            session.execute(f"CREATE TABLE {session.catalog.quoted(new)} ({listed})")
            session.execute(f"INSERT INTO {session.catalog.quoted(new)} SELECT * FROM {old}")
            session.execute(f"DROP TABLE {old}")
        session.connection.execute(
            f"UPDATE {OWN}.objects SET schema_name = {quote(statement.schema)}, modified = {NOW} WHERE id = $1",
            [entry.id],
        )


def _open(session: Session, name: ObjectName) -> tuple[str, Entry, tuple[SqlColumn, ...]]:
    """A table that is altered: its name in DuckDB, its entry, its columns. None is altered in a transaction."""
    session.refuse_in_transaction("ALTER TABLE")
    entry = session.catalog.find(name)
    if entry is None or entry.kind != "TABLE":
        raise ProgrammingError(
            f'Cannot find the object "{name}" because it does not exist or you do not have permissions.', 4902
        )
    return session.catalog.quoted(entry.name), entry, entry.columns


def _need_unused(session: Session, entry: Entry, column: SqlColumn, what: str) -> None:
    """Msg 5074 where a key, an index, statistics or the distribution needs the column as it is."""
    rows = session.connection.execute(
        " UNION ALL ".join(
            f"SELECT name FROM {OWN}.{table} WHERE object_id = $1 AND lower(column_name) = lower($2)"
            for table in ("keys", "indexes", "statistics")
        )
        + " UNION ALL SELECT CASE WHEN hash_ordinal IS NOT NULL THEN 'the distribution' ELSE 'the clustered index' END "
        f"FROM {OWN}.columns WHERE object_id = $1 AND lower(name) = lower($2) "
        "AND coalesce(hash_ordinal, index_ordinal) IS NOT NULL",
        [entry.id, column.name],
    ).fetchall()
    if rows:
        raise _in_use(column, what, f"'{rows[0][0]}'")


def _in_use(column: SqlColumn, what: str, user: str) -> ProgrammingError:
    return ProgrammingError(
        f"{what} {column.name} failed because one or more objects access this column: {user} is dependent on column "
        f"'{column.name}'.",
        5074,
    )
