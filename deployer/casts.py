"""`judge_cast`: what a T-SQL CAST can do to a value of a column.

The facts are those of learn.microsoft.com: CAST and CONVERT (Transact-SQL), data type conversion; int, bigint,
smallint, and tinyint; float and real; decimal and numeric; money and smallmoney.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from deployer.names import LONGEST_TEXT, SqlTypeName
from deployer.table import TableColumn


class Effect(StrEnum):
    """What becomes of the values, from the best to the worst."""

    EXACT = "exact"
    """The type is the column's own."""
    WIDENING = "widening"
    """Every value stays what it is, in a type that holds more."""
    ROUNDING = "rounding"
    """The nearest value that the type has."""
    CUTTING = "cutting"
    """Part of a value is lost, or the statement fails on it."""


@dataclass(frozen=True, slots=True)
class Cast:
    """An effect and, from rounding on, what it does in words."""

    effect: Effect
    why: str = ""


_INTEGER_DIGITS: Mapping[str, int] = {"bit": 1, "tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
"""Integer types from the narrowest to the widest, and the digits of their largest value."""

_EXACT_DIGITS = {"real": 7, "float": 15}
"""Whole numbers of so many digits that each have all their values: 10^7 < 2^24 and 10^15 < 2^53."""

_DECIMALS: Mapping[str, tuple[int, int]] = {"money": (19, 4), "smallmoney": (10, 4)}
_TEXT = frozenset(LONGEST_TEXT)
_NATIONAL = frozenset({"nchar", "nvarchar"})
NUMBERS = frozenset({*_INTEGER_DIGITS, *_DECIMALS, "decimal", "numeric", "real", "float"})
CASTABLE = NUMBERS | _TEXT
"""Types of columns that can become an input's type at all."""


def judge_cast(column: TableColumn, wanted: SqlTypeName) -> Cast:
    """What `CAST(column AS wanted)` can do, for a column of one of the types in `CASTABLE`."""
    if wanted.base in _TEXT:
        return _to_text(column, wanted)
    if column.type in _TEXT:
        return Cast(Effect.CUTTING, "text that is no number makes the statement fail")
    if column.type == wanted.base:
        return Cast(Effect.EXACT)
    digits, scale = _digits(column)
    if wanted.base in _INTEGER_DIGITS:
        if scale:
            return Cast(Effect.CUTTING, "what stands behind the point is lost")
        if digits > _INTEGER_DIGITS[wanted.base] - (column.type not in _INTEGER_DIGITS):
            return Cast(Effect.CUTTING, f"a value beyond {wanted.base} makes the statement fail")
        return Cast(Effect.WIDENING)
    if (column.type, wanted.base) == ("real", "float") or (not scale and digits <= _EXACT_DIGITS[wanted.base]):
        return Cast(Effect.WIDENING)
    kept = f"{wanted.base} keeps some {_EXACT_DIGITS[wanted.base]} digits"
    return Cast(Effect.ROUNDING, kept if digits > _EXACT_DIGITS[wanted.base] else f"{kept}, and those in binary")


def text_length(column: TableColumn) -> int:
    """Characters that every value of a column has room in as text; -1 where there is no such number."""
    if column.type in _TEXT:
        return -1 if column.length is None else column.length
    digits, scale = _digits(column)
    if column.type in {"real", "float"}:
        return -1
    return digits + (column.type not in {"bit", "tinyint"}) + (scale > 0)  # a sign, a point


def _digits(column: TableColumn) -> tuple[int, int]:
    """Digits of the largest value, and those of them that stand behind the point; of floats, more than any has."""
    if column.type in _INTEGER_DIGITS:
        return _INTEGER_DIGITS[column.type], 0
    if column.type in {"real", "float"}:
        return 309, 308
    return _DECIMALS.get(column.type, (column.precision or 38, column.scale or 0))


def _to_text(column: TableColumn, wanted: SqlTypeName) -> Cast:
    if column.type not in _INTEGER_DIGITS and column.type not in _TEXT:
        return Cast(Effect.CUTTING, "a number as text may not read as it did in training (1.50 or 1.5)")
    length = text_length(column)
    if length < 0 or length > (wanted.length or 0):
        return Cast(Effect.CUTTING, f"text beyond {wanted.length} characters is cut")
    if column.type in _NATIONAL and wanted.base not in _NATIONAL:
        return Cast(Effect.CUTTING, "characters that the code page lacks become question marks")
    same = (column.type, column.length) == (wanted.base, wanted.length)
    return Cast(Effect.EXACT if same else Effect.WIDENING)
