"""The input example that MLflow keeps beside a model: a table, or tensors, as JSON."""

from __future__ import annotations

import json
from typing import Any

from deployer.errors import SourceError
from deployer.model import Example
from deployer.source.folder import Folder, read_bytes

_EXAMPLE_BYTES = 1 << 20
"""Longest example that is read; MLflow's own are a few rows."""
_MOST_ROWS = 100


def read_example(folder: Folder, path: str) -> Example | None:
    """The example at that path of the folder. What cannot be read is told in `Example.problem`; None for no path."""
    if not path:
        return None
    try:
        content = read_bytes(folder.fetch(path), _EXAMPLE_BYTES, f"{path!r} in {folder.where}")
        return _parse(json.loads(content))
    except SourceError as error:
        return Example(problem=error.message)
    except (ValueError, RecursionError) as error:
        return Example(problem=f"{path!r} cannot be read: {error}".splitlines()[0])


def _parse(record: Any) -> Example:
    """Pandas' split format, TensorFlow Serving's `inputs` or `instances`, or a mapping of columns to values."""
    match record:
        case {"columns": list(columns), "data": list(rows)}:
            return _make(columns, rows)
        case {"data": list(rows)}:
            return _make([], rows)
        case {"inputs": inner} | {"instances": inner}:
            return _parse(inner)
        case dict() if record and all(isinstance(values, list) for values in record.values()):
            return _make(list(record), list(zip(*record.values(), strict=True)))
        case list() if record and all(isinstance(row, dict) for row in record):
            columns = list(record[0])
            return _make(columns, [[row.get(name) for name in columns] for row in record])
        case list():
            return _make([], record)
    raise ValueError("it is neither a table nor tensors")


def _make(columns: list[Any], rows: list[Any]) -> Example:
    cut = [tuple(map(_flatten, row)) if isinstance(row, list | tuple) else (row,) for row in rows[:_MOST_ROWS]]
    if not cut or any(len(row) != len(columns or cut[0]) for row in cut):
        raise ValueError("its rows are not all of one length")
    return Example(tuple(map(str, columns)), tuple(cut))


def _flatten(value: Any) -> object:
    """A tensor of one column holds each value in a list of its own."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value
