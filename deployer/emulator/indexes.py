"""Indexes and statistics: written down, since they change no answer. Each function runs one kind of statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.emulator import ddl
from deployer.emulator.errors import ProgrammingError
from deployer.emulator.own_tables import OWN
from deployer.emulator.store import insert_columns, need_storable
from deployer.emulator.syntax import ObjectName

if TYPE_CHECKING:
    from deployer.emulator.catalog import Entry
    from deployer.emulator.session import Session


def run_create_index(session: Session, statement: ddl.CreateIndex) -> None:
    entry = _table(session, statement.table, "CREATE INDEX")
    columns = entry.columns
    if _named(session, "indexes", entry, statement.name):
        raise ProgrammingError(
            f"The operation failed because an index or statistics with name '{statement.name}' already exists on table "
            f"'{statement.table}'.",
            1913,
        )
    if statement.kind != "NONCLUSTERED INDEX":
        if entry.index != "HEAP":
            raise ProgrammingError(
                f"Cannot create more than one clustered index on table '{statement.table}'. Drop the existing "
                "clustered index before creating another.",
                1902,
            )
        need_storable(columns, ddl.TableOptions(statement.kind))
        session.connection.execute(
            f"UPDATE {OWN}.objects SET index_kind = $2 WHERE id = $1", [entry.id, statement.kind]
        )
    chosen = insert_columns(columns, statement.columns) if statement.columns else ()
    _write(session, "indexes", entry, [statement.name, statement.kind], [column.name for column in chosen] or [""])


def run_drop_index(session: Session, statement: ddl.DropIndex) -> None:
    """An index that was made with its table has no name here; what is named was made by CREATE INDEX."""
    entry = _table(session, statement.table, "DROP INDEX")
    kinds = _named(session, "indexes", entry, statement.name)
    if not kinds:
        raise ProgrammingError(
            f"Cannot drop the index '{statement.table}.{statement.name}', because it does not exist or you do not have "
            "permission.",
            3701,
            11,
            7,
        )
    session.connection.execute(
        f"DELETE FROM {OWN}.indexes WHERE object_id = $1 AND lower(name) = lower($2)", [entry.id, statement.name]
    )
    if kinds[0] != "NONCLUSTERED INDEX":
        session.connection.execute(f"UPDATE {OWN}.objects SET index_kind = 'HEAP' WHERE id = $1", [entry.id])


def run_touch_index(session: Session, statement: ddl.TouchIndex) -> None:
    entry = _table(session, statement.table, "ALTER INDEX")
    if statement.name and not _named(session, "indexes", entry, statement.name):
        raise ProgrammingError(f"Cannot find index '{statement.name}'.", 2727)


def run_create_statistics(session: Session, statement: ddl.CreateStatistics) -> None:
    entry = _table(session, statement.table, "CREATE STATISTICS")
    if _named(session, "statistics", entry, statement.name):
        raise ProgrammingError(
            f"There are already statistics on table '{statement.table}' named '{statement.name}'.", 1927
        )
    chosen = insert_columns(entry.columns, statement.columns)
    _write(session, "statistics", entry, [statement.name], [column.name for column in chosen])


def run_update_statistics(session: Session, statement: ddl.UpdateStatistics) -> None:
    entry = _table(session, statement.table, "UPDATE STATISTICS")
    if statement.name and not _named(session, "statistics", entry, statement.name):
        raise ProgrammingError(f"Could not locate statistics '{statement.name}' in the system catalogs.", 2767)


def run_drop_statistics(session: Session, statement: ddl.DropStatistics) -> None:
    entry = _table(session, statement.table, "DROP STATISTICS")
    if not _named(session, "statistics", entry, statement.name):
        raise ProgrammingError(
            f"Cannot drop the statistics '{statement.table}.{statement.name}', because it does not exist or you do not "
            "have permission.",
            3701,
            11,
            6,
        )
    session.connection.execute(
        f"DELETE FROM {OWN}.statistics WHERE object_id = $1 AND lower(name) = lower($2)", [entry.id, statement.name]
    )


def _table(session: Session, name: ObjectName, what: str) -> Entry:
    session.refuse_in_transaction(what)
    entry = session.catalog.find(name)
    if entry is None or entry.kind != "TABLE":
        raise ProgrammingError(
            f'Cannot find the object "{name}" because it does not exist or you do not have permissions.', 1088, 16, 12
        )
    return entry


def _named(session: Session, table: str, entry: Entry, name: str) -> list[str]:
    """The kinds of the indexes of that name, or the name of the statistics: one row for each column."""
    kind = "kind" if table == "indexes" else "name"
    rows = session.connection.execute(
        f"SELECT {kind} FROM {OWN}.{table} WHERE object_id = $1 AND lower(name) = lower($2)", [entry.id, name]
    ).fetchall()
    return [str(row[0]) for row in rows]


def _write(session: Session, table: str, entry: Entry, named: list[str], columns: list[str]) -> None:
    with session.both():
        for ordinal, column in enumerate(columns, start=1):
            values = [entry.id, *named, ordinal, column]
            marks = ", ".join(f"${number}" for number in range(1, len(values) + 1))
            session.connection.execute(f"INSERT INTO {OWN}.{table} VALUES ({marks})", values)
