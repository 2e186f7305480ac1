"""Let a model that takes one row a run take many, so that nothing changes: `free_batch` and `loop_rows`.

A model exported with `[1,1]` inputs is fed row by row by the pool, at some 30 thousand rows a second. There are two
faster ways for any model:

- `free_batch` sets the first dimension free, which is right only if no node lets one row touch another. It follows the
  batch through the graph, node by node, by an allow-list; what is not on it ends the attempt. The runtime then still
  compares the freed model with the original on rows, bit for bit: ONNX Runtime multiplies one row by a matrix with
  another kernel than several rows, and the last bit may differ (`deployer.paired` then has a form that does not).
- `loop_rows` puts the graph as it is into the body of a Scan, which runs it once a row without leaving ONNX Runtime.
  That is the same computation by construction, for any graph, at a fraction of the price of a call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.graph import drop_unread, import_operators, read_constant, read_tensor
from deployer.model import Model

if TYPE_CHECKING:
    import onnx

ELEMENTWISE = frozenset(
    """
    Abs Add And Cast Ceil Clip Div Elu Equal Erf Exp Floor Greater GreaterOrEqual HardSigmoid Identity IsInf IsNaN
    LeakyRelu Less LessOrEqual Log Max Min Mod Mul Neg Not Or Pow Reciprocal Relu Round Selu Sigmoid Sign Softplus
    Sqrt Sub Sum Tanh Where Xor
    Binarizer CategoryMapper Imputer LabelEncoder Scaler
    """.split()  # noqa: SIM905 - forty strings in quotes and commas are no easier to read
)
"""Each element of the result depends on the elements at the same place."""

ROW_MODELS = frozenset(
    """
    FeatureVectorizer LinearClassifier LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor
    TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor ZipMap
    """.split()  # noqa: SIM905 - as above
)
"""Operators of ai.onnx.ml that are defined row by row over the first dimension."""

AXIS_OPERATORS = frozenset(
    """
    ArgMax ArgMin LogSoftmax ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
    ReduceSum ReduceSumSquare Softmax TopK
    """.split()  # noqa: SIM905 - as above
)
"""Operators that mix the elements along the axes they are given."""


class _RowsMeet(Exception):
    """A node may let rows touch each other, or is not known not to."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A value that grows with the batch: along which axis, and its shape for one row."""

    axis: int
    shape: tuple[int, ...]


def takes_one_row(model: Model) -> bool:
    """Whether the inputs are fixed at one row, so that ONNX Runtime refuses more."""
    return any(column.rows == 1 for column in model.inputs)


def free_batch(model: Model, shapes: Mapping[str, tuple[int, ...]]) -> Model | None:
    """The same model with its first dimension free; None where rows might meet, or nobody can tell.

    `shapes` are those of the graph's values for one row; a value that is no tensor has none.
    """
    try:
        axes = _follow(model.proto.graph, [column.name for column in model.inputs], shapes)
    except _RowsMeet:
        return None
    proto = model.edit()
    del proto.graph.value_info[:]
    for value in (*proto.graph.input, *proto.graph.output):
        tensor = value.type.tensor_type
        if value.name in axes and tensor.shape.dim:
            tensor.shape.dim[axes[value.name].axis].dim_param = "batch"
    return model.with_proto(proto)


def loop_rows(model: Model, outputs: Sequence[str]) -> Model | None:
    """The model inside of a Scan over rows: `rows of x` for each input x, `all y` for each of these outputs.

    None where an output is no tensor, an input is not one value a row, or the opset has no such Scan (before 9).
    """
    from onnx import GraphProto, TensorProto, helper

    if not {column.name for column in model.outputs if column.is_tensor}.issuperset(outputs):
        return None
    if any(column.shape not in {(1,), (1, 1)} for column in model.inputs):
        return None
    proto = model.edit()
    import_operators(proto)
    if max(entry.version for entry in proto.opset_import if entry.domain in {"", "ai.onnx"}) < 9:
        return None
    graph = proto.graph
    kept = [value for value in graph.output if value.name in outputs]
    graph.ClearField("output")
    graph.output.extend(kept)
    drop_unread(graph)

    # Inputs that a node only lays side by side are laid side by side before the loop: thirty inputs cost more there
    # than the model behind them.
    values = {value.name: value for value in graph.input}
    joins = {
        node.output[0]: node
        for node in graph.node
        if node.op_type == "Concat" and set(node.input) <= set(values) and all(abs(e.i) == 1 for e in node.attribute)
    }
    inner = [node for node in graph.node if node.output[0] not in joins]
    read = {name for node in inner for name in node.input} | {value.name for value in kept}
    body = GraphProto(name="row", node=inner, output=kept)
    outer = GraphProto(name="rows", initializer=graph.initializer)
    fed = []
    for name in [*joins, *(column.name for column in model.inputs if column.name in read)]:
        parts = list(joins[name].input) if name in joins else [name]
        tensor = values[parts[0]].type.tensor_type
        row = [1, len(parts)] if name in joins else [1] * len(tensor.shape.dim)
        body.input.append(helper.make_tensor_value_info(name, tensor.elem_type, row))
        source = f"rows of {parts[0]}"
        if name in joins:
            source = f"rows of {name}"
            outer.node.append(helper.make_node("Concat", [f"rows of {part}" for part in parts], [source], axis=1))
        outer.initializer.append(helper.make_tensor(f"row of {name}", TensorProto.INT64, [len(row) + 1], [-1, *row]))
        outer.node.append(helper.make_node("Reshape", [source, f"row of {name}"], [f"each of {name}"]))
        fed.append(f"each of {name}")
    outer.node.append(
        helper.make_node("Scan", fed, [f"all {value.name}" for value in kept], body=body, num_scan_inputs=len(fed))
    )
    for column in model.inputs:
        kind = values[column.name].type.tensor_type.elem_type
        shape = ["rows", *(column.shape or ())[1:]]
        outer.input.append(helper.make_tensor_value_info(f"rows of {column.name}", kind, shape))
    for value in kept:
        outer.output.append(helper.make_tensor_value_info(f"all {value.name}", value.type.tensor_type.elem_type, None))
    proto.graph.CopyFrom(outer)
    return model.with_proto(proto)


def _follow(
    graph: onnx.GraphProto, inputs: Sequence[str], shapes: Mapping[str, tuple[int, ...]]
) -> Mapping[str, _Value]:
    """Which values grow with the batch, and where; raises `_RowsMeet` as soon as that is not certain."""
    constants = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    numbers = {tensor.name: tensor for tensor in graph.initializer}
    batched = {name: _Value(0, shapes[name]) for name in inputs}
    if not all(value.shape and value.shape[0] == 1 for value in batched.values()):
        raise _RowsMeet
    for node in graph.node:
        given = [name for name in node.input if name]
        if not any(name in batched for name in given):
            value = read_constant(node) if node.op_type == "Constant" else None
            if value is None:
                raise _RowsMeet
            constants[node.output[0]], numbers[node.output[0]] = tuple(value.dims), value
            continue
        axis = _axis_after(node, given, batched, constants, numbers)
        for name in node.output:
            if not name:
                continue
            shape = shapes.get(name)
            if shape is None and node.op_type != "ZipMap":
                raise _RowsMeet
            if shape is not None and (len(shape) <= axis or shape[axis] != 1):
                raise _RowsMeet
            batched[name] = _Value(axis, shape or ())
    if any(value.name not in batched for value in graph.output):
        raise _RowsMeet
    return batched


def _axis_after(
    node: onnx.NodeProto,
    inputs: list[str],
    batched: Mapping[str, _Value],
    constants: Mapping[str, tuple[int, ...]],
    numbers: Mapping[str, onnx.TensorProto],
) -> int:
    """The axis along which the node's results grow with the batch."""
    first = batched.get(inputs[0])
    rest_constant = all(name in constants for name in inputs[1:])
    op = node.op_type
    if op in ELEMENTWISE:
        return _aligned_axis(
            [batched[n] for n in inputs if n in batched], [constants[n] for n in inputs if n in constants]
        )
    if (op == "Concat" and len(inputs) > 1) or op == "Concat":
        values = [batched[name] for name in inputs if name in batched]
        # A constant part would have to be repeated for each row.
        if len(values) < len(inputs) or _given_axis(node, 0, values[0]) == values[0].axis:
            raise _RowsMeet
        return _aligned_axis(values, [])
    if first is None:
        if op == "ArrayFeatureExtractor" and len(inputs) == 2 and inputs[0] in constants:
            # Picks by an index a row, from labels that are the same for all: the result is [1, N].
            index = batched[inputs[1]]
            if max(constants[inputs[0]][:-1], default=1) == 1 and _elements(index) == 1:
                return 1
        raise _RowsMeet
    if op in ROW_MODELS and first.axis == 0 and all(batched.get(name, first).axis == 0 for name in inputs):
        return 0
    if op in AXIS_OPERATORS and rest_constant:
        return _reduced_axis(node, first, numbers, inputs)
    if op in {"Gather", "ArrayFeatureExtractor"} and rest_constant:
        picked = _given_axis(node, 0, first) if op == "Gather" else len(first.shape) - 1
        if picked <= first.axis:
            raise _RowsMeet
        return first.axis
    if op in {"MatMul", "Gemm"} and rest_constant and first.axis == 0 and len(first.shape) == 2:
        if any(entry.name == "transA" and entry.i for entry in node.attribute):
            raise _RowsMeet
        if op == "Gemm" and len(inputs) > 2 and len(constants[inputs[2]]) == 2 and constants[inputs[2]][0] != 1:
            raise _RowsMeet
        return 0
    if op == "Reshape" and rest_constant:
        return _reshaped_axis(first, numbers[inputs[1]])
    if op == "Flatten" and first.axis == 0 and _given_axis(node, 1, first) == 1:
        return 0
    raise _RowsMeet


def _aligned_axis(values: list[_Value], constants: list[tuple[int, ...]]) -> int:
    """Elementwise: all batched values of one rank and axis, and no constant that has rows of its own."""
    axis, rank = values[0].axis, len(values[0].shape)
    if rank == 0 or any((value.axis, len(value.shape)) != (axis, rank) for value in values):
        raise _RowsMeet
    for shape in constants:
        if len(shape) > rank or (len(shape) == rank and shape[axis] != 1):
            raise _RowsMeet
        if 0 <= axis - (rank - len(shape)) < len(shape) and shape[axis - (rank - len(shape))] != 1:
            raise _RowsMeet
    return axis


def _given_axis(node: onnx.NodeProto, default: int, value: _Value) -> int:
    axis = next((entry.i for entry in node.attribute if entry.name == "axis"), default)
    return axis + len(value.shape) if axis < 0 else axis


def _reduced_axis(
    node: onnx.NodeProto, value: _Value, numbers: Mapping[str, onnx.TensorProto], inputs: list[str]
) -> int:
    given = {entry.name: entry for entry in node.attribute}
    rank = len(value.shape)
    if "axes" in given:
        axes = list(given["axes"].ints)
    elif node.op_type.startswith("Reduce"):
        if len(inputs) < 2:
            raise _RowsMeet
        axes = [int(axis) for axis in read_tensor(numbers[inputs[1]]).ravel()]
    else:
        # Softmax before opset 13 flattens from `axis` on, which may not reach the batch either.
        axes = [given["axis"].i if "axis" in given else (0 if node.op_type.startswith("Arg") else -1)]
    axes = [axis % rank for axis in axes]
    if not axes or value.axis in axes or value.axis > min(axes):
        raise _RowsMeet
    return value.axis


def _reshaped_axis(value: _Value, target: onnx.TensorProto) -> int:
    """A Reshape keeps rows together if the batch leads and the rest of the row is spelled out: `[-1, k]`, `[-1]`."""
    shape = [int(length) for length in read_tensor(target).ravel()]
    leads = all(length == 1 for length in value.shape[: value.axis])
    row = 1
    for length in shape[1:]:
        row *= length
    if not shape or shape[0] != -1 or not leads or row != _elements(value):
        raise _RowsMeet
    return 0


def _elements(value: _Value) -> int:
    """How many elements one row has."""
    count = 1
    for length in value.shape:
        count *= length
    return count
