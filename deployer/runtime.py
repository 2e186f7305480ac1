"""ONNX Runtime: the one place that scores."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np

from deployer.errors import RuntimeFault
from deployer.model import Column, Model
from deployer.paired import PAIR, pair_rows
from deployer.rows import NUMPY_TYPES, make_rows
from deployer.rowwise import free_batch, loop_rows, takes_one_row
from deployer.scalars import input_columns, output_columns

Array = np.ndarray[Any, np.dtype[Any]]
Batch = Mapping[str, Array]
"""Rows by column: each array has one axis and as many elements as there are rows."""

T = TypeVar("T")
R = TypeVar("R")

_PROOF_ROWS = 500
"""Rows that a freed model is compared on; each is scored alone by the original, at 30 to 50 microseconds."""


class Scorer:
    """One model, loaded and ready to score batches; may be used by several threads at once.

    The session runs on one thread: ONNX Runtime splits a tree ensemble among threads for small batches and then adds
    its votes in another order, so that a score would depend on its batch and on the machine. `score_batches` uses the
    cores by scoring several batches at once.

    `columns` names the columns of a wide input, as for `deployer.scalars.input_columns`; `group` is how many rows the
    model takes at a time, or a multiple of them (`deployer.paired`). Raises `RuntimeFault` where ONNX Runtime does not
    load the model.
    """

    def __init__(self, model: Model, columns: Sequence[str] = (), group: int = 1) -> None:
        self.model = model
        self.group = group
        self.columns = input_columns(model, columns)
        self.outputs = output_columns(model)
        self._session = open_session(model)
        self._loops: dict[tuple[str, ...], Any] = {}

    @cached_property
    def freed(self) -> Scorer | None:
        """A scorer of the same model with a free batch, if that is proven to change nothing; else None.

        None too for a model whose batch is free already.
        """
        if not takes_one_row(self.model):
            return None
        names = [name for names in self.columns.values() for name in names]
        rows = {name: values[:_PROOF_ROWS] for name, values in make_rows(self.model, names).items()}
        try:
            freed = free_batch(self.model, value_shapes(self.model, names))
            if freed is None or takes_one_row(freed):
                return None
            alone = self._score_alone(rows, tuple(self.outputs))
        except RuntimeFault:
            return None
        scorer = Scorer(freed, names)
        if scorer.gives(rows, alone):
            return scorer
        paired = pair_rows(freed)
        if paired is None:
            return None
        scorer = Scorer(paired, names, PAIR)
        # Columns are called after classes, and the operator that lists them has been taken apart.
        scorer.outputs = self.outputs
        return scorer if scorer.gives(rows, alone) else None

    def gives(self, rows: Batch, scores: Batch) -> bool:
        """Whether it gives these rows these scores to the last bit, all of them together and a few."""
        try:
            for size in (len(next(iter(rows.values()))), 7):
                together = self.score({name: values[:size] for name, values in rows.items()}, tuple(self.outputs))
                if not all(same_bits(scores[name][:size], values) for name, values in together.items()):
                    return False
        except RuntimeFault:
            return False
        return True

    def score(self, batch: Batch, outputs: Sequence[str] | None = None) -> dict[str, Array]:
        """Score the rows of a batch; one array a column of the outputs asked for (all that give columns, if None).

        Arrays are of the type that the input has, or are cast to it; text is an array of `str`. A model that takes one
        row a run gives what it gives for each row alone. Raises `RuntimeFault` where a column is missing or ONNX
        Runtime refuses the rows.
        """
        wanted = tuple(self.outputs) if outputs is None else tuple(outputs)
        count = len(next(iter(batch.values()), ()))
        if missing := -count % self.group:
            filled = {name: np.append(values, values[-1:].repeat(missing)) for name, values in batch.items()}
            return {name: values[:count] for name, values in self.score(filled, wanted).items()}
        if not takes_one_row(self.model):
            return self._run(self._session, self.feed(batch), wanted)
        if not count:
            return self._no_scores(wanted)
        if self.freed is not None:
            return self.freed.score(batch, wanted)
        loop = self._loop(wanted)
        if loop is None:
            return self._score_alone(batch, wanted)
        rows = {f"rows of {name}": values for name, values in self.feed(batch).items()}
        return self._run(loop, rows, wanted, names=[f"all {name}" for name in wanted])

    def _no_scores(self, outputs: tuple[str, ...]) -> dict[str, Array]:
        types = {column.name: NUMPY_TYPES.get(column.type, np.float32) for column in self.model.outputs}
        return {name: np.empty(0, types[output]) for output in outputs for name in self.outputs[output]}

    def _loop(self, outputs: tuple[str, ...]) -> Any:
        """A session that runs the model in a loop over rows inside ONNX Runtime; None where that cannot be."""
        if outputs not in self._loops:
            loop = loop_rows(self.model, outputs)
            self._loops[outputs] = None if loop is None else open_session(loop)
        return self._loops[outputs]

    def _score_alone(self, batch: Batch, outputs: tuple[str, ...]) -> dict[str, Array]:
        """One run a row."""
        feed = self.feed(batch)
        count = len(next(iter(feed.values())))
        scalars = [column.name for column in self.model.inputs if column.shape == ()]
        rows = []
        for i in range(count):
            row = {name: values[i : i + 1] for name, values in feed.items()}
            rows.append(self._run(self._session, row | {name: row[name].reshape(()) for name in scalars}, outputs))
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}

    def feed(self, batch: Batch) -> dict[str, Array]:
        """The batch as the session takes it: one tensor an input, wide ones put together."""
        feed = {}
        for column in self.model.inputs:
            parts = [_typed(batch, name, column) for name in self.columns[column.name]]
            if len(parts) > 1:
                feed[column.name] = np.stack(parts, axis=1)
            else:
                feed[column.name] = parts[0].reshape(-1, *[1] * (len(column.shape or ()) - 1))
        return feed

    def _run(
        self, session: Any, feed: Mapping[str, Array], outputs: tuple[str, ...], names: Sequence[str] | None = None
    ) -> dict[str, Array]:
        """Run a session that calls the outputs by `names`, and take its values apart into columns."""
        if not outputs:
            return {}  # ONNX Runtime takes an empty list for all that there are
        values = _call(session, names or outputs, feed)
        scores: dict[str, Array] = {}
        for output, value in zip(outputs, values, strict=True):
            scores.update(_flatten(output, self.outputs[output], value))
        return scores


def score_batches(scorer: Scorer, batches: Iterable[Batch], threads: int | None = None) -> Iterator[dict[str, Array]]:
    """Score batches on all cores (or `threads`), in order, with no more than two batches a thread in memory."""
    return map_ordered(scorer.score, batches, threads)


def map_ordered(function: Any, items: Iterable[T], threads: int | None = None) -> Iterator[Any]:
    """`map` on several threads: results in order, items taken no faster than results are."""
    count = threads or len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(count, thread_name_prefix="score") as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


_MOST_REFUSED = 500
"""Rows that are tried in vain: where a model refuses all, each costs two runs."""


def keep_scorable(scorer: Scorer, rows: Batch) -> dict[str, Array]:
    """The rows that the model scores, in their order: some models stop at a category that they do not know.

    After five hundred that it does not, the rest is left out. Raises `RuntimeFault`, with the model's words, where it
    scores none.
    """
    kept: list[int] = []
    refused = 0
    fault = RuntimeFault("there are no rows")
    parts = [range(len(next(iter(rows.values()), ())))]
    while parts and refused < _MOST_REFUSED:
        part = parts.pop()
        try:
            scorer.score({name: values[part.start : part.stop] for name, values in rows.items()})
            kept.extend(part)
        except RuntimeFault as error:
            fault = error
            half = part[: len(part) // 2]
            if half:
                parts += [range(half.stop, part.stop), half]
            else:
                refused += 1
    if not kept:
        raise fault
    return {name: values[kept] for name, values in rows.items()}


def same_bits(left: Array, right: Array) -> bool:
    """Whether two columns of scores are the same to the last bit; text by its characters, every NaN as one."""
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    if left.dtype.kind == "f":
        unsigned = np.dtype(f"u{left.dtype.itemsize}")
        same = (left.view(unsigned) == right.view(unsigned)) | (np.isnan(left) & np.isnan(right))
        return bool(same.all())
    return bool((left == right).all())


def value_shapes(model: Model, columns: Sequence[str] = ()) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor in the graph when the model scores one row.

    Raises `RuntimeFault`, with the model's words, where it scores none of the first rows made for it.
    """
    import onnx

    rows = make_rows(model, columns)
    proto = model.edit()
    del proto.graph.output[:]
    names = [name for node in proto.graph.node for name in node.output if name]
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    scorer, session = Scorer(model, columns), open_session(model.with_proto(proto))
    for at in range(_PROOF_ROWS):
        feed = scorer.feed({name: values[at : at + 1] for name, values in rows.items()})
        try:
            values = _call(session, names, feed)
        except RuntimeFault as error:
            fault = error  # some models stop at a category that they do not know
            continue
        shapes = {name: value.shape for name, value in zip(names, values, strict=True) if isinstance(value, np.ndarray)}
        return shapes | {name: value.shape for name, value in feed.items()}
    raise fault


def _call(session: Any, outputs: Sequence[str], feed: Mapping[str, Array]) -> list[Any]:
    """The session's values of these outputs; `RuntimeFault`, with ONNX Runtime's words, where it refuses the rows."""
    try:
        return list(session.run(list(outputs), feed))
    except Exception as error:
        raise RuntimeFault(f"ONNX Runtime cannot score the rows: {_reason(error)}") from error


def open_session(model: Model) -> Any:
    """A session of the model on one thread; `RuntimeFault`, with ONNX Runtime's words, where it does not load."""
    return _load(model.content)


@lru_cache(maxsize=1)
def _load(content: bytes) -> Any:
    """Kept until the next one is asked for: several rules in a row ask for the same."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # 4 is fatal: what is wrong comes as an exception, and once is enough.
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise RuntimeFault(
            f"ONNX Runtime cannot load the model: {_reason(error)}", hint="deployer check says more about the model"
        ) from error


@lru_cache(maxsize=8)
def cached_scorer(content: bytes) -> Scorer:
    """A scorer of these bytes, loaded once for as long as it is among the last few that were asked for."""
    return Scorer(Model("", 0, content))


_SOURCE = re.compile(r"/onnxruntime_src/\S+ (?:.*\) )?")
"""Where in ONNX Runtime's own source an exception was raised: file, line and function."""


def _reason(error: Exception) -> str:
    """ONNX Runtime's own words, without its source lines and stack."""
    text = _SOURCE.sub("", str(error).partition("\n")[0])
    return text.rpartition(" : ")[2][:400] or type(error).__name__


def _typed(batch: Batch, name: str, column: Column) -> Array:
    if name not in batch:
        raise RuntimeFault(f"the rows have no column {name!r}", hint=f"they have {', '.join(batch)}")
    kind = NUMPY_TYPES.get(column.type)
    if kind is None:
        raise RuntimeFault(f"input {column.name!r} is {column.type}, which rows cannot hold")
    try:
        return batch[name].astype(kind, copy=False)
    except (TypeError, ValueError) as error:
        raise RuntimeFault(f"column {name!r} does not fit input {column.name!r} of {column.type}: {error}") from error


def _flatten(output: str, names: tuple[str, ...], value: Any) -> dict[str, Array]:
    """The columns of one output: a tensor of one or more columns, or a list of maps with one key a column."""
    if isinstance(value, list):
        keys = list(value[0]) if value else []
        columns = [np.array([row[key] for row in value], dtype=np.float32) for key in keys]
        if value and len(keys) != len(names):
            raise RuntimeFault(f"output {output!r} gives {len(keys)} values a row, not {len(names)}")
        return dict(zip(names, columns or [np.empty(0, np.float32)] * len(names), strict=True))
    if len(names) == 1:
        return {names[0]: value.reshape(-1)}
    wide = value.reshape(len(value) if value.ndim else 1, -1)
    if len(wide) and wide.shape[1] != len(names):
        raise RuntimeFault(f"output {output!r} gives {wide.shape[1]} values a row, not {len(names)}")
    return {name: np.ascontiguousarray(wide[:, index]) for index, name in enumerate(names)}
