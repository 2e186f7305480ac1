"""The emulator's driver: PEP 249, with `?` for parameters, as pyodbc has it."""

from __future__ import annotations

import atexit
import datetime as dt
import decimal
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deployer.emulator import errors
from deployer.emulator.changes import bulk_copy
from deployer.emulator.errors import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,  # noqa: A004 - PEP 249 gives the name
)
from deployer.emulator.frames import Result
from deployer.emulator.refusals import translate_error
from deployer.emulator.session import Session, parse_object_name
from deployer.emulator.types import BIGINT, BIT, DATETIME2, FLOAT, INT, MAX, NVARCHAR, SqlColumn, SqlType
from deployer.targets import get_target

if TYPE_CHECKING:
    import pyarrow as pa

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"

__all__ = [
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Warning",
    "apilevel",
    "connect",
    "errors",
    "paramstyle",
    "threadsafety",
]

_TARGET = "synapse-dedicated"
_FETCH_ROWS = 2_048
MEMORY_LIMIT = "256MB"
"""DuckDB would keep as much of the tables as fits 80% of the machine; what is scored here streams, and needs no more.
A model is stored in one piece, so one of 200 MB needs a higher limit."""

_open: weakref.WeakSet[Connection] = weakref.WeakSet()


def connect(
    database: str,
    limits: Mapping[str, int] | None = None,
    autocommit: bool = False,
    memory_limit: str = MEMORY_LIMIT,
) -> Connection:
    """Connect to the pool in a DuckDB file, which is made if absent; `:memory:` and `:memory:name` are in memory.

    Connections of one process to one file share it. `limits` replaces limits of the emulated target, as
    `{"opset": 15}`; `memory_limit` bounds what DuckDB keeps of the tables. Raises `OperationalError` where the file
    cannot be opened.
    """
    import duckdb

    target = get_target(_TARGET, limits)
    try:
        connection = duckdb.connect(database)
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise OperationalError(f"Cannot open database {database!r}: {reason}", 4060, 11) from error
    with translate_error(list):
        # Rows of a heap have no order; keeping it would hold them back.
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET memory_limit = $1", [memory_limit])
        session = Session(connection, target)
    opened = Connection(session, autocommit)
    _open.add(opened)
    return opened


@atexit.register
def _close_all() -> None:
    """DuckDB warns of connections that are open when Python ends."""
    for connection in list(_open):
        connection.close()


class Connection:
    """One session. Without `autocommit`, the first statement begins a transaction; DDL then fails, as on the pool."""

    def __init__(self, session: Session, autocommit: bool) -> None:
        self._session: Session | None = session
        self.autocommit = autocommit

    @property
    def session(self) -> Session:
        if self._session is None:
            raise InterfaceError("the connection is closed")
        return self._session

    @property
    def messages(self) -> list[str]:
        """What PRINT wrote so far."""
        return self.session.messages

    def cursor(self) -> Cursor:
        return Cursor(self)

    def commit(self) -> None:
        if self.session.in_transaction:
            self.session.end(commit=True)

    def rollback(self) -> None:
        if self.session.in_transaction:
            self.session.end(commit=False)

    def close(self) -> None:
        """Close it; what was not committed is lost. A second time does nothing."""
        if self._session is not None:
            session, self._session = self._session, None
            session.close()


class Cursor:
    """Runs batches and reads their results, in order; rows stream."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self.connection: Connection | None = connection
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self.rowcount = -1
        self._results: Iterator[Result] = iter(())
        self._result: Result | None = None
        self._rows: Iterator[tuple[Any, ...]] | None = None

    def execute(self, operation: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run a batch up to its first result; `nextset` goes on from there."""
        if self.connection is None:
            raise InterfaceError("the cursor is closed")
        self._finish()
        session = self.connection.session
        if not self.connection.autocommit and not session.in_transaction:
            session.begin()
        self._results = session.run_batch(operation, [typed(value) for value in parameters])
        self._next_with_rows()
        return self

    def executemany(self, operation: str, parameters: Sequence[Sequence[object]]) -> Cursor:
        for row in parameters:
            self.execute(operation, row)
        return self

    def _next_with_rows(self) -> bool:
        """Run on to the next result that has rows, or to the end; counts of rows are told on the way."""
        self._result, self._rows, self.description = None, None, None
        for result in self._results:
            if result.read is None:
                self.rowcount = result.count
                continue
            self._result = result
            self.rowcount = -1
            self.description = tuple(_describe(column) for column in result.columns)
            return True
        return False

    def nextset(self) -> bool | None:
        return self._next_with_rows() or None

    def arrow_reader(self, batch_size: int = 65_536) -> pa.RecordBatchReader:
        """The rows as Arrow batches, streamed: not in PEP 249, and far faster than rows of Python objects."""
        if self._result is None or self._result.read is None:
            raise ProgrammingError("No results. Previous SQL was not a query.")
        return self._result.read(batch_size)

    def bulkcopy(self, table_name: str, rows: pa.Table) -> int:
        """Insert an Arrow table by the names of its columns, as bulk copy does; gives the number of rows.

        Not in PEP 249; one INSERT a row costs a thousand times as much.
        """
        if self.connection is None:
            raise InterfaceError("the cursor is closed")
        name = parse_object_name(table_name)
        if name is None:
            raise ProgrammingError(f"Invalid object name '{table_name}'.", 208)
        self._finish()
        return bulk_copy(self.connection.session, name, rows)

    def _iterate(self) -> Iterator[tuple[Any, ...]]:
        if self._rows is None:
            self._rows = self._read_rows(self.arrow_reader(_FETCH_ROWS))
        return self._rows

    def _read_rows(self, reader: pa.RecordBatchReader) -> Iterator[tuple[Any, ...]]:
        session = self.connection.session if self.connection is not None else None
        while True:
            with session.engine() if session is not None else translate_error(list):
                batch = next(reader, None)
            if batch is None:
                return
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._iterate(), None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        rows = self._iterate()
        return [row for row, _ in zip(rows, range(size or self.arraysize), strict=False)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._iterate())

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._iterate()

    def setinputsizes(self, sizes: object) -> None:
        """Values have types of their own."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Rows have the size that they have."""

    def _finish(self) -> None:
        """Leave what was not read, and what was not run, of the batch before."""
        close = getattr(self._results, "close", None)
        if close is not None:
            close()

    def close(self) -> None:
        self._finish()
        self.connection = None


def _describe(column: SqlColumn) -> tuple[Any, ...]:
    kind = column.type
    size = None if kind.length == MAX else kind.length
    return (column.name, kind, None, size, kind.precision, kind.scale, column.nullable)


def typed(value: object) -> tuple[object, SqlType]:
    """A parameter with the T-SQL type that ODBC drivers give it."""
    match value:
        case None:
            return None, INT
        case bool():
            return value, BIT
        case int():
            return value, INT if -(2**31) <= value < 2**31 else BIGINT
        case float():
            if value - value != 0:
                raise DataError("The supplied value is not a valid instance of data type float.", 8023)
            return value, FLOAT
        case str():
            return value, NVARCHAR if len(value) <= 4000 else SqlType("nvarchar", MAX)
        case bytes() | bytearray() | memoryview():
            content = bytes(value)
            return content, SqlType("varbinary", len(content) or 1 if len(content) <= 8000 else MAX)
        case decimal.Decimal():
            _, digits, exponent = value.as_tuple()
            scale = max(0, -int(exponent))
            return value, SqlType("decimal", None, max(len(digits), scale, 1), scale)
        case dt.datetime():
            return value, DATETIME2
        case dt.date():
            return value, SqlType("date")
        case dt.time():
            return value, SqlType("time")
    raise ProgrammingError(f"A parameter of type {type(value).__name__} has no T-SQL type.", 50000)
