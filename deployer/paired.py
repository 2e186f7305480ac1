"""`pair_rows`: linear models over many rows with the very bits that each row gets alone.

ONNX Runtime multiplies one row by a matrix in another kernel than many, which adds up in another order, so a linear
model's score of a row differs in its last bit from the score of the same row in a batch. Its batched product, though,
takes each matrix of a batch by itself: rows that are laid out as a batch of one-row matrices go through the one-row
kernel, all in one call. That is some ten times as fast as a loop over rows in the graph.

Whether the bits are in fact the same is not assumed: `deployer.runtime` proves it on the model at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deployer.graph import import_operators
from deployer.model import Model

if TYPE_CHECKING:
    import onnx

PAIR = 2
"""Rows in a group. One would do, but ONNX Runtime folds a batch of one matrix into a plain product over many rows."""

_TRANSFORMS = ("NONE", "LOGISTIC", "SOFTMAX")
"""What a linear model may do to its sums and is known here."""


def pair_rows(model: Model) -> Model | None:
    """The model with its linear operators taken apart; it then takes an even number of rows, `PAIR` a group.

    The graph is for ONNX Runtime alone: it uses an operator of its own (`FusedMatMul`). None where there is no such
    linear operator.
    """
    proto = model.edit()
    nodes: list[onnx.NodeProto] = []
    for node in proto.graph.node:
        apart = _take_apart(node) if node.op_type in {"LinearClassifier", "LinearRegressor"} else None
        nodes += apart or [node]
    if len(nodes) == len(proto.graph.node):
        return None
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    import_operators(proto)
    proto.opset_import.add(domain="com.microsoft", version=1)
    return model.with_proto(proto)


def _take_apart(node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
    """The nodes that give what a linear operator gives; None for one that is written in another way."""
    from onnx import TensorProto, helper, numpy_helper

    given: dict[str, Any] = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
    labels = given.get("classlabels_ints") or given.get("classlabels_strings") or ()
    is_classifier = node.op_type == "LinearClassifier"
    # ONNX Runtime counts a classifier's sums by its intercepts.
    count = len(given.get("intercepts", ())) if is_classifier else given.get("targets", 1)
    weights = np.array(given.get("coefficients", ()), np.float32)
    transform = given.get("post_transform", b"NONE").decode()
    # Two classes from one sum are made otherwise, and so are the rarer transforms.
    if transform not in _TRANSFORMS or count < 1 + is_classifier or weights.size % count:
        return None
    width = weights.size // count
    scores = node.output[1] if is_classifier else node.output[0]
    nodes: list[onnx.NodeProto] = []

    def constant(what: str, value: np.ndarray[Any, np.dtype[Any]]) -> str:
        name = f"{what} for {scores}"
        nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value, name)))
        return name

    def add(op: str, inputs: list[str], what: str = "", **attributes: Any) -> str:
        name = f"{what} for {scores}" if what else scores
        nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    # The operators compute in 32 bits whatever they are given.
    rows = add("Cast", [node.input[0]], "rows", to=TensorProto.FLOAT)
    groups = add("Reshape", [rows, constant("shape of groups", np.array([-1, PAIR, 1, width]))], "groups")
    matrices = constant("weights", np.stack([weights.reshape(count, width)] * PAIR))
    products = add("FusedMatMul", [groups, matrices], "products", domain="com.microsoft", transB=1)
    sums = add("Reshape", [products, constant("shape of sums", np.array([-1, count]))], "sums")
    if given.get("intercepts"):
        sums = add("Add", [sums, constant("intercepts", np.array(given["intercepts"], np.float32))], "all")
    if is_classifier and node.output[0]:
        if count == 2:
            # Five times as fast as ArgMax.
            first, second = (
                add("Gather", [sums, constant(f"place {at}", np.array(at))], f"sum {at}", axis=1) for at in (0, 1)
            )
            best = add("Cast", [add("Greater", [second, first], "is second")], "best", to=TensorProto.INT64)
        else:
            best = add("ArgMax", [sums], "best", axis=1, keepdims=0)
        texts = np.array(labels, dtype=object if "classlabels_strings" in given else np.int64)
        nodes.append(helper.make_node("Gather", [constant("labels", texts), best], [node.output[0]]))
    if transform == "SOFTMAX":
        # No other operator has the same exponential: the linear one is asked again, to multiply by one and add nothing.
        # Zero times infinity would be NaN. The smallest number gives zero as minus infinity does, unless all are that.
        low = constant("smallest", np.array(np.finfo(np.float32).min))
        infinite = add("Less", [sums, low], "infinite")
        number = add("Cast", [infinite], "number", to=TensorProto.FLOAT)
        infinities = add("MatMul", [number, constant("ones", np.ones((count, 1), np.float32))], "infinities")
        all_infinite = add("Less", [constant("most", np.array(count - 0.5, np.float32)), infinities], "all infinite")
        finite = add("Where", [infinite, low, sums], "finite")
        kept = add("Where", [all_infinite, constant("NaN", np.array(np.nan, np.float32)), finite], "kept")
        identity = (np.eye(count, dtype=np.float32).ravel(), np.zeros(count, np.float32), range(count), b"SOFTMAX")
        names = ("coefficients", "intercepts", "classlabels_ints", "post_transform")
        softmax = helper.make_node("LinearClassifier", [kept], [f"places for {scores}", scores], domain="ai.onnx.ml")
        softmax.attribute.extend(helper.make_attribute(*pair) for pair in zip(names, identity, strict=True))
        nodes.append(softmax)
    else:
        add("Sigmoid" if transform == "LOGISTIC" else "Identity", [sums])
    return nodes
