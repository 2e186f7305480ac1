"""CAST and CONVERT with T-SQL's results: what is cut, what is rounded, what fails and with which message."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.cast_texts import to_binary, to_text
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import once, raise_error
from deployer.emulator.moments import bounded, round_moment, text_to_moment, within
from deployer.emulator.styles import read_order
from deployer.emulator.types import SqlType, digits_of


def cast(sql: str, source: SqlType | None, target: SqlType, safe: bool = False, style: int | None = None) -> str:
    """An expression of DuckDB that casts as T-SQL does; with `safe`, NULL where it would fail.

    Raises `ProgrammingError` 529 for a cast that T-SQL forbids, `NotSupportedError` for one whose result the emulator
    would not write as the server does.
    """
    if source is None or (source == target and style is None):
        return f"CAST({sql} AS {target.duckdb})"
    if target.is_text:
        return to_text(sql, source, target, style)
    if target.is_binary:
        return to_binary(sql, source, target, style, safe)
    if source.is_text and target.is_moment:
        fail = "NULL" if safe else raise_error(241, _NO_MOMENT)
        beyond = "NULL" if safe else raise_error(242, _BEYOND.format(source.base, target.base))
        by_base = beyond if target.base in {"datetime", "smalldatetime"} else fail
        return once(sql, text_to_moment(target, read_order(style), fail, by_base))
    if style is not None and not (source.is_number and target.is_number):
        raise NotSupportedError(f"The emulator does not know CONVERT of {source} to {target} with style {style}.")
    if source.is_text:
        return _text_to_number(sql, source, target, safe) if target.is_number else _text_to_guid(sql, safe)
    if source.is_number and target.is_number:
        return _number_to_number(sql, source, target, safe)
    if source.is_moment and target.is_moment and {source.base, target.base} != {"date", "time"}:
        return _moment_to_moment(sql, source, target, safe)
    if source.is_binary and target.is_integer and target.base != "bit":
        return f"CAST(tsql_int({sql}, {_BYTES[target.base]}) AS {target.duckdb})"
    if target.base in {"datetime", "smalldatetime"} and source.is_integer:
        days = once(sql, f"TIMESTAMP '1900-01-01' + to_days({bounded('v', 'day')})")
        return within(days, target, _overflow(target, safe))
    if (source.is_number or source.is_binary) and target.base in {"datetime", "smalldatetime"}:
        raise NotSupportedError(f"The emulator does not know how the server rounds {source} as {target}.")
    if source.base in {"datetime", "smalldatetime"} and target.is_number:
        raise NotSupportedError(f"The emulator does not know how the server rounds {source} as {target}; use DATEDIFF.")
    if "uniqueidentifier" in {source.base, target.base} and (source.is_binary or target.is_binary):
        raise NotSupportedError(f"The emulator does not know {source} as {target}.")
    if source.is_binary and target.is_number:
        raise NotSupportedError(f"The emulator does not know binary as {target}.")
    raise ProgrammingError(f"Explicit conversion from data type {source.base} to {target.base} is not allowed.", 529)


_NO_MOMENT = "Conversion failed when converting date and/or time from character string."
_BEYOND = "The conversion of a {} data type to a {} data type resulted in an out-of-range value."
_BYTES: Mapping[str, int] = {"tinyint": 1, "smallint": 2, "int": 4, "bigint": 8}


def _called(kind: SqlType) -> str:
    """A type's name in messages."""
    return "numeric" if kind.base == "decimal" else kind.base


def _overflow(target: SqlType, safe: bool) -> str:
    message = f"Arithmetic overflow error converting expression to data type {_called(target)}."
    return "NULL" if safe else raise_error(8115, message)


# --- Numbers ---------------------------------------------------------------------------------------------------------


def _number_to_number(sql: str, source: SqlType, target: SqlType, safe: bool) -> str:
    if target.base == "bit":
        return f"({sql} <> 0)"
    if target.base in {"real", "float"}:
        if source.base == "decimal" and (source.precision or 0) > 15:
            # By its digits: as a quotient of two floats it would be rounded twice.
            sql = f"CAST({sql} AS VARCHAR)"
    elif source.base in {"real", "float"} and not target.is_integer:
        return _float_to_decimal(sql, target, safe)
    elif target.is_integer and not source.is_integer:
        # A cast to an integer cuts the fraction off, where DuckDB rounds.
        sql = f"trunc({sql})"
    # Which overflow it is, `refusals` tells by DuckDB's words: a check here would cost each row.
    return f"{'TRY_CAST' if safe else 'CAST'}({sql} AS {target.duckdb})"


def _float_to_decimal(sql: str, target: SqlType, safe: bool) -> str:
    """Rounded as DuckDB does where no other way of rounding could differ, and with care elsewhere."""
    precision, scale = digits_of(target)
    plain = f"abs(v) * 1e{scale} < 1e14 AND abs(abs(v * 1e{scale} - trunc(v * 1e{scale})) - 0.5) > 1e-3"
    made = f"TRY_CAST(v AS {target.duckdb})"
    careful = f"CAST(tsql_float_to_decimal(v, {precision}, {scale}, {str(safe).lower()}) AS {target.duckdb})"
    plainly = f"coalesce({made}, {_overflow(target, safe)})"
    body = f"CASE WHEN v IS NULL THEN NULL WHEN {plain} THEN {plainly} ELSE {careful} END"
    return once(f"CAST({sql} AS DOUBLE)", body)


_WHOLE, _EXACT = r"[+-]?\d+", r"[+-]?(\d+\.?\d*|\.\d+)"
_FORMS: Mapping[str, str] = {"decimal": _EXACT, "money": _EXACT, "smallmoney": _EXACT}
_APPROXIMATE = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"


def _text_to_number(sql: str, source: SqlType, target: SqlType, safe: bool) -> str:
    form = _WHOLE if target.is_integer else _FORMS.get(target.base, _APPROXIMATE)
    fail, overflow = ("NULL", "NULL") if safe else (_no_number(source, target), _text_overflow(source, target))
    kind = "HUGEINT" if target.base == "bit" else target.duckdb
    made = f"TRY_CAST(v AS {kind})"
    value = f"coalesce({made}, {overflow})"
    if target.base == "bit":
        value = f"({value} <> 0)"
    if target.base in {"real", "float"}:
        value = f"CASE WHEN isfinite({made}) THEN {made} ELSE {overflow} END"
    empty = fail if target.base == "decimal" else f"CAST(0 AS {target.duckdb})"
    words = "WHEN lower(v) IN ('true', 'false') THEN lower(v) = 'true' " if target.base == "bit" else ""
    if target.is_money:
        odd = raise_error(50000, "The emulator reads money as digits and a point only.")
        words = f"WHEN regexp_full_match(v, '[-+$€£¥, 0-9.()]+') AND NOT regexp_full_match(v, '{form}') THEN {odd} "
    return once(
        f"trim({sql})",
        f"CASE WHEN v IS NULL THEN NULL WHEN v = '' THEN {empty} {words}"
        f"WHEN regexp_full_match(v, '{form}') THEN {value} ELSE {fail} END",
    )


def _no_number(source: SqlType, target: SqlType) -> str:
    if target.is_integer:
        start = f"Msg 245: Conversion failed when converting the {source.base} value '"
        return f"error('{start.replace(chr(39), chr(39) * 2)}' || v || ''' to data type {target.base}.')"
    if target.is_money:
        return raise_error(235, "Cannot convert a char value to money. The char value has incorrect syntax.")
    return raise_error(8114, f"Error converting data type {source.base} to {_called(target)}.")


def _text_overflow(source: SqlType, target: SqlType) -> str:
    number = {"int": 248, "tinyint": 244, "smallint": 244}.get(target.base)
    if number is not None:
        column = {"int": "an int", "tinyint": "an INT1", "smallint": "an INT2"}[target.base]
        start = f"Msg {number}: The conversion of the {source.base} value '"
        return f"error('{start.replace(chr(39), chr(39) * 2)}' || v || ''' overflowed {column} column.')"
    if target.base in {"real", "float"}:
        return raise_error(232, f"Arithmetic overflow error for type {target.base}.")
    return raise_error(8115, f"Arithmetic overflow error converting {source.base} to data type {_called(target)}.")


# --- Moments and identifiers -----------------------------------------------------------------------------------------


def _text_to_guid(sql: str, safe: bool) -> str:
    fail = (
        "NULL"
        if safe
        else raise_error(8169, "Conversion failed when converting from a character string to uniqueidentifier.")
    )
    digits = "[0-9a-fA-F]"
    form = f"{digits}{{8}}-({digits}{{4}}-){{3}}{digits}{{12}}"
    made = "CAST(trim(left(v, 38), '{}') AS UUID)"
    # What stands behind the identifier is cut off: learn.microsoft.com, uniqueidentifier.
    return once(
        sql,
        f"CASE WHEN v IS NULL THEN NULL WHEN regexp_matches(v, '^{form}') THEN CAST(left(v, 36) AS UUID) "
        f"WHEN regexp_matches(v, '^\\{{{form}\\}}') THEN {made} ELSE {fail} END",
    )


def _moment_to_moment(sql: str, source: SqlType, target: SqlType, safe: bool) -> str:
    if source.base == "time":
        # The date is the first of January 1900: learn.microsoft.com, time.
        sql = f"(DATE '1900-01-01' + {sql})"
    if (
        source.base == "datetime"
        and target.base in {"datetime2", "time"}
        and (7 if target.scale is None else target.scale) > 3
    ):
        # A datetime is a third of a hundredth: as datetime2(7) 3 milliseconds are 3.3333, or 3 on older levels.
        odd = raise_error(
            50000, f"The emulator does not know the digits behind the milliseconds of a datetime as {target}."
        )
        sql = once(sql, f"CASE WHEN microsecond(v) % 10000 <> 0 THEN {odd} ELSE v END")
    if target.base in {"datetime", "smalldatetime"} and source.base in {"date", "datetime2", "datetime"}:
        fail = "NULL" if safe else raise_error(242, _BEYOND.format(source.base, target.base))
        sql = within(f"CAST({sql} AS TIMESTAMP)", target, fail)
    return round_moment(f"CAST({sql} AS {target.duckdb})", source, target)
