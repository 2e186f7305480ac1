"""Operators that are written differently in older versions, each turned into what it was called before.

A rewrite changes the node in place, or raises `Obstacle` where the older version cannot say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deployer.graph import (
    attribute,
    drop_attribute,
    element_type,
    graphs,
    new_name,
    read_constant,
    read_tensor,
    value_names,
)

if TYPE_CHECKING:
    import onnx

    Array = np.ndarray[Any, np.dtype[Any]]


class Obstacle(Exception):
    """Why a node cannot be written in the older version."""


@dataclass(frozen=True, slots=True)
class Change:
    """One node on its way to an older version.

    `types` has every value as it was before anything was changed; `since` is the version of the definition that the
    node follows, `version` the one that it must follow.
    """

    graph: onnx.GraphProto
    node: onnx.NodeProto
    types: Mapping[str, onnx.TypeProto]
    since: int
    version: int

    def crosses(self, version: int) -> bool:
        """Whether the change leads from `version`, or a later one, to before it."""
        return self.version < version <= self.since

    def rank(self, name: str) -> int | None:
        """The number of axes of a value; None where it is not known."""
        kind = self.types.get(name)
        if kind is None or not kind.tensor_type.HasField("shape"):
            return None
        return len(kind.tensor_type.shape.dim)

    def element_type(self, name: str) -> int:
        """The element type of a value; 0 where it is not known."""
        return element_type(self.types[name]) if name in self.types else 0

    def given(self, index: int) -> bool:
        """Whether the node has an input there."""
        return len(self.node.input) > index and bool(self.node.input[index])

    def constant(self, index: int, role: str) -> Array:
        """The value of an input that is an initializer or made by a Constant; `Obstacle` for any other."""
        value = _constant(self.graph, self.node.input[index])
        if value is None:
            raise Obstacle(f"{role!r} is computed, and older versions take only a constant")
        return value


def _constant(graph: onnx.GraphProto, name: str) -> Array | None:

    for inner in graphs(graph):
        for tensor in inner.initializer:
            if tensor.name == name:
                return read_tensor(tensor)
        for node in inner.node:
            if node.op_type == "Constant" and name in node.output:
                tensor = read_constant(node)
                return None if tensor is None else read_tensor(tensor)
    return None


def _set(node: onnx.NodeProto, name: str, value: object) -> None:
    from onnx import helper

    drop_attribute(node, name)
    node.attribute.append(helper.make_attribute(name, value))


_REDUCTIONS = (
    *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax"),
    *("ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"),
)

_MOVED: Mapping[str, tuple[int, tuple[str, ...]]] = {
    **dict.fromkeys(_REDUCTIONS, (18, ("axes",))),
    **dict.fromkeys(("ReduceSum", "Squeeze", "Unsqueeze"), (13, ("axes",))),
    "Split": (13, ("split",)),
    "Clip": (11, ("min", "max")),
    "Pad": (11, ("pads", "value")),
    "Slice": (10, ("starts", "ends", "axes")),
    "TopK": (10, ("k",)),
}
"""The version in which attributes became inputs, and which: the inputs from the second on."""

_SINGLE = {"k", "min", "max", "value"}
"""Those of them that are one number; the others are lists."""


def _move_inputs(change: Change) -> None:
    """Turn inputs that were attributes once into attributes again."""
    node = change.node
    since, names = _MOVED[node.op_type]
    if not change.crosses(since):
        return
    if any(node.input[1 + len(names) :]):
        raise Obstacle(f"more inputs than {', '.join(map(repr, names))}, which older versions do not have")
    for index, name in enumerate(names, 1):
        if not change.given(index):
            continue
        value = change.constant(index, name).ravel()
        if value.dtype.kind == "f" and not _is_single(value):
            raise Obstacle(f"{name!r} is {value[0]!r}, and older versions keep 32 bits of it")
        if value.size:
            _set(node, name, value.tolist()[0] if name in _SINGLE else value.tolist())
    del node.input[1:]


def _is_single(value: Array) -> bool:
    """Whether 32-bit floats hold the values exactly."""
    with np.errstate(over="ignore"):
        single = value.astype(np.float32).astype(value.dtype)
    return bool(np.array_equal(single, value, equal_nan=True))


def _reduce(change: Change) -> None:
    """The reductions: without axes they reduce all, unless told to reduce nothing."""
    _move_inputs(change)
    node = change.node
    if change.crosses(_MOVED[node.op_type][0]):
        nothing = attribute(node, "noop_with_empty_axes")
        if nothing is not None and nothing.i and attribute(node, "axes") is None:
            raise Obstacle("it reduces nothing when it has no axes, which older versions cannot say")
        drop_attribute(node, "noop_with_empty_axes")


def _split(change: Change) -> None:
    """Split: `num_outputs` came with 18 and is the count of the outputs."""
    _move_inputs(change)
    node = change.node
    if change.crosses(18):
        if attribute(node, "num_outputs") is not None and attribute(node, "split") is None and not change.given(1):
            raise Obstacle("it splits by count, where the last part may be shorter; older versions want equal parts")
        drop_attribute(node, "num_outputs")


def _clip(change: Change) -> None:
    if change.crosses(11) and change.given(1) and change.given(2):
        low, high = change.constant(1, "min"), change.constant(2, "max")
        if (low > high).any():
            raise Obstacle(f"it clips to {low!s} and then to less, {high!s}, which older versions refuse")
    _move_inputs(change)


def _slice(change: Change) -> None:
    """Slice: steps came with 10."""
    if change.crosses(10) and change.given(4):
        if (change.constant(4, "steps") != 1).any():
            raise Obstacle("it takes steps, which came with version 10")
        del change.node.input[4:]
    _move_inputs(change)


def _gather(change: Change) -> None:
    """Gather: indices may count from the back since 11."""
    if change.crosses(11) and (change.constant(1, "indices") < 0).any():
        raise Obstacle("its indices count from the back, which came with version 11")


def _pad(change: Change) -> None:
    mode = attribute(change.node, "mode")
    if change.crosses(19) and mode is not None and mode.s == b"wrap":
        raise Obstacle("mode 'wrap' came with version 19")
    _move_inputs(change)


def _softmax(change: Change) -> None:
    """Softmax and its kin: before 13 all axes from `axis` on were one, which is the same for the last axis only."""
    if not change.crosses(13):
        return
    entry = attribute(change.node, "axis")
    axis = entry.i if entry is not None else -1
    rank = change.rank(change.node.input[0])
    if axis != -1 and axis + 1 != rank:
        raise Obstacle(f"axis {axis} is not known to be the last, and for others the meaning changed in version 13")
    _set(change.node, "axis", -1 if rank is None else rank - 1)


def _mod(change: Change) -> None:
    """Mod: the remainder of floats that has the divisor's sign came with 28."""
    from onnx import TensorProto

    fmod = attribute(change.node, "fmod")
    if change.crosses(28) and (fmod is None or not fmod.i):
        kind = change.element_type(change.node.input[0])
        if kind in {0, TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}:
            raise Obstacle("a remainder of floats with the divisor's sign came with version 28")


def _cast_like(change: Change) -> None:
    """CastLike came with 15; before, it is the Cast to the type that the other value has."""
    node = change.node
    if change.version >= 15:
        return
    kind = change.element_type(node.input[1])
    if not kind:
        raise Obstacle(f"the type of {node.input[1]!r} is not known, and older versions want it said")
    node.op_type = "Cast"
    del node.input[1:]
    _set(node, "to", kind)


def _constant_lists(change: Change) -> None:
    """Constant: numbers and lists as plain attributes came with 12; a tensor says the same."""
    if not change.crosses(12) or attribute(change.node, "value") is not None:
        return
    tensor = read_constant(change.node)
    if tensor is None:
        raise Obstacle(f"a constant given as {', '.join(entry.name for entry in change.node.attribute) or 'nothing'}")
    del change.node.attribute[:]
    _set(change.node, "value", tensor)


def _shape(change: Change) -> None:
    """Shape: a part of the shape came with 15; before, it is a slice of the whole."""
    from onnx import TensorProto, helper

    node = change.node
    start, end = attribute(node, "start"), attribute(node, "end")
    if not change.crosses(15):
        return
    if end is None and (start is None or not start.i):
        drop_attribute(node, "start")
        return
    taken = value_names(change.graph)
    whole, first, last = (new_name(taken, f"{node.output[0]}_{part}") for part in ("whole", "first", "last"))
    # Slice clamps what is beyond the end, as Shape does.
    bounds = {first: 0 if start is None else start.i, last: 2**63 - 1 if end is None else end.i}
    for name, bound in bounds.items():
        change.graph.initializer.append(helper.make_tensor(name, TensorProto.INT64, [1], [bound]))
    _insert_before(change, helper.make_node("Shape", node.input, [whole]))
    node.op_type = "Slice"
    del node.attribute[:]
    del node.input[:]
    node.input.extend([whole, first, last])


def _insert_before(change: Change, *made: onnx.NodeProto) -> None:
    """Put nodes in front of the changed one, in the graph that it is in."""
    for inner in graphs(change.graph):
        at = next((index for index, other in enumerate(inner.node) if other == change.node), None)
        if at is not None:
            for node in reversed(made):
                inner.node.insert(at, node)
            return


def _or_equal(change: Change) -> None:
    """LessOrEqual and GreaterOrEqual came with 12; before, they are the comparison or equality, NaN included."""
    from onnx import helper

    node = change.node
    if change.version >= 12:
        return
    taken = value_names(change.graph)
    names = [new_name(taken, f"{node.output[0]}_{part}") for part in ("strict", "equal")]
    strict = helper.make_node(node.op_type.removesuffix("OrEqual"), node.input, [names[0]])
    equal = helper.make_node("Equal", node.input, [names[1]])
    _insert_before(change, strict, equal)
    node.op_type = "Or"
    del node.input[:]
    node.input.extend(names)


def _batch_normalization(change: Change) -> None:
    """BatchNormalization as inference runs it; until 9 it could be spatial or not, and was spatial by default."""
    node = change.node
    training = attribute(node, "training_mode")
    if (training is not None and training.i) or len([name for name in node.output if name]) > 1:
        raise Obstacle("it runs in training mode, or gives more than one output")
    drop_attribute(node, "training_mode")


def _dropout(change: Change) -> None:
    """Dropout that drops nothing, so that its ratio and seed are of no matter; 12 made inputs of its attributes."""
    node = change.node
    if len([name for name in node.output if name]) > 1:
        raise Obstacle("it gives its mask, which says the opposite in older versions")
    if not change.crosses(12):
        return
    if change.given(2) and change.constant(2, "training_mode").any():
        raise Obstacle("it runs in training mode, and drops values at random")
    del node.input[1:]
    drop_attribute(node, "seed")


def _control(change: Change) -> None:
    """If and Loop: sequences came with 13, optional values with 16. ONNX's rules about types do not look there."""
    for name in (*change.node.input, *change.node.output):
        kind = change.types[name].WhichOneof("value") if name in change.types else "tensor_type"
        since = {"sequence_type": 13, "optional_type": 16}.get(kind or "", 0)
        if change.crosses(since):
            raise Obstacle(f"{name!r} is no tensor, and older versions take only tensors")


def _label_encoder(change: Change) -> None:
    """LabelEncoder: 4 added tensors for what lists of text, integers and floats said before."""
    from onnx import TensorProto

    node = change.node
    names: dict[int, str] = {TensorProto.STRING: "strings", TensorProto.INT64: "int64s", TensorProto.FLOAT: "floats"}
    defaults = {"strings": "default_string", "int64s": "default_int64", "floats": "default_float"}
    values_kind = None
    for role in ("keys", "values"):
        entry = attribute(node, f"{role}_tensor")
        if entry is None:
            continue
        kind = names.get(entry.t.data_type)
        if kind is None:
            raise Obstacle(f"its {role} are {TensorProto.DataType.Name(entry.t.data_type).lower()}")
        items = read_tensor(entry.t).ravel().tolist()
        drop_attribute(node, f"{role}_tensor")
        _set(node, f"{role}_{kind}", items)
        values_kind = kind if role == "values" else values_kind
    keys = attribute(node, "keys_floats")
    if keys is not None and np.isnan(keys.floats).any():
        # ONNX Runtime 1.32 finds NaN by version 4's kernel and does not by version 2's; neither text says.
        raise Obstacle("NaN is one of its keys, which older versions never find")
    entry = attribute(node, "default_tensor")
    if entry is not None and values_kind is not None:
        value = read_tensor(entry.t).ravel().tolist()[0]
        drop_attribute(node, "default_tensor")
        _set(node, defaults[values_kind], value)


def _tree_ensemble(change: Change) -> None:
    """The tree ensembles: 3 added 64-bit numbers as tensors; 1 has lists of 32 bits."""
    for entry in list(change.node.attribute):
        if change.crosses(3) and entry.name.endswith("_as_tensor"):
            value = read_tensor(entry.t).ravel()
            name = entry.name.removesuffix("_as_tensor")
            if not _is_single(value):
                raise Obstacle(f"its {name} need 64 bits, and older versions keep 32")
            drop_attribute(change.node, entry.name)
            _set(change.node, name, value.tolist())


REWRITES: Mapping[str, Callable[[Change], None]] = {
    **dict.fromkeys(("Squeeze", "TopK", "Unsqueeze"), _move_inputs),
    "Clip": _clip,
    **dict.fromkeys(_REDUCTIONS, _reduce),
    "Split": _split,
    "Slice": _slice,
    "Gather": _gather,
    "Pad": _pad,
    **dict.fromkeys(("Hardmax", "LogSoftmax", "Softmax"), _softmax),
    "Mod": _mod,
    "CastLike": _cast_like,
    "Constant": _constant_lists,
    "Shape": _shape,
    **dict.fromkeys(("GreaterOrEqual", "LessOrEqual"), _or_equal),
    "BatchNormalization": _batch_normalization,
    "Dropout": _dropout,
    **dict.fromkeys(("If", "Loop"), _control),
    "LabelEncoder": _label_encoder,
    **dict.fromkeys(("TreeEnsembleClassifier", "TreeEnsembleRegressor"), _tree_ensemble),
}
