"""Write a graph in an older version of an operator set, so that it computes the same to the last bit.

ONNX's schemas say when an operator's definition changed. Between two versions there are three kinds of change:

- more types, or a new attribute whose default is the old behaviour: the node is kept, the attribute dropped;
- another spelling, mostly of an attribute that became an input: the node is rewritten;
- another meaning: an obstacle, and nothing is changed.

Which operator changed how is read from ONNX's operator changelog (onnx/docs/Changelog.md), written down below, and
everything that is not written down is an obstacle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from deployer.graph import STANDARD_DOMAINS, attribute, drop_attribute, graphs, new_name, nodes, value_names

if TYPE_CHECKING:
    import onnx
    from onnx.defs import OpSchema

WIDENED = frozenset(
    """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh BitShift Cast Ceil Clip Compress Concat
    Constant ConstantOfShape Conv Cos Cosh CumSum DepthToSpace Det Div Elu Equal Erf Exp Expand EyeLike
    Flatten Floor Gather GatherElements GatherND Gemm GlobalAveragePool GlobalMaxPool Greater HardSigmoid
    Identity If IsInf IsNaN LeakyRelu Less Log Loop MatMul Max Mean Min Mod Mul Neg NonZero Not OneHot Or
    PRelu Pow Range Reciprocal Relu Reshape Round Scan ScatterElements ScatterND Selu Shape Sigmoid Sign Sin
    Sinh Size Slice Softplus Softsign SpaceToDepth Sqrt Sub Sum Tan Tanh ThresholdedRelu Tile TopK Transpose
    Trilu Unique Where Xor
    TreeEnsembleClassifier TreeEnsembleRegressor
    """.split()  # noqa: SIM905 - ninety strings in quotes and commas are no easier to read
)
"""Operators whose newer definitions take more, and mean the same by what the older one takes."""

NEUTRAL: Mapping[str, Mapping[str, object]] = {
    "ArgMax": {"select_last_index": 0},
    "ArgMin": {"select_last_index": 0},
    "Cast": {"saturate": 1, "round_mode": "up"},
    "Reshape": {"allowzero": 0},
    "Shape": {"start": 0},
    "ScatterElements": {"reduction": "none"},
    "ScatterND": {"reduction": "none"},
}
"""Attributes that newer definitions added, and the value at which they change nothing. `saturate` and `round_mode`
speak of 8-bit floats only."""

_ASKS_TYPES = frozenset({"CastLike", "LogSoftmax", "Softmax"})
"""Operators whose rewrite depends on the type or the rank of what they read."""

_AXES_SINCE = {"Squeeze": 13, "Unsqueeze": 13, "ReduceSum": 13}
_REDUCTIONS = (
    *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax"),
    *("ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"),
)


class _Obstacle(Exception):
    """Why a node cannot be written in the older version."""


def lower_domain(proto: onnx.ModelProto, domain: str, version: int) -> tuple[str, ...]:
    """Write one domain of `proto` in an older version, in place; gives the obstacles, one text a node.

    With an obstacle the graph is left half done, and is to be thrown away.
    """
    from onnx import defs

    # skl2onnx may import one domain twice; the last one counts, and one is enough.
    imports = [entry for entry in proto.opset_import if entry.domain == domain]
    for double in imports[:-1]:
        proto.opset_import.remove(double)
    entry = next(entry for entry in proto.opset_import if entry.domain == domain)
    schemas = "" if STANDARD_DOMAINS[domain] == "ai.onnx" else domain
    obstacles = ["the model has functions of its own"] if proto.functions else []
    stated = list(proto.graph.value_info)
    _infer_types(proto)
    for node in list(nodes(proto.graph)):
        if STANDARD_DOMAINS.get(node.domain) != STANDARD_DOMAINS[domain]:
            continue
        try:
            new = defs.get_schema(node.op_type, entry.version, schemas)
            if new.since_version > version:
                _lower_node(proto.graph, node, new, version)
        except _Obstacle as error:
            obstacles.append(f"{_label(node)}: {error}")
        except defs.SchemaError:
            obstacles.append(f"{_label(node)} is no operator of {STANDARD_DOMAINS[domain]} {entry.version}")
    entry.version = version
    del proto.graph.value_info[:]
    proto.graph.value_info.extend(stated)
    return tuple(obstacles)


def _infer_types(proto: onnx.ModelProto) -> None:
    """Note type and shape of the values in between, where a rewrite asks for them: most exporters write none."""
    from onnx import shape_inference

    if any(node.op_type in _ASKS_TYPES for node in nodes(proto.graph)):
        inferred = shape_inference.infer_shapes(proto).graph.value_info
        del proto.graph.value_info[:]
        proto.graph.value_info.extend(inferred)


def _label(node: onnx.NodeProto) -> str:
    return f"node {node.name!r} ({node.op_type})" if node.name else f"a node {node.op_type}"


def _lower_node(graph: onnx.GraphProto, node: onnx.NodeProto, new: OpSchema, version: int) -> None:
    from onnx import defs

    rewrite = REWRITES.get(node.op_type)
    if rewrite is not None:
        rewrite(graph, node, new.since_version, version)
    try:
        old = defs.get_schema(node.op_type, version, new.domain)
    except defs.SchemaError:
        raise _Obstacle(f"the operator came with version {_first_version(new)}") from None
    if rewrite is None and node.op_type not in WIDENED:
        raise _Obstacle(f"{node.op_type} changed in version {new.since_version}, and not only by taking more types")
    for name, neutral in NEUTRAL.get(node.op_type, {}).items():
        entry = attribute(node, name)
        if entry is not None and name not in old.attributes:
            if _value(entry) != neutral:
                raise _Obstacle(f"attribute {name!r} is {_value(entry)!r}, which version {version} cannot say")
            drop_attribute(node, name)
    for entry in node.attribute:
        if entry.name not in old.attributes:
            raise _Obstacle(f"attribute {entry.name!r} is not known to version {version}")
    if not old.min_input <= len(node.input) <= old.max_input:
        raise _Obstacle(f"{len(node.input)} inputs; version {version} takes {old.min_input} to {old.max_input}")


def _first_version(schema: OpSchema) -> int:
    from onnx import defs

    return min(
        s.since_version
        for s in defs.get_all_schemas_with_history()
        if s.name == schema.name and s.domain == schema.domain
    )


def _value(entry: onnx.AttributeProto) -> object:
    from onnx import helper

    value = helper.get_attribute_value(entry)
    return value.decode() if isinstance(value, bytes) else value


def _constant(graph: onnx.GraphProto, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]] | None:
    """The value of a constant: an initializer, or what a Constant node makes."""
    from onnx import helper, numpy_helper

    for inner in graphs(graph):
        for tensor in inner.initializer:
            if tensor.name == name:
                return numpy_helper.to_array(tensor)
        for node in inner.node:
            if node.op_type == "Constant" and name in node.output:
                value = helper.get_attribute_value(node.attribute[0])
                return numpy_helper.to_array(value) if node.attribute[0].name == "value" else np.asarray(value)
    return None


def _input_to_attribute(graph: onnx.GraphProto, node: onnx.NodeProto, index: int, name: str) -> bool:
    """Turn the constant in an input into a list of integers in an attribute; False where the input is not given."""
    from onnx import helper

    if len(node.input) <= index or not node.input[index]:
        del node.input[index:]
        return False
    value = _constant(graph, node.input[index])
    if value is None:
        raise _Obstacle(f"{name!r} is computed, and older versions take only a constant")
    del node.input[index:]
    if value.size:
        node.attribute.append(helper.make_attribute(name, [int(item) for item in value.ravel()]))
    return bool(value.size)


def _axes(graph: onnx.GraphProto, node: onnx.NodeProto, since: int, version: int) -> None:
    """Squeeze, Unsqueeze and the reductions: `axes` was an attribute first."""
    became_input = _AXES_SINCE.get(node.op_type, 18)
    if since < became_input or version >= became_input:
        return
    given = _input_to_attribute(graph, node, 1, "axes")
    empty = attribute(node, "noop_with_empty_axes")
    if empty is not None:
        if empty.i and not given:
            raise _Obstacle("it reduces nothing when it has no axes, which older versions cannot say")
        drop_attribute(node, "noop_with_empty_axes")


def _split(graph: onnx.GraphProto, node: onnx.NodeProto, since: int, version: int) -> None:
    """Split: the lengths were an attribute until 13; `num_outputs` came with 18 and is the count of the outputs."""
    if version >= 13 or since < 13:
        drop_attribute(node, "num_outputs")
        return
    if not _input_to_attribute(graph, node, 1, "split") and attribute(node, "num_outputs") is not None:
        raise _Obstacle("it splits by count, where the last part may be shorter; older versions want equal parts")
    drop_attribute(node, "num_outputs")


def _softmax(graph: onnx.GraphProto, node: onnx.NodeProto, since: int, version: int) -> None:
    """Softmax and its kin: before 13 all axes from `axis` on were one, which is the same for the last axis only."""
    from onnx import helper

    if version >= 13 or since < 13:
        return
    entry = attribute(node, "axis")
    axis = entry.i if entry is not None else -1
    rank = _rank(graph, node.input[0])
    if axis != -1 and axis + 1 != rank:
        raise _Obstacle(f"axis {axis} is not known to be the last, and for others the meaning changed in version 13")
    if rank is None:
        raise _Obstacle("the number of axes of its input is not known, and older versions count from the front")
    drop_attribute(node, "axis")
    node.attribute.append(helper.make_attribute("axis", rank - 1))


def _rank(graph: onnx.GraphProto, name: str) -> int | None:
    for value in (*graph.value_info, *graph.input, *graph.output):
        if value.name == name and value.type.tensor_type.HasField("shape"):
            return len(value.type.tensor_type.shape.dim)
    return None


def _cast_like(graph: onnx.GraphProto, node: onnx.NodeProto, _since: int, version: int) -> None:
    """CastLike came with 15; before, it is the Cast to the type that the other value has."""
    from onnx import TensorProto, helper

    if version >= 15:
        return
    kind = _element_type(graph, node.input[1])
    if kind == TensorProto.UNDEFINED:
        raise _Obstacle(f"the type of {node.input[1]!r} is not known, and older versions want it said")
    node.op_type = "Cast"
    del node.input[1:]
    node.attribute.append(helper.make_attribute("to", kind))


def _element_type(graph: onnx.GraphProto, name: str) -> int:
    for value in (*graph.value_info, *graph.input, *graph.output):
        if value.name == name:
            return int(value.type.tensor_type.elem_type)
    return next((int(tensor.data_type) for tensor in graph.initializer if tensor.name == name), 0)


def _constant_lists(_graph: onnx.GraphProto, node: onnx.NodeProto, _since: int, version: int) -> None:
    """Constant: numbers and lists as plain attributes came with 12; a tensor says the same."""
    from onnx import helper, numpy_helper

    entry = node.attribute[0]
    if version >= 12 or entry.name == "value":
        return
    kinds = {"value_int": np.int64, "value_ints": np.int64, "value_float": np.float32, "value_floats": np.float32}
    if entry.name not in kinds:
        raise _Obstacle(f"a constant given as {entry.name!r}")
    tensor = numpy_helper.from_array(np.array(helper.get_attribute_value(entry), dtype=kinds[entry.name]))
    del node.attribute[:]
    node.attribute.append(helper.make_attribute("value", tensor))


def _or_equal(graph: onnx.GraphProto, node: onnx.NodeProto, _since: int, version: int) -> None:
    """LessOrEqual and GreaterOrEqual came with 12; before, they are the comparison or equality, NaN included."""
    from onnx import helper

    if version >= 12:
        return
    taken = value_names(graph)
    names = [new_name(taken, f"{node.output[0]}_{part}") for part in ("strict", "equal")]
    strict = helper.make_node(node.op_type.removesuffix("OrEqual"), node.input, [names[0]])
    equal = helper.make_node("Equal", node.input, [names[1]])
    for inner in graphs(graph):
        at = next((index for index, other in enumerate(inner.node) if other is node or other == node), None)
        if at is not None:
            inner.node.insert(at, strict)
            inner.node.insert(at + 1, equal)
            break
    node.op_type = "Or"
    del node.input[:]
    node.input.extend(names)


def _label_encoder(_graph: onnx.GraphProto, node: onnx.NodeProto, _since: int, _version: int) -> None:
    """LabelEncoder: 4 added tensors for what lists of text, integers and floats said before."""
    from onnx import TensorProto, helper, numpy_helper

    names: dict[int, str] = {TensorProto.STRING: "strings", TensorProto.INT64: "int64s", TensorProto.FLOAT: "floats"}
    defaults = {"strings": "default_string", "int64s": "default_int64", "floats": "default_float"}
    values_kind = None
    for role in ("keys", "values"):
        entry = attribute(node, f"{role}_tensor")
        if entry is None:
            continue
        kind = names.get(entry.t.data_type)
        if kind is None:
            raise _Obstacle(f"its {role} are {TensorProto.DataType.Name(entry.t.data_type).lower()}")
        items = numpy_helper.to_array(entry.t).ravel().tolist()
        drop_attribute(node, f"{role}_tensor")
        node.attribute.append(helper.make_attribute(f"{role}_{kind}", items))
        values_kind = kind if role == "values" else values_kind
    entry = attribute(node, "default_tensor")
    if entry is not None and values_kind is not None:
        value = numpy_helper.to_array(entry.t).ravel().tolist()[0]
        drop_attribute(node, "default_tensor")
        drop_attribute(node, defaults[values_kind])
        node.attribute.append(helper.make_attribute(defaults[values_kind], value))


def _same_when_defaults(_graph: onnx.GraphProto, node: onnx.NodeProto, _since: int, _version: int) -> None:
    """BatchNormalization and Dropout as inference runs them: without training mode, one output."""
    training = attribute(node, "training_mode")
    if (training is not None and training.i) or len([name for name in node.output if name]) > 1:
        raise _Obstacle("it runs in training mode, or gives more than one output")
    if node.op_type == "Dropout" and len(node.input) > 1:
        # The ratio of a Dropout that drops nothing is of no matter.
        del node.input[1:]
    drop_attribute(node, "training_mode")
    drop_attribute(node, "seed")


REWRITES: Mapping[str, Callable[[onnx.GraphProto, onnx.NodeProto, int, int], None]] = {
    **dict.fromkeys(("Squeeze", "Unsqueeze", *_REDUCTIONS), _axes),
    "Split": _split,
    **dict.fromkeys(("Softmax", "LogSoftmax"), _softmax),
    "CastLike": _cast_like,
    "Constant": _constant_lists,
    **dict.fromkeys(("LessOrEqual", "GreaterOrEqual"), _or_equal),
    "LabelEncoder": _label_encoder,
    **dict.fromkeys(("BatchNormalization", "Dropout"), _same_when_defaults),
}
"""Operators that are written differently in older versions: `rewrite(graph, node, since, version)`, in place."""
