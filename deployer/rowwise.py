"""`free_batch`: let a model that takes one row a run take many, where its graph shows that rows do not meet.

A model exported with `[1,1]` inputs is fed row by row by the pool. To score it in batches its first dimension must be
set free, and that is right only if no node lets one row touch another. This module follows the batch through the
graph, node by node, by an allow-list; what is not on it ends the attempt. The runtime then still compares the freed
model with the original on rows, bit for bit, before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    return any(column.shape and column.shape[0] == 1 for column in model.inputs)


def free_batch(model: Model) -> Model | None:
    """The same model with its first dimension free; None where rows might meet, or nobody can tell."""
    import onnx

    proto = model.edit()
    del proto.graph.value_info[:]
    try:
        inferred = onnx.shape_inference.infer_shapes(proto, strict_mode=False).graph
        axes = _follow(model, inferred)
    except (_RowsMeet, onnx.shape_inference.InferenceError):
        return None
    for value in (*proto.graph.input, *proto.graph.output):
        tensor = value.type.tensor_type
        if value.name in axes and tensor.shape.dim:
            tensor.shape.dim[axes[value.name].axis].dim_param = "batch"
    return model.with_proto(proto)


def _follow(model: Model, graph: onnx.GraphProto) -> Mapping[str, _Value]:
    """Which values grow with the batch, and where; raises `_RowsMeet` as soon as that is not certain."""
    shapes = {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in (*graph.input, *graph.value_info, *graph.output)
        if value.type.tensor_type.HasField("shape")
    }
    constants = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    numbers = {tensor.name: tensor for tensor in graph.initializer}
    batched: dict[str, _Value] = {}
    for column in model.inputs:
        shape = shapes.get(column.name, ())
        if not shape or shape[0] != 1 or not all(shape):
            raise _RowsMeet
        batched[column.name] = _Value(0, shape)
    for node in graph.node:
        inputs = [name for name in node.input if name]
        if not any(name in batched for name in inputs):
            if node.op_type != "Constant":
                raise _RowsMeet
            value = node.attribute[0].t
            constants[node.output[0]], numbers[node.output[0]] = tuple(value.dims), value
            continue
        axis = _axis_after(node, inputs, batched, constants, numbers)
        for name in node.output:
            if not name:
                continue
            shape = shapes.get(name, ())
            if node.op_type not in ROW_MODELS and (len(shape) <= axis or shape[axis] != 1):
                raise _RowsMeet
            batched[name] = _Value(axis, shape)
    if any(value.name not in batched for value in graph.output):
        raise _RowsMeet
    return batched


def _axis_after(  # noqa: C901, PLR0911, PLR0912 - one case an operator, read from top to bottom
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
    from onnx import numpy_helper

    given = {entry.name: entry for entry in node.attribute}
    rank = len(value.shape)
    if "axes" in given:
        axes = list(given["axes"].ints)
    elif node.op_type.startswith("Reduce"):
        if len(inputs) < 2:
            raise _RowsMeet
        axes = [int(axis) for axis in numpy_helper.to_array(numbers[inputs[1]]).ravel()]
    else:
        # Softmax before opset 13 flattens from `axis` on, which may not reach the batch either.
        axes = [given["axis"].i if "axis" in given else (0 if node.op_type.startswith("Arg") else -1)]
    axes = [axis % rank for axis in axes]
    if not axes or value.axis in axes or value.axis > min(axes):
        raise _RowsMeet
    return value.axis


def _reshaped_axis(value: _Value, target: onnx.TensorProto) -> int:
    """A Reshape keeps rows together if the batch leads and the rest of the row is spelled out: `[-1, k]`, `[-1]`."""
    from onnx import numpy_helper

    shape = [int(length) for length in numpy_helper.to_array(target).ravel()]
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
