"""An expression in DuckDB's SQL with its T-SQL type, and what every function does with such expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deployer.emulator.casts import cast
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import once, raise_error
from deployer.emulator.types import INT, SqlType, wider


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression in DuckDB's SQL and its T-SQL type; None for a bare NULL, which fits every type."""

    sql: str
    type: SqlType | None
    nullable: bool = True
    """False for a column that takes no NULL, a constant, and ISNULL of one: what a table made of them remembers."""
    digits: int | None = None
    """How many digits an integer constant is written with: beside a decimal it counts as that narrow a numeric
    (learn.microsoft.com: int, bigint, smallint, and tinyint, for queries that are not parameterised)."""
    constant: str | None = None
    """The text of a constant of characters, without its quotes, for arguments that decide what a function does."""


Builder = Callable[[Sequence[Typed]], Typed]


def finite(sql: str, kind: SqlType) -> Typed:
    """A float that is neither infinite nor NaN: the server has neither, and stops."""
    overflow = raise_error(232, f"Arithmetic overflow error for type {kind}, value = infinity.")
    domain = raise_error(3623, "An invalid floating point operation occurred.")
    body = f"CASE WHEN isinf(v) THEN {overflow} WHEN isnan(v) THEN {domain} ELSE v END"
    return Typed(once(sql, body), kind)


def as_type(value: Typed, kind: SqlType) -> str:
    """The value cast to a type, where it is not of it yet."""
    return value.sql if value.type == kind else cast(value.sql, value.type, kind)


def implicit(value: Typed, kind: SqlType) -> str:
    """The value cast as the server does it by itself, beside another of that type."""
    if kind.base == "decimal" and value.type is not None and value.type.is_text:
        fraction = (value.constant or "").strip().partition(".")[2]
        if value.constant is None or len(fraction) > (kind.scale or 0):
            raise NotSupportedError(f"The emulator does not know which decimal the server makes of text beside {kind}.")
    return as_type(value, kind)


def common(values: Sequence[Typed]) -> SqlType:
    """The type that all values meet in."""
    found: SqlType | None = None
    for value in values:
        if value.type is not None:
            found = value.type if found is None else wider(found, value.type)
    if found is None:
        raise ProgrammingError(
            "At least one of the arguments must be an expression that is not the NULL constant.", 8133
        )
    return found


def need_number(value: Typed, name: str, argument: int = 1) -> SqlType:
    """The type of a number, where integers narrower than int count as int; text is read as a float.

    Raises `ProgrammingError` 8116 for anything else.
    """
    kind = value.type or INT
    if kind.is_text:
        return SqlType("float")
    if not kind.is_number:
        raise ProgrammingError(
            f"Argument data type {kind.base} is invalid for argument {argument} of {name} function.", 8116
        )
    return INT if kind.base in {"bit", "tinyint", "smallint"} else kind


def constant_text(value: Typed, name: str) -> str:
    """A constant of characters, in capitals; refused where it is a column or a variable."""
    if value.constant is None:
        raise NotSupportedError(f"The emulator wants a constant in {name}, not an expression.")
    return value.constant.upper()


def constant_number(value: Typed, name: str) -> int:
    """A whole constant that is not negative; refused where it is anything else."""
    text = value.sql.removeprefix("CAST(").removesuffix(" AS INTEGER)")
    if value.digits is None or not text.isdigit():
        raise NotSupportedError(f"The emulator wants a whole constant in {name}, not an expression.")
    return int(text)
