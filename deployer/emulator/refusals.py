"""DuckDB's errors as the server would say them, with number and text."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from deployer.emulator.errors import DatabaseError, DataError, IntegrityError, InternalError, OperationalError

if TYPE_CHECKING:
    import duckdb


class translate_error:  # noqa: N801 - used like contextlib's
    """A context in which DuckDB's errors become PEP 249's.

    `scans` gives the errors of the PREDICTs that were being scanned, of which DuckDB passes on the text only. With a
    `connection`, what is done within is one transaction, unless one is open already.
    """

    def __init__(
        self,
        scans: Callable[[], list[DatabaseError | None]],
        connection: duckdb.DuckDBPyConnection | None = None,
    ) -> None:
        self.scans = scans
        self.connection = connection

    def __enter__(self) -> None:
        if self.connection is not None:
            self.connection.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        import duckdb

        if self.connection is not None:
            if error is None:
                try:
                    self.connection.commit()
                except duckdb.Error as late:
                    raise server_error(late) from late
            else:
                self.connection.rollback()
        if isinstance(error, duckdb.Error):
            raise next((scan for scan in self.scans() if scan is not None), None) or server_error(error) from error


_OWN = re.compile(r"Msg (\d+): (.*)", re.DOTALL)


def server_error(error: duckdb.Error) -> DatabaseError:
    """What the server would say to what DuckDB says."""
    import duckdb

    text = str(error).partition("\n")[0]
    if own := _OWN.search(text):
        return DataError(own[2], int(own[1]))
    if isinstance(error, duckdb.ConstraintException):
        column = text.rpartition(".")[2].strip(" !\"'")
        return IntegrityError(
            f"Cannot insert the value NULL into column '{column}'; column does not allow nulls.", 515, 16, 2
        )
    if "date field value out of range" in text or "timestamp field value out of range" in text:
        return DataError(f"Conversion failed when converting date and/or time from character string: {text}", 241)
    if "Division by zero" in text:
        return DataError("Divide by zero error encountered.", 8134)
    if "cannot take" in text and isinstance(error, duckdb.OutOfRangeException):
        return DataError("An invalid floating point operation occurred.", 3623)
    if "Max expression depth" in text:
        return DataError("Some part of the statement is nested too deeply.", 191, 15)
    if isinstance(error, duckdb.OutOfRangeException) or "out of range" in text:
        return DataError(f"Arithmetic overflow error: {text}", 8115, 16, 2)
    if isinstance(error, duckdb.ConversionException):
        return DataError(f"Conversion failed: {text}", 241)
    if "More than one row returned by a subquery" in text:
        return DataError(
            "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= "
            "or when the subquery is used as an expression.",
            512,
        )
    if "GROUP BY" in text and isinstance(error, duckdb.BinderException):
        return InternalError(
            f"A column is invalid in the select list because it is in neither an aggregate nor GROUP BY: {text}", 8120
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return OperationalError(f"{text}; ?memory_limit=1GB in the database URL gives more", 701, 17)
    if isinstance(error, duckdb.TransactionException):
        return OperationalError(f"Snapshot isolation transaction aborted due to update conflict: {text}", 3960, 16, 2)
    if isinstance(error, (duckdb.IOException, duckdb.OperationalError)):
        return OperationalError(text)
    return InternalError(f"The emulator's engine: {text}")
