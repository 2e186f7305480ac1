"""Two fixes that are made only when asked for: the batch dimension freed, or pinned to one row."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.errors import FixError
from deployer.model import Model
from deployer.rowwise import free_batch
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.runtime import value_shapes
from deployer.target import Target


def _find_pinned(model: Model, _target: Target) -> Iterator[Finding]:
    for column in model.inputs:
        if column.rows == 1:
            yield Finding(f"input {column.name!r}", "takes one row at a time", "--batch free", Severity.INFO)


def _find_free(model: Model, _target: Target) -> Iterator[Finding]:
    for column in model.inputs:
        if column.shape and not isinstance(column.rows, int):
            yield Finding(f"input {column.name!r}", "takes any number of rows", "--batch one", Severity.INFO)


def _free(model: Model, _target: Target, columns: tuple[str, ...]) -> Model:
    freed = free_batch(model, value_shapes(model, columns))
    if freed is None:
        raise FixError(
            "the batch dimension cannot be freed: a node is not known to treat each row alone",
            hint="export the model again with a free batch dimension, or leave out --batch",
        )
    return model.with_proto(freed.edit())


def _pin(model: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
    """One row in every input and output; shapes between are left out, for they speak of any number."""
    proto = model.edit()
    for value in (*proto.graph.input, *proto.graph.output):
        shape = value.type.tensor_type.shape
        if shape.dim and not shape.dim[0].dim_value:
            shape.dim[0].dim_value = 1
    del proto.graph.value_info[:]
    return model.with_proto(proto)


FREE = Rule("free-batch", "", _find_pinned, Fix("a free batch dimension", _free, exact=True))
PIN = Rule("pinned-batch", "", _find_free, Fix("one row at a time", _pin, exact=True))
