"""Dates and times: how finely each type keeps them, and which texts are read as one."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.fragments import once, raise_error
from deployer.emulator.types import SqlType

_FINEST = 6
"""Digits of a second's fraction that DuckDB keeps; datetime2 and time have up to seven."""


def round_moment(sql: str, source: SqlType | None, target: SqlType) -> str:
    """A moment of DuckDB's type for `target`, rounded to what `target` keeps.

    datetime keeps three-hundredths of a second, smalldatetime minutes, datetime2(n) and time(n) n digits
    (learn.microsoft.com: datetime, smalldatetime, datetime2).
    """
    step = _step(target)
    if target.base == "date" or step == 1 or (source is not None and _step(source) == step):
        return sql
    if target.base == "datetime":
        ticks = _floor("(epoch_us(v) * 3 + 5000)", 10_000)
        return once(sql, f"make_timestamp({_floor(f'({ticks} * 10 + 1)', 3)} * 1000)")
    rounded = f"{_floor(f'(epoch_us(v) + {step // 2})', step)} * {step}"
    if target.base == "time":
        # One that rounds up to midnight begins the day again.
        rounded = f"CAST(make_timestamp(({rounded}) % 86400000000) AS TIME)"
    else:
        rounded = f"make_timestamp({rounded})"
    return once(sql, rounded)


def _step(kind: SqlType) -> int:
    """Microseconds between two neighbours; 0 for date and datetime, whose steps are of another kind."""
    if kind.base in {"date", "datetime"}:
        return {"date": 0, "datetime": -1}[kind.base]
    if kind.base == "smalldatetime":
        return 60_000_000
    return int(10 ** max(0, _FINEST - (7 if kind.scale is None else kind.scale)))


def _floor(dividend: str, divisor: int) -> str:
    """Division that rounds down, also before 1970, where microseconds are negative."""
    return f"(({dividend} - (({dividend} % {divisor}) + {divisor}) % {divisor}) // {divisor})"


RANGES: Mapping[str, tuple[str, str]] = {
    "date": ("0001-01-01", "10000-01-01"),
    "datetime2": ("0001-01-01", "10000-01-01"),
    "datetime": ("1753-01-01", "10000-01-01"),
    "smalldatetime": ("1900-01-01", "2079-06-07"),
}
"""The first moment of each type, and the first that is beyond it (learn.microsoft.com: the page of each type)."""


def bounded(number: str, part: str) -> str:
    """How many years, months or days to add, cut to what leads beyond every type: DuckDB's own range ends elsewhere."""
    most = {"year": 20_000, "month": 240_000, "day": 7_500_000}[part]
    cut = f"CASE WHEN {number} > {most} THEN {most} WHEN {number} < -{most} THEN -{most} ELSE {number} END"
    return f"CAST({cut} AS INTEGER)"


def within(sql: str, kind: SqlType, fail: str) -> str:
    """A timestamp that its type can hold, or `fail`."""
    low, high = RANGES[kind.base]
    return once(sql, f"CASE WHEN v < TIMESTAMP '{low}' OR v >= TIMESTAMP '{high}' THEN {fail} ELSE v END")


_CLOCK = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,%d})?)?"
_YEAR_FIRST = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
_YEAR_LAST = r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
_PLAUSIBLE = (
    r"(?i)(^\s*\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}|\d{1,2}:\d{2}|^\s*\d{4}\s*$|^\s*\d{6}\s*$|^\s*\d{1,2}\s*[ap]m\s*$|"
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b)"
)
"""What the server may read as a date or time in forms that the emulator does not read."""


def text_to_moment(target: SqlType, order: str, fail: str, out_of_range: str) -> str:
    """The text `v` as a moment, or `fail`.

    ISO's forms and `yyyymmdd` are read, and numbers between slashes, hyphens or points in the order that is given,
    with a year of four digits; other forms are refused. So is a seventh digit that is not zero: DuckDB has no place
    for it.
    """
    digits = 3 if target.base in {"datetime", "smalldatetime"} else 7
    clock = _CLOCK % digits
    date = rf"({_YEAR_FIRST}|\d{{8}}|{_YEAR_LAST})" if order in {"mdy", "dmy"} else rf"({_YEAR_FIRST}|\d{{8}})"
    form = rf"({date}[ T]+)?{clock}" if target.base == "time" else rf"{date}([ T]+{clock})?|{clock}"
    text = r"regexp_replace(trim(v), '^(\d{4})(\d{2})(\d{2})($|[ T])', '\1-\2-\3\4')"
    text = rf"regexp_replace({text}, '^(\d{{4}})[/.](\d{{1,2}})[/.](\d{{1,2}})', '\1-\2-\3')"
    if order in {"mdy", "dmy"}:
        put = r"\3-\1-\2" if order == "mdy" else r"\3-\2-\1"
        text = rf"regexp_replace({text}, '^(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}})', '{put}')"
    # A time alone is on the first of January 1900.
    dated = rf"regexp_replace({text}, '^(\d{{1,2}}:)', '1900-01-01 \1')"
    if target.base == "time":
        moment = f"TRY_CAST(regexp_replace({text}, '^.*[ T]', '') AS TIME)"
        value = f"coalesce({round_moment(moment, None, target)}, {fail})"
    else:
        moment = within(f"coalesce(TRY_CAST({dated} AS TIMESTAMP), {out_of_range})", target, out_of_range)
        if target.base == "smalldatetime":
            # Read as a datetime first: 29.999 seconds are 30, and round up.
            moment = round_moment(moment, None, SqlType("datetime"))
        value = f"CAST({moment} AS DATE)" if target.base == "date" else round_moment(moment, None, target)
    fine = r"regexp_matches(v, '\.\d{6}[1-9]')"
    refuse = raise_error(50000, "The emulator keeps microseconds, and the text has a seventh digit.")
    unread = raise_error(50000, "The emulator does not read this form of a date or time; write yyyy-mm-dd hh:mi:ss.")
    empty = "TIME '00:00'" if target.base == "time" else "TIMESTAMP '1900-01-01'"
    return (
        f"CASE WHEN v IS NULL THEN NULL WHEN trim(v) = '' THEN CAST({empty} AS {target.duckdb}) "
        f"WHEN {fine} THEN {refuse} WHEN regexp_full_match(trim(v), '{form}') THEN {value} "
        f"WHEN regexp_matches(v, '{_PLAUSIBLE}') THEN {unread} ELSE {fail} END"
    )
