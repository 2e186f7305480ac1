"""PEP 249's type objects, which a column's type in `Cursor.description` equals, and its constructors."""

from __future__ import annotations

import datetime as dt

from deployer.emulator.types import INTEGERS, SqlType


class TypeObject:
    """Equal to each `SqlType` of one kind."""

    def __init__(self, *bases: str) -> None:
        self.bases = frozenset(bases)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SqlType):
            return other.base in self.bases
        return self.bases == other.bases if isinstance(other, TypeObject) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.bases)


STRING = TypeObject("char", "varchar", "nchar", "nvarchar", "uniqueidentifier")
BINARY = TypeObject("binary", "varbinary")
NUMBER = TypeObject(*INTEGERS, "real", "float", "decimal", "money", "smallmoney")
DATETIME = TypeObject("date", "time", "datetime", "datetime2", "smalldatetime")
ROWID = TypeObject()
"""Rows of a dedicated pool have no identifier."""

Date = dt.date
Time = dt.time
Timestamp = dt.datetime
Binary = bytes


def DateFromTicks(ticks: float) -> dt.date:  # noqa: N802 - PEP 249 gives the name
    """The local date of a number of seconds since 1970."""
    return TimestampFromTicks(ticks).date()


def TimeFromTicks(ticks: float) -> dt.time:  # noqa: N802 - as above
    """The local time of day of a number of seconds since 1970."""
    return TimestampFromTicks(ticks).time()


def TimestampFromTicks(ticks: float) -> dt.datetime:  # noqa: N802 - as above
    """The local date and time of a number of seconds since 1970."""
    return dt.datetime.fromtimestamp(ticks)  # noqa: DTZ006 - datetime2 has no time zone
