"""Styles of CONVERT for dates and times (learn.microsoft.com: CAST and CONVERT, date and time styles)."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.errors import NotSupportedError
from deployer.emulator.fragments import once
from deployer.emulator.types import SqlType

DATE_STYLES: Mapping[int, str] = {
    1: "%m/%d/%y",
    101: "%m/%d/%Y",
    2: "%y.%m.%d",
    102: "%Y.%m.%d",
    3: "%d/%m/%y",
    103: "%d/%m/%Y",
    4: "%d.%m.%y",
    104: "%d.%m.%Y",
    5: "%d-%m-%y",
    105: "%d-%m-%Y",
    6: "%d %b %y",
    106: "%d %b %Y",
    7: "%b %d, %y",
    107: "%b %d, %Y",
    10: "%m-%d-%y",
    110: "%m-%d-%Y",
    11: "%y/%m/%d",
    111: "%Y/%m/%d",
    12: "%y%m%d",
    112: "%Y%m%d",
    23: "%Y-%m-%d",
}
"""Styles that write a date and no time."""
_CLOCK = "%H:%M:%S"
CLOCK_STYLES = frozenset([8, 24, 108])
_CANONICAL, _WITH_FRACTION, _ISO = frozenset([20, 120]), frozenset([21, 25, 121]), 126
_DEFAULT = frozenset([0, 100])
_LONG = frozenset([9, 109])
_MILLISECONDS: Mapping[int, str] = {13: "%d %b %Y ", 113: "%d %b %Y ", 14: "", 114: ""}
"""Styles with milliseconds behind a colon, which are documented for datetime, and what they write before the clock."""

_DAY = "strftime(v, '%b ') || lpad(strftime(v, '%-d'), 2, ' ') || strftime(v, ' %Y')"
_HOUR = "' ' || lpad(strftime(v, '%-I'), 2, ' ')"
_THREE = "left(strftime(v, '%f'), 3)"


def moment_text(sql: str, source: SqlType, style: int | None) -> str:
    """A date or time as text; without a style, as the type writes it by itself.

    Raises `NotSupportedError` for a style that is not documented for the type.
    """
    if style is None:
        style = 0 if source.base in {"datetime", "smalldatetime"} else 121
    form = _form(source, style)
    if form is None:
        raise NotSupportedError(f"The emulator does not know how the server writes {source.base} with style {style}.")
    moment = f"(DATE '1900-01-01' + {sql})" if source.base == "time" else f"CAST({sql} AS TIMESTAMP)"
    return once(moment, f"strftime(v, {form})") if form.startswith("'") else once(moment, form)


def _form(source: SqlType, style: int) -> str | None:
    """What strftime takes, as a literal, or a whole expression of the moment `v`."""
    has_date, has_time = source.base != "time", source.base != "date"
    if style in DATE_STYLES and has_date:
        return f"'{DATE_STYLES[style]}'"
    if style in CLOCK_STYLES and has_time:
        return f"'{_CLOCK}'"
    if style in _CANONICAL:
        return "'" + " ".join(["%Y-%m-%d"] * has_date + [_CLOCK] * has_time) + "'"
    if style in _WITH_FRACTION or style == _ISO:
        date = "%Y-%m-%d" + ("T" if style == _ISO else " ") * has_time if has_date else ""
        return _with_fraction(date, source, style == _ISO) if has_time else f"'{date}'"
    if style in _DEFAULT and has_date:
        return f"{_DAY} || {_HOUR} || strftime(v, ':%M%p')" if has_time else _DAY
    if style in _LONG and source.base in {"datetime", "smalldatetime"}:
        return f"{_DAY} || {_HOUR} || strftime(v, ':%M:%S:') || {_THREE} || strftime(v, '%p')"
    if style in _MILLISECONDS and source.base in {"datetime", "smalldatetime"}:
        return f"strftime(v, '{_MILLISECONDS[style]}{_CLOCK}:') || {_THREE}"
    return None


def _with_fraction(date: str, source: SqlType, iso: bool) -> str:
    """The date, the clock, and as many digits of the fraction as the type has; ISO's form leaves a zero one out."""
    digits = {"datetime": 3, "smalldatetime": 0}.get(source.base, 7 if source.scale is None else source.scale)
    if source.base == "smalldatetime" and not iso:
        digits = 3
    text = f"strftime(v, '{date}{_CLOCK}')"
    if not digits:
        return text
    fraction = f"left(strftime(v, '.%f') || '0', {digits + 1})"
    return (
        f"{text} || CASE WHEN microsecond(v) % 1000000 = 0 THEN '' ELSE {fraction} END"
        if iso
        else f"{text} || {fraction}"
    )


_ORDERS: Mapping[int, str] = {
    **dict.fromkeys([101, 110], "mdy"),
    **dict.fromkeys([103, 104, 105], "dmy"),
    **dict.fromkeys([102, 111], "ymd"),
    **dict.fromkeys([20, 120, 21, 25, 121, 126, 23, 112], "iso"),
}


def read_order(style: int | None) -> str:
    """In which order a text has year, month and day; without a style that of the language us_english.

    Raises `NotSupportedError` for a style that the emulator does not read.
    """
    if style is None:
        return "mdy"
    if style not in _ORDERS:
        raise NotSupportedError(f"The emulator reads no text as a date with style {style}.")
    return _ORDERS[style]
