"""An input has a shape that nobody has seen PREDICT take

Every sample that is known to run feeds inputs of shape `[1,1]`; `[N,1]` reads the same to an engine that takes a free
dimension for 1.
Of an input with no axis, with one, or with more than two, it is not known how PREDICT shapes the column's value.

Evidence: the samples' models (sample); that other shapes fail is reasoned from the message about `[1,2]` (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N] x) => (float[N] y)
{
    y = Neg(x)
}
```

**What to do.** `deployer fix` makes the input `[N,1]` and gives the graph inside the shape that it had.
Scores stay the same to the last bit: reshaping copies the values.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.graph import import_operators, new_name, rename_values, value_names
from deployer.model import Column, Model
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.target import Target

_RANK = 2


def check(model: Model, _target: Target) -> Iterator[Finding]:
    for column in _unproven(model):
        rank = "no shape" if column.shape is None else f"{len(column.shape)} axes"
        yield Finding(
            f"input {column.name!r}",
            f"input {column.name!r} is {column}, with {rank}; PREDICT is known to take [1,1] and [N,1]",
            "deployer fix makes it [N,1]" if column.shape is not None else "export it with the shape [N,1]",
            Severity.WARNING,
            fixable=column.shape is not None,
        )


def _unproven(model: Model) -> list[Column]:
    """What is wide is another rule's, and has its own fix."""
    return [
        column
        for column in model.inputs
        if column.is_tensor and (column.shape is None or (column.width == 1 and len(column.shape) != _RANK))
    ]


def reshape(model: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
    """`[N, 1]` inputs, and a Reshape behind each to the shape that the graph was made for."""
    from onnx import TensorProto, helper

    proto = model.edit()
    import_operators(proto)
    graph = proto.graph
    found = {column.name: column for column in _unproven(model) if column.shape is not None}
    taken = value_names(graph)
    inside = {name: new_name(taken, f"{name}_inner") for name in found}
    rename_values(graph, inside)
    nodes = []
    for value in graph.input:
        column = found.get(value.name)
        if column is None or column.shape is None:
            continue
        # Without a batch axis there is one row; else the rows go along the first one.
        first = column.shape[0] if column.shape else 1
        shape = new_name(taken, f"{value.name}_shape")
        dims = [-1, *[1] * (len(column.shape) - 1)] if column.shape else []
        graph.initializer.append(helper.make_tensor(shape, TensorProto.INT64, [len(dims)], dims))
        nodes.append(helper.make_node("Reshape", [value.name, shape], [inside[value.name]], name=f"shape_{value.name}"))
        kind = value.type.tensor_type.elem_type
        value.CopyFrom(helper.make_tensor_value_info(value.name, kind, [first, 1]))
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])
    return model.with_proto(proto)


RULE = Rule.of(__name__, __doc__, check, Fix("inputs of shape [N,1]", reshape, exact=True))
