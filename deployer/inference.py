"""What ONNX itself says of a graph: its checker, and its inference of types and shapes.

Both are fed a model without the bulk of its weights, which say nothing of either and take long to copy.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from deployer.graph import element_type, function_nodes, graphs, nodes, respell_domain
from deployer.model import element_name

if TYPE_CHECKING:
    import onnx


def infer_values(proto: onnx.ModelProto) -> dict[str, onnx.TypeProto]:
    """The type, and the shape as far as it is known, of every value: most exporters state them for few.

    Empty where ONNX cannot follow the graph.
    """
    from onnx import shape_inference

    try:
        return _list_types(_infer(_without_weights(proto)))
    except (shape_inference.InferenceError, ValueError):
        return {}


def _list_types(inferred: onnx.ModelProto) -> dict[str, onnx.TypeProto]:
    from onnx import helper

    types: dict[str, onnx.TypeProto] = {}
    for graph in graphs(inferred.graph):
        for tensor in graph.initializer:
            types[tensor.name] = helper.make_tensor_type_proto(tensor.data_type, tensor.dims)
        for value in (*graph.input, *graph.output, *graph.value_info):
            types[value.name] = value.type
    return types


def infer_rows(proto: onnx.ModelProto) -> dict[str, int]:
    """The outputs of which the graph makes the same number of rows whatever is fed, and that number.

    Outputs of which ONNX cannot tell are left out.
    """
    from onnx import shape_inference

    try:
        made = _infer_outputs(_without_weights(proto))
    except (shape_inference.InferenceError, ValueError):
        return {}
    shapes = {value.name: value.type.tensor_type.shape.dim for value in made}
    return {name: dims[0].dim_value for name, dims in shapes.items() if dims and dims[0].dim_value}


def _infer_outputs(light: onnx.ModelProto, *, check_type: bool = False) -> Sequence[onnx.ValueInfoProto]:
    """The outputs as the nodes make them; the model's own statements about them are cleared."""
    for value in light.graph.output:
        # Inference keeps what is stated, right or wrong.
        value.ClearField("type")
    outputs: Sequence[onnx.ValueInfoProto] = _infer(light, check_type=check_type).graph.output
    return outputs


_LONG = 64
"""Elements of an attribute's list from which on it is weights, which say nothing about names and types."""


def find_broken_structure(proto: onnx.ModelProto) -> str:
    """What ONNX's checker says against a model: values, operators, attributes and tensors; empty where nothing."""
    from onnx import checker

    try:
        checker.check_model(_without_weights(proto))
    except (checker.ValidationError, ValueError) as error:
        return _first_sentence(error)
    return ""


def find_fault(proto: onnx.ModelProto) -> str:
    """Why no runtime can load a model, in ONNX's own words; empty where ONNX's checker and its types agree with it.

    Shapes are not judged: ONNX Runtime, too, takes a stated shape that is wrong for a hint.
    """
    from onnx import shape_inference

    broken = find_broken_structure(proto)
    if broken:
        return broken
    light = _without_weights(proto)
    stated = {value.name: element_type(value.type) for value in light.graph.output}
    try:
        inferred = _infer_outputs(light, check_type=True)
    except (shape_inference.InferenceError, ValueError) as error:
        return _first_sentence(error)
    for value in inferred:
        made = element_type(value.type)
        if made not in {0, stated[value.name]}:
            said = element_name(stated[value.name])
            return f"output {value.name!r} is said to be {said}, and its node makes {element_name(made)}"
    return ""


def _first_sentence(error: Exception) -> str:
    words = " ".join(str(error).partition("\n\n")[0].split())
    return words.removeprefix("[ShapeInferenceError] ").removeprefix("[TypeInferenceError] ")


def _without_weights(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The model without the bulk of its weights: a forest's lists are most of its bytes, and slow to copy."""
    import onnx

    light = onnx.ModelProto(
        ir_version=proto.ir_version, opset_import=proto.opset_import, functions=proto.functions, graph=onnx.GraphProto()
    )
    graph = proto.graph
    for field in ("input", "output", "value_info"):
        getattr(light.graph, field).extend(getattr(graph, field))
    light.graph.name = graph.name
    fed = {value.name for value in graph.input}
    for tensor in graph.initializer:
        if not tensor.external_data and math.prod(tensor.dims) <= _LONG:
            light.graph.initializer.append(tensor)
        elif tensor.name not in fed:
            # A weight, whose values say nothing; or its bytes are in a file, which is another rule's finding.
            light.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    for node in graph.node:
        copy = light.graph.node.add(
            op_type=node.op_type, domain=node.domain, name=node.name, input=node.input, output=node.output
        )
        for entry in node.attribute:
            lists = {field: getattr(entry, field) for field in ("floats", "ints", "strings")}
            if any(len(values) > _LONG for values in lists.values()):
                short = {field: values[:_LONG] for field, values in lists.items()}
                copy.attribute.add(name=entry.name, type=entry.type, **short)
            else:
                copy.attribute.append(entry)
    # ONNX's checker knows its operators by the empty text alone; runtimes know both.
    respell_domain(light)
    return light


_FATAL = frozenset({("ai.onnx.ml", "DictVectorizer"), ("ai.onnx.ml", "LabelEncoder"), ("", "RegexFullMatch")})
"""Operators whose inference in onnx 1.23 ends the process where the type of their input is not known."""


def _infer(light: onnx.ModelProto, *, check_type: bool = False) -> onnx.ModelProto:
    """ONNX's own inference, on a model without its weights."""
    from onnx import shape_inference

    return shape_inference.infer_shapes(_without_fatal(light), check_type=check_type)


def _without_fatal(light: onnx.ModelProto) -> onnx.ModelProto:
    """The model without the nodes of `_FATAL` that read what ONNX cannot follow: what another domain makes, say.

    Where one is in a function of the model's own, all calls are left out: nobody knows what it reads there.
    """
    from onnx import shape_inference

    if any(_is_fatal(node) for function in light.functions for node in function_nodes(function)):
        functions = {(function.domain, function.name) for function in light.functions}
        light = _leave_out(light, functions)
    waiting = {tuple(node.output): list(node.input) for node in nodes(light.graph) if _is_fatal(node)}
    while waiting:
        rest = _leave_out(light, _FATAL, waiting)
        types = _list_types(shape_inference.infer_shapes(rest))
        unknown = {made: read for made, read in waiting.items() if not all(_is_known(types.get(name)) for name in read)}
        if unknown == waiting:
            return rest
        waiting = unknown  # what is known now may make the rest known
    return light


def _is_fatal(node: onnx.NodeProto) -> bool:
    return (node.domain, node.op_type) in _FATAL


def _is_known(kind: onnx.TypeProto | None) -> bool:
    return kind is not None and kind.WhichOneof("value") is not None


def _leave_out(
    light: onnx.ModelProto, kinds: Collection[tuple[str, str]], making: Collection[tuple[str, ...]] | None = None
) -> onnx.ModelProto:
    """A copy without the nodes of these domains and operators, or only without those that make these outputs."""
    import onnx

    rest = onnx.ModelProto()
    rest.CopyFrom(light)
    for graph in graphs(rest.graph):
        kept = [
            node
            for node in graph.node
            if (node.domain, node.op_type) not in kinds or (making is not None and tuple(node.output) not in making)
        ]
        del graph.node[:]
        graph.node.extend(kept)
    return rest
