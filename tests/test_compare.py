"""`compare_scores` counts what differs, whatever the batches, and with the memory of a few of them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deployer.compare import Batch, Comparison, Difference, compare_scores
from deployer.errors import CompareError
from deployer.spec import Tolerance

Array = np.ndarray[Any, np.dtype[Any]]


def f32(*values: float) -> Array:
    return np.array(values, dtype=np.float32)


def compare(left: Array, right: Array, tolerance: Tolerance | None = None) -> Comparison:
    key = np.arange(len(left))
    return compare_scores([{"id": key, "p": left}], [{"id": key, "p": right}], ["id"], tolerance)


def cut(batch: Batch, *sizes: int) -> Iterator[Batch]:
    """The rows in batches of these sizes, the last size for all that remain."""
    start, count = 0, len(batch["id"])
    while start < count:
        size, sizes = sizes[0], sizes[1:] or sizes
        yield {name: column[start : start + size] for name, column in batch.items()}
        start += size


def test_equal_scores_are_equal() -> None:
    result = compare(f32(1, np.nan, np.inf, -0.0), f32(1, np.nan, np.inf, 0.0))
    assert result == Comparison(4, 0, 0, 0, 0.0, 0.0, 0, 0)
    assert result.equal


def test_nothing_compared_is_not_equal() -> None:
    assert not compare_scores([], [], ["id"]).equal


@pytest.mark.parametrize(
    ("left", "right", "ulp"),
    [
        (f32(1), np.nextafter(f32(1), f32(2)), 1),
        (f32(1), np.nextafter(f32(1), f32(0)), 1),
        (np.nextafter(f32(0), f32(-1)), np.nextafter(f32(0), f32(1)), 2),
        (-np.array([np.finfo(np.float32).max]), np.array([np.finfo(np.float32).max]), 2 * 0x7F7FFFFF),
        (-np.array([np.finfo(np.float64).max]), np.array([np.finfo(np.float64).max]), 2 * 0x7FEFFFFFFFFFFFFF),
        (np.array([0.1]), f32(0.1), 0),
    ],
)
def test_ulp_is_the_number_of_steps(left: Array, right: Array, ulp: int) -> None:
    assert compare(left, right).max_ulp == ulp
    assert compare(right, left).max_ulp == ulp


@given(hnp.arrays(np.float64, 20), st.integers(-50, 50))
def test_ulp_counts_steps_of_any_float(values: Array, count: int) -> None:
    there = values.copy()
    with np.errstate(over="ignore"):
        for _ in range(abs(count)):
            there = np.nextafter(there, np.inf if count > 0 else -np.inf)
    finite = np.isfinite(values) & np.isfinite(there)
    assert compare(values[finite], there[finite]).max_ulp == (abs(count) if finite.any() else 0)


def test_tolerance_is_absolute_and_relative() -> None:
    left, right = f32(0, 100, 100), f32(0.001, 100.1, 102)
    assert compare(left, right, Tolerance(absolute=0.01)).different == 2
    assert compare(left, right, Tolerance(relative=0.01)).different == 2
    assert compare(left, right, Tolerance(absolute=0.01, relative=0.01)).different == 1
    result = compare(left, right, Tolerance(absolute=0.01, relative=0.01))
    assert result.max_absolute == pytest.approx(2)
    assert result.max_relative == 1.0  # 0 against 0.001


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_no_tolerance_covers_what_is_not_finite(wrong: float) -> None:
    result = compare(f32(1, 2), f32(1, wrong), Tolerance(absolute=1e30, relative=1e30))
    assert (result.different, result.max_absolute, result.max_relative) == (1, np.inf, np.inf)


def test_labels_compare_exactly() -> None:
    numbers = compare(np.array([1, 2, 3]), np.array([1, 2, 4], dtype=np.int32), Tolerance(absolute=10))
    assert (numbers.different, numbers.label_mismatches) == (1, 1)
    texts = compare(np.array(["a", "b"]), np.array(["a", "b "], dtype=object))
    assert (texts.different, texts.label_mismatches) == (1, 1)
    flags = compare(np.array([True, False]), np.array([1, 0]))
    assert flags.equal


def test_whole_numbers_beyond_the_floats_compare_exactly() -> None:
    assert compare(np.array([2**53]), np.array([2**53 + 1])).different == 1


def test_null_is_equal_to_null_only() -> None:
    null = np.array([None, None, "a"], dtype=object)
    assert compare(null, np.array([None, "a", "a"], dtype=object)).different == 1


def test_rows_without_partner_are_counted() -> None:
    left = {"id": np.array([1, 2, 3, 5]), "p": f32(1, 2, 3, 5)}
    right = {"id": np.array([2, 3, 4, 6, 7]), "p": f32(2, 3, 4, 6, 7)}
    result = compare_scores([left], [right], ["id"])
    assert (result.rows, result.missing, result.unexpected, result.different) == (2, 2, 3, 0)
    assert not result.equal


def test_worst_are_named_with_their_key() -> None:
    left = {"id": np.array([1, 2, 3]), "part": np.array(["a", "b", "c"]), "p": f32(1, 2, 3)}
    right = left | {"p": f32(1, 2.5, 4)}
    result = compare_scores([left], [right], ["id", "part"])
    assert result.worst == (Difference((3, "c"), "p", 3.0, 4.0, 1.0), Difference((2, "b"), "p", 2.0, 2.5, 0.5))


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
    st.sets(st.integers(0, 99)),
    st.sets(st.integers(0, 99)),
    st.sampled_from([np.int64, np.float64, str]),
)
def test_batches_do_not_matter(
    cuts: list[int], other_cuts: list[int], lost: set[int], added: set[int], kind: type
) -> None:
    """Any batches of any sizes, rows missing on either side: the counts are those of a plain join."""
    row = np.arange(100)
    keys = row.astype(object) if kind is str else row.astype(kind)
    if kind is str:
        keys = np.array([f"{(7 * i) % 100}" for i in row], dtype=object)  # in an order that is not NumPy's
    scores = np.where(row % 10 == 0, row + 1, row).astype(np.float32)
    left = {"id": np.delete(keys, list(added)), "p": np.delete(row.astype(np.float32), list(added))}
    right = {"id": np.delete(keys, list(lost)), "p": np.delete(scores, list(lost))}
    result = compare_scores(cut(left, *cuts), cut(right, *other_cuts), ["id"])
    both = set(range(100)) - lost - added
    assert result.rows == len(both)
    assert result.missing == len(lost - added)
    assert result.unexpected == len(added - lost)
    assert result.different == sum(place % 10 == 0 for place in both)


def made(rows: int, size: int) -> Iterator[Batch]:
    for start in range(0, rows, size):
        key = np.arange(start, min(start + size, rows))
        yield {"id": key, "p": key.astype(np.float32)}


def test_memory_does_not_grow_with_the_rows() -> None:
    """The batches of the two sides are cut so that one would run ahead if it might."""

    def peak(rows: int) -> int:
        tracemalloc.start()
        assert compare_scores(made(rows, 65_536), made(rows, 10_000), ["id"]).rows == rows
        result = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result

    assert peak(2_000_000) < 1.3 * peak(400_000)


def test_an_empty_side_costs_no_memory_and_is_counted() -> None:
    result = compare_scores(made(3_000_000, 65_536), [], ["id"])
    assert (result.rows, result.missing) == (0, 3_000_000)


@pytest.mark.parametrize(
    ("left", "right", "key", "words"),
    [
        ({"id": f32(1), "p": f32(1)}, {"id": f32(1)}, ["id"], "no column 'p'"),
        ({"id": f32(1)}, {"id": f32(1)}, ["id"], "no column beside the key"),
        ({"id": f32(1), "p": f32(1)}, {"p": f32(1)}, ["id"], "no key column 'id'"),
        ({"id": f32(1, 1), "p": f32(1, 2)}, {"id": f32(1), "p": f32(1)}, ["id"], "several rows have the same key"),
        ({"id": f32(np.nan), "p": f32(1)}, {"id": f32(1), "p": f32(1)}, ["id"], "holds NULL"),
        ({"id": f32(1), "p": f32(1)}, {"id": f32(1), "p": np.array(["1"])}, ["id"], "text on one side"),
        ({"id": f32(1), "p": np.array([1])}, {"id": f32(1), "p": np.array(["1"])}, ["id"], "text on one side"),
        ({"id": f32(1), "p": f32(1)}, {"id": np.array(["1"]), "p": f32(1)}, ["id"], "text on one side"),
        ({"id": f32(1), "p": f32(1, 2)}, {"id": f32(1), "p": f32(1)}, ["id"], "[1, 2] rows"),
        ({"id": f32(1), "p": f32(1)}, {"id": f32(1), "p": f32(1)}, [], "no key"),
    ],
)
def test_what_cannot_be_compared_is_said(left: Batch, right: Batch, key: list[str], words: str) -> None:
    with pytest.raises(CompareError) as caught:
        compare_scores([left], [right], key)
    assert words in caught.value.message


def test_another_order_is_refused_and_not_held_in_memory() -> None:
    backwards = (
        {name: column[::-1] for name, column in batch.items()} for batch in reversed([*made(3_000_000, 65_536)])
    )
    with pytest.raises(CompareError, match="have no partner"):
        compare_scores(made(3_000_000, 65_536), backwards, ["id"])
