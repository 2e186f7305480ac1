"""PREDICT: a model bound to columns as the engine binds it, and its scores as a relation that streams.

DuckDB asks the relation for Arrow batches; it reads its source, scores, and hands on. Nothing is held but a few
batches, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from deployer.emulator.errors import DatabaseError, DataError, ProgrammingError
from deployer.emulator.types import SqlColumn, SqlType
from deployer.errors import DeployerError
from deployer.model import Column, Model
from deployer.runtime import Batch, Scorer, cached_scorer, map_ordered
from deployer.target import Target

BATCH_ROWS = 16_384
"""Rows scored in one run: enough that a run costs little beside them, few enough that a batch fits the cache."""

_PREFIX = "Message(s) from 'PREDICT' engine: "
_TEXT = ("varchar", "nvarchar", "char", "nchar")


@dataclass(frozen=True, slots=True)
class BoundModel:
    """A model whose inputs and outputs have their columns.

    `inputs` gives for each input, by name, the column that feeds it as it is called in the source.
    """

    scorer: Scorer
    inputs: Mapping[str, str]
    outputs: tuple[SqlColumn, ...]


def bind_model(
    content: bytes | None, columns: tuple[tuple[str, SqlColumn], ...], outputs: tuple[SqlColumn, ...], target: Target
) -> BoundModel:
    """Bind a model as the engine does: by name and by exact type.

    `columns` are the source's, each with its name in the source; `outputs` are those of WITH. Raises the engine's
    errors: 39051 for bytes that are no model or one that the target's runtime is too old for, 39096 for a WITH that is
    not what the model returns, and the engine's messages on types and shapes.
    """
    if not content:
        raise _corrupt("MODEL is NULL or empty")
    model = Model("", 0, content)
    try:
        _refuse_newer(model, target)
    except DeployerError as error:
        raise _corrupt(error.message) from error
    inputs = {
        column.name: _bind_input(number, column, columns, target) for number, column in enumerate(model.inputs, start=1)
    }
    try:
        scorer = cached_scorer(content)
    except DeployerError as error:
        raise _corrupt(error.message) from error
    _bind_outputs(model, outputs, target)
    return BoundModel(scorer, inputs, outputs)


def _corrupt(reason: str) -> ProgrammingError:
    return ProgrammingError(
        "Error occurred during execution of the builtin function 'PREDICT' with HRESULT 0x80070057. "
        f"Model is corrupt or invalid.\n(emulator: {reason})",
        39051,
        16,
        2,
    )


def _refuse_newer(model: Model, target: Target) -> None:
    """The emulated runtime is as old as the target's; `?opset=15` in the URL says otherwise."""
    limits = {
        "ai.onnx": ("opset", target.opset_unproven.value),
        "": ("opset", target.opset_unproven.value),
        "ai.onnx.ml": ("ml_opset", target.ml_opset.value),
    }
    versions = [("IR", "ir_version", model.proto.ir_version, target.ir_version.value)]
    for domain, version in model.opsets.items():
        name, limit = limits.get(domain, ("", None))
        versions.append((domain or "ai.onnx", name, version, limit))
    for what, name, version, limit in versions:
        if limit is not None and version > limit:
            raise _corrupt(
                f"{what} is {version}, {target.name} takes up to {limit}; deployer fix lowers it, "
                f"?{name}={version} in the database URL takes it"
            )


def _bind_input(number: int, column: Column, columns: tuple[tuple[str, SqlColumn], ...], target: Target) -> str:
    if not column.is_tensor or column.width != 1:
        shape = ",".join("1" if not isinstance(length, int) else str(length) for length in column.shape or ())
        raise ProgrammingError(
            f"{_PREFIX}Input column {number} (1-based) has shape [{shape}] which is not supported.", 39051
        )
    # By the exact name: whether the engine minds case is documented nowhere.
    found = next(((name, source) for name, source in columns if source.name == column.name), None)
    if found is None:
        near = next((source.name for _, source in columns if source.name.lower() == column.name.lower()), None)
        said = f"; there is {near!r}, and the case is not the same" if near else ""
        # Inferred: no report says what the engine answers here.
        raise ProgrammingError(f"{_PREFIX}DATA has no column for the model's input '{column.name}'{said}.", 39051)
    wanted = target.types.get(column.type)
    if wanted is None or not _matches(found[1].type, wanted.sql):
        said = wanted.sql if wanted is not None else column.type
        raise ProgrammingError(
            f"{_PREFIX}The type of model column '{column.name}' is '{said}'. Doesn't match the input column type.",
            39051,
        )
    return found[0]


def _matches(kind: SqlType, wanted: str) -> bool:
    return kind.base in _TEXT if wanted in _TEXT else kind.base == wanted


def _bind_outputs(model: Model, outputs: tuple[SqlColumn, ...], target: Target) -> None:
    given = {column.name: column for column in model.outputs}
    for output in outputs:
        column = given.get(output.name)
        kind = target.types[column.type].sql if column is not None and column.type in target.types else ""
        # A float tensor may be read as float: a published sample does.
        fits = bool(kind) and (_matches(output.type, kind) or (kind, output.type.base) == ("real", "float"))
        if column is None or not fits or column.width != 1:
            schema = ", ".join(
                f"{c.name} {target.types[c.type].sql if c.type in target.types else c}" for c in model.outputs
            )
            raise ProgrammingError(
                "Execution failed because its WITH clause specified different output columns from what 'PREDICT' "
                f"function tries to return. The schema returned by 'PREDICT' function is '{schema}'.",
                39096,
                16,
                2,
            )


class PredictRelation:
    """The rows of a source with their scores, for DuckDB to scan: each scan reads and scores anew.

    `error` is what stopped a scan: DuckDB passes on no more of an exception than its text.
    """

    def __init__(
        self,
        read: Callable[[], pa.RecordBatchReader],
        fields: Mapping[str, pa.Field],
        passed: tuple[str, ...],
        model: BoundModel,
        names: tuple[str, ...],
    ) -> None:
        """`read` begins a scan of the source, whose `fields` are known.

        `passed` are the columns that are handed on, `names` those of the scores.
        """
        self.read = read
        self.passed = passed
        self.model = model
        self.error: DatabaseError | None = None
        scores = [pa.field(n, _ARROW[o.type.base]) for n, o in zip(names, model.outputs, strict=True)]
        self.schema = pa.schema([*(fields[name] for name in passed), *scores])

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return pa.RecordBatchReader.from_batches(self.schema, self._scores()).__arrow_c_stream__(requested_schema)

    def _scores(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from map_ordered(self._score, self.read())
        except DatabaseError as error:
            self.error = error
            raise
        except DeployerError as error:
            self.error = DataError(f"{_PREFIX}{error.message}", 39051)
            raise

    def _score(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        scorer = self.model.scorer
        rows: Batch = {
            column.name: _to_numpy(column, batch.column(self.model.inputs[column.name]))
            for column in scorer.model.inputs
        }
        scores = scorer.score(rows, tuple(dict.fromkeys(output.name for output in self.model.outputs)))
        columns = [batch.column(name) for name in self.passed]
        columns += [_to_arrow(output, scores[output.name]) for output in self.model.outputs]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


_ARROW: Mapping[str, Any] = {
    "real": pa.float32(),
    "float": pa.float64(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    **dict.fromkeys(_TEXT, pa.string()),
}


def _to_numpy(column: Column, values: pa.Array) -> np.ndarray[Any, np.dtype[Any]]:
    """A column of the source as the model takes it; without copying where no NULL is in it."""
    if values.null_count and column.type not in {"float", "double"}:
        # Inferred: ONNX has no NULL for integers and text, and nobody documents what the pool makes of one.
        raise DataError(f"{_PREFIX}Input column '{column.name}' is NULL, and {column.type} has no value for it.", 39051)
    # In floats a NULL becomes NaN: inferred from Azure AutoML's models, which begin by replacing NaN.
    array: np.ndarray[Any, np.dtype[Any]] = values.to_numpy(zero_copy_only=False)
    return array


def _to_arrow(output: SqlColumn, values: np.ndarray[Any, np.dtype[Any]]) -> pa.Array:
    """A column of scores. NaN, for which T-SQL has no value, becomes NULL (inferred); infinity is refused."""
    if values.dtype.kind != "f":
        return pa.array(values, type=_ARROW[output.type.base])
    # One pass tells whether all is finite: the sum is then finite too, or overflows, which the second pass sorts out.
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum(dtype=np.float64)
    if np.isfinite(total):
        return pa.array(values, type=_ARROW[output.type.base])
    if np.isinf(values).any():
        raise DataError(f"{_PREFIX}Output column '{output.name}' is infinite, which {output.type} cannot hold.", 39051)
    return pa.array(values, type=_ARROW[output.type.base], from_pandas=True)
