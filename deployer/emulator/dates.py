"""Functions of dates and times. The session's language is us_english: weeks begin on Sunday, names are English."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from deployer.emulator.casts import cast
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import once, raise_error
from deployer.emulator.moments import RANGES, bounded, round_moment, within
from deployer.emulator.typed import Builder, Typed, as_type, constant_number
from deployer.emulator.types import BIGINT, DATETIME, DATETIME2, INT, SqlType

PARTS: Mapping[str, str] = {
    name: part
    for part, names in {
        "year": "year yy yyyy",
        "quarter": "quarter qq q",
        "month": "month mm m",
        "dayofyear": "dayofyear dy y",
        "day": "day dd d",
        "week": "week wk ww",
        "weekday": "weekday dw w",
        "iso_week": "iso_week isowk isoww",
        "hour": "hour hh",
        "minute": "minute mi n",
        "second": "second ss s",
        "millisecond": "millisecond ms",
        "microsecond": "microsecond mcs",
        "nanosecond": "nanosecond ns",
    }.items()
    for name in names.split()
}
_OF_DATES = frozenset(["year", "quarter", "month", "dayofyear", "day", "week", "weekday", "iso_week"])
_OF_TIMES = frozenset(["hour", "minute", "second", "millisecond", "microsecond", "nanosecond"])
_DATE, _TIME = SqlType("date"), SqlType("time", None, None, 7)

PartBuilder = Callable[[str, Sequence[Typed]], Typed]


def read_part(name: str, written: str) -> str:
    """The part of a date that a word or its short form names; Msg 155 for any other word."""
    if written.lower() in {"tzoffset", "tz"}:
        raise NotSupportedError(f"The emulator does not know the part tzoffset of {name}: it has no datetimeoffset.")
    part = PARTS.get(written.lower())
    if part is None:
        raise ProgrammingError(f"'{written}' is not a recognized {name.lower()} option.", 155, 15)
    return part


def _added(sql: str, kind: SqlType) -> str:
    return within(sql, kind, raise_error(517, f"Adding a value to a '{kind.base}' column caused an overflow."))


def _moment(value: Typed, text_as: SqlType) -> tuple[str, SqlType]:
    """The argument as a moment, and its type; text is read as `text_as`."""
    kind = value.type or DATETIME
    if kind.is_text:
        return cast(value.sql, kind, text_as), text_as
    if not kind.is_moment:
        raise NotSupportedError(f"The emulator takes no {kind.base} for a date; cast it first.")
    return value.sql, kind


def _need_part(part: str, name: str, kind: SqlType) -> None:
    lacking = _OF_TIMES if kind.base == "date" else _OF_DATES if kind.base == "time" else frozenset()
    if part in lacking:
        raise ProgrammingError(
            f"The datepart {part} is not supported by date function {name.lower()} for data type {kind.base}.", 9810
        )
    if kind.base == "datetime" and part in {"microsecond", "nanosecond"}:
        raise NotSupportedError(f"The emulator keeps a datetime in milliseconds, and has no {part} of one.")


_INTERVALS: Mapping[str, str] = {
    "year": f"to_years({bounded('v', 'year')})",
    "quarter": f"to_months(3 * {bounded('v', 'month')})",
    "month": f"to_months({bounded('v', 'month')})",
    **dict.fromkeys(["dayofyear", "day", "weekday"], f"to_days({bounded('v', 'day')})"),
    "week": f"to_days(7 * {bounded('v', 'day')})",
    "hour": "to_hours(v)",
    "minute": "to_minutes(v)",
    "second": "to_seconds(v)",
    "millisecond": "to_milliseconds(v)",
    "microsecond": "to_microseconds(v)",
}


def _dateadd(part: str, a: Sequence[Typed]) -> Typed:
    sql, kind = _moment(a[1], DATETIME)
    _need_part(part, "DATEADD", kind)
    if part not in _INTERVALS:
        raise NotSupportedError(f"The emulator does not know DATEADD with {part}.")
    number = as_type(a[0], INT) if a[0].type != BIGINT else a[0].sql
    if kind.base == "time":
        return Typed(once(number, f"({sql} + {_INTERVALS[part]})"), kind)
    # A month's last day stays one; what falls between two of the type's values is rounded to one of them.
    added = once(number, f"CAST({sql} AS TIMESTAMP) + {_INTERVALS[part]}")
    if kind.base == "date":
        return Typed(f"CAST({_added(added, kind)} AS DATE)", kind)
    finer = part in {"second", "millisecond", "microsecond"}
    return Typed(round_moment(_added(added, kind), DATETIME2 if finer else kind, kind), kind)


def _as_timestamp(value: Typed, name: str, part: str) -> str:
    """A moment as a timestamp: a time is on the first of January 1900."""
    sql, kind = _moment(value, DATETIME2)
    if kind.base == "datetime" and part in {"microsecond", "nanosecond"}:
        _need_part(part, name, kind)
    return cast(sql, kind, DATETIME2) if kind.base == "time" else f"CAST({sql} AS TIMESTAMP)"


def _datediff(name: str, result: SqlType) -> PartBuilder:
    def build(part: str, a: Sequence[Typed]) -> Typed:
        start, end = (_as_timestamp(value, name, part) for value in a)
        if part == "iso_week":
            raise ProgrammingError("'iso_week' is not a recognized datediff option.", 155, 15)
        unit = {"dayofyear": "day", "weekday": "day", "nanosecond": "microsecond"}.get(part, part)
        count = f"date_diff('{unit}', {start}, {end})"
        if part == "week":
            # A week begins on Sunday here, whatever DATEFIRST says, and on Monday in DuckDB.
            days = (f"date_trunc('week', {moment} + INTERVAL 1 DAY)" for moment in (start, end))
            count = f"date_diff('day', {', '.join(days)}) // 7"
        if part == "nanosecond":
            count = f"CAST({count} AS HUGEINT) * 1000"
        fail = raise_error(
            535,
            f"The {name.lower()} function resulted in an overflow. The number of dateparts separating two date/time "
            f"instances is too large. Try to use {name.lower()} with a less precise datepart.",
        )
        top = 2**31 if result == INT else 2**63
        body = f"CASE WHEN v >= {top} OR v < -{top} THEN {fail} ELSE CAST(v AS {result.duckdb}) END"
        return Typed(once(count, body), result)

    return build


_PART_OF: Mapping[str, str] = {
    "year": "year(v)",
    "quarter": "quarter(v)",
    "month": "month(v)",
    "dayofyear": "dayofyear(v)",
    "day": "day(v)",
    # Week 1 holds the first of January, and the next begins on the first Sunday after it.
    "week": "(dayofyear(v) - 1 + dayofweek(date_trunc('year', v))) // 7 + 1",
    "weekday": "dayofweek(v) + 1",
    "iso_week": "weekofyear(v)",
    "hour": "hour(v)",
    "minute": "minute(v)",
    "second": "second(v)",
    "millisecond": "microsecond(v) % 1000000 // 1000",
    "microsecond": "microsecond(v) % 1000000",
    "nanosecond": "microsecond(v) % 1000000 * 1000",
}


def _part_of(part: str, name: str, value: Typed) -> str:
    sql, kind = _moment(value, DATETIME2)
    _need_part(part, name, kind)
    if kind.base in {"date", "datetime2", "datetime", "smalldatetime"}:
        sql = f"CAST({sql} AS TIMESTAMP)"
    return f"CAST({once(sql, _PART_OF[part])} AS INTEGER)"


def _datepart(part: str, a: Sequence[Typed]) -> Typed:
    return Typed(_part_of(part, "DATEPART", a[0]), INT)


def _datename(part: str, a: Sequence[Typed]) -> Typed:
    kind = SqlType("nvarchar", 30)
    if part in {"month", "weekday"}:
        sql, of = _moment(a[0], DATETIME2)
        _need_part(part, "DATENAME", of)
        return Typed(f"{'monthname' if part == 'month' else 'dayname'}({sql})", kind)
    return Typed(f"CAST({_part_of(part, 'DATENAME', a[0])} AS VARCHAR)", kind)


def _one(part: str) -> Builder:
    return lambda a: Typed(_part_of(part, part.upper(), a[0]), INT)


def _eomonth(a: Sequence[Typed]) -> Typed:
    sql, kind = _moment(a[0], DATETIME2)
    if kind.base == "time":
        raise ProgrammingError("Operand type clash: time is incompatible with date", 206)
    moment = f"CAST({sql} AS TIMESTAMP)"
    if len(a) == 2:
        months = once(as_type(a[1], INT), f"to_months({bounded('v', 'month')})")
        moment = f"{moment} + {months}"
    return Typed(f"last_day({_added(moment, _DATE)})", _DATE)


def _from_parts(kind: SqlType, names: str, digits: int) -> Builder:
    """A moment of the parts that the letters name; the last, `f`, is a fraction of so many digits."""

    def build(a: Sequence[Typed]) -> Typed:
        made, fraction = kind, digits
        if kind.scale is not None:
            fraction = constant_number(a[-1], f"{kind.base.upper()}FROMPARTS")
            if fraction > 7:
                raise ProgrammingError(f"Specified scale {fraction} is invalid.", 1002)
            if fraction == 7:
                raise NotSupportedError("The emulator keeps microseconds, six digits of a second's fraction.")
            made = replace(kind, scale=fraction)
        parts = {name: as_type(value, INT) for name, value in zip(names, a, strict=False)}
        return Typed(_made(parts, fraction, made), made)

    return build


def _made(parts: Mapping[str, str], digits: int, kind: SqlType) -> str:
    fail = raise_error(
        289, f"Cannot construct data type {kind.base}, some of the arguments have values which are not valid."
    )
    null = " OR ".join(f"{number} IS NULL" for number in parts.values())
    pad = {name: f"lpad(CAST({number} AS VARCHAR), {4 if name == 'y' else 2}, '0')" for name, number in parts.items()}
    texts = []
    if "y" in parts:
        texts.append(f"{pad['y']} || '-' || {pad['m']} || '-' || {pad['d']}")
    if "h" in parts:
        clock = f"{pad['h']} || ':' || {pad['i']}"
        clock += f" || ':' || {pad['s']}" if "s" in parts else " || ':00'"
        if "f" in parts and digits:
            clock += f" || '.' || lpad(CAST({parts['f']} AS VARCHAR), {digits}, '0')"
        texts.append(clock)
    text = " || ' ' || ".join(texts)
    highest = {"y": 9999, "m": 12, "d": 31, "h": 23, "i": 59, "s": 59, "f": 10**digits - 1}
    valid = " AND ".join(f"{number} BETWEEN {int(name in 'ymd')} AND {highest[name]}" for name, number in parts.items())
    made = f"TRY_CAST({text} AS {kind.duckdb})"
    if kind.base in RANGES and kind.base != "date":
        made = within(made, kind, "NULL")
    made = round_moment(made, None, kind)
    return f"CASE WHEN {null} THEN NULL WHEN {valid} THEN coalesce({made}, {fail}) ELSE {fail} END"


def _isdate(a: Sequence[Typed]) -> Typed:
    kind = a[0].type
    if kind is None or not kind.is_text:
        raise NotSupportedError("The emulator knows ISDATE of text only.")
    read = cast("v", kind, DATETIME, safe=True)
    return Typed(once(a[0].sql, f"CASE WHEN {read} IS NULL THEN 0 ELSE 1 END"), INT, False)


def _now(kind: SqlType) -> Builder:
    return lambda _: Typed(round_moment("CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)", None, kind), kind)


DATES: Mapping[str, tuple[int, int, Builder, str]] = {
    "YEAR": (1, 1, _one("year"), "date"),
    "MONTH": (1, 1, _one("month"), "date"),
    "DAY": (1, 1, _one("day"), "date"),
    "EOMONTH": (1, 2, _eomonth, "date [, months]"),
    "DATEFROMPARTS": (3, 3, _from_parts(_DATE, "ymd", 0), "year, month, day"),
    "DATETIMEFROMPARTS": (
        7,
        7,
        _from_parts(DATETIME, "ymdhisf", 3),
        "year, month, day, hour, minute, second, milliseconds",
    ),
    "SMALLDATETIMEFROMPARTS": (
        5,
        5,
        _from_parts(SqlType("smalldatetime"), "ymdhi", 0),
        "year, month, day, hour, minute",
    ),
    "DATETIME2FROMPARTS": (
        8,
        8,
        _from_parts(DATETIME2, "ymdhisf", 7),
        "year, month, day, hour, minute, second, fractions, precision",
    ),
    "TIMEFROMPARTS": (5, 5, _from_parts(_TIME, "hisf", 7), "hour, minute, second, fractions, precision"),
    "ISDATE": (1, 1, _isdate, "text"),
    "SYSUTCDATETIME": (0, 0, _now(DATETIME2), ""),
    "SYSDATETIME": (0, 0, _now(DATETIME2), ""),
    "GETUTCDATE": (0, 0, _now(DATETIME), ""),
    "GETDATE": (0, 0, _now(DATETIME), ""),
    "CURRENT_TIMESTAMP": (0, 0, _now(DATETIME), ""),
}
"""Name to fewest and most arguments, what builds it, and its arguments; the clock runs in UTC, as the pool's does."""

DATE_PARTS: Mapping[str, tuple[int, PartBuilder, str]] = {
    "DATEADD": (3, _dateadd, "part, number, date"),
    "DATEDIFF": (3, _datediff("DATEDIFF", INT), "part, start, end"),
    "DATEDIFF_BIG": (3, _datediff("DATEDIFF_BIG", BIGINT), "part, start, end"),
    "DATEPART": (2, _datepart, "part, date"),
    "DATENAME": (2, _datename, "part, date"),
}
"""Functions whose first argument is a word, by name: how many arguments they have, what builds them, the arguments."""
