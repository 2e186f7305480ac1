"""Python's values as T-SQL's: their types, and how they travel to DuckDB."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deployer.emulator.errors import DataError, ProgrammingError
from deployer.emulator.fragments import quote
from deployer.emulator.types import BIGINT, BIT, DATETIME2, FLOAT, INT, MAX, NVARCHAR, SqlType

_INLINE_BYTES = 64
"""Bytes longer than this are a parameter: a model's literal would be parsed for nothing."""


@dataclass(slots=True)
class Parameters:
    """Values that travel beside the text of a query: by `$p0`, `$p1`, …"""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"

    def used_in(self, sql: str) -> Mapping[str, Any] | None:
        """Those that a text mentions, which is all that DuckDB takes; None for none."""
        import duckdb

        if not self.values:
            return None
        (statement,) = duckdb.extract_statements(sql)
        return {name: self.values[name] for name in statement.named_parameters} or None


def literal(value: object, kind: SqlType, parameters: Parameters) -> str:
    """A value of Python as an expression of that type."""
    match value:
        case None:
            return f"CAST(NULL AS {kind.duckdb})"
        case bytes() | bytearray() | memoryview():
            content = bytes(value)
            return f"unhex('{content.hex()}')" if len(content) <= _INLINE_BYTES else parameters.add(content)
        case bool() | int():
            text = str(int(value))
        case float():
            text = quote(repr(value))
        case decimal.Decimal():
            text = quote(format(value, "f"))
        case dt.date() | dt.time():
            text = quote(value.isoformat())
        case _:
            text = quote(str(value))
            if kind.is_text:
                return text
    return f"CAST({text} AS {kind.duckdb})"


def typed(value: object) -> tuple[object, SqlType]:
    """A parameter with the T-SQL type that ODBC drivers give it.

    Raises `DataError` for a number that no T-SQL type holds, `ProgrammingError` for any other value that has no type.
    """
    match value:
        case None:
            return None, INT
        case bool():
            return value, BIT
        case int():
            if not -(2**63) <= value < 2**63:
                raise DataError(f"Arithmetic overflow error converting {value} to data type bigint.", 8115, 16, 2)
            return value, INT if -(2**31) <= value < 2**31 else BIGINT
        case float():
            if not math.isfinite(value):
                raise DataError("The supplied value is not a valid instance of data type float.", 8023)
            return value, FLOAT
        case str():
            return value, NVARCHAR if len(value.encode("utf-16-le", "surrogatepass")) <= 8000 else _LONG_TEXT
        case bytes() | bytearray() | memoryview():
            content = bytes(value)
            return content, SqlType("varbinary", len(content) or 1 if len(content) <= 8000 else MAX)
        case decimal.Decimal():
            return value, _decimal_type(value)
        case dt.datetime():
            if value.tzinfo is not None:
                raise ProgrammingError(
                    "The emulator does not know datetimeoffset: give a datetime without a time zone."
                )
            return value, DATETIME2
        case dt.date():
            return value, SqlType("date")
        case dt.time():
            return value, SqlType("time", None, None, 7)
    raise ProgrammingError(f"A parameter of type {type(value).__name__} has no T-SQL type.")


_LONG_TEXT = SqlType("nvarchar", MAX)


def _decimal_type(value: decimal.Decimal) -> SqlType:
    if not value.is_finite():
        raise DataError(f"The supplied value {value} is not a valid instance of data type numeric.", 8023)
    _, digits, exponent = value.as_tuple()
    scale = max(0, -int(exponent))
    precision = max(len(digits) + max(0, int(exponent)), scale, 1)
    if precision > 38:
        raise DataError(f"Arithmetic overflow error converting {value} to data type numeric.", 8115, 16, 2)
    return SqlType("decimal", None, precision, scale)
