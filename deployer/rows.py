"""`make_rows`: rows that find trouble, made from the model itself.

Random rows miss what matters: a tree changes its answer at a threshold, an encoder at a category, a cast at 2^24.
The values are therefore read from the graph (thresholds and one ULP to either side, categories and one that is
unknown) and joined by those that any number or text may trip over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deployer.errors import FixError, ModelError
from deployer.graph import read_tensor
from deployer.model import Column, Model
from deployer.scalars import input_columns

if TYPE_CHECKING:
    import onnx

    Array = np.ndarray[Any, np.dtype[Any]]

NUMPY_TYPES: Mapping[str, type[np.generic]] = {
    "float": np.float32,
    "double": np.float64,
    "float16": np.float16,
    "int64": np.int64,
    "int32": np.int32,
    "int16": np.int16,
    "int8": np.int8,
    "uint64": np.uint64,
    "uint32": np.uint32,
    "uint16": np.uint16,
    "uint8": np.uint8,
    "bool": np.bool_,
    "string": np.object_,
}
"""ONNX element type to the NumPy type of an array that feeds it; text is an array of `str`."""

_MOST_VALUES = 20_000
"""Values taken from the graph for one column: a forest has millions of thresholds, and each is one row or more."""

_MOST_COLUMNS = 10_000
"""Columns of wide inputs that get names made up."""

_NUMBER_LISTS = ("nodes_values", "cats_int64s", "keys_int64s", "keys_floats")
_NUMBER_TENSORS = ("nodes_values_as_tensor", "nodes_splits", "keys_tensor")
_TEXT_LISTS = ("cats_strings", "keys_strings", "string_vocabulary")
"""Attributes of ai.onnx.ml that hold what inputs are compared with: thresholds, categories, keys."""

_TEXTS = ("", " ", "x", "no such category", "Zürich ✓ 東京", "a'b\"c;--", "y" * 300)


def make_rows(model: Model, columns: Sequence[str] = (), count: int = 2_000, seed: int = 0) -> dict[str, Array]:
    """Rows for the model's inputs, one array a column; the same every time for the same model, count and seed.

    A wide input gets its columns by the names that `deployer.scalars.input_columns` gives them (`columns` as there).
    There are at least `count` rows, and as many as it takes for every value found in the graph to occur. Floats hold
    NaN where a NULL may come; integers and text never do, since ONNX has no word for it there.

    Raises `FixError` where a wide input has no names for its columns, `ModelError` for a type that NumPy lacks.
    """
    random = np.random.default_rng(seed)
    found = _numbers(model.proto.graph), _texts(model.proto.graph)
    pools: dict[str, Array] = {}
    names = input_columns(model, columns)
    for column in model.inputs:
        pool = _pool(column, *found, random)
        pools.update(dict.fromkeys(names[column.name], pool))
    rows = max([count, *map(len, pools.values())])
    # Each column goes through all of its values, in an order of its own, so that they meet in many combinations.
    return {name: np.resize(random.permutation(pool), rows) for name, pool in pools.items()}


def name_columns(model: Model, columns: Sequence[str] = ()) -> tuple[str, ...]:
    """Names for the columns of wide inputs: those that are known, else numbers, so that the model can be tried.

    Raises `FixError` where a width is not known.
    """
    wide = [column for column in model.inputs if column.width != 1]
    try:
        names = input_columns(model, columns)
    except FixError:
        width = sum(column.width or 0 for column in wide)
        # A file may claim any width.
        if any(column.width is None for column in wide) or width > _MOST_COLUMNS:
            raise
        return tuple(f"column {at}" for at in range(width))
    return tuple(name for column in wide for name in names[column.name])


def _pool(column: Column, numbers: Array, texts: tuple[str, ...], random: np.random.Generator) -> Array:
    """Every value that one column should take once."""
    kind = NUMPY_TYPES.get(column.type, np.void)
    if kind is np.object_:
        return np.array([*texts, *_TEXTS], dtype=object)
    if kind is np.bool_:
        return np.array([False, True])
    if issubclass(kind, np.integer):
        return _integers(kind, numbers, random)
    if issubclass(kind, np.floating):
        return _floats(kind, numbers, random)
    raise ModelError(f"input {column.name!r} is {column.type}; no rows can be made for it")


def _floats(kind: type[np.floating[Any]], numbers: Array, random: np.random.Generator) -> Array:
    info = np.finfo(kind)
    with np.errstate(over="ignore"):
        near = numbers.astype(kind)
    near = near[np.isfinite(near)]
    inf = kind(np.inf)
    plain = [0.0, -0.0, 1.0, -1.0, 0.5, 1 / 3, 2.0**24, 2.0**24 + 1, 16777217.123, 1e-3, 1e6]
    edges = [info.max, info.min, info.tiny, -info.tiny, info.smallest_subnormal, info.eps, np.nan]
    drawn = np.concatenate([random.normal(size=200), random.normal(scale=100, size=100)])
    with np.errstate(over="ignore"):
        return np.concatenate(
            [
                near,
                np.nextafter(near, inf),
                np.nextafter(near, -inf),
                np.array([*plain, *edges]).astype(kind),
                drawn.astype(kind),
            ]
        )


def _integers(kind: type[np.integer[Any]], numbers: Array, random: np.random.Generator) -> Array:
    info = np.iinfo(kind)
    # Around a threshold t lie floor(t) and floor(t) + 1; 2^24 and 2^53 are where float32 and float64 begin to skip.
    floors = np.floor(numbers)
    powers = [power + step for power in (2**24, 2**31 - 1, 2**53) for step in (-1, 0, 1)]
    wanted = [*range(-3, 12), *powers, *(-p for p in powers), info.min, info.max]
    fitting = np.array([value for value in wanted if info.min <= value <= info.max], dtype=kind)
    inside = floors[(floors > max(info.min, -(2**53))) & (floors < min(info.max, 2**53) - 1)].astype(kind)
    drawn = random.integers(max(info.min, -1000), min(info.max, 1000), 100).astype(kind)
    return np.concatenate([inside, inside + kind(1), fitting, drawn])


def _numbers(graph: onnx.GraphProto) -> Array:
    """Thresholds and numeric categories of all nodes, each once, in ascending order."""
    import onnx

    found: list[Array] = []
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name in _NUMBER_LISTS:
                found.append(np.array([*attribute.floats, *attribute.ints], dtype=np.float64))
            elif attribute.name in _NUMBER_TENSORS and attribute.t.data_type != onnx.TensorProto.STRING:
                found.append(read_tensor(attribute.t).astype(np.float64).ravel())
    numbers = np.unique(np.concatenate(found)) if found else np.empty(0)
    step = len(numbers) // _MOST_VALUES + 1
    return numbers[np.isfinite(numbers)][::step]


def _texts(graph: onnx.GraphProto) -> tuple[str, ...]:
    """Text categories of all nodes, each once, in the order of the graph."""

    def walk() -> Iterator[str]:
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.name in _TEXT_LISTS:
                    yield from (text.decode("utf-8", "replace") for text in attribute.strings)
                elif attribute.name == "keys_tensor":
                    yield from (text.decode("utf-8", "replace") for text in attribute.t.string_data)

    return tuple(dict.fromkeys(walk()))[:_MOST_VALUES]
