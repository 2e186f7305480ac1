"""What several modules do to a graph: rename values, take columns of a tensor, drop what is unread, judge the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deployer.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import onnx

STANDARD_DOMAINS = {"": "ai.onnx", "ai.onnx": "ai.onnx", "ai.onnx.ml": "ai.onnx.ml"}
"""The domains that ONNX itself defines, by each of their spellings, to the name that messages use."""


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and every graph inside its nodes (the branches of If, the bodies of Loop and Scan)."""
    yield graph
    for node in graph.node:
        for inner in _bodies(node):
            yield from graphs(inner)


def _bodies(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that are attributes of a node."""
    for entry in node.attribute:
        if entry.HasField("g"):
            yield entry.g
        yield from entry.graphs


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


def new_name(taken: set[str], base: str) -> str:
    """`base`, or `base_2`, `base_3`, …: the first that is not taken; `taken` grows by it."""
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name


def rename_values(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """Call values by other names, old to new, wherever they are made or read.

    What the caller feeds and what the graph returns keep their names.
    """
    filled = {tensor.name for tensor in graph.initializer}
    for inner in graphs(graph):
        for node in inner.node:
            for used in (node.input, node.output):
                for index, name in enumerate(used):
                    if name in names:
                        used[index] = names[name]
        fed = [value for value in inner.input if inner is not graph or value.name in filled]
        returned = inner.output if inner is not graph else ()
        for entry in (*fed, *returned, *inner.value_info, *inner.initializer):
            if entry.name in names:
                entry.name = names[entry.name]


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


def read_tensor(tensor: onnx.TensorProto) -> np.ndarray[Any, np.dtype[Any]]:
    """A tensor's values. Raises `ModelError` where they are not those of its shape."""
    from onnx import numpy_helper

    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"tensor {tensor.name!r} is damaged: {error}".splitlines()[0], hint="copy or export the file again"
        ) from error


def respell_domain(proto: onnx.ModelProto) -> None:
    """Write ONNX's own domain as the empty text wherever it is written out, and import it once."""
    import onnx

    for node in every_node(proto):
        if node.domain == "ai.onnx":
            node.domain = ""
    for imports in (proto.opset_import, *(function.opset_import for function in proto.functions)):
        versions = {"" if entry.domain == "ai.onnx" else entry.domain: entry.version for entry in imports}
        del imports[:]
        imports.extend(onnx.helper.make_opsetid(domain, version) for domain, version in versions.items())


def every_node(proto: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """The nodes of the graph and of the model's own functions, with those of the graphs inside them."""
    yield from nodes(proto.graph)
    for function in proto.functions:
        yield from function_nodes(function)


def function_nodes(function: onnx.FunctionProto) -> Iterator[onnx.NodeProto]:
    """The nodes of a function of a model's own, with those of the graphs inside them."""
    for node in function.node:
        yield node
        for inner in _bodies(node):
            yield from nodes(inner)


def split_output(proto: onnx.ModelProto, output: str, source: str, names: tuple[str, ...], kind: int) -> None:
    """Replace the graph's output by one output a column of the tensor `source` (shape `[N, k]`, element type `kind`).

    They are called `names`, and values inside the graph that are called so make room.
    Gather is used because it copies values and has had the same meaning since the first opset.
    """
    from onnx import TensorProto, helper

    import_operators(proto)
    graph = proto.graph
    at = next(index for index, value in enumerate(graph.output) if value.name == output)
    first = _first_dimension(graph.output[at])
    outputs = list(graph.output)
    taken = value_names(graph) | set(names)
    inside = value_names(graph).intersection(names)
    renamed = {name: new_name(taken, f"{name}_inner") for name in names if name in inside}
    rename_values(graph, renamed)
    source = renamed.get(source, source)
    for column, name in enumerate(names):
        index = new_name(taken, f"{name}_index")
        graph.initializer.append(helper.make_tensor(index, TensorProto.INT64, [1], [column]))
        graph.node.append(helper.make_node("Gather", [source, index], [name], name=f"take_{index}", axis=1))
    made = [helper.make_tensor_value_info(name, kind, [first, 1]) for name in names]
    del graph.output[:]
    graph.output.extend([*outputs[:at], *made, *outputs[at + 1 :]])


def _first_dimension(value: onnx.ValueInfoProto) -> int | str | None:
    dims = value.type.tensor_type.shape.dim
    if not dims:
        return None
    return dims[0].dim_value or dims[0].dim_param or None


def find_needed(graph: onnx.GraphProto) -> set[str]:
    """The names of the values of the outer graph that an output needs, itself among them."""
    needed = {value.name for value in graph.output}
    for node in reversed(graph.node):
        if needed.isdisjoint(node.output):
            continue
        needed.update(node.input)
        for inner in _bodies(node):
            needed.update(value_names(inner))
    needed.discard("")  # an input that is left out
    return needed


def drop_unread(graph: onnx.GraphProto) -> None:
    """Remove the nodes, initializers and value infos of the outer graph that no output needs."""
    needed = find_needed(graph)
    kept = [node for node in graph.node if not needed.isdisjoint(node.output)]
    initializers = [tensor for tensor in graph.initializer if tensor.name in needed]
    # Files up to IR 3 list what an initializer fills among the inputs; without it, the caller would have to.
    unfilled = {tensor.name for tensor in graph.initializer} - needed
    inputs = [value for value in graph.input if value.name not in unfilled]
    made = {name for node in kept for name in node.output}
    infos = [value for value in graph.value_info if value.name in made]
    fields = {"node": kept, "initializer": initializers, "input": inputs, "value_info": infos}
    for field, values in fields.items():
        graph.ClearField(field)
        getattr(graph, field).extend(values)


def element_type(kind: onnx.TypeProto) -> int:
    """The element type of a tensor, or of the values in a list of maps; 0 where none is said."""
    if kind.HasField("sequence_type"):
        kind = kind.sequence_type.elem_type
    if kind.HasField("map_type"):
        kind = kind.map_type.value_type
    return int(kind.tensor_type.elem_type)


_CONSTANT_TYPES = {"value_int": "int64", "value_ints": "int64", "value_float": "float32", "value_floats": "float32"}


def read_constant(node: onnx.NodeProto) -> onnx.TensorProto | None:
    """What a Constant gives, however it says so; None where it is text, sparse, or not there at all."""
    import numpy as np
    from onnx import helper, numpy_helper

    for entry in node.attribute:
        if entry.name == "value" and entry.HasField("t"):
            tensor: onnx.TensorProto = entry.t
            return tensor
        if entry.name in _CONSTANT_TYPES:
            value = np.array(helper.get_attribute_value(entry), dtype=_CONSTANT_TYPES[entry.name])
            return numpy_helper.from_array(value)
    return None
