"""T-SQL's value rules read a second time, in plain Python, to hold the emulator to.

Nothing here knows the emulator: integers are Python's within documented ranges, decimals are `decimal`'s with the
documented precision and scale, real and float are numpy's. A rule that nobody documents raises `Unknown`.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

RANGES: Mapping[str, tuple[int, int]] = {
    "tinyint": (0, 255),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
DIGITS: Mapping[str, int] = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
ORDER = ("varchar", "tinyint", "smallint", "int", "bigint", "decimal", "real", "float")
"""Data type precedence, from the lowest."""


class Stop(Exception):
    """The server stops; `number` is the error's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Unknown(Exception):
    """Nobody documents what the server does: the emulator must refuse."""


@dataclass(frozen=True)
class Type:
    """A type: `size` is a decimal's precision or a text's length."""

    base: str
    size: int = 0
    scale: int = 0

    def __str__(self) -> str:
        if self.base == "decimal":
            return f"decimal({self.size},{self.scale})"
        return f"varchar({self.size})" if self.base == "varchar" else self.base


@dataclass(frozen=True)
class Value:
    """A typed value; None is NULL. `digits` is how an integer constant counts beside a decimal."""

    type: Type
    value: Any
    digits: int = 0


INT, REAL, FLOAT = Type("int"), Type("real"), Type("float")
WIDE = decimal.Context(prec=200)


def _quantized(value: Decimal, scale: int, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-scale, WIDE), rounding=rounding, context=WIDE)


def shifted(digits: int, scale: int) -> Decimal:
    """A decimal of all its digits, with so many behind the point."""
    return Decimal(digits).scaleb(-scale, WIDE)


def fit(value: Decimal, kind: Type, rounding: str = decimal.ROUND_HALF_UP) -> Decimal:
    """A decimal of that scale; 8115 where the precision does not hold it."""
    fitted = _quantized(value, kind.scale, rounding)
    if abs(fitted) >= Decimal(10) ** (kind.size - kind.scale):
        raise Stop(8115)
    return fitted or fitted.copy_abs()


def to_real(value: Fraction) -> Any:
    """The nearest real, by exact comparison of the neighbours; 232 beyond its range."""
    near = np.float32(float(value))
    if not np.isfinite(near):
        raise Stop(232)
    with np.errstate(over="ignore"):
        sides = (near, np.nextafter(near, np.float32(-np.inf)), np.nextafter(near, np.float32(np.inf)))
    finite = [side for side in sides if np.isfinite(side)]
    return min(finite, key=lambda side: (abs(Fraction(float(side)) - value), int(side.view(np.uint32)) & 1))


# --- CAST ------------------------------------------------------------------------------------------------------------


def cast(value: Value, kind: Type) -> Value:
    """CAST (value AS kind)."""
    return Value(kind, None if value.value is None else _CASTS[kind.base](value, kind))


def _to_integer(value: Value, kind: Type) -> int:
    low, high = RANGES[kind.base]
    small = kind.base in {"tinyint", "smallint"}
    if value.type.base == "varchar":
        text = value.value.strip(" ")
        if text and not text.lstrip("+-").isdigit():
            raise Stop(245)
        number, error = int(text or 0), {"int": 248, "bigint": 8115}.get(kind.base, 244)
    elif value.type.base in {"real", "float"}:
        number, error = int(value.value), 232
    else:
        number, error = int(value.value), 220 if small and value.type.base in RANGES else 8115
    if not low <= number <= high:
        raise Stop(error)
    return number


def _to_decimal(value: Value, kind: Type) -> Decimal:
    if value.type.base == "varchar":
        try:
            return fit(Decimal(value.value.strip(" ")), kind)
        except decimal.InvalidOperation:
            raise Stop(8114) from None
    if value.type.base in {"real", "float"}:
        number = float(value.value)
        exact = _quantized(Decimal(number), kind.scale, decimal.ROUND_HALF_UP)
        if exact != _quantized(Decimal(repr(number)), kind.scale, decimal.ROUND_HALF_UP):
            raise Unknown
        return fit(exact, kind)
    return fit(Decimal(value.value), kind)


def _to_approximate(value: Value, kind: Type) -> Any:
    if value.type.base == "varchar":
        text = value.value.strip(" ")
        try:
            exact = Fraction(text or 0)
        except ValueError:
            raise Stop(8114) from None
    elif value.type.base in {"real", "float"}:
        exact = Fraction(float(value.value))
    else:
        exact = Fraction(value.value)
    return to_real(exact) if kind.base == "real" else np.float64(float(exact))


def _to_text(value: Value, kind: Type) -> str:
    if value.type.base == "varchar":
        return str(value.value)[: kind.size]
    if value.type.base in {"real", "float"}:
        text = f"{float(value.value):.6g}"
        mantissa, mark, exponent = text.partition("e")
        text = f"{mantissa}e{exponent[0]}{exponent[1:].zfill(3)}" if mark else text
    else:
        text = format(value.value, "f") if value.type.base == "decimal" else str(value.value)
    if len(text) <= kind.size:
        return text
    if value.type.base in RANGES:
        return "*"
    raise Stop(8115)


_CASTS: Mapping[str, Callable[[Value, Type], Any]] = {
    **dict.fromkeys(RANGES, _to_integer),
    "decimal": _to_decimal,
    "real": _to_approximate,
    "float": _to_approximate,
    "varchar": _to_text,
}


# --- Operators -------------------------------------------------------------------------------------------------------


def common(left: Type, right: Type) -> Type:
    """The type in which two values meet in a CASE, COALESCE or comparison."""
    if left.base == right.base == "varchar":
        return Type("varchar", max(left.size, right.size))
    higher = max(left, right, key=lambda kind: ORDER.index(kind.base))
    lower = right if higher is left else left
    if higher.base != "decimal":
        return higher
    if lower.base == "varchar":
        raise Unknown
    (p1, s1), (p2, s2) = _exact(left), _exact(right)
    whole = max(p1 - s1, p2 - s2)
    scale = min(max(s1, s2), 38 - whole)
    return Type("decimal", whole + scale, scale)


def _exact(kind: Type, digits: int = 0) -> tuple[int, int]:
    return (kind.size, kind.scale) if kind.base == "decimal" else (digits or DIGITS[kind.base], 0)


def operate(operator: str, left: Value, right: Value) -> Value:
    """Left operator right."""
    bases = {left.type.base, right.type.base}
    if bases == {"varchar"}:
        if operator != "+":
            raise Stop(8117)
        kind = Type("varchar", min(left.type.size + right.type.size, 8000))
        return Value(kind, None if None in (left.value, right.value) else left.value + right.value)
    if "decimal" in bases and not bases & {"real", "float"}:
        return _decimal(operator, left, right)
    kind = common(left.type, right.type)
    if kind.base not in RANGES and operator == "%":
        raise Stop(402)
    one, other = cast(left, kind).value, cast(right, kind).value
    if one is None or other is None:
        return Value(kind, None)
    if kind.base in RANGES:
        return Value(kind, _integers(operator, one, other, kind))
    if operator == "/" and other == 0:
        raise Stop(8134)
    with np.errstate(all="ignore"):
        result = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[operator](one, other)
    if not np.isfinite(result):
        raise Stop(232)
    return Value(kind, result)


def _integers(operator: str, one: int, other: int, kind: Type) -> int:
    if operator in "/%" and other == 0:
        raise Stop(8134)
    quotient = abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1) if operator in "/%" else 0
    result = {
        "+": one + other,
        "-": one - other,
        "*": one * other,
        "/": quotient,
        "%": one - other * quotient,
        "&": one & other,
        "|": one | other,
        "^": one ^ other,
    }[operator]
    low, high = RANGES[kind.base]
    if not low <= result <= high:
        raise Stop(8115)
    return result


def _decimal(operator: str, left: Value, right: Value) -> Value:
    if "varchar" in {left.type.base, right.type.base}:
        raise Unknown
    (p1, s1), (p2, s2) = _exact(left.type, left.digits), _exact(right.type, right.digits)
    if operator == "*":
        precision, scale = p1 + p2 + 1, s1 + s2
    elif operator == "/":
        scale = max(6, s1 + p2 + 1)
        precision = p1 - s1 + s2 + scale
    elif operator == "%":
        scale = max(s1, s2)
        precision = min(p1 - s1, p2 - s2) + scale
    else:
        scale = max(s1, s2)
        precision = scale + max(p1 - s1, p2 - s2) + 1
    if precision > 38:
        if operator in "*/":
            whole = precision - scale
            if whole < 32:
                scale = min(scale, 38 - whole)
            elif scale > 6:
                scale = 6
        else:
            scale = min(scale, 38 - max(p1 - s1, p2 - s2))
        precision = 38
    kind = Type("decimal", max(precision, 1), scale)
    if left.value is None or right.value is None:
        return Value(kind, None)
    one, other = Fraction(left.value), Fraction(right.value)
    if operator in "/%" and other == 0:
        raise Stop(8134)
    if operator == "/":
        quotient = one / other * 10**scale
        digits = abs(quotient.numerator) // quotient.denominator
        return Value(kind, fit(shifted(digits if quotient >= 0 else -digits, scale), kind))
    exact = {"+": one + other, "-": one - other, "*": one * other, "%": one}[operator]
    if operator == "%":
        exact = one - other * int(one / other)
    written = WIDE.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    return Value(kind, fit(written, kind))


def bits(operator: str, left: Value, right: Value) -> Value:
    """Left & right, and its kin: of integers only."""
    if not {left.type.base, right.type.base} <= set(RANGES):
        raise Stop(402)
    return operate(operator, left, right)


def negate(value: Value) -> Value:
    """-value."""
    if value.type.base == "varchar":
        raise Stop(8117)
    kind = Type("smallint") if value.type.base == "tinyint" else value.type
    if value.value is None:
        return Value(kind, None, value.digits)
    if kind.base in RANGES and not RANGES[kind.base][0] <= -value.value <= RANGES[kind.base][1]:
        raise Stop(8115)
    if kind.base == "decimal":
        # The minus sign of `decimal` would round to its context.
        return Value(kind, value.value.copy_negate() if value.value else value.value)
    return Value(kind, -value.value, value.digits)


def compare(operator: str, left: Value, right: Value) -> bool | None:
    """A comparison; None is unknown. Text is ASCII here: case and blanks at the end do not count."""
    kind = common(left.type, right.type)
    one, other = cast(left, kind).value, cast(right, kind).value
    if one is None or other is None:
        return None
    if kind.base == "varchar":
        one, other = (text.lower().rstrip(" ") for text in (one, other))
    held: bool = {
        "=": one == other,
        "<>": one != other,
        "<": one < other,
        "<=": one <= other,
        ">": one > other,
        ">=": one >= other,
    }[operator]
    return held
