"""A type has no counterpart in T-SQL

PREDICT matches an input's or output's element type with exactly one T-SQL type and converts nothing.
`bool`, 8- and 16-bit and unsigned integers, 16-bit floats and complex numbers have none.

Evidence: Microsoft's list of input types is int, bigint, real, float, char, varchar, nvarchar (documented).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x) => (bool[N, 1] high)
<float[1] limit = {0.5}>
{
    high = Greater(x, limit)
}
```

**What to do.** `deployer fix` adds a cast inside the graph: integers that fit are bound as `int` or `bigint`, flags as
`int` (0 or 1), 16-bit floats are returned as `real`.
These casts are exact.
An input of 16-bit floats is not cast, since a `real` may hold values that it cannot, and neither is a 64-bit unsigned
integer, since `bigint` holds half of its values.
A list or map as input has no column to come from: export the model again with one input a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from deployer.graph import import_operators, new_name, rename_values, value_names
from deployer.model import Column, Model
from deployer.rule import Finding, Fix, Rule
from deployer.target import Target

if TYPE_CHECKING:
    import onnx

_INPUTS: Mapping[str, str] = {
    "bool": "int32",
    "int8": "int32",
    "int16": "int32",
    "uint8": "int32",
    "uint16": "int32",
    "uint32": "int64",
}
"""An input's element type to the one that it is bound as; every value of the first is one of the second."""

_OUTPUTS: Mapping[str, str] = {**_INPUTS, "float16": "float", "bfloat16": "float"}


def check(model: Model, target: Target) -> Iterator[Finding]:
    known = ", ".join(f"{onnx} ({sql.sql})" for onnx, sql in target.types.items())
    for kind, columns, casts in (("input", model.inputs, _INPUTS), ("output", model.outputs, _OUTPUTS)):
        inside = _casts(columns, casts, target)
        for column in columns:
            # An output that is no tensor is zipmap-output's finding; WITH may leave it out, an input must be fed.
            if column.type in target.types or (kind == "output" and not column.is_tensor):
                continue
            cast = inside.get(column.name)
            yield Finding(
                f"{kind} {column.name!r}",
                f"{kind} {column.name!r} is {column.type}; T-SQL has no type for it, only for {known}",
                f"deployer fix casts it inside the graph and {'binds' if kind == 'input' else 'returns'} it as {cast}"
                if cast
                else "export the model again with one of these types here",
                fixable=cast is not None,
            )


def _casts(columns: Sequence[Column], casts: Mapping[str, str], target: Target) -> dict[str, str]:
    """The columns that a cast makes fit, and the type that each is bound or returned as."""
    return {
        column.name: casts[column.type]
        for column in columns
        if column.type not in target.types and casts.get(column.type) in target.types
    }


def cast(model: Model, target: Target, _columns: tuple[str, ...]) -> Model:
    """The graph keeps its own types; a Cast at its border turns them into what T-SQL has."""
    from onnx import TensorProto

    inputs, outputs = _casts(model.inputs, _INPUTS, target), _casts(model.outputs, _OUTPUTS, target)
    proto = model.edit()
    import_operators(proto)
    graph = proto.graph
    taken = value_names(graph)
    inner = {name: new_name(taken, f"{name}_inner") for name in (*inputs, *outputs)}
    rename_values(graph, inner)
    nodes = list(graph.node)
    del graph.node[:]
    for value in graph.input:
        if value.name in inputs:
            graph.node.append(_cast_node(value.name, inner[value.name], value.type.tensor_type.elem_type))
            value.type.tensor_type.elem_type = TensorProto.DataType.Value(inputs[value.name].upper())
    graph.node.extend(nodes)
    for value in graph.output:
        if value.name in outputs:
            value.type.tensor_type.elem_type = TensorProto.DataType.Value(outputs[value.name].upper())
            graph.node.append(_cast_node(inner[value.name], value.name, value.type.tensor_type.elem_type))
    return model.with_proto(proto)


def _cast_node(source: str, result: str, kind: int) -> onnx.NodeProto:
    from onnx import helper

    return helper.make_node("Cast", [source], [result], name=f"cast_{source}", to=kind)


RULE = Rule.of(__name__, __doc__, check, Fix("cast inside the graph", cast, exact=True))
