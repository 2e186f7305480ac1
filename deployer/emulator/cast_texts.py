"""CAST and CONVERT to text and to binary: what is cut, what is filled, which style writes what."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.errors import NotSupportedError
from deployer.emulator.fragments import once, raise_error, utf16_length
from deployer.emulator.styles import moment_text
from deployer.emulator.types import MAX, SqlType

# --- Text ------------------------------------------------------------------------------------------------------------


def to_text(sql: str, source: SqlType, target: SqlType, style: int | None) -> str:
    """A value of any type as text."""
    if source.is_binary:
        return _binary_text(sql, target, style)
    if source.is_text:
        return cut_text(sql, source, target)
    if source.is_moment:
        # A moment that is too long is cut, which drops its time or its seconds.
        return cut_text(moment_text(sql, source, style), SqlType("varchar", 40), target)
    text = _number_text(sql, source, style)
    if target.length == MAX:
        return text
    message = f"Arithmetic overflow error converting expression to data type {target.base}."
    # An integer too long for varchar becomes an asterisk: learn.microsoft.com, CAST and CONVERT.
    long = "'*'" if source.is_integer and not target.is_national else raise_error(8115, message)
    if source.base == "uniqueidentifier":
        long = raise_error(8170, "Insufficient result space to convert uniqueidentifier value to char.")
    return once(text, fill_text(f"CASE WHEN length(v) > {target.length} THEN {long} ELSE v END", target))


_FLOAT_STYLES: Mapping[int, str] = {0: "%.6g", 1: "%.7e", 2: "%.15e", 3: "%.16e"}


def _number_text(sql: str, source: SqlType, style: int | None) -> str:
    if source.base in {"real", "float"}:
        form = _FLOAT_STYLES.get(style or 0)
        if form is None:
            raise NotSupportedError(f"The emulator does not write {source} as text with style {style}.")
        # The exponent has three digits.
        written = f"printf('{form}', CAST({sql} AS DOUBLE))"
        return f"regexp_replace({written}, 'e([+-])(\\d\\d)$', 'e\\10\\2')"
    if source.is_money:
        return _money_text(sql, style or 0)
    if style not in {None, 0}:
        raise NotSupportedError(f"The emulator does not write {source} as text with style {style}.")
    if source.base == "bit":
        return f"CAST(CAST({sql} AS INTEGER) AS VARCHAR)"
    if source.base == "decimal" and source.precision == source.scale and (source.precision or 0) < 38:
        # Room for the zero before the point, which the server always writes.
        return f"CAST(CAST({sql} AS DECIMAL({(source.precision or 0) + 1}, {source.scale})) AS VARCHAR)"
    return f"upper(CAST({sql} AS VARCHAR))" if source.base == "uniqueidentifier" else f"CAST({sql} AS VARCHAR)"


def _money_text(sql: str, style: int) -> str:
    """Two digits behind the point, with style 1 a comma every three digits before it; with style 2 four digits."""
    if style == 2:
        return f"CAST(CAST({sql} AS DECIMAL(19, 4)) AS VARCHAR)"
    if style not in {0, 1}:
        raise NotSupportedError(f"The emulator does not write money as text with style {style}.")
    text = f"CAST(CAST({sql} AS DECIMAL(19, 2)) AS VARCHAR)"
    if style == 0:
        return text
    whole = "format('{:,}', CAST(split_part(ltrim(v, '-'), '.', 1) AS BIGINT))"
    return once(text, f"CASE WHEN v LIKE '-%' THEN '-' ELSE '' END || {whole} || '.' || split_part(v, '.', 2)")


def _binary_text(sql: str, target: SqlType, style: int | None) -> str:
    if style in {None, 0}:
        kind = SqlType("nvarchar" if target.is_national else "varchar", MAX)
        return cut_text(f"tsql_decode({sql}, {str(target.is_national).lower()})", kind, target)
    if style not in {1, 2}:
        raise NotSupportedError(f"The emulator converts binary to text with style 0, 1 or 2, not {style}.")
    text = f"'0x' || upper(hex({sql}))" if style == 1 else f"upper(hex({sql}))"
    return cut_text(f"({text})", SqlType("varchar", MAX), target)


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


def to_binary(sql: str, source: SqlType, target: SqlType, style: int | None, safe: bool) -> str:
    """A value as bytes: integers from the highest byte, cut and filled at the left; all else at the right."""
    length = target.length or 0
    if source.is_integer and style in {None, 0}:
        size = {"bit": 1, "tinyint": 1, "smallint": 2, "int": 4, "bigint": 8}[source.base]
        if target.base == "binary":
            size = length
        elif length != MAX:
            size = min(size, length)
        return f"tsql_bytes(CAST({sql} AS BIGINT), {size})"
    if source.is_binary and style in {None, 0, 1, 2}:
        content = sql
    elif source.is_text and style in {1, 2}:
        form, digits = ("0x(?:[0-9a-fA-F]{2})*", "substr(v, 3)") if style == 1 else ("(?:[0-9a-fA-F]{2})*", "v")
        fail = "NULL" if safe else raise_error(8114, f"Error converting data type {source.base} to {target.base}.")
        content = once(
            sql,
            f"CASE WHEN v IS NULL THEN NULL WHEN regexp_full_match(v, '{form}') THEN unhex({digits}) ELSE {fail} END",
        )
    elif source.is_text and style in {None, 0}:
        content = f"tsql_encode({sql}, {str(source.is_national).lower()})"
    else:
        raise NotSupportedError(f"The emulator does not know how the server turns {source} into {target}.")
    if target.base == "binary":
        return once(content, f"unhex(rpad(left(hex(v), {2 * length}), {2 * length}, '0'))")
    if length == MAX or (source.is_binary and (source.length or 0) in range(1, length + 1)):
        return content
    cut = f"unhex(left(hex(v), {2 * length}))"
    return once(content, f"CASE WHEN octet_length(v) > {length} THEN {cut} ELSE v END")
