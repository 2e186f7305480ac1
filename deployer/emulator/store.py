"""What a table takes: types that its index can hold, values that fit their column."""

from __future__ import annotations

from deployer.emulator.cast_texts import cut_text, fill_text, need_code_page
from deployer.emulator.ddl import TableOptions
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import once, quote, utf16_length
from deployer.emulator.typed import Typed, as_type
from deployer.emulator.types import MAX, SqlColumn


def need_storable(columns: tuple[SqlColumn, ...], options: TableOptions | None) -> None:
    """Columns have names, each its own, and types that the index can hold; a view has no index (None)."""
    seen: set[str] = set()
    for key in options.named_columns if options is not None else ():
        if key.lower() not in {column.name.lower() for column in columns}:
            raise ProgrammingError(f"Column name '{key}' does not exist in the target table or view.", 1911)
    for number, column in enumerate(columns, start=1):
        if not column.name:
            raise ProgrammingError(f"No column name was specified for column {number}.", 1038, 15)
        if column.name.lower() in seen:
            raise ProgrammingError(f"Column name '{column.name}' is specified more than once.", 2705, 16, 3)
        seen.add(column.name.lower())
        if options is not None and column.type.length == MAX and "COLUMNSTORE" in options.index:
            raise NotSupportedError(
                f"The statement failed. Column '{column.name}' has a data type that cannot participate in a "
                "columnstore index.",
                35343,
            )


def insert_columns(columns: tuple[SqlColumn, ...], names: tuple[str, ...]) -> tuple[SqlColumn, ...]:
    """The columns that a statement names, or all; Msg 207 for one that is not there, 264 for one named twice."""
    by_name = {column.name.lower(): column for column in columns}
    chosen = []
    for name in names:
        column = by_name.get(name.lower())
        if column is None:
            raise ProgrammingError(f"Invalid column name '{name}'.", 207)
        if column in chosen:
            raise ProgrammingError(f"The column name '{name}' is specified more than once.", 264)
        chosen.append(column)
    return tuple(chosen) or columns


def convert(value: Typed, column: SqlColumn, table: object) -> str:
    """A value on its way into a column: cast where T-SQL does so by itself; text and binary are never cut (2628)."""
    kind = column.type
    if value.type is None:
        return f"CAST(NULL AS {kind.duckdb})"
    if (value.type.is_text and kind.is_binary) or (value.type.is_binary and not kind.is_binary):
        raise ProgrammingError(
            f"Implicit conversion from data type {value.type} to {kind} is not allowed. Use the CONVERT function.", 257
        )
    if (value.type.is_text and kind.is_text) or (value.type.is_binary and kind.is_binary):
        return _fitting(value, column, table)
    try:
        return as_type(value, kind)
    except ProgrammingError as error:
        if error.number != 529:
            raise
        raise ProgrammingError(f"Operand type clash: {value.type} is incompatible with {kind}", 206) from None


def _fitting(value: Typed, column: SqlColumn, table: object) -> str:
    kind = column.type
    message = f"String or binary data would be truncated in table '{table}', column '{column.name}'. Truncated value: '"
    held = "''" if kind.is_binary else f"left(v, {kind.length})"
    fail = f"error({quote(f'Msg 2628: {message}')} || {held} || {quote(chr(39) + '.')})"
    if kind.is_binary:
        if kind.length == MAX:
            return value.sql
        size = 2 * (kind.length or 0)
        filled = f"unhex(rpad(hex(v), {size}, '0'))" if kind.base == "binary" else "v"
        return once(value.sql, f"CASE WHEN octet_length(v) > {kind.length} THEN {fail} ELSE {filled} END")
    source = value.type or kind
    if kind.length == MAX or (source.length or 0) in range(1, (kind.length or 0) + 1):
        return cut_text(value.sql, source, kind)
    length = utf16_length("v") if kind.is_national else "length(v)"
    over = f"{length} - {kind.length}"
    # Blanks at the end are cut in silence, and nothing else is.
    cut = f"CASE WHEN length(v) - length(rtrim(v)) < {over} THEN {fail} ELSE left(v, length(v) - ({over})) END"
    body = f"CASE WHEN strlen(v) > {kind.length} AND {over} > 0 THEN {cut} ELSE v END"
    if source.is_national and not kind.is_national:
        body = need_code_page(body)
    return fill_text(once(value.sql, body), kind)
