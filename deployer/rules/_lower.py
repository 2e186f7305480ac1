"""Write a graph in an older version of an operator set, so that it computes the same to the last bit.

ONNX's schemas say when an operator's definition changed. Between two versions there are three kinds of change:

- more types, or a new attribute whose default is the old behaviour: the node is kept, the attribute dropped;
- another spelling, mostly of an attribute that became an input: the node is rewritten;
- another meaning: an obstacle, and nothing is changed.

Which operator changed how is read from ONNX's operator changelog (onnx/docs/Changelog.md), written down here and in
`deployer.rules._rewrites`; everything that is not written down is an obstacle.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from deployer.graph import STANDARD_DOMAINS, attribute, drop_attribute, nodes
from deployer.inference import infer_values
from deployer.rules._rewrites import REWRITES, Change, Obstacle

if TYPE_CHECKING:
    import onnx
    from onnx.defs import OpSchema

_OLDEST = 7
"""Oldest version of ai.onnx that anything is lowered to: before, operators like Add did not broadcast."""

WIDENED = frozenset(
    """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh BitShift Cast Ceil Celu Compress Concat
    Constant ConstantOfShape Conv Cos Cosh CumSum DepthToSpace Det Div Einsum Elu Equal Erf Exp Expand EyeLike
    Flatten Floor GRU GatherElements GatherND Gemm GlobalAveragePool GlobalMaxPool Greater HardSigmoid
    HardSwish Identity InstanceNormalization IsInf IsNaN LRN LSTM LeakyRelu Less Log LpNormalization
    MatMul Max Mean MeanVarianceNormalization Min Mish Mul Neg NonZero Not OneHot Or PRelu Pow RNN Range
    Reciprocal Relu Reshape ReverseSequence Round Scan ScatterElements ScatterND Selu Sigmoid Sign Sin Sinh
    Size Softplus Softsign SpaceToDepth Sqrt Sub Sum Tan Tanh ThresholdedRelu Tile Transpose Trilu Unique Where Xor
    """.split()  # noqa: SIM905 - a hundred strings in quotes and commas are no easier to read
)
"""Operators whose newer definitions take more, and mean the same by what the older one takes."""

_OTHER_ANSWERS_BEFORE = {
    # Without broadcasting.
    **dict.fromkeys(("Max", "Mean", "Min", "Sum"), 8),
    # With the lengths of the sequences as first input.
    "Scan": 9,
    # Indices below zero meant none.
    "OneHot": 11,
    # ONNX Runtime 1.32 has no kernel of its own for version 28, and its parts round otherwise.
    **dict.fromkeys(("ReduceLogSum", "ReduceLogSumExp"), 28),
}
"""The version before which an operator gives other answers, with nothing in the node to show it."""

NEUTRAL: Mapping[str, Mapping[str, object]] = {
    "ArgMax": {"select_last_index": 0},
    "ArgMin": {"select_last_index": 0},
    # Both speak of 8-bit floats only.
    "Cast": {"saturate": 1, "round_mode": "up"},
    "DepthToSpace": {"mode": "DCR"},
    "GRU": {"layout": 0},
    "GatherND": {"batch_dims": 0},
    "LSTM": {"layout": 0},
    "RNN": {"layout": 0},
    "Range": {"stash_type": 1},
    "Reshape": {"allowzero": 0},
    "ScatterElements": {"reduction": "none"},
    "ScatterND": {"reduction": "none"},
    "SpaceToDepth": {"mode": "DCR"},
    "TopK": {"largest": 1, "sorted": 1},
}
"""Attributes that newer definitions added, and the value at which they change nothing."""

_AXES_FROM_THE_BACK = frozenset(
    """
    ArgMax ArgMin Compress Concat Flatten Hardmax LogSoftmax ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax
    ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Slice Softmax Split Squeeze Unsqueeze
    """.split()  # noqa: SIM905 - as above
)
"""Operators whose axes may be counted from the back since version 11."""


def lower_domain(proto: onnx.ModelProto, domain: str, version: int) -> tuple[str, ...]:
    """Write one domain of `proto` in an older version, in place; gives the obstacles, one text a node.

    With an obstacle the graph is left half done, and is to be thrown away.
    """
    from onnx import defs

    # skl2onnx may import one domain twice; the last one counts, and one is enough.
    imports = [entry for entry in proto.opset_import if entry.domain == domain]
    for double in imports[:-1]:
        proto.opset_import.remove(double)
    entry = imports[-1]
    name = STANDARD_DOMAINS[domain]
    newest = defs.onnx_opset_version() if name == "ai.onnx" else defs.onnx_ml_opset_version()
    if entry.version > newest:
        return (f"the installed package onnx knows {name} up to {newest}, not {entry.version}",)
    if name == "ai.onnx" and version < _OLDEST:
        return (f"before version {_OLDEST} of {name} operators do not broadcast",)
    obstacles = []
    types = infer_values(proto)
    for node in list(nodes(proto.graph)):
        if STANDARD_DOMAINS.get(node.domain) != name:
            continue
        try:
            new = defs.get_schema(node.op_type, entry.version, "" if name == "ai.onnx" else domain)
            if new.since_version > version:
                _lower_node(Change(proto.graph, node, types, new.since_version, version), new)
        except Obstacle as error:
            obstacles.append(f"{_label(node)}: {error}")
        except defs.SchemaError:
            obstacles.append(f"{_label(node)} is no operator of {name} {entry.version}")
    entry.version = version
    return tuple(obstacles)


def _label(node: onnx.NodeProto) -> str:
    return f"node {node.name!r} ({node.op_type})" if node.name else f"a node {node.op_type}"


def _lower_node(change: Change, new: OpSchema) -> None:
    from onnx import defs

    node, version = change.node, change.version
    kind = node.op_type
    if kind in REWRITES:
        REWRITES[kind](change)
    elif kind not in WIDENED:
        raise Obstacle(_why_not(new, version))
    if change.crosses(_OTHER_ANSWERS_BEFORE.get(kind, 0)):
        raise Obstacle(f"{kind} gives other answers before version {_OTHER_ANSWERS_BEFORE[kind]}")
    try:
        old = defs.get_schema(node.op_type, version, new.domain)
    except defs.SchemaError:
        raise Obstacle(_why_not(new, version)) from None
    for name, neutral in NEUTRAL.get(node.op_type, {}).items():
        entry = attribute(node, name)
        if entry is not None and name not in old.attributes:
            if _value(entry) != neutral:
                raise Obstacle(f"attribute {name!r} is {_value(entry)!r}, which version {version} cannot say")
            drop_attribute(node, name)
    for entry in node.attribute:
        if entry.name not in old.attributes:
            raise Obstacle(f"attribute {entry.name!r} is not known to version {version}")
    if not old.min_input <= len(node.input) <= old.max_input:
        raise Obstacle(f"{len(node.input)} inputs; version {version} takes {old.min_input} to {old.max_input}")
    if version < 11 and node.op_type in _AXES_FROM_THE_BACK:
        _count_from_the_front(change)


def _why_not(schema: OpSchema, version: int) -> str:
    first = _first_versions()[schema.domain, schema.name]
    if first > version:
        return f"the operator came with version {first}"
    return f"{schema.name} changed in version {schema.since_version}, and not only by taking more types"


@cache
def _first_versions() -> Mapping[tuple[str, str], int]:
    from onnx import defs

    schemas = sorted(defs.get_all_schemas_with_history(), key=lambda schema: schema.since_version, reverse=True)
    return {(schema.domain, schema.name): schema.since_version for schema in schemas}


def _value(entry: onnx.AttributeProto) -> object:
    from onnx import helper

    value = helper.get_attribute_value(entry)
    return value.decode() if isinstance(value, bytes) else value


def _count_from_the_front(change: Change) -> None:
    """Axes below zero as what they are, which takes the number of axes."""
    for name in ("axis", "axes"):
        entry = attribute(change.node, name)
        axes = [] if entry is None else list(entry.ints) or [entry.i]
        if entry is None or min(axes) >= 0:
            continue
        rank = change.rank(change.node.output[0] if change.node.op_type == "Unsqueeze" else change.node.input[0])
        if rank is None:
            raise Obstacle(f"{name} {axes} count from the back, of a number of axes that is not known")
        counted = [axis + rank if axis < 0 else axis for axis in axes]
        if name == "axes":
            entry.ClearField("ints")
            entry.ints.extend(counted)
        else:
            entry.i = counted[0]
