"""Result sets of a script as tables for people, or as JSON: one object a result set, one line each. Both stream."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import re
from collections.abc import Iterable
from typing import Any, TextIO

import numpy as np

_SEEN_ROWS = 1_000
"""Rows that are looked at for the widths of a table's columns; later ones may stand out."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What would break a line or steer a terminal."""

Row = tuple[Any, ...]


def write_table(columns: tuple[str, ...], rows: Iterable[Row], reals: frozenset[int], file: TextIO) -> None:
    """A header, a rule, a line a row, and the number of rows; a bit is 0 or 1, binary `0x…`, NULL `NULL`."""
    shown = ([_text(value, at in reals) for at, value in enumerate(row)] for row in rows)
    head = [_plain(name) for name in columns]
    first = list(itertools.islice(shown, _SEEN_ROWS))
    widths = [max(len(row[at]) for row in [head, *first]) for at in range(len(head))]
    file.write(_line(head, widths))
    file.write(_line(["-" * width for width in widths], widths))
    count = 0
    for row in itertools.chain(first, shown):
        file.write(_line(row, widths))
        count += 1
    file.write(f"({count:,} {'row' if count == 1 else 'rows'})\n\n")


def write_json(columns: tuple[str, ...], rows: Iterable[Row], reals: frozenset[int], file: TextIO) -> None:
    """`{"columns": ["a", …], "rows": [{"a": 1, …}, …]}` and a line break.

    A name that comes again gets `_2`, `_3`, …: an object has each key once. Numbers are numbers, decimals text with
    all their digits, dates and times ISO 8601, binary `0x…`; NULL is null, and so is a float that is not finite.
    """
    names = _distinct(columns)
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    file.write(f'{{"columns": {encode(names)}, "rows": [')
    comma = ""
    for row in rows:
        values = (_json(value, at in reals) for at, value in enumerate(row))
        file.write(comma + encode(dict(zip(names, values, strict=True))))
        comma = ", "
    file.write("]}\n")


def _distinct(names: Iterable[str]) -> list[str]:
    given = list(names)
    taken: set[str] = set()
    for at, name in enumerate(given):
        free = (f"{name}_{number}" for number in itertools.count(2))
        given[at] = name if name not in taken else next(other for other in free if other not in {*taken, *given})
        taken.add(given[at])
    return given


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip() + "\n"


def _plain(text: str) -> str:
    """A text on one line, which does nothing to a terminal."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _text(value: object, is_real: bool) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return str(_shortest(value, is_real))
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (bytes, bytearray)):
        return f"0x{value.hex().upper()}"
    return _plain(str(value))


def _json(value: object, is_real: bool) -> object:
    if isinstance(value, float):
        return _shortest(value, is_real) if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return f"0x{value.hex().upper()}"
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)


def _shortest(value: float, is_real: bool) -> float:
    """A 32-bit number in the fewest digits that give it back, where a 64-bit one would have sixteen."""
    return float(str(np.float32(value))) if is_real else value
