"""The functions that the emulator knows, each with its type and its text in DuckDB's SQL. What is not here is refused.

Functions that ask about the session (OBJECT_ID, ERROR_NUMBER, …) are answered by `session`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deployer.emulator.casts import cast, once, raise_error, utf16_length
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.moments import round_moment
from deployer.emulator.types import BIGINT, DATETIME, DATETIME2, FLOAT, INT, MAX, NVARCHAR, VARCHAR, SqlType, wider


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression in DuckDB's SQL and its T-SQL type; None for a bare NULL, which fits every type."""

    sql: str
    type: SqlType | None
    nullable: bool = True
    """False for a column that takes no NULL, a constant, and ISNULL of one: what a table made of them remembers."""


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


# --- Text ------------------------------------------------------------------------------------------------------------


def _text(value: Typed) -> str:
    if value.type is None or not value.type.is_text:
        return cast(value.sql, value.type, VARCHAR)
    return value.sql


def _basic(value: Typed) -> str:
    """Text that is counted by the character: none from outside of the basic plane, which the server counts twice."""
    text = _text(value)
    if value.type is None or not value.type.is_national:
        return text
    outside = r"strlen(v) <> length(v) AND regexp_matches(v, '[\x{10000}-\x{10FFFF}]')"
    fail = raise_error(50000, "The emulator takes no text apart that has characters outside of the basic plane.")
    return once(text, f"CASE WHEN {outside} THEN {fail} ELSE v END")


def _text_type(value: Typed) -> SqlType:
    """The type of a part of a text: never longer, and of varying length."""
    if value.type is None or not value.type.is_text:
        return VARCHAR
    return SqlType("nvarchar" if value.type.is_national else "varchar", value.type.length)


def _longest(values: Sequence[Typed]) -> SqlType:
    """The type of a text that is made longer: its longest, or (max) if it is that already."""
    texts = [value.type for value in values if value.type is not None and value.type.is_text]
    kind = NVARCHAR if any(text.is_national for text in texts) else VARCHAR
    return SqlType(kind.base, MAX) if any(text.length == MAX for text in texts) else kind


def _same_text(name: str) -> Builder:
    return lambda a: Typed(f"{name}({_text(a[0])})", _text_type(a[0]))


def _cut_to(sql: str, kind: SqlType) -> Typed:
    """Text that may have become longer than its type: the server cuts it."""
    return Typed(cast(sql, SqlType(kind.base, MAX), kind) if kind.length != MAX else sql, kind)


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
    return _cut_to(parts[0], kind) if kind.length == longest < whole else Typed(parts[0], kind)


def _joined(left: SqlType, right: SqlType) -> SqlType:
    kind = wider(left, right)
    base = "nvarchar" if kind.is_national else "varchar"
    if MAX in (left.length, right.length):
        return SqlType(base, MAX)
    return SqlType(base, min((left.length or 0) + (right.length or 0), 4000 if kind.is_national else 8000))


def _concat(a: Sequence[Typed]) -> Typed:
    return _cut_to("concat(" + ", ".join(_text(value) for value in a) + ")", _longest(a))


def _replicate(a: Sequence[Typed]) -> Typed:
    kind = _longest(a[:1])
    times = once(as_type(a[1], INT), "CASE WHEN v >= 0 THEN v END")
    return _cut_to(f"repeat({_text(a[0])}, {times})", kind)


def _replace(a: Sequence[Typed]) -> Typed:
    if any(value.type is None for value in a):
        return Typed("CAST(NULL AS VARCHAR)", _longest(a))
    # Without regard to case, as everything; what is looked for is no pattern.
    sought = rf"regexp_replace({_text(a[1])}, '([\\.^$|?*+()\[\]{{}}])', '\\\1', 'g')"
    put = rf"replace({_text(a[2])}, '\', '\\')"
    sql = (
        f"CASE WHEN {_text(a[1])} = '' THEN {_text(a[0])} ELSE regexp_replace({_text(a[0])}, {sought}, {put}, 'gi') END"
    )
    return _cut_to(sql, _longest(a))


def _len(a: Sequence[Typed]) -> Typed:
    if a[0].type is not None and a[0].type.is_binary:
        return Typed(f"CAST(octet_length({a[0].sql}) AS INTEGER)", INT)
    return Typed(f"CAST({once(f'rtrim({_text(a[0])})', utf16_length('v'))} AS INTEGER)", INT)


_BYTES: Mapping[str, int] = {"tinyint": 1, "smallint": 2, "int": 4, "bigint": 8, "real": 4, "float": 8, "bit": 1}


def _datalength(a: Sequence[Typed]) -> Typed:
    kind = a[0].type
    if kind is not None and kind.base in _BYTES:
        return Typed(f"CASE WHEN {a[0].sql} IS NOT NULL THEN {_BYTES[kind.base]} END", INT)
    if kind is None or not (kind.is_text or kind.is_binary):
        raise NotSupportedError(f"The emulator does not know DATALENGTH of {kind or 'NULL'}.")
    result = BIGINT if kind.length == MAX else INT
    if kind.is_binary:
        return Typed(f"CAST(octet_length({a[0].sql}) AS {result.duckdb})", result)
    factor = 2 if kind.is_national else 1
    return Typed(f"CAST({factor} * {once(a[0].sql, utf16_length('v'))} AS {result.duckdb})", result)


def _hashbytes(a: Sequence[Typed]) -> Typed:
    algorithm = a[0].sql.strip("'").upper()
    if algorithm != "SHA2_256":
        raise NotSupportedError(f"The emulator knows HASHBYTES with SHA2_256 only, not {algorithm}.")
    if a[1].type is None or not a[1].type.is_binary:
        raise NotSupportedError("The emulator hashes binary only: the server hashes text in its own encoding.")
    return Typed(f"unhex(sha256({a[1].sql}))", SqlType("varbinary", 8000))


def _part(name: str, number: int) -> Builder:
    """LEFT and RIGHT."""

    def build(a: Sequence[Typed]) -> Typed:
        fail = raise_error(number, f"Invalid length parameter passed to the {name} function.")
        length = once(as_type(a[1], INT), f"CASE WHEN v < 0 THEN {fail} ELSE v END")
        return Typed(f"{name}({_basic(a[0])}, {length})", _text_type(a[0]))

    return build


def _substring(a: Sequence[Typed]) -> Typed:
    start, length = (as_type(value, INT) for value in a[1:])
    fail = raise_error(537, "Invalid length parameter passed to the LEFT or SUBSTRING function.")
    length = once(length, f"CASE WHEN v < 0 THEN {fail} ELSE v END")
    # Before the text there is room that counts: SUBSTRING('abc', 0, 2) is 'a'.
    left = f"greatest({start}, 1)"
    return Typed(f"substr({_basic(a[0])}, {left}, greatest(({start} + {length}) - {left}, 0))", _text_type(a[0]))


def _charindex(a: Sequence[Typed]) -> Typed:
    if len(a) != 2:
        raise NotSupportedError("The emulator knows CHARINDEX with two arguments only.")
    place = f"strpos(lower({_basic(a[1])}), lower({_text(a[0])}))"
    return Typed(f"CAST(CASE WHEN {_text(a[0])} = '' THEN 0 ELSE {place} END AS INTEGER)", INT)


def _quotename(a: Sequence[Typed]) -> Typed:
    if len(a) != 1:
        raise NotSupportedError("The emulator knows QUOTENAME with brackets only.")
    quoted = once(_text(a[0]), "CASE WHEN length(v) <= 128 THEN '[' || replace(v, ']', ']]') || ']' END")
    return Typed(quoted, SqlType("nvarchar", 258))


# --- Numbers ---------------------------------------------------------------------------------------------------------


def _number(a: Typed, name: str) -> SqlType:
    kind = a.type or INT
    if not kind.is_number:
        raise ProgrammingError(f"Argument data type {kind} is invalid for argument 1 of {name} function.", 8116)
    return INT if kind.base in {"bit", "tinyint", "smallint"} else kind


def _same_number(name: str) -> Builder:
    def build(a: Sequence[Typed]) -> Typed:
        kind = _number(a[0], name)
        return Typed(f"CAST({name}({as_type(a[0], kind)}) AS {kind.duckdb})", kind)

    return build


def _whole(name: str) -> Builder:
    """FLOOR and CEILING: of a decimal they have no digits behind the point."""

    def build(a: Sequence[Typed]) -> Typed:
        kind = _number(a[0], name)
        if kind.base == "decimal":
            kind = SqlType("decimal", None, kind.precision, 0)
        return Typed(f"CAST({name}({a[0].sql}) AS {kind.duckdb})", kind)

    return build


def _float(name: str) -> Builder:
    return lambda a: finite(f"{name}({', '.join(as_type(value, FLOAT) for value in a)})", FLOAT)


def _round(a: Sequence[Typed]) -> Typed:
    kind = _number(a[0], "round")
    if len(a) != 2 or kind.base == "decimal":
        raise NotSupportedError("The emulator knows ROUND of floats and integers with two arguments only.")
    return Typed(f"CAST(round({as_type(a[0], kind)}, {as_type(a[1], INT)}) AS {kind.duckdb})", kind)


def _power(a: Sequence[Typed]) -> Typed:
    kind = _number(a[0], "power")
    if kind.base == "decimal":
        raise NotSupportedError("The emulator does not know POWER of decimals; cast to float.")
    power = finite(f"pow({', '.join(as_type(value, FLOAT) for value in a)})", FLOAT)
    # The type is that of the base: POWER(2, -1) is 0.
    return Typed(cast(power.sql, FLOAT, kind), kind) if kind.is_integer else Typed(as_type(power, FLOAT), FLOAT)


# --- The rest --------------------------------------------------------------------------------------------------------


def _isnull(a: Sequence[Typed]) -> Typed:
    # The type is that of the first: ISNULL(x, …) cuts what does not fit it.
    kind = a[0].type or common(a)
    return Typed(f"coalesce({as_type(a[0], kind)}, {as_type(a[1], kind)})", kind, a[0].nullable and a[1].nullable)


def _coalesce(a: Sequence[Typed]) -> Typed:
    kind = common(a)
    return Typed(f"coalesce({', '.join(as_type(value, kind) for value in a)})", kind)


def _nullif(a: Sequence[Typed]) -> Typed:
    kind = common(a)
    left, right = as_type(a[0], kind), as_type(a[1], kind)
    same = f"rtrim({left}) = rtrim({right})" if kind.is_text else f"{left} = {right}"
    return Typed(f"(CASE WHEN {same} THEN NULL ELSE {a[0].sql} END)", a[0].type)


def _now(kind: SqlType) -> Builder:
    return lambda _: Typed(round_moment("CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)", None, kind), kind)


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
    "REVERSE": (1, 1, lambda a: Typed(f"reverse({_basic(a[0])})", _text_type(a[0]))),
    "LEFT": (2, 2, _part("left", 536)),
    "RIGHT": (2, 2, _part("right", 536)),
    "REPLICATE": (2, 2, _replicate),
    "REPLACE": (3, 3, _replace),
    "SUBSTRING": (3, 3, _substring),
    "CHARINDEX": (2, 3, _charindex),
    "QUOTENAME": (1, 2, _quotename),
    "NCHAR": (1, 1, lambda a: Typed(f"chr({as_type(a[0], INT)})", SqlType("nvarchar", 1))),
    "ABS": (1, 1, _same_number("abs")),
    "FLOOR": (1, 1, _whole("floor")),
    "CEILING": (1, 1, _whole("ceil")),
    "SIGN": (1, 1, _same_number("sign")),
    "ROUND": (2, 3, _round),
    "SQRT": (1, 1, _float("sqrt")),
    "EXP": (1, 1, _float("exp")),
    "LOG": (1, 1, _float("ln")),
    "POWER": (2, 2, _power),
    "NEWID": (0, 0, lambda _: Typed("uuid()", SqlType("uniqueidentifier"), nullable=False)),
    "SYSUTCDATETIME": (0, 0, _now(DATETIME2)),
    "SYSDATETIME": (0, 0, _now(DATETIME2)),
    "GETUTCDATE": (0, 0, _now(DATETIME)),
    "GETDATE": (0, 0, _now(DATETIME)),
    "CURRENT_TIMESTAMP": (0, 0, _now(DATETIME)),
}
"""Name to fewest and most arguments, and what builds it. The emulated clock runs in UTC, as the pool's does."""


# --- Arithmetic ------------------------------------------------------------------------------------------------------

OPERATORS: Mapping[str, str] = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%"}


def operate(operator: str, left: Typed, right: Typed) -> Typed:
    """`+ - * / %` with T-SQL's types: integers stay integers, text is joined, nothing wraps around in silence.

    DuckDB stops at a division by zero, which `session` asks it to.
    """
    kind = common([left, right])
    if kind.is_text:
        if operator != "+":
            raise ProgrammingError(f"Operand data type {kind} is invalid for operator {operator}.", 8117)
        return join_texts([left, right])
    if not kind.is_number:
        raise NotSupportedError(f"The emulator does not know {operator} for {kind}.")
    if kind.base == "bit":
        kind = INT
    if kind.base == "decimal" and operator in "/%":
        raise NotSupportedError("The emulator does not know division of decimals; cast to float.")
    if kind.base == "decimal":
        return _decimal(operator, left, right)
    if operator == "%" and not kind.is_integer:
        raise ProgrammingError(
            f"The data types {left.type} and {right.type} are incompatible in the modulo operator.", 402
        )
    written = "//" if kind.is_integer and operator == "/" else operator
    result = f"({as_type(left, kind)} {written} {as_type(right, kind)})"
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
