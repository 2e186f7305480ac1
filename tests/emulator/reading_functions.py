"""Functions of T-SQL read a second time, in plain Python. Text is ASCII here; dates are Python's."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import reduce

from tests.emulator.reading import DIGITS, RANGES, WIDE, Stop, Type, Value, fit, shifted

BIG = Type("varchar", 8000)


def _text(function: Callable[[str], str]) -> Callable[[Value], Value]:
    return lambda text: Value(text.type, None if text.value is None else function(text.value))


def _len(text: Value) -> Value:
    return Value(Type("int"), None if text.value is None else len(text.value.rstrip(" ")))


def _substring(text: Value, start: int, length: int) -> Value:
    if length < 0:
        raise Stop(537)
    end = start + length
    return Value(text.type, None if text.value is None else text.value[max(start, 1) - 1 : max(end, 1) - 1])


def _left(text: Value, length: int) -> Value:
    if length < 0:
        raise Stop(536)
    return Value(text.type, None if text.value is None else text.value[:length])


def _right(text: Value, length: int) -> Value:
    if length < 0:
        raise Stop(536)
    return Value(text.type, None if text.value is None else text.value[max(len(text.value) - length, 0) :])


def _replace(text: Value, sought: str, put: str) -> Value:
    if text.value is None or not sought:
        return Value(BIG, text.value)
    return Value(BIG, re.sub(re.escape(sought), lambda _: put, text.value, flags=re.IGNORECASE))


def charindex(text: Value, sought: str, start: int) -> Value:
    """CHARINDEX (sought, text, start)."""
    if text.value is None:
        return Value(Type("int"), None)
    found = text.value.lower().find(sought.lower(), max(start, 1) - 1) if sought else -1
    return Value(Type("int"), found + 1)


def _stuff(text: Value, start: int, length: int, put: str) -> Value:
    if text.value is None or not 1 <= start <= len(text.value) or length < 0:
        return Value(BIG, None)
    return Value(BIG, text.value[: start - 1] + put + text.value[start - 1 + length :])


def _replicate(text: Value, times: int) -> Value:
    return Value(BIG, None if text.value is None or times < 0 else (text.value * times)[:8000])


TEXTS: Mapping[str, tuple[str, Callable[..., Value]]] = {
    "LEN({})": ("", _len),
    "UPPER({})": ("", _text(str.upper)),
    "LOWER({})": ("", _text(str.lower)),
    "LTRIM({})": ("", _text(lambda text: text.lstrip(" "))),
    "RTRIM({})": ("", _text(lambda text: text.rstrip(" "))),
    "TRIM({})": ("", _text(lambda text: text.strip(" "))),
    "REVERSE({})": ("", _text(lambda text: text[::-1])),
    "SUBSTRING({}, {}, {})": ("nn", _substring),
    "LEFT({}, {})": ("n", _left),
    "RIGHT({}, {})": ("n", _right),
    "REPLACE({}, {}, {})": ("tt", _replace),
    "STUFF({}, {}, {}, {})": ("nnt", _stuff),
    "REPLICATE({}, {})": ("n", _replicate),
}
"""How the call is written, which constants it takes after the text (n a number, t a text), and what it gives."""


def like(text: str, pattern: str) -> bool:
    """Whether a varchar fits a pattern, read character by character; blanks at the text's end may be left out."""
    return _fits(text.lower(), pattern.lower()) or _fits(text.lower().rstrip(" "), pattern.lower())


def _fits(text: str, pattern: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(_fits(text[at:], pattern[1:]) for at in range(len(text) + 1))
    if pattern[0] == "[" and "]" in pattern:
        content, _, rest = pattern[1:].partition("]")
        negated = content.startswith("^")
        return bool(text) and (text[0] in content.lstrip("^")) != negated and _fits(text[1:], rest)
    return bool(text) and pattern[0] in {"_", text[0]} and _fits(text[1:], pattern[1:])


def round_exact(value: Value, digits: int, cut: bool) -> Value:
    """ROUND of an integer or a decimal: of the type that goes in, and 8115 where that does not hold it."""
    kind = value.type
    if kind.base in {"tinyint", "smallint"}:
        kind = Type("int")
    if value.value is None:
        return Value(kind, None)
    scale = kind.scale
    exact = Decimal(value.value)
    if digits < scale:
        exact = exact.quantize(shifted(1, digits), rounding=ROUND_DOWN if cut else ROUND_HALF_UP, context=WIDE)
    if kind.base == "decimal":
        return Value(kind, fit(exact, kind))
    low, high = RANGES[kind.base]
    if not low <= int(exact) <= high:
        raise Stop(8115)
    return Value(kind, int(exact))


def whole(value: Value, up: bool) -> Value:
    """FLOOR and CEILING."""
    kind = value.type
    if kind.base != "decimal":
        kind = Type("int") if DIGITS[kind.base] < 10 else kind
        return Value(kind, value.value)
    kind = Type("decimal", kind.size, 0)
    if value.value is None:
        return Value(kind, None)
    return Value(kind, fit(value.value.to_integral_value(rounding=ROUND_CEILING if up else ROUND_FLOOR), kind))


def dateadd(part: str, number: int, date: dt.date) -> dt.date:
    """DATEADD of a date; 517 beyond the year 9999 or before the year 1."""
    try:
        if part in {"day", "week"}:
            return date + dt.timedelta(days=number * (7 if part == "week" else 1))
        months = date.year * 12 + date.month - 1 + number * {"year": 12, "quarter": 3, "month": 1}[part]
        year, month = divmod(months, 12)
        last = (dt.date(year + month // 11, (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
        return dt.date(year, month + 1, min(date.day, last))
    except (ValueError, OverflowError):
        raise Stop(517) from None


def datediff(part: str, start: dt.datetime, end: dt.datetime) -> int:
    """DATEDIFF: how many borders of the part lie between the two."""
    return _border(part, end) - _border(part, start)


def _border(part: str, moment: dt.datetime) -> int:
    days = moment.date().toordinal()
    if part in {"year", "quarter", "month"}:
        months = moment.year * 12 + moment.month - 1
        return months // {"year": 12, "quarter": 3, "month": 1}[part]
    if part == "week":
        # The first of January of the year 1 was a Monday; a week begins on Sunday.
        return days // 7
    seconds = days * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second
    return {"day": days, "hour": seconds // 3600, "minute": seconds // 60, "second": seconds}[part]


def aggregate(name: str, kind: Type, values: Sequence[int | Decimal]) -> Value:
    """SUM and AVG of integers and decimals, without the NULLs."""
    if kind.base == "decimal":
        scale = kind.scale if name == "SUM" else max(kind.scale, 6)
        result = Type("decimal", 38, scale)
        if not values:
            return Value(result, None)
        total = reduce(WIDE.add, map(Decimal, values))
        if name == "SUM":
            return Value(result, fit(total, result))
        return Value(result, fit(WIDE.divide(total, Decimal(len(values))), result, ROUND_DOWN))
    result = Type("bigint" if kind.base == "bigint" else "int")
    if not values:
        return Value(result, None)
    total_of = sum(int(value) for value in values)
    low, high = RANGES[result.base]
    if not low <= total_of <= high:
        raise Stop(8115)
    if name == "SUM":
        return Value(result, total_of)
    return Value(result, abs(total_of) // len(values) * (1 if total_of >= 0 else -1))
