"""Functions of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployer.emulator.casts import cast
from deployer.emulator.errors import NotSupportedError
from deployer.emulator.fragments import once, raise_error
from deployer.emulator.typed import Builder, Typed, as_type, constant_number, finite, need_number
from deployer.emulator.types import FLOAT, INT, SqlType, digits_of


def _same(name: str) -> Builder:
    """ABS and SIGN: of the type that goes in."""

    def build(a: Sequence[Typed]) -> Typed:
        kind = need_number(a[0], name)
        return Typed(f"CAST({name}({as_type(a[0], kind)}) AS {kind.duckdb})", kind)

    return build


def _whole(name: str) -> Builder:
    """FLOOR and CEILING: of a decimal they have no digits behind the point."""

    def build(a: Sequence[Typed]) -> Typed:
        kind = need_number(a[0], name)
        if kind.is_integer:
            # DuckDB would go by way of a float.
            return Typed(as_type(a[0], kind), kind)
        result = SqlType("decimal", None, kind.precision, 0) if kind.base == "decimal" else kind
        return Typed(f"CAST({name}({as_type(a[0], kind)}) AS {result.duckdb})", result)

    return build


def _float(written: str) -> Builder:
    """A function of floats that gives one; `{0}` and `{1}` are its arguments."""
    return lambda a: finite(written.format(*(as_type(value, FLOAT) for value in a)), FLOAT)


def _angle(written: str) -> Builder:
    """DEGREES and RADIANS give the type that goes in, and cut off what an integer has no place for."""

    def build(a: Sequence[Typed]) -> Typed:
        kind = need_number(a[0], "degrees")
        if kind.base == "decimal" or kind.is_money:
            raise NotSupportedError("The emulator does not know DEGREES and RADIANS of decimals; cast to float.")
        result = finite(written.format(as_type(a[0], FLOAT)), FLOAT)
        return Typed(as_type(result, kind), kind)

    return build


def _round(a: Sequence[Typed]) -> Typed:
    kind = need_number(a[0], "round")
    if len(a) == 3 and a[2].digits is None:
        raise NotSupportedError("The emulator knows ROUND with a constant as its third argument only.")
    cuts = len(a) == 3 and constant_number(a[2], "ROUND") != 0
    digits = as_type(a[1], INT)
    if kind.base in {"real", "float"}:
        return Typed(f"CAST({_round_float(as_type(a[0], FLOAT), digits, cuts)} AS {kind.duckdb})", kind)
    precision, scale = digits_of(kind)
    text = f"CAST({as_type(a[0], kind)} AS VARCHAR)"
    rounded = f"tsql_round({text}, {digits}, {str(cuts).lower()}, {precision}, {scale})"
    if kind.is_integer:
        rounded = f"CAST({rounded} AS DECIMAL(38, 0))"
    return Typed(f"CAST({rounded} AS {kind.duckdb})", kind)


def _round_float(sql: str, digits: str, cuts: bool) -> str:
    """DuckDB's answer where no other way of rounding could differ; near a border a routine decides or refuses."""
    shifted = f"v * pow(10, {digits})"
    border = f"abs({shifted} - round({shifted}))" if cuts else f"abs(abs({shifted} - trunc({shifted})) - 0.5)"
    plain = f"{'trunc' if cuts else 'round'}(v, {digits})"
    careful = f"tsql_round_near(v, {digits}, {str(cuts).lower()})"
    clear = f"{border} > 1e-6 * abs({shifted})"
    return once(sql, f"CASE WHEN abs({shifted}) >= 1e15 THEN v WHEN {clear} THEN {plain} ELSE {careful} END")


def _power(a: Sequence[Typed]) -> Typed:
    kind = need_number(a[0], "power")
    if kind.base == "decimal" or kind.is_money:
        raise NotSupportedError(
            f"The emulator does not know how the server rounds POWER of {kind.base}; cast to float."
        )
    power = finite(f"pow({', '.join(as_type(value, FLOAT) for value in a)})", FLOAT)
    # The type is that of the base, and POWER(2, -1) is 0.
    return Typed(cast(power.sql, FLOAT, kind), kind) if kind.is_integer else Typed(power.sql, FLOAT)


def _log(a: Sequence[Typed]) -> Typed:
    if len(a) == 1:
        return _float("ln({0})")(a)
    return _float("ln({0}) / ln({1})")(a)


def _square(a: Sequence[Typed]) -> Typed:
    return finite(once(as_type(a[0], FLOAT), "v * v"), FLOAT)


def _isnumeric(a: Sequence[Typed]) -> Typed:
    kind = a[0].type
    if kind is not None and kind.is_number:
        return Typed(f"CASE WHEN {a[0].sql} IS NULL THEN 0 ELSE 1 END", INT, False)
    if kind is None or not kind.is_text:
        return Typed("0", INT, False)
    # Signs, currency and separators alone count as numeric in ways that nobody lists.
    odd = raise_error(50000, "The emulator does not know whether the server takes this text as numeric.")
    number = r"regexp_full_match(trim(v), '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?')"
    no = r"regexp_matches(v, '[b-cf-zB-CF-Z_!?#&%\*/=<>]') OR trim(v) = '' OR v IS NULL"
    return Typed(once(a[0].sql, f"CASE WHEN {number} THEN 1 WHEN {no} THEN 0 ELSE {odd} END"), INT, False)


def _str(a: Sequence[Typed]) -> Typed:
    length = as_type(a[1], INT) if len(a) > 1 else "10"
    digits = as_type(a[2], INT) if len(a) > 2 else "0"
    return Typed(f"tsql_str({as_type(a[0], FLOAT)}, {length}, {digits})", SqlType("varchar", 8000))


NUMBERS: Mapping[str, tuple[int, int, Builder, str]] = {
    "ABS": (1, 1, _same("abs"), "n"),
    "SIGN": (1, 1, _same("sign"), "n"),
    "FLOOR": (1, 1, _whole("floor"), "n"),
    "CEILING": (1, 1, _whole("ceil"), "n"),
    "ROUND": (2, 3, _round, "n, digits [, 0 | 1]"),
    "POWER": (2, 2, _power, "n, exponent"),
    "SQRT": (1, 1, _float("sqrt({0})"), "float"),
    "SQUARE": (1, 1, _square, "float"),
    "EXP": (1, 1, _float("exp({0})"), "float"),
    "LOG": (1, 2, _log, "float [, base]"),
    "LOG10": (1, 1, _float("log10({0})"), "float"),
    "SIN": (1, 1, _float("sin({0})"), "float"),
    "COS": (1, 1, _float("cos({0})"), "float"),
    "TAN": (1, 1, _float("tan({0})"), "float"),
    "COT": (1, 1, _float("1 / tan({0})"), "float"),
    "ASIN": (1, 1, _float("asin({0})"), "float"),
    "ACOS": (1, 1, _float("acos({0})"), "float"),
    "ATAN": (1, 1, _float("atan({0})"), "float"),
    "ATN2": (2, 2, _float("atan2({0}, {1})"), "float, float"),
    "DEGREES": (1, 1, _angle("degrees({0})"), "n"),
    "RADIANS": (1, 1, _angle("radians({0})"), "n"),
    "PI": (0, 0, lambda _: Typed("pi()", FLOAT, False), ""),
    "STR": (1, 3, _str, "float [, length [, digits]]"),
    "ISNUMERIC": (1, 1, _isnumeric, "value"),
}
"""Name to fewest and most arguments, what builds it, and its arguments for the page."""
