"""`open_database`: one SQLAlchemy engine for pool and emulator; the functions that write to it, and that read scores.

SQLAlchemy finds the driver, reads the URL and keeps the connections. Statements go to the driver's own cursor, as they
were planned: nothing may change a text on its way that was shown to a DBA.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from deployer.compare import Array, Batch
from deployer.errors import ConflictError, DatabaseError, MissingPackage
from deployer.names import ObjectName, parse_name
from deployer.plan import Plan, Scoring, Statement
from deployer.sql import find_templates, make_environment, render
from deployer.table import Table, TableColumn

if TYPE_CHECKING:
    import sqlalchemy

_EXTRAS = {"pyodbc": "pyodbc", "mssqlpython": "mssql-python", "emulator": "emulator"}
"""SQLAlchemy's name of each driver, and the extra that installs it."""

_NUMPY: Mapping[str, type[np.generic]] = {
    "real": np.float32,
    "float": np.float64,
    "bigint": np.int64,
    "int": np.int32,
}
_PLAIN: Mapping[type, type[np.generic]] = {int: np.int64, float: np.float64, bool: np.bool_}


# --- Opening ---------------------------------------------------------------------------------------------------------


def open_database(url: str) -> Database:
    """The database behind a SQLAlchemy URL; connects at the first statement.

    `mssql+emulator:///file.duckdb` (or `mssql+emulator://`, in memory), `mssql+pyodbc://…`, `mssql+mssqlpython://…`.
    Raises `DatabaseError` for any other URL, `MissingPackage` where the driver is not installed.
    """
    import sqlalchemy

    hint = f"one of: {', '.join(f'mssql+{driver}://…' for driver in _EXTRAS)}"
    try:
        parsed = sqlalchemy.make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        # The text may hold a password, so neither it nor the cause is shown.
        raise DatabaseError("the database URL cannot be read", hint=hint) from None
    backend, _, driver = parsed.drivername.partition("+")
    if backend != "mssql" or driver not in _EXTRAS:
        raise DatabaseError(f"no driver for {parsed.drivername!r}", hint=hint)
    try:
        # The pool has no transactions to speak of: DDL stands outside of them, and a ROLLBACK with none open fails.
        engine = sqlalchemy.create_engine(
            parsed, isolation_level="AUTOCOMMIT", ignore_no_transaction_on_rollback=True, pool_reset_on_return=None
        )
    except ImportError as error:
        raise MissingPackage(
            f"the driver of {parsed.drivername!r} cannot be loaded: {error}",
            hint=f"pip install 'onnx-sql-deployer[{_EXTRAS[driver]}]'; pyodbc also needs the system package unixodbc",
        ) from error
    return Database(engine)


class Database:
    """An open database; a context manager that closes it. Each statement is a batch of its own, at once committed."""

    def __init__(self, engine: sqlalchemy.Engine) -> None:
        self.engine = engine

    def __repr__(self) -> str:
        # A query may hold a whole connection string, password and all (`?odbc_connect=`).
        return f"Database({self.engine.url.set(query={}).render_as_string(hide_password=True)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.engine.dispose()

    def run(self, statement: Statement) -> None:
        """Run a statement to its end. Raises `DatabaseError` where the database refuses."""
        with self._execute(statement) as cursor:
            # A driver tells of an error only when it comes to the result that the error stands in for.
            while cursor.nextset():
                pass

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Run a query and give all of its rows: for few of them."""
        with self._execute(statement) as cursor:
            return [tuple(row) for row in cursor.fetchall()]

    def stream(
        self, statement: Statement, types: Sequence[type[np.generic] | None], rows: int
    ) -> Iterator[list[Array]]:
        """Run a query and give its columns in batches of `rows`: `types` by place, None for what the values tell."""
        with self._execute(statement) as cursor:
            if hasattr(cursor, "arrow_reader") and importlib.util.find_spec("pyarrow"):
                for batch in cursor.arrow_reader(batch_size=rows):
                    yield [from_arrow(*pair) for pair in zip(batch.columns, types, strict=True)]
                return
            while fetched := cursor.fetchmany(rows):
                columns = zip(*fetched, strict=True)
                yield [from_values(*pair) for pair in zip(columns, types, strict=True)]

    @contextmanager
    def _execute(self, statement: Statement) -> Iterator[Any]:
        """The driver's cursor after it ran a statement; the driver's errors become `DatabaseError`."""
        dialect = self.engine.dialect
        with self.driver_errors(lambda _: statement.purpose), self.open_cursor() as cursor:
            if statement.parameters and dialect.driver == "pyodbc":
                cursor.setinputsizes([(_bytes_type(cursor, dialect.loaded_dbapi), 0, 0)] * len(statement.parameters))
            cursor.execute(statement.sql, *([statement.parameters] if statement.parameters else []))
            yield cursor

    @contextmanager
    def open_cursor(self) -> Iterator[Any]:
        """The driver's own cursor, on a connection of its own; its errors are the driver's."""
        with closing(self.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            yield cursor

    @contextmanager
    def driver_errors(self, purpose: Callable[[Exception], str]) -> Iterator[None]:
        """Within it, what the driver raises becomes a `DatabaseError` that begins with what was being done."""
        import sqlalchemy

        try:
            yield
        except (sqlalchemy.exc.DBAPIError, self.engine.dialect.loaded_dbapi.Error) as error:
            raise _refusal(purpose(error), error) from error


def _bytes_type(cursor: Any, pyodbc: Any) -> int:
    """What bytes of any size are bound as, with size 0, to reach the server as varbinary(max).

    Microsoft's driver binds bytes over 8,000 as image otherwise, a type that the pool lacks; FreeTDS's would cut them.
    """
    is_freetds = "tdsodbc" in cursor.connection.getinfo(pyodbc.SQL_DRIVER_NAME)
    kind: int = pyodbc.SQL_LONGVARBINARY if is_freetds else pyodbc.SQL_VARBINARY
    return kind


# --- Reading -----------------------------------------------------------------------------------------------------


def read_table(database: Database, name: ObjectName | str) -> Table:
    """What a table or view looks like. Raises `DatabaseError` where it is not there."""
    try:
        table = parse_name(name) if isinstance(name, str) else name
    except ValueError as error:
        raise DatabaseError(str(error), hint="correct the name") from error
    environment = make_environment(find_templates() / "common")
    sql = render(environment, "columns.sql.j2", table=table)
    columns = tuple(
        TableColumn(column, kind.lower(), length, nullable == "YES", *_digits(kind, precision, scale))
        for column, kind, length, nullable, precision, scale in database.fetch(
            Statement(f"read the columns of {table}", sql)
        )
    )
    if not columns:
        raise DatabaseError(
            f"no table or view {str(table)!r}, or no right to see it", hint="correct `data` in the spec, or create it"
        )
    return Table(str(table), columns)


def _digits(kind: str, precision: int | None, scale: int | None) -> tuple[int | None, int | None]:
    return (precision, scale) if kind.lower() in {"decimal", "numeric"} else (None, None)


def score_rows(
    plan: Plan, database: Database, batch_rows: int = 65_536, scoring: Scoring | None = None
) -> Iterator[Batch]:
    """Key and scores of every row, in the order of the key, as arrays of up to `batch_rows`.

    They come through `scoring`, one of the plan's views, procedures and tables, which is run where it has to be;
    without one as `plan.score` has them, after the plan's checks have run. A NULL is NaN in a column of floats; a
    column of whole numbers that has one is an array of objects. Raises `DatabaseError` where the database refuses, or
    has NULL where the spec says no.
    """
    if batch_rows < 1:
        raise DatabaseError(f"batches of {batch_rows} rows", hint="give 1 or more")
    # A refused NULL stops every scoring; the checks say it in better words.
    for statement in plan.checks if scoring is None else (scoring.run,):
        if statement is not None:
            database.run(statement)
    names = [*(key.column for key in plan.contract.keys), *(output.name for output in plan.contract.outputs)]
    types = [*(None for _ in plan.contract.keys), *(_NUMPY.get(o.sql_type.base) for o in plan.contract.outputs)]
    for columns in database.stream(scoring.read if scoring else plan.score, types, batch_rows):
        yield dict(zip(names, columns, strict=True))


def read_rows(plan: Plan, database: Database, batch_rows: int = 65_536) -> Iterator[Batch]:
    """Key and inputs of the rows that `score_rows` scores, in the same order, cast and freed of NULL in the same way.

    A key is called by its `inner` name, since an input may have the name that it has in the table.
    """
    names = [*(key.inner for key in plan.contract.keys), *(bound.input.name for bound in plan.contract.bindings)]
    types = [*(None for _ in plan.contract.keys), *(_NUMPY.get(b.sql_type.base) for b in plan.contract.bindings)]
    for columns in database.stream(plan.rows, types, batch_rows):
        yield dict(zip(names, columns, strict=True))


# --- Values ----------------------------------------------------------------------------------------------------------


def from_values(values: Sequence[Any], kind: type[np.generic] | None) -> Array:
    if kind is None:
        found = {type(value) for value in values}
        kind = _PLAIN.get(found.pop(), np.object_) if len(found) == 1 else np.object_
    if kind is np.object_ or (issubclass(kind, np.integer) and None in values):
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column
    return np.array(values, dtype=kind)


def from_arrow(column: Any, kind: type[np.generic] | None) -> Array:
    """A column of an Arrow batch; without copying where it can be."""
    array: Array = column.to_numpy(zero_copy_only=False)
    if column.null_count and array.dtype.kind == "f" and (kind is None or not issubclass(kind, np.floating)):
        # Arrow makes floats of whole numbers that have a NULL among them, and of large ones others.
        return from_values(column.to_pylist(), np.object_)
    return array if kind is None or array.dtype.kind == "O" else array.astype(kind, copy=False)


# --- Refusals --------------------------------------------------------------------------------------------------------

_CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"Incorrect syntax near '='|Incorrect syntax near 'MODEL'",
        "PREDICT is not enabled on this pool or engine: try one PREDICT by hand, then ask the provider",
    ),
    (
        r"\b39051\b|Model is corrupt or invalid",
        "the models table lacks this model, or the engine cannot load it: `deployer check` says what it can",
    ),
    (
        r"\b39096\b|specified different output columns",
        "the outputs in the spec are not those of the stored model: compare their names and types",
    ),
    (r"has shape .* which is not supported", "an input is several columns wide: `deployer fix` splits it"),
    (r"Doesn't match the input column type", "a column reaches PREDICT without its cast: apply the plan again"),
    (r"\b51003\b|refuses it", "say what becomes of it: nulls: skip row, or {use: VALUE}"),
    (r"\b51004\b", "`key` in the spec has to tell the rows apart, and has no NULL"),
    (r"\b51005\b", "give the table another name in the spec, or drop it"),
    (r"\b51001\b", "`deployer status` shows the rows; `deployer remove` takes them out, `deployer apply` stores one"),
    (r"\b51002\b", "a stored version never changes: deploy under a new version"),
    (r"\b51006\b", "correct the table, or name another as models_table"),
    (r"\b51007\b", "`deployer status` shows aliases and history, `deployer promote` names a version"),
    (r"\b51008\b", "`deployer status` shows what uses it"),
    (r"\b208\b|Invalid object name", "create it, or correct its name"),
    (r"\b207\b|Invalid column name", "the table's columns are not those that the statement was written for"),
    (r"\b229\b|permission was denied", "PREDICT needs EXECUTE on the database and SELECT on the data and the models"),
    (r"Login failed|\b18456\b", "check user, password and database in the URL"),
    (r"install the required dependencies", "the driver needs system packages: Debian's unixodbc brings them"),
    (
        r"Can't open lib|IM002|Data source name not found",
        "the URL names no installed ODBC driver: `odbcinst -q -d` lists those that are there",
    ),
    (r"\b4060\b|Cannot open database", "check the database's name in the URL; a file's folder must exist"),
    (
        r"timeout|timed out|\b08001\b|unable to establish connection|TCP Provider",
        "check host and port in the URL, and the firewall of the server",
    ),
)
"""What the engines say, and what is behind it (reported by users, and Microsoft's list of errors)."""


_CONFLICT = re.compile(
    r"deadlock|update conflict|There is already an object named|Cannot drop the \w+ .*because it does not exist",
    re.IGNORECASE,
)
"""Errors 1205, 3960, 2714 and 3701: another session came between."""


def _refusal(purpose: str, error: Exception) -> DatabaseError:
    """The engine's own words, and what is known to be behind them."""
    text = " ".join(str(getattr(error, "orig", None) or error).split())
    hint = next((hint for pattern, hint in _CAUSES if re.search(pattern, text, re.IGNORECASE)), "")
    kind = ConflictError if _CONFLICT.search(text) else DatabaseError
    return kind(f"{purpose}: the database refused: {text}", hint=hint)
