"""CAST and CONVERT with T-SQL's results: what is cut, what is rounded, what fails and with which message."""

from __future__ import annotations

from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.moments import round_moment, text_to_moment
from deployer.emulator.types import MAX, SqlType


def quote(text: str) -> str:
    """Text as a literal of DuckDB, which knows no escape but the doubled quote."""
    return "'" + text.replace("'", "''") + "'"


def raise_error(number: int, message: str) -> str:
    """An expression that stops the query; `refusals` makes the engine's error of it."""
    return f"error({quote(f'Msg {number}: {message}')})"


def once(sql: str, body: str) -> str:
    """`body`, in which `v` stands for the value of `sql`.

    Writing the text where it is needed instead would make a nested expression grow by its power.
    """
    return f"list_transform([{sql}], lambda v: {body})[1]"


def cast(sql: str, source: SqlType | None, target: SqlType, safe: bool = False, style: int | None = None) -> str:
    """An expression of DuckDB that casts as T-SQL does; with `safe`, NULL where it would fail.

    Raises `ProgrammingError` 529 for a cast that T-SQL forbids, `NotSupportedError` for one whose result the emulator
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
    if source.is_text:
        if target.is_number:
            return _text_to_number(sql, target, safe)
        if target.is_moment:
            fail = "NULL" if safe else raise_error(241, _NO_MOMENT)
            return once(sql, text_to_moment(target, fail))
        fail = "NULL" if safe else raise_error(8169, "Conversion failed when converting from a character string.")
        return once(sql, f"CASE WHEN v IS NULL THEN NULL ELSE coalesce(TRY_CAST(v AS {target.duckdb}), {fail}) END")
    if source.is_number and target.is_number:
        return _number_to_number(sql, source, target, safe)
    if source.is_moment and target.is_moment and {source.base, target.base} != {"date", "time"}:
        return _moment_to_moment(sql, source, target)
    raise ProgrammingError(f"Explicit conversion from data type {source} to {target} is not allowed.", 529)


_NO_MOMENT = "Conversion failed when converting date and/or time from character string."


# --- Text ------------------------------------------------------------------------------------------------------------


def _to_text(sql: str, source: SqlType, target: SqlType, style: int | None) -> str:
    if source.is_binary:
        if style not in {1, 2}:
            raise NotSupportedError("The emulator converts binary to text with style 1 or 2 only.")
        text = f"'0x' || upper(hex({sql}))" if style == 1 else f"upper(hex({sql}))"
        return cut_text(f"({text})", SqlType("varchar", MAX), target)
    if source.is_text:
        return cut_text(sql, source, target)
    if style is not None or source.base in {"real", "float"} or (source.is_moment and source.base != "date"):
        # The server writes floats with six digits and times by the session's language.
        raise NotSupportedError(f"The emulator does not write {source} as text; cast to decimal or date first.")
    text = f"CAST({sql} AS VARCHAR)"
    if source.base == "bit":
        text = f"CAST(CAST({sql} AS INTEGER) AS VARCHAR)"
    if source.base == "decimal" and source.precision == source.scale and (source.precision or 0) < 38:
        # Room for the zero before the point, which the server always writes.
        text = f"CAST(CAST({sql} AS DECIMAL({(source.precision or 0) + 1}, {source.scale})) AS VARCHAR)"
    if source.base == "uniqueidentifier":
        text = f"upper({text})"
    if target.length == MAX:
        return text
    message = f"Arithmetic overflow error converting expression to data type {target.base}."
    # An integer too long for varchar becomes an asterisk: learn.microsoft.com, CAST and CONVERT.
    long = "'*'" if source.is_integer and not target.is_national else raise_error(8115, message)
    filled = fill_text(f"CASE WHEN length(v) > {target.length} THEN {long} ELSE v END", target)
    return once(text, filled)


def utf16_length(text: str) -> str:
    """Characters as T-SQL counts them: one outside of the basic plane is two."""
    return f"(length({text}) + length(regexp_replace({text}, '[^\\x{{10000}}-\\x{{10FFFF}}]', '', 'g')))"


def fill_text(text: str, target: SqlType) -> str:
    """The text as char or nchar keep it: filled with blanks."""
    if target.base == "nchar":
        return once(text, f"rpad(v, CAST({target.length} - ({utf16_length('v')} - length(v)) AS INTEGER), ' ')")
    return f"rpad({text}, {target.length}, ' ')" if target.base == "char" else text


_OUTSIDE_CODE_PAGE = (
    r"[^\x00-\x7F\xA0-\xFF\x{20AC}\x{201A}\x{0192}\x{201E}\x{2026}\x{2020}\x{2021}\x{02C6}\x{2030}\x{0160}\x{2039}"
    r"\x{0152}\x{017D}\x{2018}\x{2019}\x{201C}\x{201D}\x{2022}\x{2013}\x{2014}\x{02DC}\x{2122}\x{0161}\x{203A}"
    r"\x{0153}\x{017E}\x{0178}]"
)
"""What code page 1252 lacks, which is that of the pool's default collation, SQL_Latin1_General_CP1_CI_AS."""


def need_code_page(body: str) -> str:
    """`body` where the text `v` fits the code page of varchar; where it does not, the server writes `?` instead."""
    fail = raise_error(50000, "The emulator writes no text to varchar that code page 1252 lacks; use nvarchar.")
    return f"CASE WHEN strlen(v) <> length(v) AND regexp_matches(v, '{_OUTSIDE_CODE_PAGE}') THEN {fail} ELSE {body} END"


def cut_text(sql: str, source: SqlType, target: SqlType) -> str:
    """Text longer than the type is cut in silence; char and nchar are filled with blanks."""
    body = "v"
    if target.length != MAX:
        if source.length == MAX or (source.length or 0) > (target.length or 0):
            long = f"left(v, {target.length})"
            if target.is_national:
                half = raise_error(50000, "The emulator cuts no text that has characters outside of the basic plane.")
                long = (
                    f"CASE WHEN {utf16_length('v')} <= {target.length} THEN v "
                    f"WHEN length(v) <> {utf16_length('v')} THEN {half} ELSE {long} END"
                )
            # What has no more bytes than the type has characters fits for sure, and that is told fast.
            body = f"CASE WHEN strlen(v) > {target.length} THEN {long} ELSE v END"
        body = fill_text(body, target)
    if source.is_national and not target.is_national:
        body = need_code_page(body)
    return sql if body == "v" else once(sql, body)


# --- Binary ----------------------------------------------------------------------------------------------------------


def _to_binary(sql: str, source: SqlType, target: SqlType, style: int | None) -> str:
    if source.is_binary:
        content = sql
    elif source.is_text and style in {1, 2}:
        form, digits = ("0x(?:[0-9a-fA-F]{2})*", "substr(v, 3)") if style == 1 else ("(?:[0-9a-fA-F]{2})*", "v")
        fail = raise_error(8114, f"Error converting data type {source.base} to varbinary.")
        content = once(
            sql,
            f"CASE WHEN v IS NULL THEN NULL WHEN regexp_full_match(v, '{form}') THEN unhex({digits}) ELSE {fail} END",
        )
    else:
        raise NotSupportedError(f"The emulator does not know how the server turns {source} into {target}.")
    if target.base == "binary":
        return once(content, f"unhex(rpad(left(hex(v), {2 * (target.length or 0)}), {2 * (target.length or 0)}, '0'))")
    if target.length == MAX or (source.is_binary and (source.length or 0) in range(1, (target.length or 0) + 1)):
        return content
    cut = f"unhex(left(hex(v), {2 * (target.length or 0)}))"
    return once(content, f"CASE WHEN octet_length(v) > {target.length} THEN {cut} ELSE v END")


# --- Numbers ---------------------------------------------------------------------------------------------------------


def _number_to_number(sql: str, source: SqlType, target: SqlType, safe: bool) -> str:
    if target.base == "bit":
        return f"({sql} <> 0)"
    if target.is_integer and not source.is_integer:
        # A cast to an integer cuts the fraction off, where DuckDB rounds.
        sql = f"trunc({sql})"
    return f"{'TRY_CAST' if safe else 'CAST'}({sql} AS {target.duckdb})"


def _text_to_number(sql: str, target: SqlType, safe: bool) -> str:
    if target.is_integer:
        form, number, message = (
            r"[+-]?\d+",
            245,
            f"Conversion failed when converting the varchar value to data type {target}.",
        )
    elif target.base == "decimal":
        form, number, message = r"[+-]?(\d+\.?\d*|\.\d+)", 8114, "Error converting data type varchar to numeric."
    else:
        form, number = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", 8114
        message = f"Error converting data type varchar to {target}."
    fail = "NULL" if safe else raise_error(number, message)
    kind = "INTEGER" if target.base == "bit" else target.duckdb
    value = f"{'TRY_CAST' if safe else 'CAST'}(v AS {kind})"
    if target.base == "bit":
        value = f"({value} <> 0)"
    if target.base in {"real", "float"}:
        overflow = "NULL" if safe else raise_error(232, f"Arithmetic overflow error for type {target}.")
        value = f"CASE WHEN isfinite({value}) THEN {value} ELSE {overflow} END"
    empty = fail if target.base == "decimal" else f"CAST(0 AS {target.duckdb})"
    return once(
        f"trim({sql})",
        f"CASE WHEN v IS NULL THEN NULL WHEN v = '' THEN {empty} WHEN regexp_full_match(v, '{form}') THEN {value} "
        f"ELSE {fail} END",
    )


def _moment_to_moment(sql: str, source: SqlType, target: SqlType) -> str:
    if source.base == "time":
        # The date is the first of January 1900: learn.microsoft.com, time.
        sql = f"(DATE '1900-01-01' + {sql})"
    return round_moment(f"CAST({sql} AS {target.duckdb})", source, target)
