"""What DuckDB cannot compute as T-SQL does: functions in Python that a session gives to DuckDB.

They get no NULL, and raise `Stop` with the server's number and text.
"""

from __future__ import annotations

import decimal
import hashlib
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


class Stop(Exception):
    """The query stops; `refusals` reads number and text from what DuckDB tells of it."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(f"Msg {number}: {message}")


# --- Decimals --------------------------------------------------------------------------------------------------------

_WIDE = decimal.Context(prec=160, rounding=decimal.ROUND_HALF_UP)
"""Wide enough for any result over two decimals of 38 digits; halves go away from zero."""
_OVERFLOW = "Arithmetic overflow error converting expression to data type numeric."


def _fit(value: Decimal, precision: int, scale: int, rounding: str) -> str:
    """The value with that scale; 8115 where it has more digits than the precision."""
    fitted = value.quantize(Decimal((0, (1,), -scale)), rounding=rounding, context=_WIDE)
    if len(fitted.as_tuple().digits) > precision and fitted:
        raise Stop(8115, _OVERFLOW)
    return format(fitted, "f")


def _add(left: str, right: str, precision: int, scale: int) -> str:
    return _fit(_WIDE.add(Decimal(left), Decimal(right)), precision, scale, decimal.ROUND_HALF_UP)


def _subtract(left: str, right: str, precision: int, scale: int) -> str:
    return _fit(_WIDE.subtract(Decimal(left), Decimal(right)), precision, scale, decimal.ROUND_HALF_UP)


def _multiply(left: str, right: str, precision: int, scale: int) -> str:
    return _fit(_WIDE.multiply(Decimal(left), Decimal(right)), precision, scale, decimal.ROUND_HALF_UP)


def _divide(left: str, right: str, precision: int, scale: int) -> str:
    """Digits behind the scale are cut off: `2.0 / 3` is 0.666666."""
    divisor = Decimal(right)
    if not divisor:
        raise Stop(8134, "Divide by zero error encountered.")
    return _fit(_WIDE.divide(Decimal(left), divisor), precision, scale, decimal.ROUND_DOWN)


def _remainder(left: str, right: str, precision: int, scale: int) -> str:
    divisor = Decimal(right)
    if not divisor:
        raise Stop(8134, "Divide by zero error encountered.")
    return _fit(_WIDE.remainder(Decimal(left), divisor), precision, scale, decimal.ROUND_HALF_UP)


def _round(text: str, digits: int, cut: bool, precision: int, scale: int) -> str:
    """ROUND of an exact number; one that grows out of its type is error 8115."""
    value = Decimal(text)
    if digits < scale:
        unit = Decimal((0, (1,), -max(digits, -40)))
        rounding = decimal.ROUND_DOWN if cut else decimal.ROUND_HALF_UP
        value = value.quantize(unit, rounding=rounding, context=_WIDE)
    return _fit(value, precision, scale, decimal.ROUND_DOWN)


def _round_near(value: float, digits: int, cut: bool) -> float:
    """ROUND of a float near a border, where its exact value and its shortest text agree."""
    unit = Decimal((0, (1,), -max(min(digits, 400), -400)))
    rounding = decimal.ROUND_DOWN if cut else decimal.ROUND_HALF_UP
    exact, shortest = (
        number.quantize(unit, rounding=rounding, context=_FLOATS) for number in (Decimal(value), Decimal(repr(value)))
    )
    if exact != shortest:
        raise Stop(50000, f"The emulator does not know how the server rounds the float {value!r} to {digits} digits.")
    return float(exact)


def _round_float(value: float, scale: int) -> Decimal:
    """A float with so many digits, where its exact value and its shortest text round to the same."""
    unit = Decimal((0, (1,), -scale))
    exact, shortest = (
        number.quantize(unit, rounding=decimal.ROUND_HALF_UP, context=_FLOATS)
        for number in (Decimal(value), Decimal(repr(value)))
    )
    if exact != shortest:
        raise Stop(50000, f"The emulator does not know how the server rounds the float {value!r} to {scale} digits.")
    return exact


_FLOATS = decimal.Context(prec=800)
"""The exact value of a float has up to 767 digits."""


def _float_to_decimal(value: float, precision: int, scale: int, safe: bool) -> str | None:
    fitted = _round_float(value, scale)
    if fitted and len(fitted.as_tuple().digits) > precision:
        if safe:
            return None
        raise Stop(8115, "Arithmetic overflow error converting float to data type numeric.")
    return format(fitted, "f")


def _str(value: float, length: int, digits: int) -> str:
    """STR: asterisks where the whole part does not fit, fewer digits where only they do not."""
    for scale in range(min(digits, 16), -1, -1):
        text = format(_round_float(value, scale), "f")
        if len(text) <= length:
            return text.rjust(length)
    return "*" * length


# --- Text ------------------------------------------------------------------------------------------------------------


def _encode(text: str, national: bool) -> bytes:
    """Text as the server keeps it: UTF-16, or the code page of the default collation."""
    if national:
        return text.encode("utf-16-le", "surrogatepass")
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError:
        raise Stop(50000, "The emulator writes no text to varchar that code page 1252 lacks; use nvarchar.") from None


def _decode(content: bytes, national: bool) -> str:
    try:
        if national:
            return (content + b"\0" * (len(content) % 2)).decode("utf-16-le")
        return content.decode("cp1252")
    except UnicodeDecodeError:
        raise Stop(50000, "The emulator does not read these bytes as text.") from None


def _bytes(value: int, size: int) -> bytes:
    """An integer's last bytes, the highest first."""
    return value.to_bytes(max(size, 8), "big", signed=True)[-size:]


def _int(content: bytes, size: int) -> int:
    """The last bytes as an integer, which is signed unless it is a tinyint."""
    return int.from_bytes(content[-size:].rjust(size, b"\0"), "big", signed=size > 1)


def _sha512(content: bytes) -> bytes:
    return hashlib.sha512(content).digest()


_RANGES = (("0", "9"), ("a", "z"), ("A", "Z"))


@lru_cache(maxsize=256)
def like_pattern(pattern: str, escape: str) -> str:
    """The regular expression of a LIKE pattern. Ranges are taken among digits and among Latin letters only.

    Raises `Stop` for a range whose order is that of the server's collation.
    """
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if escape and char == escape and at + 1 < len(pattern):
            at += 1
            out.append(re.escape(pattern[at]))
        elif char == "%":
            out.append(".*")
        elif char == "_":
            out.append(".")
        elif char == "[" and "]" in pattern[at + 1 :]:
            end = pattern.index("]", at + 1)
            out.append(_like_set(pattern[at + 1 : end], escape))
            at = end
        else:
            out.append(re.escape(char))
        at += 1
    return "".join(out)


def _like_set(content: str, escape: str) -> str:
    if escape and escape in content:
        raise Stop(50000, "The emulator knows no ESCAPE within the brackets of a pattern.")
    negated = content.startswith("^")
    rest = content[negated:]
    if not rest:
        raise Stop(50000, "The emulator knows no empty brackets in a pattern.")
    parts, at = [], 0
    while at < len(rest):
        if rest[at + 1 : at + 2] == "-" and at + 2 < len(rest):
            first, last = rest[at], rest[at + 2]
            if not any(low <= first <= last <= high for low, high in _RANGES):
                raise Stop(50000, f"The emulator does not know the order of the range {first}-{last} in a pattern.")
            parts.append(f"{first}-{last}")
            at += 3
        else:
            parts.append(re.escape(rest[at]))
            at += 1
    return f"[{'^' * negated}{''.join(parts)}]"


@lru_cache(maxsize=256)
def _compiled(pattern: str, escape: str, flags: int) -> re.Pattern[str]:
    return re.compile(like_pattern(pattern, escape), flags | re.DOTALL)


def _like(text: str, pattern: str, escape: str, cased: bool) -> bool:
    """Whether the whole text fits the pattern."""
    return _compiled(pattern, escape, 0 if cased else re.IGNORECASE).fullmatch(text) is not None


def _patindex(pattern: str, text: str, cased: bool) -> int:
    """Where the first place begins at which the pattern fits: PATINDEX('%b%', 'abc') is 2."""
    flags = 0 if cased else re.IGNORECASE
    anchored = pattern.removeprefix("%")
    found = _compiled(anchored, "", flags)
    if not pattern.startswith("%"):
        return 1 if found.fullmatch(text) else 0
    return next((start + 1 for start in range(len(text) + 1) if found.fullmatch(text, start)), 0)


def _reverse(text: str) -> str:
    """Character by character, where DuckDB keeps a letter and its accent together."""
    return text[::-1]


def _translate(text: str, sought: str, put: str) -> str:
    if len(sought) != len(put):
        raise Stop(
            9828,
            "The second and third arguments of the TRANSLATE built-in function must contain an equal number of "
            "characters.",
        )
    table: dict[str, str] = {}
    for old, new in zip(sought, put, strict=True):
        for spelling in (old, old.lower(), old.upper()):
            table.setdefault(spelling, new)
    return "".join(table.get(char, char) for char in text)


ROUTINES: Mapping[str, tuple[Callable[..., object], tuple[str, ...], str]] = {
    "tsql_add": (_add, ("VARCHAR", "VARCHAR", "INTEGER", "INTEGER"), "VARCHAR"),
    "tsql_subtract": (_subtract, ("VARCHAR", "VARCHAR", "INTEGER", "INTEGER"), "VARCHAR"),
    "tsql_multiply": (_multiply, ("VARCHAR", "VARCHAR", "INTEGER", "INTEGER"), "VARCHAR"),
    "tsql_divide": (_divide, ("VARCHAR", "VARCHAR", "INTEGER", "INTEGER"), "VARCHAR"),
    "tsql_remainder": (_remainder, ("VARCHAR", "VARCHAR", "INTEGER", "INTEGER"), "VARCHAR"),
    "tsql_round": (_round, ("VARCHAR", "INTEGER", "BOOLEAN", "INTEGER", "INTEGER"), "VARCHAR"),
    "tsql_round_near": (_round_near, ("DOUBLE", "INTEGER", "BOOLEAN"), "DOUBLE"),
    "tsql_float_to_decimal": (_float_to_decimal, ("DOUBLE", "INTEGER", "INTEGER", "BOOLEAN"), "VARCHAR"),
    "tsql_str": (_str, ("DOUBLE", "INTEGER", "INTEGER"), "VARCHAR"),
    "tsql_encode": (_encode, ("VARCHAR", "BOOLEAN"), "BLOB"),
    "tsql_decode": (_decode, ("BLOB", "BOOLEAN"), "VARCHAR"),
    "tsql_bytes": (_bytes, ("BIGINT", "INTEGER"), "BLOB"),
    "tsql_int": (_int, ("BLOB", "INTEGER"), "BIGINT"),
    "tsql_sha512": (_sha512, ("BLOB",), "BLOB"),
    "tsql_like": (_like, ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN"), "BOOLEAN"),
    "tsql_patindex": (_patindex, ("VARCHAR", "VARCHAR", "BOOLEAN"), "INTEGER"),
    "tsql_reverse": (_reverse, ("VARCHAR",), "VARCHAR"),
    "tsql_translate": (_translate, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR"),
}
"""Name to the function, the types of its arguments and of its result, in DuckDB's names."""


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the routines known to a database; sessions on one database share them."""
    import duckdb

    for name, (function, parameters, result) in ROUTINES.items():
        try:
            connection.create_function(name, function, list(parameters), result)
        except duckdb.CatalogException:
            return
