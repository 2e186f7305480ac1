"""The functions that the emulator knows, each with its type and its text in DuckDB's SQL. What is not here is refused.

Functions that ask about the session (OBJECT_ID, ERROR_NUMBER, …) are answered by `session`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deployer.emulator.casts import cast, raise_error
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.types import (
    BIGINT,
    DATETIME2,
    FLOAT,
    INT,
    MAX,
    NVARCHAR,
    SqlType,
    wider,
)


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression in DuckDB's SQL and its T-SQL type; None for a bare NULL, which fits every type."""

    sql: str
    type: SqlType | None
    nullable: bool = True
    """False only for a column that takes no NULL, as it stands."""


Builder = Callable[[Sequence[Typed]], Typed]

_OVERFLOW = "Arithmetic overflow error for type float, value = infinity."
_DOMAIN = "An invalid floating point operation occurred."


def finite(sql: str, kind: SqlType) -> Typed:
    """A float that is neither infinite nor NaN: the server has neither, and stops."""
    guarded = (
        f"(CASE WHEN isinf({sql}) THEN {raise_error(232, _OVERFLOW)} "
        f"WHEN isnan({sql}) THEN {raise_error(3623, _DOMAIN)} ELSE {sql} END)"
    )
    return Typed(guarded, kind)


def as_type(value: Typed, kind: SqlType) -> str:
    """The value cast to a type, where it is not of it yet."""
    return value.sql if value.type == kind else cast(value.sql, value.type, kind)


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


def _text(value: Typed) -> str:
    if value.type is None or not value.type.is_text:
        return cast(value.sql, value.type, NVARCHAR)
    return value.sql


def _text_type(value: Typed) -> SqlType:
    return value.type if value.type is not None and value.type.is_text else NVARCHAR


def utf16_length(sql: str) -> str:
    """Characters as T-SQL counts them: one outside of the basic plane is two."""
    return f"(length({sql}) + length(regexp_replace({sql}, '[^\\x{{10000}}-\\x{{10FFFF}}]', '', 'g')))"


def _same_text(name: str) -> Builder:
    return lambda a: Typed(f"{name}({', '.join(map(_text, a))})", _text_type(a[0]))


def _isnull(a: Sequence[Typed]) -> Typed:
    # The type is that of the first: ISNULL(x, …) cuts what does not fit it.
    kind = a[0].type or common(a)
    return Typed(f"coalesce({as_type(a[0], kind)}, {as_type(a[1], kind)})", kind)


def _coalesce(a: Sequence[Typed]) -> Typed:
    kind = common(a)
    return Typed(f"coalesce({', '.join(as_type(value, kind) for value in a)})", kind)


def _nullif(a: Sequence[Typed]) -> Typed:
    kind = common(a)
    left, right = as_type(a[0], kind), as_type(a[1], kind)
    same = f"rtrim({left}) = rtrim({right})" if kind.is_text else f"{left} = {right}"
    return Typed(f"(CASE WHEN {same} THEN NULL ELSE {a[0].sql} END)", a[0].type)


def _len(a: Sequence[Typed]) -> Typed:
    if a[0].type is not None and a[0].type.is_binary:
        return Typed(f"CAST(octet_length({a[0].sql}) AS INTEGER)", INT)
    return Typed(f"CAST({utf16_length(f'rtrim({_text(a[0])})')} AS INTEGER)", INT)


def _datalength(a: Sequence[Typed]) -> Typed:
    kind = a[0].type
    if kind is None or not (kind.is_text or kind.is_binary):
        raise NotSupportedError("The emulator knows DATALENGTH of text and binary only.")
    result = BIGINT if kind.length == MAX else INT
    if kind.is_binary:
        return Typed(f"CAST(octet_length({a[0].sql}) AS {result.duckdb})", result)
    factor = 2 if kind.base.startswith("n") else 1
    return Typed(f"CAST({factor} * {utf16_length(a[0].sql)} AS {result.duckdb})", result)


def _hashbytes(a: Sequence[Typed]) -> Typed:
    algorithm = a[0].sql.strip("'").upper()
    if algorithm != "SHA2_256":
        raise NotSupportedError(f"The emulator knows HASHBYTES with SHA2_256 only, not {algorithm}.")
    if a[1].type is None or not a[1].type.is_binary:
        raise NotSupportedError("The emulator hashes binary only: the server hashes text in its own encoding.")
    return Typed(f"unhex(sha256({a[1].sql}))", SqlType("varbinary", 8000))


def _concat(a: Sequence[Typed]) -> Typed:
    return Typed("concat(" + ", ".join(_text(value) for value in a) + ")", NVARCHAR)


def _substring(a: Sequence[Typed]) -> Typed:
    start, length = (as_type(value, INT) for value in a[1:])
    # Before the text there is room that counts: SUBSTRING('abc', 0, 2) is 'a'.
    end = f"({start} + {length})"
    return Typed(
        f"substr({_text(a[0])}, greatest({start}, 1), greatest({end} - greatest({start}, 1), 0))", _text_type(a[0])
    )


def _charindex(a: Sequence[Typed]) -> Typed:
    if len(a) != 2:
        raise NotSupportedError("The emulator knows CHARINDEX with two arguments only.")
    return Typed(f"CAST(strpos(lower({_text(a[1])}), lower({_text(a[0])})) AS INTEGER)", INT)


def _quotename(a: Sequence[Typed]) -> Typed:
    if len(a) != 1:
        raise NotSupportedError("The emulator knows QUOTENAME with brackets only.")
    return Typed(f"('[' || replace({_text(a[0])}, ']', ']]') || ']')", SqlType("nvarchar", 258))


def _same_number(name: str) -> Builder:
    def build(a: Sequence[Typed]) -> Typed:
        kind = a[0].type or INT
        return Typed(f"CAST({name}({a[0].sql}) AS {kind.duckdb})", kind)

    return build


def _float(name: str) -> Builder:
    return lambda a: finite(f"{name}({', '.join(as_type(value, FLOAT) for value in a)})", FLOAT)


def _round(a: Sequence[Typed]) -> Typed:
    kind = a[0].type or INT
    if len(a) != 2 or kind.base == "decimal":
        raise NotSupportedError("The emulator knows ROUND of floats and integers with two arguments only.")
    return Typed(f"CAST(round({a[0].sql}, {as_type(a[1], INT)}) AS {kind.duckdb})", kind)


def _now(_: Sequence[Typed]) -> Typed:
    return Typed("CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)", DATETIME2)


SCALARS: Mapping[str, tuple[int, int, Builder]] = {
    "ISNULL": (2, 2, _isnull),
    "COALESCE": (2, 99, _coalesce),
    "NULLIF": (2, 2, _nullif),
    "LEN": (1, 1, _len),
    "DATALENGTH": (1, 1, _datalength),
    "HASHBYTES": (2, 2, _hashbytes),
    "CONCAT": (2, 254, _concat),
    "UPPER": (1, 1, _same_text("upper")),
    "LOWER": (1, 1, _same_text("lower")),
    "LTRIM": (1, 1, _same_text("ltrim")),
    "RTRIM": (1, 1, _same_text("rtrim")),
    "TRIM": (1, 1, _same_text("trim")),
    "REVERSE": (1, 1, _same_text("reverse")),
    "LEFT": (2, 2, lambda a: Typed(f"left({_text(a[0])}, {as_type(a[1], INT)})", _text_type(a[0]))),
    "RIGHT": (2, 2, lambda a: Typed(f"right({_text(a[0])}, {as_type(a[1], INT)})", _text_type(a[0]))),
    "REPLICATE": (2, 2, lambda a: Typed(f"repeat({_text(a[0])}, {as_type(a[1], INT)})", _text_type(a[0]))),
    "SUBSTRING": (3, 3, _substring),
    "CHARINDEX": (2, 3, _charindex),
    "QUOTENAME": (1, 2, _quotename),
    "NCHAR": (1, 1, lambda a: Typed(f"chr({as_type(a[0], INT)})", SqlType("nvarchar", 1))),
    "ABS": (1, 1, _same_number("abs")),
    "FLOOR": (1, 1, _same_number("floor")),
    "CEILING": (1, 1, _same_number("ceil")),
    "SIGN": (1, 1, _same_number("sign")),
    "ROUND": (2, 3, _round),
    "SQRT": (1, 1, _float("sqrt")),
    "EXP": (1, 1, _float("exp")),
    "LOG": (1, 1, _float("ln")),
    "POWER": (2, 2, _float("pow")),
    "SYSUTCDATETIME": (0, 0, _now),
    "GETUTCDATE": (0, 0, _now),
    "SYSDATETIME": (0, 0, _now),
    "GETDATE": (0, 0, _now),
}
"""Name to fewest and most arguments, and what builds it. The emulated clock runs in UTC, as the pool's does."""


def _sum(value: Typed) -> Typed:
    kind = value.type or INT
    if kind.is_integer:
        result = BIGINT if kind == BIGINT else INT
        return Typed(f"CAST(sum({value.sql}) AS {result.duckdb})", result)
    if kind.base == "decimal":
        result = SqlType("decimal", None, 38, kind.scale)
        return Typed(f"CAST(sum({value.sql}) AS {result.duckdb})", result)
    return Typed(f"CAST(sum(CAST({value.sql} AS DOUBLE)) AS {kind.duckdb})", kind)


def _average(value: Typed) -> Typed:
    kind = value.type or INT
    if kind.is_integer:
        result = BIGINT if kind == BIGINT else INT
        return Typed(f"CAST(trunc(avg({value.sql})) AS {result.duckdb})", result)
    if kind.base == "decimal":
        raise NotSupportedError("The emulator does not know AVG of decimals; cast to float.")
    return Typed(f"CAST(avg(CAST({value.sql} AS DOUBLE)) AS {kind.duckdb})", kind)


def _deviation(name: str) -> Callable[[Typed], Typed]:
    return lambda value: Typed(f"{name}({as_type(value, FLOAT)})", FLOAT)


AGGREGATES: Mapping[str, Callable[[Typed], Typed]] = {
    "COUNT": lambda value: Typed(f"CAST(count({value.sql}) AS INTEGER)", INT),
    "COUNT_BIG": lambda value: Typed(f"count({value.sql})", BIGINT),
    "SUM": _sum,
    "AVG": _average,
    "MIN": lambda value: Typed(f"min({value.sql})", value.type),
    "MAX": lambda value: Typed(f"max({value.sql})", value.type),
    "STDEV": _deviation("stddev_samp"),
    "STDEVP": _deviation("stddev_pop"),
    "VAR": _deviation("var_samp"),
    "VARP": _deviation("var_pop"),
}
"""Aggregates of one argument. A sum over integers stays an integer and may overflow, an average loses its fraction."""

RANKINGS: Mapping[str, str] = {"ROW_NUMBER": "row_number", "RANK": "rank", "DENSE_RANK": "dense_rank"}
"""Window functions without an argument; they need OVER with ORDER BY, and give bigint."""

OPERATORS: Mapping[str, str] = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%"}


def operate(operator: str, left: Typed, right: Typed) -> Typed:
    """`+ - * / %` with T-SQL's types: integers stay integers, text is joined, nothing wraps around in silence."""
    kind = common([left, right])
    if kind.is_text:
        if operator != "+":
            raise ProgrammingError(f"Operand data type {kind} is invalid for operator {operator}.", 8117)
        return Typed(f"({_text(left)} || {_text(right)})", _joined(left.type or kind, right.type or kind))
    if not kind.is_number:
        raise NotSupportedError(f"The emulator does not know {operator} for {kind}.")
    if kind.base == "bit":
        kind = INT
    if kind.base == "decimal" and operator in "/%":
        raise NotSupportedError("The emulator does not know division of decimals; cast to float.")
    if kind.base == "decimal" and operator in "+-*":
        return _decimal(operator, left, right)
    one, other = as_type(left, kind), as_type(right, kind)
    if operator == "%" and not kind.is_integer:
        raise ProgrammingError(
            f"The data types {left.type} and {right.type} are incompatible in the modulo operator.", 402
        )
    if operator in "/%":
        divide = "//" if kind.is_integer and operator == "/" else operator
        fail = raise_error(8134, "Divide by zero error encountered.")
        quotient = f"(CASE WHEN {other} = 0 THEN {fail} ELSE {one} {divide} {other} END)"
        return Typed(f"CAST({quotient} AS {kind.duckdb})", kind)
    result = f"({one} {operator} {other})"
    return Typed(f"CAST({result} AS {kind.duckdb})", kind) if kind.is_integer else finite(result, kind)


def _decimal(operator: str, left: Typed, right: Typed) -> Typed:
    """Decimals: the result's precision and scale by learn.microsoft.com, precision, scale, and length."""
    kinds = []
    for value in (left, right):
        kind = value.type or INT
        kinds.append(kind if kind.base == "decimal" else SqlType("decimal", None, {"bigint": 19}.get(kind.base, 10), 0))
    (p1, s1), (p2, s2) = ((kind.precision or 18, kind.scale or 0) for kind in kinds)
    scale = s1 + s2 if operator == "*" else max(s1, s2)
    precision = p1 + p2 + 1 if operator == "*" else max(s1, s2) + max(p1 - s1, p2 - s2) + 1
    if precision > 38:
        raise NotSupportedError("The emulator does not know decimals whose result is wider than 38 digits.")
    result = SqlType("decimal", None, precision, scale)
    one, other = as_type(left, kinds[0]), as_type(right, kinds[1])
    return Typed(f"CAST({one} {operator} {other} AS {result.duckdb})", result)


def _joined(left: SqlType, right: SqlType) -> SqlType:
    kind = wider(left, right)
    if MAX in (left.length, right.length):
        return kind
    longest = 4000 if kind.base == "nvarchar" else 8000
    return SqlType(kind.base, min((left.length or 0) + (right.length or 0), longest))
