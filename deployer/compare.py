"""`compare_scores`: are these the scores that were expected? Streams over two sets of rows, however they are batched.

Rows are matched by key. Both sides must come in the same order, whatever it is: a server sorts text by its collation
and NumPy by code point, so no order is assumed that one of them would not share. Rows without a partner wait for it;
in the same order they do not wait long, and memory stays that of a few batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deployer.errors import CompareError
from deployer.spec import Tolerance

Array = np.ndarray[Any, np.dtype[Any]]
Batch = Mapping[str, Array]
"""Rows as columns: name to a 1-D array, all of one length. Text and whatever may be NULL is an array of objects."""

_WORST = 10
_READ = 65_536
"""Rows that are read from each side before they are matched."""
_WAITING = 1_000_000
"""Rows that may wait for a partner; with more, the two sides are not in the same order, or not of the same rows."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One score that is off by more than the tolerance. `absolute` is infinite for a label, and for NaN or infinity."""

    key: tuple[object, ...]
    column: str
    expected: object
    score: object
    absolute: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing two sets of scores. The largest differences are over all rows, also those that pass."""

    rows: int
    """Rows found on both sides."""
    different: int
    """Rows of these with at least one score that is off by more than the tolerance."""
    missing: int
    """Rows that were expected and are not among the scores."""
    unexpected: int
    """Rows among the scores that were not expected."""
    max_absolute: float
    max_relative: float
    """|expected - score| over the larger of the two magnitudes, so that it is at most 2 for finite numbers."""
    max_ulp: int
    """Steps between neighbouring floats, of the narrower of the two types."""
    label_mismatches: int
    """Whole numbers and texts that are not the same; no tolerance applies to these."""
    worst: tuple[Difference, ...] = ()

    @property
    def equal(self) -> bool:
        """Every row on both sides, no score off by more than the tolerance, and at least one row."""
        return self.rows > 0 and not (self.different or self.missing or self.unexpected)


def compare_scores(
    expected: Iterable[Batch], scores: Iterable[Batch], key: Sequence[str], tolerance: Tolerance | None = None
) -> Comparison:
    """Compare every column that `expected` has, apart from the key, with the column of that name among the scores.

    Without a tolerance, floats must be equal; NaN equals NaN, and infinity itself. Raises `CompareError` where a column
    is missing, a number faces a text, a key is not unique or holds NULL, or too many rows have no partner.
    """
    if not key:
        raise CompareError("no key to match rows by", hint="name the columns that tell rows apart")
    tally = _Tally(tuple(key), tolerance or Tolerance())
    left, right = _Side("expected", expected, key), _Side("scores", scores, key)
    rows = 0
    while not (left.ended and right.ended):
        # Both read up to the same row, so that neither runs ahead however its batches are cut.
        rows += _READ
        left.read(rows)
        right.read(rows)
        at_left, at_right = _match(left, right, key)
        tally.add(left.take(at_left), right.take(at_right))
        for side, other in ((left, right), (right, left)):
            if other.ended:
                side.give_up()
            if side.waiting > _WAITING:
                raise CompareError(
                    f"{side.waiting:,} rows of {side.name} have no partner by key {', '.join(map(repr, key))}",
                    hint="both sides must hold the same rows, in the same order",
                )
    return tally.result(missing=left.alone, unexpected=right.alone)


class _Side:
    """One side of the comparison: its batches, the rows of it that wait, and how many found no partner."""

    def __init__(self, name: str, batches: Iterable[Batch], key: Sequence[str]) -> None:
        self.name, self.key = name, key
        self.batches = iter(batches)
        self.rows: dict[str, Array] = {}
        self.seen = 0
        self.ended = False
        self.alone = 0

    @property
    def waiting(self) -> int:
        return len(next(iter(self.rows.values()))) if self.rows else 0

    def read(self, rows: int) -> None:
        """Read on until that many rows were seen; matching costs a sort, so small batches are put together first."""
        batches = [self.rows] if self.rows else []
        while self.seen < rows and not self.ended:
            batch = next(self.batches, None)
            if batch is None:
                self.ended = True
            else:
                self.seen += self._length(batch)
                batches.append(dict(batch))
        if len(batches) > bool(self.rows):
            names = list(batches[0])
            if any(set(batch) != set(names) for batch in batches):
                raise CompareError(f"{self.name}: the batches do not have the same columns")
            self.rows = {name: np.concatenate([batch[name] for batch in batches]) for name in names}

    def _length(self, batch: Batch) -> int:
        for name in self.key:
            if name not in batch:
                raise CompareError(f"{self.name}: no key column {name!r}", hint=f"the columns: {', '.join(batch)}")
            if _has_null(batch[name]):
                raise CompareError(f"{self.name}: key column {name!r} holds NULL", hint="take a key without NULL")
        lengths = {len(column) for column in batch.values()}
        if len(lengths) != 1:
            raise CompareError(f"{self.name}: the columns of one batch have {sorted(lengths)} rows")
        return lengths.pop()

    def take(self, at: Array) -> dict[str, Array]:
        """The rows at these places, in this order; they wait no longer."""
        taken = {name: column[at] for name, column in self.rows.items()}
        if len(at):
            keep = np.ones(self.waiting, dtype=bool)
            keep[at] = False
            self.rows = {name: column[keep] for name, column in self.rows.items()}
        return taken

    def give_up(self) -> None:
        """The other side has no more rows: none of these will find a partner."""
        self.alone += self.waiting
        self.rows = {name: column[:0] for name, column in self.rows.items()}


def _has_null(column: Array) -> bool:
    if column.dtype.kind == "O":
        return any(value is None for value in column)
    return column.dtype.kind == "f" and bool(np.isnan(column).any())


def _match(left: _Side, right: _Side, key: Sequence[str]) -> tuple[Array, Array]:
    """Places of the rows that are on both sides, pairwise, in the order of the left."""
    if not (left.waiting and right.waiting):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    codes_left, codes_right = _encode(left, right, key)
    place = np.full(max(codes_left.max(), codes_right.max()) + 1, -1)
    for side, codes in ((left, codes_left), (right, codes_right)):
        if np.bincount(codes).max() > 1:
            raise CompareError(
                f"{side.name}: several rows have the same key {', '.join(map(repr, key))}",
                hint="name enough columns to tell rows apart",
            )
    place[codes_right] = np.arange(len(codes_right))
    partner = place[codes_left]
    at_left = np.flatnonzero(partner >= 0)
    return at_left, partner[at_left]


def _encode(left: _Side, right: _Side, key: Sequence[str]) -> tuple[Array, Array]:
    """The key of every row of both sides as one small whole number, the same for the same key."""
    codes = np.zeros(left.waiting + right.waiting, dtype=np.int64)
    for name in key:
        pair = left.rows[name], right.rows[name]
        if _is_text(pair[0]) != _is_text(pair[1]):
            raise CompareError(f"key column {name!r} is text on one side only", hint="read the key with one type")
        values = np.concatenate([column.astype(object) if _is_text(column) else column for column in pair])
        _, numbers = np.unique(values, return_inverse=True)
        _, codes = np.unique(codes * (int(numbers.max()) + 1) + numbers, return_inverse=True)
    return codes[: left.waiting], codes[left.waiting :]


def _is_text(column: Array) -> bool:
    if column.dtype.kind == "O":
        return any(isinstance(value, str) for value in column)
    return column.dtype.kind in "US"


class _Tally:
    """The comparison so far."""

    def __init__(self, key: tuple[str, ...], tolerance: Tolerance) -> None:
        self.key, self.tolerance = key, tolerance
        self.rows = self.different = self.label_mismatches = self.max_ulp = 0
        self.max_absolute = self.max_relative = 0.0
        self.worst: list[Difference] = []

    def add(self, expected: Batch, scores: Batch) -> None:
        """Compare rows that belong together."""
        names = [name for name in expected if name not in self.key]
        if expected and not names:
            raise CompareError("expected has no column beside the key", hint="give it the scores to compare with")
        count = len(expected[self.key[0]]) if expected else 0
        off = np.zeros(count, dtype=bool)
        for name in names if count else ():
            if name not in scores:
                raise CompareError(f"scores: no column {name!r}", hint=f"the columns: {', '.join(scores)}")
            off |= self._add_column(name, expected, scores)
        self.rows += count
        self.different += int(off.sum())

    def _add_column(self, name: str, expected: Batch, scores: Batch) -> Array:
        left, right = expected[name], scores[name]
        if "f" in left.dtype.kind + right.dtype.kind and "O" not in left.dtype.kind + right.dtype.kind:
            off, absolute = self._add_numbers(name, left, right)
        else:
            off = _differ(name, left, right)
            absolute = np.where(off, np.inf, 0.0)
            self.label_mismatches += int(off.sum())
        places = np.flatnonzero(off)
        places = places[np.argsort(-absolute[places], kind="stable")[:_WORST]]
        found = [
            Difference(
                tuple(_plain(expected[part][at]) for part in self.key),
                name,
                _plain(left[at]),
                _plain(right[at]),
                float(absolute[at]),
            )
            for at in places
        ]
        self.worst = sorted([*self.worst, *found], key=lambda entry: -entry.absolute)[:_WORST]
        return off

    def _add_numbers(self, name: str, expected: Array, scores: Array) -> tuple[Array, Array]:
        if _is_text(expected) or _is_text(scores):
            raise CompareError(f"column {name!r} is text on one side and a number on the other")
        left, right = expected.astype(np.float64), scores.astype(np.float64)
        same = (left == right) | (np.isnan(left) & np.isnan(right))
        finite = np.isfinite(left) & np.isfinite(right)
        with np.errstate(over="ignore", invalid="ignore"):
            absolute = np.where(same, 0.0, np.where(finite, np.abs(left - right), np.inf))
            larger = np.maximum(np.abs(left), np.abs(right))
            relative = np.divide(absolute, larger, out=np.zeros_like(absolute), where=~same & finite)
            allowed = self.tolerance.absolute + self.tolerance.relative * np.abs(left)
        off = ~same & ~(finite & (absolute <= allowed))
        relative[~same & ~finite] = np.inf
        self.max_absolute = max(self.max_absolute, float(absolute.max()))
        self.max_relative = max(self.max_relative, float(relative.max()))
        self.max_ulp = max(self.max_ulp, _largest_ulp(expected[finite], scores[finite]))
        return off, absolute

    def result(self, missing: int, unexpected: int) -> Comparison:
        return Comparison(
            rows=self.rows,
            different=self.different,
            missing=missing,
            unexpected=unexpected,
            max_absolute=self.max_absolute,
            max_relative=self.max_relative,
            max_ulp=self.max_ulp,
            label_mismatches=self.label_mismatches,
            worst=tuple(self.worst),
        )


def _differ(name: str, left: Array, right: Array) -> Array:
    """Where two columns of whole numbers, texts or objects are not the same."""
    if _is_text(left) != _is_text(right) and not (_all_null(left) or _all_null(right)):
        raise CompareError(f"column {name!r} is text on one side and a number on the other")
    if "O" in left.dtype.kind + right.dtype.kind:
        left, right = left.astype(object), right.astype(object)
    return np.asarray(left != right, dtype=bool)


def _all_null(column: Array) -> bool:
    return column.dtype.kind == "O" and all(value is None for value in column)


def _largest_ulp(left: Array, right: Array) -> int:
    """Most steps between two floats, both taken as the narrower of the two types; 0 for nothing at all."""
    floats = [column.dtype for column in (left, right) if column.dtype.kind == "f"]
    single = min(dtype.itemsize for dtype in floats) <= 4
    real, whole, unsigned = (np.float32, np.int32, np.uint32) if single else (np.float64, np.int64, np.uint64)

    def steps(column: Array) -> Array:
        """Whole numbers that go up by one from each float to the next, through both zeros, which are one."""
        with np.errstate(over="ignore"):
            bits: np.ndarray[Any, np.dtype[np.signedinteger[Any]]] = column.astype(real).view(whole)
        return np.where(bits < 0, np.iinfo(whole).min - bits, bits)

    if not len(left):
        return 0
    first, second = steps(left), steps(right)
    larger, smaller = np.maximum(first, second), np.minimum(first, second)
    # The distance may need one bit more than a signed number has.
    return int((larger.view(unsigned) - smaller.view(unsigned)).max())


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
