"""Pieces of DuckDB's SQL that everything is built of."""

from __future__ import annotations


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


def utf16_length(text: str) -> str:
    """Characters as T-SQL counts them: one outside of the basic plane is two."""
    return f"(length({text}) + length(regexp_replace({text}, '[^\\x{{10000}}-\\x{{10FFFF}}]', '', 'g')))"
