"""CAST and CONVERT with T-SQL's results: what is cut, what is truncated, what fails and with which message."""

from __future__ import annotations

from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.types import MAX, SqlType

_DATES = ("date", "time", "datetime", "datetime2", "datetimeoffset")


def quote(text: str) -> str:
    """Text as a literal of DuckDB, which knows no escape but the doubled quote."""
    return "'" + text.replace("'", "''") + "'"


def raise_error(number: int, message: str) -> str:
    """An expression that stops the query; `session` makes the engine's error of it."""
    return f"error({quote(f'Msg {number}: {message}')})"


def cast(sql: str, source: SqlType | None, target: SqlType, safe: bool = False, style: int | None = None) -> str:
    """An expression of DuckDB that casts as T-SQL does; with `safe`, NULL where it would fail.

    Raises `ProgrammingError` 529 for a cast that T-SQL forbids, `NotSupportedError` for one whose text the emulator
    would not write as the server does.
    """
    if source is None or source == target:
        return f"CAST({sql} AS {target.duckdb})"
    if target.is_text:
        return _to_text(sql, source, target, style)
    if target.is_binary:
        return _to_binary(sql, source, target, style)
    if style is not None:
        raise NotSupportedError(f"The emulator does not know CONVERT to {target} with style {style}.")
    if source.is_binary or ({source.base, target.base} & {"uniqueidentifier"} and not source.is_text):
        raise ProgrammingError(f"Explicit conversion from data type {source} to {target} is not allowed.", 529)
    if target.is_number:
        if source.base in _DATES:
            raise ProgrammingError(f"Explicit conversion from data type {source} to {target} is not allowed.", 529)
        return _to_number(sql, source, target, safe)
    if source.is_number:
        raise ProgrammingError(f"Explicit conversion from data type {source} to {target} is not allowed.", 529)
    return _to_date(sql, source, target, safe)


def _to_date(sql: str, source: SqlType, target: SqlType, safe: bool) -> str:
    if source.is_text:
        # DuckDB counts microseconds, the server's datetime2 a tenth of them.
        fail = "NULL" if safe else raise_error(50000, "The emulator's times have six digits after the second.")
        sql = f"(CASE WHEN regexp_matches({sql}, '[.]\\d{{6}}0*[1-9]') THEN {fail} ELSE {sql} END)"
    value = f"{'TRY_' if safe else ''}CAST({sql} AS {target.duckdb})"
    if target.base == "datetime" and source.base != "date":
        # datetime counts 300ths of a second, shown as whole milliseconds: learn.microsoft.com, datetime.
        ticks = f"round(epoch_us({value}) * 3 / 10000.0)"
        return f"make_timestamp(CAST(round({ticks} * 10 / 3.0) * 1000 AS BIGINT))"
    return value


def _to_text(sql: str, source: SqlType, target: SqlType, style: int | None) -> str:
    length = target.length or 0
    if source.is_binary:
        if style not in {1, 2}:
            raise NotSupportedError("The emulator converts binary to text with style 1 or 2 only.")
        text = f"{chr(39)}0x{chr(39)} || upper(hex({sql}))" if style == 1 else f"upper(hex({sql}))"
        return _cut(f"({text})", target)
    if source.is_text:
        return _cut(sql, target)
    if style is not None or source.base in {"real", "float", "time", "datetime", "datetime2"}:
        # The server writes floats with six digits and dates by the session's language.
        raise NotSupportedError(f"The emulator does not write {source} as text; cast to decimal or date first.")
    text = f"CAST({sql} AS VARCHAR)"
    if source.base == "bit":
        text = f"CAST(CAST({sql} AS INTEGER) AS VARCHAR)"
    if source.base == "uniqueidentifier":
        text = f"upper({text})"
    if length == MAX:
        return text
    if source.is_integer and not target.base.startswith("n"):
        # An integer too long for varchar becomes an asterisk: learn.microsoft.com, CAST and CONVERT.
        return f"(CASE WHEN length({text}) > {length} THEN '*' ELSE {text} END)"
    message = f"Arithmetic overflow error converting expression to data type {target.base}."
    return f"(CASE WHEN length({text}) > {length} THEN {raise_error(8115, message)} ELSE {text} END)"


def _cut(sql: str, target: SqlType) -> str:
    """Text longer than the type is cut in silence; char and nchar are filled with blanks."""
    if target.length == MAX:
        return sql
    cut = f"left({sql}, {target.length})"
    return f"rpad({cut}, {target.length}, ' ')" if target.base in {"char", "nchar"} else cut


def _to_binary(sql: str, source: SqlType, target: SqlType, style: int | None) -> str:
    if source.is_binary:
        content = sql
    elif source.is_text and style == 1:
        content = f"unhex(substr({sql}, 3))"
    elif source.is_text and style == 2:
        content = f"unhex({sql})"
    else:
        raise NotSupportedError(f"The emulator does not know how the server turns {source} into {target}.")
    if target.length == MAX:
        return content
    cut = f"unhex(left(hex({content}), {2 * (target.length or 0)}))"
    return f"(CASE WHEN octet_length({content}) > {target.length} THEN {cut} ELSE {content} END)"


def _to_number(sql: str, source: SqlType, target: SqlType, safe: bool) -> str:
    word = "TRY_CAST" if safe else "CAST"
    if source.is_text:
        return _text_to_number(sql, target, safe)
    if target.base == "bit":
        return f"({sql} <> 0)"
    if target.is_integer and not source.is_integer:
        # A cast to an integer cuts the fraction off, where DuckDB rounds.
        sql = f"trunc({sql})"
    return f"{word}({sql} AS {target.duckdb})"


def _text_to_number(sql: str, target: SqlType, safe: bool) -> str:
    trimmed = f"trim({sql})"
    if target.is_integer:
        form, number, message = (
            r"[+-]?\d*",
            245,
            f"Conversion failed when converting the varchar value to data type {target}.",
        )
    elif target.base == "decimal":
        form, number, message = r"[+-]?\d*\.?\d*", 8114, "Error converting data type varchar to numeric."
    else:
        form, number, message = (
            r"[+-]?\d*\.?\d*([eE][+-]?\d+)?",
            8114,
            f"Error converting data type varchar to {target}.",
        )
    fail = "NULL" if safe else raise_error(number, message)
    zero = fail if target.base == "decimal" else "'0'"
    word = "TRY_CAST" if safe else "CAST"
    matches = f"regexp_full_match({trimmed}, '{form}')"
    value = f"CASE WHEN {trimmed} = '' THEN {zero} WHEN {matches} THEN {trimmed} ELSE {fail} END"
    if target.base == "bit":
        return f"({word}({value} AS INTEGER) <> 0)"
    return f"{word}({value} AS {target.duckdb})"
