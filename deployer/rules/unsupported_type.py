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
An input of 16-bit floats is not cast, since a `real` may hold values that it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from deployer.graph import import_operators, new_name, rename_value
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
        for column in columns:
            if not column.is_tensor or column.type in target.types:
                continue
            cast = casts.get(column.type)
            fixable = cast in target.types
            yield Finding(
                f"{kind} {column.name!r}",
                f"{kind} {column.name!r} is {column.type}; T-SQL has no type for it, only for {known}",
                f"deployer fix casts it inside the graph and {_verb(kind)} it as {cast}"
                if fixable
                else "cast it before the export to one of these types",
                fixable=fixable,
            )


def _verb(kind: str) -> str:
    return "binds" if kind == "input" else "returns"


def cast(model: Model, target: Target, _columns: tuple[str, ...]) -> Model:
    """The graph keeps its own types; a Cast at its border turns them into what T-SQL has."""
    from onnx import TensorProto, helper

    proto = model.edit()
    import_operators(proto)
    graph = proto.graph
    first: list[onnx.NodeProto] = []
    last: list[onnx.NodeProto] = []

    def wanted(columns: tuple[Column, ...], casts: Mapping[str, str]) -> dict[str, str]:
        return {
            column.name: casts[column.type]
            for column in columns
            if column.type not in target.types and casts.get(column.type) in target.types
        }

    for values, types, nodes in (
        (graph.input, wanted(model.inputs, _INPUTS), first),
        (graph.output, wanted(model.outputs, _OUTPUTS), last),
    ):
        for value in values:
            if value.name not in types:
                continue
            inner = new_name(graph, f"{value.name}_inner")
            rename_value(graph, value.name, inner)
            tensor = value.type.tensor_type
            made = TensorProto.DataType.Value(types[value.name].upper())
            ends = (value.name, inner, tensor.elem_type) if nodes is first else (inner, value.name, made)
            nodes.append(helper.make_node("Cast", [ends[0]], [ends[1]], name=f"cast_{inner}", to=ends[2]))
            tensor.elem_type = made
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*first, *rest, *last])
    return model.with_proto(proto)


RULE = Rule.of(__name__, __doc__, check, Fix("cast inside the graph", cast, exact=True))
