"""The emulator's driver: PEP 249, with `?` for parameters, as pyodbc has it."""

from __future__ import annotations

import atexit
import itertools
import os
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from deployer.emulator import errors
from deployer.emulator.answers import parse_object_name
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
from deployer.emulator.frames import ROWS, Result
from deployer.emulator.refusals import translate_error
from deployer.emulator.session import Session
from deployer.emulator.type_objects import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)
from deployer.emulator.types import MAX, SqlColumn
from deployer.emulator.values import typed
from deployer.targets import get_target

if TYPE_CHECKING:
    import pyarrow as pa

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
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
    path: str | os.PathLike[str] | None = None,
    limits: Mapping[str, int] | None = None,
    autocommit: bool = False,
    memory_limit: str = MEMORY_LIMIT,
) -> Connection:
    """Connect to the pool in a DuckDB file, which is made if absent; None is a pool in memory, of its own.

    Connections of one process to one file share it, and so do those to one `:memory:name`. With `autocommit` each
    statement is at once committed; without, DDL fails as on the pool, which has none in a transaction. `limits`
    replaces limits of the emulated target, as `{"opset": 15}`; `memory_limit` bounds what DuckDB keeps of the tables.
    Raises `OperationalError` where the file cannot be opened.
    """
    import duckdb

    target = get_target(_TARGET, limits)
    database = ":memory:" if path is None else os.fspath(path)
    try:
        connection = duckdb.connect(database)
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise OperationalError(f"Cannot open database {database!r}: {reason}", 4060, 11) from error
    with translate_error(list):
        # Rows of a heap have no order; keeping it would hold them back.
        connection.execute("SET preserve_insertion_order = false")
        # DuckDB draws a bar where it takes Python for interactive, over whatever is written there.
        connection.execute("SET enable_progress_bar = false")
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
    """One session. Without `autocommit`, the first statement begins a transaction; DDL then fails, as on the pool.

    As a context manager it commits, or rolls back where an exception leaves it, and stays open, as pyodbc's.
    """

    Warning = Warning
    Error = Error
    InterfaceError = InterfaceError
    DatabaseError = DatabaseError
    DataError = DataError
    OperationalError = OperationalError
    IntegrityError = IntegrityError
    InternalError = InternalError
    ProgrammingError = ProgrammingError
    NotSupportedError = NotSupportedError

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
        return [message.text for message in self.session.messages]

    def cursor(self) -> Cursor:
        return Cursor(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.rollback()

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


@dataclass(frozen=True, slots=True)
class _Opened:
    """A result whose query runs: its columns, the reader of its rows, and the first of them."""

    columns: tuple[SqlColumn, ...]
    reader: pa.RecordBatchReader
    first: pa.RecordBatch | None


class Cursor:
    """Runs batches and reads their results, in order; rows stream.

    What follows a query in its batch runs when the query's rows are read, or when `nextset` passes them by; a query
    whose first rows fail, fails in `execute`.
    """

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._told = len(connection.session.messages)
        self.connection: Connection | None = connection
        self.messages: list[tuple[type[Exception], Warning]] = []
        """What PRINT wrote since the last `execute` or `nextset`."""
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self.rowcount = -1
        self._results: Generator[Result, None, None] | None = None
        self._count = -1
        self._batches: Iterator[pa.RecordBatch] | None = None
        self._schema: pa.Schema | None = None
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self._next: _Opened | DatabaseError | None = None
        self._is_ahead = False

    @property
    def _session(self) -> Session:
        if self.connection is None:
            raise InterfaceError("the cursor is closed")
        return self.connection.session

    def execute(self, operation: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run a batch up to its first result; `nextset` goes on from there."""
        session = self._session
        self._finish()
        values = [typed(value) for value in parameters]
        if self.connection is not None and not self.connection.autocommit and not session.in_transaction:
            session.begin()
        self._results = session.run_batch(operation, values)
        self._show(self._run_on())
        return self

    def executemany(self, operation: str, parameters: Sequence[Sequence[object]]) -> Cursor:
        """Run a statement once a row of parameters; `rowcount` is of all together."""
        total = 0
        for row in parameters:
            self.execute(operation, row)
            if self.description is not None:
                raise ProgrammingError("executemany is for statements without results.")
            total = total + self.rowcount if min(total, self.rowcount) >= 0 else -1
        self.rowcount = total
        return self

    def _run_on(self, error: DatabaseError | None = None) -> _Opened | None:
        """Run to the next result that has rows, or to the end; counts of rows are noted on the way.

        An `error` in the rows of the last result is the batch's, whose CATCH may take it.
        """
        try:
            return self._run_to_rows(error)
        finally:
            said = self._session.messages
            self.messages += ((Warning, Warning(message.text)) for message in said[self._told :])
            self._told = len(said)

    def _run_to_rows(self, error: DatabaseError | None) -> _Opened | None:
        while self._results is not None:
            try:
                result = next(self._results) if error is None else self._results.throw(error)
            except StopIteration:
                return None
            error = None
            self._count = result.count
            if result.read is None:
                continue
            try:
                return self._open(result, result.read)
            except DatabaseError as raised:
                error = raised
        return None

    def _open(self, result: Result, read: Callable[[], pa.RecordBatchReader]) -> _Opened:
        reader = read()
        with self._session.engine():
            first = next(reader, None)
        return _Opened(result.columns, reader, first)

    def _show(self, opened: _Opened | None) -> bool:
        self._is_ahead, self._next, self._rows, self._batches = False, None, iter(()), None
        self.rowcount = self._count
        self.description = None
        if opened is None:
            return False
        self.description = tuple(_describe(column) for column in opened.columns)
        self._schema = opened.reader.schema
        self._batches = self._read(opened)
        self._rows = self._read_rows(self._batches)
        return True

    def _read(self, opened: _Opened) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        batch = opened.first
        while batch is not None:
            yield batch
            try:
                with self._session.engine():
                    batch = next(opened.reader, None)
            except pa.ArrowInvalid as error:
                raise OperationalError(
                    "The rest of the rows is gone: another statement ran on the connection, or its transaction ended."
                ) from error
            except DatabaseError as error:
                self._look_ahead(error)
                if self._next is error:
                    raise
                return
        self._look_ahead()

    def _look_ahead(self, error: DatabaseError | None = None) -> None:
        """Run on behind the last row, as the server does; what comes of it is for `nextset`."""
        if not self._is_ahead:
            self._is_ahead = True
            try:
                self._next = self._run_on(error)
            except DatabaseError as raised:
                self._next = raised

    def nextset(self) -> bool | None:
        self._need_open()
        self.messages.clear()
        self._look_ahead()
        if isinstance(self._next, DatabaseError):
            raise self._next
        return self._show(self._next) or None

    def arrow_reader(self, batch_size: int = ROWS) -> pa.RecordBatchReader:
        """The rows as Arrow batches of at most that many rows, streamed: not in PEP 249, and far faster than rows of
        Python objects.
        """
        import pyarrow as pa

        batches = self._need_rows(self._batches)
        slices = (batch.slice(at, batch_size) for batch in batches for at in range(0, batch.num_rows, batch_size))
        return pa.RecordBatchReader.from_batches(self._schema, slices)

    def bulkcopy(self, table_name: str, rows: pa.Table) -> int:
        """Insert an Arrow table by the names of its columns, as bulk copy does; gives the number of rows.

        Not in PEP 249; one INSERT a row costs a thousand times as much.
        """
        name = parse_object_name(table_name)
        if name is None:
            raise ProgrammingError(f"Invalid object name '{table_name}'.", 208)
        self._finish()
        return bulk_copy(self._session, name, rows)

    def _need_open(self) -> None:
        """Raises `InterfaceError` where the cursor or its connection is closed."""
        _ = self._session

    def _need_rows(self, rows: Iterator[Any] | None) -> Iterator[Any]:
        self._need_open()
        if self.description is None or rows is None:
            raise ProgrammingError("No results. Previous SQL was not a query.")
        return rows

    def _read_rows(self, batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
        for batch in batches:
            for at in range(0, batch.num_rows, _FETCH_ROWS):
                yield from zip(*(column.to_pylist() for column in batch.slice(at, _FETCH_ROWS).columns), strict=True)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._need_rows(self._rows), None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        return list(itertools.islice(self._need_rows(self._rows), self.arraysize if size is None else size))

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._need_rows(self._rows))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[Any, ...]:
        return next(self._need_rows(self._rows))

    def setinputsizes(self, _sizes: object) -> None:
        """Values have types of their own."""
        self._need_open()

    def setoutputsize(self, _size: int, _column: int | None = None) -> None:
        """Rows have the size that they have."""
        self._need_open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _finish(self) -> None:
        """Leave what was not read, and what was not run, of the batch before."""
        if self._results is not None:
            self._results.close()
        self._results, self._count = None, -1
        self.messages.clear()
        self._show(None)

    def close(self) -> None:
        self._finish()
        self.connection = None


def _describe(column: SqlColumn) -> tuple[Any, ...]:
    kind = column.type
    size = None if kind.length == MAX else kind.length
    return (column.name, kind, None, size, _BITS.get(kind.base, kind.precision), kind.scale, column.nullable)


_BITS = {"real": 24, "float": 53}
"""Precision in bits (learn.microsoft.com: float and real), which tells the one from the other."""
