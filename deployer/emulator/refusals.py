"""DuckDB's errors as the server would say them, with number and text."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from deployer.emulator.errors import (
    DatabaseError,
    DataError,
    IntegrityError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

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
        # Arrow's readers pass on a DuckDB error as one of the operating system.
        if isinstance(error, (duckdb.Error, OSError)):
            raise next((scan for scan in self.scans() if scan is not None), None) or server_error(error) from error


_OWN = re.compile(r"(?:^|Stop: )Msg (\d+): (.*)", re.DOTALL)
"""What `error()` says, and what DuckDB tells of a routine that stops."""


_TYPES = {
    "INT8": "tinyint",
    "UINT8": "tinyint",
    "INT16": "smallint",
    "INT32": "int",
    "INT64": "bigint",
    "DOUBLE": "float",
    "FLOAT": "real",
}
_TYPE = re.compile(r"\b(U?INT\d+|DECIMAL|DOUBLE|FLOAT|TIMESTAMP|DATE)\b")


def _target(said: str) -> str:
    """The type that was too narrow: the last that DuckDB names."""
    found = _TYPE.findall(said)
    return _TYPES.get(found[-1], "numeric") if found else "numeric"


_NO_ROOM = ("Failed to cast decimal value", "Could not cast value")
_NARROW = re.compile(r"Type (\w+) with value (\S+) can't be cast because the value is out of range for the destination")


def _overflow(said: str) -> DataError:
    """A value that its new type does not hold: the number depends on the type that it had."""
    target = _target(said)
    if found := _NARROW.search(said):
        if found[1] in {"DOUBLE", "FLOAT"}:
            return DataError(f"Arithmetic overflow error for type {target}, value = {float(found[2]):f}.", 232, 16, 3)
        if target in {"tinyint", "smallint"} and "INT" in found[1]:
            return DataError(f"Arithmetic overflow error for data type {target}, value = {found[2]}.", 220, 16, 2)
    return DataError(f"Arithmetic overflow error converting expression to data type {target}.", 8115, 16, 2)


def server_error(error: Exception) -> DatabaseError:
    """What the server would say to what DuckDB says, of which sometimes no more than the text is left."""
    text = str(error).partition("\n")[0]
    kind, _, said = text.partition(": ")
    if own := _OWN.search(said):
        return (NotSupportedError if own[1] == "50000" else DataError)(own[2], int(own[1]))
    if (kind == "Constraint Error" and "key" in said and "id: " in said) or "already exists" in said:
        # Two sessions made it at the same time; the key is that of the emulator's own list of objects.
        return ProgrammingError("There is already an object named so in the database.", 2714, 16, 6)
    if kind == "Constraint Error":
        column = text.rpartition(".")[2].strip(" !\"'")
        return IntegrityError(
            f"Cannot insert the value NULL into column '{column}'; column does not allow nulls.", 515, 16, 2
        )
    if said.startswith("Division by zero"):
        return DataError("Divide by zero error encountered.", 8134)
    if kind == "Out of Range Error" and said.startswith("cannot take"):
        return DataError("An invalid floating point operation occurred.", 3623)
    if "Max expression depth" in said:
        return DataError("Some part of the statement is nested too deeply.", 191, 15)
    if kind == "Out of Range Error" or "out of range" in said or said.startswith(_NO_ROOM):
        return _overflow(said)
    if kind == "Conversion Error":
        return DataError(f"Conversion failed: {text}", 241)
    if "More than one row returned by a subquery" in said:
        return DataError(
            "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= "
            "or when the subquery is used as an expression.",
            512,
        )
    if kind == "Binder Error" and "GROUP BY" in said:
        return ProgrammingError(
            f"A column is invalid in the select list because it is in neither an aggregate nor GROUP BY: {text}", 8120
        )
    if kind == "Binder Error" and "WHERE clause cannot contain aggregates" in said:
        return ProgrammingError(
            "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause "
            "or a select list, and the column being aggregated is an outer reference.",
            147,
            15,
        )
    if kind == "Out of Memory Error":
        return OperationalError(f"{text}; ?memory_limit=1GB in the database URL gives more", 701, 17)
    if kind == "TransactionContext Error":
        return OperationalError(f"Snapshot isolation transaction aborted due to update conflict: {text}", 3960, 16, 2)
    if kind == "IO Error":
        return OperationalError(text)
    return InternalError(f"The emulator's engine: {text}")
