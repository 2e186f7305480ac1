"""`run_script`: a script's batches on one connection, one after the other, with their results as they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from deployer.batches import Batch
from deployer.database import Database

_FETCH_ROWS = 2_048
_REAL_DIGITS = 24
"""The precision of `real`, in bits: what tells it from `float`, which a driver gives as the same Python type."""
_PREFIX = re.compile(r"^(\[[^\]]*\])+")
"""What ODBC puts before the server's words: `[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]`."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ResultSet:
    """The rows of one query, which stream and can be read once. `reals` are the places of columns of 32-bit floats."""

    columns: tuple[str, ...]
    rows: Iterator[Row]
    reals: frozenset[int]


def run_script(
    database: Database, batches: Iterable[Batch], name: str, tell: Callable[[str], None]
) -> Iterator[ResultSet]:
    """Run batches in one session, as sqlcmd does; the first error ends it.

    `tell` gets what the server says beside results, such as what PRINT wrote, each time as soon as the driver hands it
    on. Raises `DatabaseError` with the batch's number and the line in the script, which is called `name` there.
    """
    number = line = 0

    def place(error: Exception) -> str:
        # A driver of ODBC does not tell the line, only the emulator does; a procedure's lines are not the script's.
        inside = 0 if getattr(error, "procedure", "") else getattr(error, "line", 0)
        return f"{name}:{line + max(inside - 1, 0)}: batch {number}" if number else "connect"

    with database.driver_errors(place), database.open_cursor() as cursor:
        for batch in batches:
            number, line = number + 1, batch.line
            for _ in range(batch.times):
                yield from _run(cursor, batch.sql, tell)


def _run(cursor: Any, sql: str, tell: Callable[[str], None]) -> Iterator[ResultSet]:
    try:
        cursor.execute(sql)
        while True:
            _tell_messages(cursor, tell)
            if cursor.description is not None:
                columns = tuple(column[0] for column in cursor.description)
                kinds = enumerate(cursor.description)
                reals = frozenset(at for at, column in kinds if column[4] == _REAL_DIGITS and _is_float(column[1]))
                rows = _fetch(cursor)
                yield ResultSet(columns, rows, reals)
                for _ in rows:
                    pass  # what the caller left: the batch goes on behind the last row
                _tell_messages(cursor, tell)
            elif cursor.rowcount >= 0:
                tell(f"{cursor.rowcount:,} {'row' if cursor.rowcount == 1 else 'rows'} affected")
            if not cursor.nextset():
                break
    finally:
        # What was printed before an error is what explains it.
        with suppress(Exception):
            _tell_messages(cursor, tell)


def _fetch(cursor: Any) -> Iterator[Row]:
    while rows := cursor.fetchmany(_FETCH_ROWS):
        yield from (tuple(row) for row in rows)


def _is_float(kind: object) -> bool:
    return kind is float or str(kind) == "real"


def _tell_messages(cursor: Any, tell: Callable[[str], None]) -> None:
    """PEP 249's list of messages, which not every driver has; each is told once."""
    messages = list(getattr(cursor, "messages", None) or ())
    for _, said in messages:
        tell(_PREFIX.sub("", str(said)))
    if messages:
        del cursor.messages[:]
