"""What several modules do to a graph: find names, rename values, take one column of a tensor, drop what is unread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

STANDARD_DOMAINS = {"": "ai.onnx", "ai.onnx": "ai.onnx", "ai.onnx.ml": "ai.onnx.ml"}
"""The domains that ONNX itself defines, by each of their spellings, to the name that messages use."""


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and every graph inside its nodes (the branches of If, the bodies of Loop and Scan)."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs] if attribute.HasField("g") else attribute.graphs:
                yield from graphs(inner)


def nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Every node, those of inner graphs too."""
    for inner in graphs(graph):
        yield from inner.node


def value_names(graph: onnx.GraphProto) -> set[str]:
    """Every name that a value has anywhere in the graph."""
    names: set[str] = set()
    for inner in graphs(graph):
        names.update(value.name for value in (*inner.input, *inner.output, *inner.value_info))
        names.update(tensor.name for tensor in inner.initializer)
        for node in inner.node:
            names.update(node.input)
            names.update(node.output)
    return names


def new_name(graph: onnx.GraphProto, base: str) -> str:
    """`base`, or `base_2`, `base_3`, …: the first that no value has."""
    taken = value_names(graph)
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def rename_value(graph: onnx.GraphProto, old: str, new: str) -> None:
    """Call a value by another name wherever it is made or read; the graph's own inputs and outputs keep theirs."""
    for inner in graphs(graph):
        for node in inner.node:
            for names in (node.input, node.output):
                for index, name in enumerate(names):
                    if name == old:
                        names[index] = new
        for entry in (*inner.value_info, *inner.initializer):
            if entry.name == old:
                entry.name = new


def attribute(node: onnx.NodeProto, name: str) -> onnx.AttributeProto | None:
    """A node's attribute of that name."""
    return next((entry for entry in node.attribute if entry.name == name), None)


def drop_attribute(node: onnx.NodeProto, name: str) -> None:
    """Remove a node's attribute of that name, if it is there."""
    kept = [entry for entry in node.attribute if entry.name != name]
    del node.attribute[:]
    node.attribute.extend(kept)


def import_operators(proto: onnx.ModelProto) -> None:
    """Make sure that nodes of `ai.onnx` may be added: a model of ai.onnx.ml alone need not import it.

    Version 9 knows all that the fixes add (Cast, Concat, Gather) as every later one does.
    """
    if not any(STANDARD_DOMAINS.get(entry.domain) == "ai.onnx" for entry in proto.opset_import):
        proto.opset_import.add(domain="", version=9)


def split_output(proto: onnx.ModelProto, output: str, source: str, names: tuple[str, ...], element_type: int) -> None:
    """Replace the graph's output by one output a column of the tensor `source` (shape `[N, k]`), called `names`.

    Gather is used because it copies values and has had the same meaning since the first opset.
    """
    from onnx import TensorProto, helper

    import_operators(proto)
    graph = proto.graph
    at = next(index for index, value in enumerate(graph.output) if value.name == output)
    first = _first_dimension(graph.output[at])
    outputs = list(graph.output)
    for column, name in enumerate(names):
        index = new_name(graph, f"{name}_index")
        graph.initializer.append(helper.make_tensor(index, TensorProto.INT64, [1], [column]))
        graph.node.append(helper.make_node("Gather", [source, index], [name], name=f"take_{index}", axis=1))
    made = [helper.make_tensor_value_info(name, element_type, [first, 1]) for name in names]
    del graph.output[:]
    graph.output.extend([*outputs[:at], *made, *outputs[at + 1 :]])


def _first_dimension(value: onnx.ValueInfoProto) -> int | str | None:
    dims = value.type.tensor_type.shape.dim
    if not dims:
        return None
    return dims[0].dim_value or dims[0].dim_param or None


def drop_unread(graph: onnx.GraphProto) -> None:
    """Remove the nodes, initializers and value infos of the outer graph that no output needs."""
    needed = {value.name for value in graph.output}
    kept: list[onnx.NodeProto] = []
    for node in reversed(graph.node):
        if needed.isdisjoint(node.output):
            continue
        kept.append(node)
        needed.update(node.input)
        for entry in node.attribute:
            for inner in [entry.g, *entry.graphs] if entry.HasField("g") else entry.graphs:
                needed.update(value_names(inner))
    initializers = [tensor for tensor in graph.initializer if tensor.name in needed]
    made = {name for node in kept for name in node.output}
    infos = [value for value in graph.value_info if value.name in made]
    for field, values in (("node", kept[::-1]), ("initializer", initializers), ("value_info", infos)):
        graph.ClearField(field)
        getattr(graph, field).extend(values)
