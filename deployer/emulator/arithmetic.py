"""`+ - * / %` and the operators on bits: the type of the result by the types of the two sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from deployer.emulator.casts import cast
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import once, raise_error
from deployer.emulator.moments import bounded, within
from deployer.emulator.typed import Typed, as_type, common, finite, implicit
from deployer.emulator.types import INT, MAX, VARCHAR, SqlType, digits_of, wider

OPERATORS: Mapping[str, str] = {
    "Add": "+",
    "Sub": "-",
    "Mul": "*",
    "Div": "/",
    "Mod": "%",
    "BitwiseAnd": "&",
    "BitwiseOr": "|",
    "BitwiseXor": "^",
}
_ROUTINES: Mapping[str, str] = {
    "+": "tsql_add",
    "-": "tsql_subtract",
    "*": "tsql_multiply",
    "/": "tsql_divide",
    "%": "tsql_remainder",
}
_WORDS: Mapping[str, str] = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "modulo",
    "&": "'&'",
    "|": "'|'",
    "^": "'^'",
}


def operate(operator: str, left: Typed, right: Typed) -> Typed:
    """One operation with T-SQL's types: integers stay integers, text is joined, nothing wraps around in silence.

    DuckDB stops at a division by zero, which `session` asks it to.
    """
    if left.type is None and right.type is None:
        return Typed("CAST(NULL AS INTEGER)", INT)
    kind = common([left, right])
    if operator in "&|^":
        return _bits(operator, left, right, kind)
    if kind.is_text:
        if operator != "+":
            raise ProgrammingError(f"Operand data type {kind.base} is invalid for {_WORDS[operator]} operator.", 8117)
        return join_texts([left, right])
    if kind.is_moment:
        return _moments(operator, left, right, kind)
    if kind.is_binary and operator == "+":
        return _join_bytes(left, right)
    if not kind.is_number:
        raise ProgrammingError(f"Operand data type {kind.base} is invalid for {_WORDS[operator]} operator.", 8117)
    if kind.base == "bit":
        if (left.type or kind).base == (right.type or kind).base == "bit":
            raise ProgrammingError(f"Operand data type bit is invalid for {_WORDS[operator]} operator.", 8117)
        kind = INT
    if kind.is_money:
        return _money(operator, left, right, kind)
    if kind.base == "decimal":
        return _decimal(operator, left, right)
    if operator == "%" and not kind.is_integer:
        raise ProgrammingError(
            f"The data types {left.type} and {right.type} are incompatible in the modulo operator.", 402
        )
    written = "//" if kind.is_integer and operator == "/" else operator
    result = f"({as_type(left, kind)} {written} {as_type(right, kind)})"
    return Typed(f"CAST({result} AS {kind.duckdb})", kind) if kind.is_integer else finite(result, kind)


def _bits(operator: str, left: Typed, right: Typed, kind: SqlType) -> Typed:
    if not kind.is_integer or any(side.type is not None and side.type.is_text for side in (left, right)):
        raise ProgrammingError(
            f"The data types {left.type} and {right.type} are incompatible in the {_WORDS[operator]} operator.", 402
        )
    inner = SqlType("tinyint") if kind.base == "bit" else kind
    one, other = (
        cast(as_type(value, kind), kind, inner) if inner != kind else as_type(value, kind) for value in (left, right)
    )
    result = f"xor({one}, {other})" if operator == "^" else f"({one} {operator} {other})"
    return Typed(f"CAST({result} AS {kind.duckdb})", kind)


def invert(value: Typed) -> Typed:
    """`~`: every bit the other way round."""
    kind = value.type or INT
    if not kind.is_integer:
        raise ProgrammingError(f"Operand data type {kind.base} is invalid for '~' operator.", 8117)
    return Typed(f"(NOT {value.sql})" if kind.base == "bit" else f"(~{as_type(value, kind)})", kind)


def negate(value: Typed) -> Typed:
    """`-`: a tinyint becomes a smallint."""
    if value.type is None:
        return Typed("CAST(NULL AS INTEGER)", INT)
    if not value.type.is_number or value.type.base == "bit":
        raise ProgrammingError(f"Operand data type {value.type.base} is invalid for minus operator.", 8117)
    kind = SqlType("smallint") if value.type.base == "tinyint" else value.type
    # From zero, integers overflow where T-SQL's do; a float's zero would lose its sign that way.
    zero = f"CAST(0 AS {kind.duckdb}) " if kind.is_integer else ""
    return Typed(f"({zero}-{as_type(value, kind)})", kind, value.nullable, value.digits)


# --- Decimals and money ----------------------------------------------------------------------------------------------


def decimal_result(operator: str, left: tuple[int, int], right: tuple[int, int]) -> SqlType:
    """Precision and scale of the result (learn.microsoft.com: precision, scale, and length)."""
    (p1, s1), (p2, s2) = left, right
    match operator:
        case "*":
            precision, scale = p1 + p2 + 1, s1 + s2
        case "/":
            scale = max(6, s1 + p2 + 1)
            precision = p1 - s1 + s2 + scale
        case "%":
            scale = max(s1, s2)
            precision = min(p1 - s1, p2 - s2) + scale
        case _:
            scale = max(s1, s2)
            precision = scale + max(p1 - s1, p2 - s2) + 1
    if precision > 38:
        # Whole digits have room first; a product or a quotient keeps six digits behind the point all the same.
        room = max(6, 38 - (precision - scale)) if operator in "*/" else 38 - max(p1 - s1, p2 - s2)
        precision, scale = 38, min(scale, room)
    return SqlType("decimal", None, max(precision, 1), scale)


def _decimal(operator: str, left: Typed, right: Typed) -> Typed:
    kinds = [_as_decimal(value, other) for value, other in ((left, right), (right, left))]
    one, other = ((kind.precision or 1, kind.scale or 0) for kind in kinds)
    result = decimal_result(operator, one, other)
    sides = [implicit(value, kind) for value, kind in zip((left, right), kinds, strict=True)]
    wide = one[0] + other[0] > 37 if operator == "*" else max(one[0], other[0]) > 37
    if operator in "+-*" and not wide and result.scale == _natural(operator, one, other):
        return Typed(f"CAST({sides[0]} {operator} {sides[1]} AS {result.duckdb})", result)
    if operator == "/" and (quotient := _whole_quotient(sides, one, other, result.scale or 0)):
        return Typed(f"CAST({quotient} AS {result.duckdb})", result)
    texts = ", ".join(f"CAST({side} AS VARCHAR)" for side in sides)
    call = f"{_ROUTINES[operator]}({texts}, {result.precision}, {result.scale})"
    return Typed(f"CAST({call} AS {result.duckdb})", result)


def _whole_quotient(sides: list[str], one: tuple[int, int], other: tuple[int, int], scale: int) -> str | None:
    """A quotient of whole numbers of 128 bits, which cuts off as the server does; None where they are too wide."""
    shift = scale + other[1] - one[1]
    if shift < 0 or one[0] + shift > 38 or sum(one) > 37 or sum(other) > 37:
        return None
    # Each side times a power of ten is whole.
    dividend, divisor = (
        f"CAST({side} * CAST('{10**digits}' AS DECIMAL(38, 0)) AS HUGEINT)"
        for side, (_, digits) in zip(sides, (one, other), strict=True)
    )
    quotient = f"({dividend} * CAST('{10**shift}' AS HUGEINT)) // {divisor}"
    return f"CAST({quotient} AS DECIMAL(38, 0)) * CAST('1e-{scale}' AS DECIMAL(38, {scale}))"


def _natural(operator: str, one: tuple[int, int], other: tuple[int, int]) -> int:
    return one[1] + other[1] if operator == "*" else max(one[1], other[1])


def _as_decimal(value: Typed, other: Typed) -> SqlType:
    """The decimal that a side counts as; text and NULL take the other side's."""
    kind = value.type or INT
    if value.type is None or kind.is_text:
        kind = other.type or kind
    if kind.base == "decimal":
        return kind
    precision, scale = digits_of(kind)
    return SqlType("decimal", None, value.digits or precision, scale)


def _money(operator: str, left: Typed, right: Typed, kind: SqlType) -> Typed:
    """Money has four digits behind the point; what lies behind them nobody documents, so it is refused."""
    one, other = as_type(left, kind), as_type(right, kind)
    whole = [value.type is not None and value.type.is_integer for value in (left, right)]
    if operator in "+-%" or (operator == "*" and any(whole)):
        return Typed(f"CAST(({one} {operator} {other}) AS {kind.duckdb})", kind)
    raise NotSupportedError(
        f"The emulator does not know how the server rounds {kind} {operator} {kind}; cast to decimal first."
    )


# --- Text, bytes and dates -------------------------------------------------------------------------------------------


def join_texts(values: Sequence[Typed]) -> Typed:
    """`+` over texts, as a tree that is as flat as can be: DuckDB nests expressions a thousand deep, and no deeper."""
    kind = values[0].type or VARCHAR
    for value in values[1:]:
        kind = _joined(kind, value.type or VARCHAR)
    parts = [value.sql for value in values]
    while len(parts) > 1:
        parts = [f"({' || '.join(parts[at : at + 2])})" for at in range(0, len(parts), 2)]
    longest = 4000 if kind.is_national else 8000
    whole = sum(value.type.length or 0 for value in values if value.type is not None)
    return cut_to(parts[0], kind) if kind.length == longest < whole else Typed(parts[0], kind)


def cut_to(sql: str, kind: SqlType) -> Typed:
    """Text that may have become longer than its type: the server cuts it."""
    return Typed(cast(sql, SqlType(kind.base, MAX), kind) if kind.length != MAX else sql, kind)


def _joined(left: SqlType, right: SqlType) -> SqlType:
    kind = wider(left, right)
    base = "nvarchar" if kind.is_national else "varchar"
    whole = min((left.length or 0) + (right.length or 0), 4000 if kind.is_national else 8000)
    return replace(kind, base=base, length=MAX if MAX in (left.length, right.length) else whole)


def _join_bytes(left: Typed, right: Typed) -> Typed:
    lengths = [value.type.length or 0 for value in (left, right) if value.type is not None]
    kind = SqlType("varbinary", MAX if MAX in lengths else min(sum(lengths), 8000))
    joined = f"({left.sql} || {right.sql})"
    return Typed(
        cast(joined, SqlType("varbinary", MAX), kind) if sum(lengths) > 8000 and kind.length != MAX else joined, kind
    )


def _moments(operator: str, left: Typed, right: Typed, kind: SqlType) -> Typed:
    """Days are added to a datetime and taken from it; no newer type has an arithmetic of its own."""
    if kind.base not in {"datetime", "smalldatetime"} or operator not in "+-":
        raise ProgrammingError(f"Operand data type {kind.base} is invalid for {_WORDS[operator]} operator.", 8117)
    days = right if left.type == kind else left
    if days.type is None:
        return Typed(f"CAST(NULL AS {kind.duckdb})", kind)
    if not days.type.is_integer or (operator == "-" and days is left):
        raise NotSupportedError(
            f"The emulator adds whole days to a {kind.base} only; DATEADD and DATEDIFF do the rest."
        )
    moment = left if days is right else right
    fail = raise_error(517, f"Adding a value to a '{kind.base}' column caused an overflow.")
    added = once(as_type(days, INT), f"({moment.sql} {operator} to_days({bounded('v', 'day')}))")
    return Typed(within(added, kind, fail), kind)
