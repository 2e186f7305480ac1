"""Dates and times: how finely each type keeps them, and which texts are read as one."""

from __future__ import annotations

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
        return f"list_transform([{sql}], lambda v: make_timestamp({_floor(f'({ticks} * 10 + 1)', 3)} * 1000))[1]"
    rounded = f"{_floor(f'(epoch_us(v) + {step // 2})', step)} * {step}"
    if target.base == "time":
        # One that rounds up to midnight begins the day again.
        rounded = f"CAST(make_timestamp(({rounded}) % 86400000000) AS TIME)"
    else:
        rounded = f"make_timestamp({rounded})"
    return f"list_transform([{sql}], lambda v: {rounded})[1]"


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


_DATE = r"(\d{4}-\d{1,2}-\d{1,2}|\d{8})"
_TIME = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,%d})?)?"


def text_to_moment(target: SqlType, fail: str) -> str:
    """The text `v` as a moment, or `fail`: ISO's forms and `yyyymmdd`; others depend on the session's language.

    A seventh digit that is not zero is refused: DuckDB has no place for it.
    """
    digits = 3 if target.base in {"datetime", "smalldatetime"} else 7
    time = _TIME % digits
    form = {"time": f"({_DATE}[ T])?{time}"}.get(target.base, f"{_DATE}([ T]{time})?")
    dashed = r"regexp_replace(trim(v), '^(\d{4})(\d{2})(\d{2})($|[ T])', '\1-\2-\3\4')"
    kind = "TIME" if target.base == "time" else "TIMESTAMP"
    text = f"regexp_replace({dashed}, '^.*[ T]', '')" if kind == "TIME" else dashed
    moment = f"TRY_CAST({text} AS {kind})"
    if target.base == "date":
        moment = f"CAST({moment} AS DATE)"
    value = f"coalesce({round_moment(moment, None, target)}, {fail})"
    fine = r"regexp_matches(v, '\.\d{6}[1-9]')"
    refuse = "error('Msg 50000: The emulator keeps microseconds, and the text has a seventh digit.')"
    return (
        f"CASE WHEN v IS NULL THEN NULL WHEN {fine} THEN {refuse} "
        f"WHEN regexp_full_match(trim(v), '{form}') THEN {value} ELSE {fail} END"
    )
