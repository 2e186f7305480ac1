"""Rows of keys and scores as CSV or JSON, out and in. What is written reads back as the same values."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from deployer.errors import CompareError

Array = np.ndarray[Any, np.dtype[Any]]
Batch = Mapping[str, Array]

_BATCH_ROWS = 65_536


def take_rows(batches: Iterable[Batch], limit: int | None) -> Iterator[Batch]:
    """The first `limit` rows; all of them for None. What comes after is not asked for."""
    if limit is None:
        yield from batches
        return
    for batch in batches:
        cut = {name: column[:limit] for name, column in batch.items()}
        limit -= _count(cut)
        yield cut
        if not limit:
            return


def write_rows(batches: Iterable[Batch], file: TextIO, as_json: bool = False) -> int:
    """Write rows as CSV with a header, or as one JSON object a line; gives how many."""
    rows = 0
    for batch in batches:
        if as_json:
            values = [_values(column) for column in batch.values()]
            file.writelines(
                json.dumps(dict(zip(batch, row, strict=True)), ensure_ascii=False) + "\n"
                for row in zip(*values, strict=True)
            )
        else:
            columns = [_texts(column) for column in batch.values()]
            # Python before 3.13 leaves a carriage return bare, and reads it as the end of the line.
            bare = any("\r" in text for column in columns for text in column)
            writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL)
            if not rows:
                writer.writerow(batch)
            writer.writerows(zip(*columns, strict=True))
        rows += _count(batch)
    return rows


def read_expected(path: Path, scores: Iterable[Batch]) -> tuple[Iterator[Batch], Iterator[Batch]]:
    """Rows of a CSV file, with the types that the scores' columns have, and the scores. What is no number is text.

    Raises `CompareError` where the file cannot be read, has a column that the scores have not, or text for a number.
    """
    ahead = iter(scores)
    first = next(ahead, {})
    kinds = {name: column.dtype if column.dtype.kind in "iuf" else None for name, column in first.items()}
    alike = (
        {name: column if kinds[name] else np.array(_texts(column), dtype=object) for name, column in batch.items()}
        for batch in chain([first] if first else [], ahead)
    )
    return _read(path, kinds), alike


def _read(path: Path, kinds: Mapping[str, np.dtype[Any] | None]) -> Iterator[Batch]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            head = next(reader, [])
            unknown = [name for name in head if name not in kinds] if kinds else []
            if not head or unknown:
                raise CompareError(
                    f"{str(path)!r} has column {unknown[0]!r}" if head else f"{str(path)!r} is empty",
                    hint=f"a header with the key and any of the scores: {', '.join(kinds)}",
                )
            while rows := list(islice(reader, _BATCH_ROWS)):
                # Of unlike lengths: a row is cut off, or text with a comma has no quotes.
                if short := next((row for row in rows if len(row) != len(head)), None):
                    raise CompareError(
                        f"{str(path)!r} has a row of {len(short)} values {short!r}; expected {len(head)}"
                    )
                columns = zip(head, zip(*rows, strict=True), strict=True)
                yield {name: _parse(path, name, values, kinds.get(name)) for name, values in columns}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CompareError(f"cannot read {str(path)!r}: {error}", hint="give a CSV file in UTF-8") from error


def _parse(path: Path, name: str, values: tuple[str, ...], kind: np.dtype[Any] | None) -> Array:
    if kind is None:
        return np.array(values, dtype=object)
    try:
        if kind.kind == "f":
            return np.array([float(value or "nan") for value in values], dtype=kind)
        return np.array([int(value) for value in values], dtype=kind)
    except (ValueError, OverflowError) as error:
        raise CompareError(f"{str(path)!r}, column {name!r}: {error}", hint=f"expected numbers of {kind}") from error


def _count(batch: Batch) -> int:
    return len(next(iter(batch.values()), ()))


def _texts(column: Array) -> list[str]:
    """Each value in the fewest digits that read back as the same; NULL and NaN are empty."""
    if column.dtype.kind == "f":
        return ["" if text == "nan" else text for text in column.astype(str).tolist()]
    if column.dtype.kind == "O":
        return ["" if value is None else str(value) for value in column]
    texts: list[str] = column.astype(str).tolist()
    return texts


def _values(column: Array) -> list[object]:
    """As JSON can hold them; NULL, NaN and infinity are None, and what is neither number nor text is text."""
    if column.dtype.kind == "f":
        finite = np.isfinite(column).tolist()
        # By way of the text, else a 32-bit 0.1 would be written as 0.10000000149011612.
        return [float(text) if fine else None for text, fine in zip(column.astype(str).tolist(), finite, strict=True)]
    if column.dtype.kind in "iub":
        values: list[object] = column.tolist()
        return values
    return [value if value is None or isinstance(value, (bool, int, str)) else str(value) for value in column]
