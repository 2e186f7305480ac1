"""Opsets go down node by node: the same scores to the last bit, or an obstacle that is named."""

from __future__ import annotations

import numpy as np
import onnx.parser
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from deployer.check import check_model, fix_model
from deployer.model import Model
from deployer.rows import make_rows
from deployer.rule import Severity
from deployer.rules.version_too_new import lower
from deployer.runtime import Scorer, same_bits
from deployer.targets import get_target

TARGET = get_target("synapse-dedicated")


def model(body: str, opset: int = 18, outputs: str = "float[N, 1] y", ir: int = 10) -> Model:
    text = f"""
    <ir_version: {ir}, opset_import: ["": {opset}, "ai.onnx.ml": 1]>
    agraph (float[N, 1] a, float[N, 1] b) => ({outputs})
    {{ x = Concat <axis = 1> (a, b) {body} }}
    """
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString())


LOWERED = {
    "ReduceSum, axes as input": "i = Constant <value_ints = [1]> () y = ReduceSum <keepdims = 1> (x, i)",
    "ReduceMax, axes as input": "i = Constant <value = int64[1] {-1}> () y = ReduceMax <keepdims = 1> (x, i)",
    "ReduceMean, over all": "m = ReduceMean <keepdims = 1> (x) y = Add(a, m)",
    "Squeeze and Unsqueeze": "i = Constant <value_ints = [1]> () s = Squeeze(a, i) y = Unsqueeze(s, i)",
    "Split by lengths": "n = Constant <value_ints = [1, 1]> () y, z = Split <axis = 1> (x, n)",
    "Softmax over the last axis": "s = Softmax <axis = -1> (x) i = Constant <value_ints = [0]> () "
    "y = Gather <axis = 1> (s, i)",
    "LogSoftmax without an axis": "s = LogSoftmax(x) i = Constant <value_ints = [1]> () y = Gather <axis = 1> (s, i)",
    "LessOrEqual": "c = LessOrEqual(a, b) y = Cast <to = 1> (c)",
    "GreaterOrEqual": "c = GreaterOrEqual(a, b) y = Cast <to = 1> (c)",
    "Constants as numbers": "o = Constant <value_float = 0.1> () y = Mul(a, o)",
    "ArgMax, the first of equals": "m = ArgMax <axis = 1, keepdims = 1, select_last_index = 0> (x) "
    "y = Cast <to = 1> (m)",
    "Reshape with a zero that copies": "s = Constant <value_ints = [0, 1]> () y = Reshape <allowzero = 0> (a, s)",
    "Dropout that drops nothing": "y = Dropout(a)",
    "CastLike": "c = Less(a, b) y = CastLike(c, a)",
    "Where, Pow, Sqrt, Sigmoid": "c = Less(a, b) p = Pow(a, b) s = Sigmoid(a) w = Where(c, p, s) y = Sqrt(w)",
    "nothing but what never changed": "y = ai.onnx.ml.LinearRegressor <coefficients = [1.5, 2.5]> (x)",
}
OBSTACLES = {
    "ArgMax, the last of equals": (
        "m = ArgMax <axis = 1, keepdims = 1, select_last_index = 1> (x) y = Cast <to = 1> (m)",
        "'select_last_index'",
    ),
    "an operator that came later": ("y = Gelu(a)", "came with version 20"),
    "axes that are computed": (
        "o = Constant <value_ints = [1]> () i = Abs(o) y = ReduceSum <keepdims = 1> (x, i)",
        "older versions take only a constant",
    ),
    "a sum over nothing": ("y = ReduceSum <noop_with_empty_axes = 1> (a)", "reduces nothing"),
    "Softmax over another axis": (
        "s = Softmax <axis = 0> (x) i = Constant <value_ints = [0]> () y = Gather <axis = 1> (s, i)",
        "the meaning changed",
    ),
    "an operator whose meaning changed": ("y = HardSwish(a)", "version"),
}


@pytest.mark.parametrize("name", LOWERED)
def test_lowered_model_gives_the_same_bits(name: str) -> None:
    original = model(LOWERED[name])
    fixed = fix_model(original, TARGET)
    assert fixed.opsets[""] == 11
    assert fixed.proto.ir_version == 6
    assert check_model(fixed, TARGET).findings == ()
    rows = make_rows(original)
    before, after = (Scorer(m).score(rows, ["y"])["y"] for m in (original, fixed))
    assert same_bits(before, after)


@pytest.mark.parametrize("name", OBSTACLES)
def test_obstacle_is_named_and_nothing_is_changed(name: str) -> None:
    body, words = OBSTACLES[name]
    original = model(body, opset=20)
    (finding,) = [found for found in check_model(original, TARGET).findings if found.where == "opset ai.onnx"]
    assert not finding.fixable
    assert words in finding.help
    fixed = fix_model(original, TARGET)
    assert fixed.opsets[""] == 20


def test_version_that_may_run_is_a_warning_and_one_above_an_error() -> None:
    severities = {
        opset: [finding.severity for finding in check_model(model("y = Add(a, b)", opset, ir=6), TARGET).findings]
        for opset in (11, 12, 13)
    }
    assert severities == {11: [], 12: [Severity.WARNING], 13: [Severity.ERROR]}


def test_limit_that_the_user_knows_better_is_believed() -> None:
    patient = get_target("synapse-dedicated", {"opset": 18, "opset_unproven": 18, "ir_version": 10})
    assert check_model(model("y = Add(a, b)"), patient).findings == ()


def test_domain_that_is_imported_twice_is_lowered_once() -> None:
    """skl2onnx 1.20 writes such models."""
    proto = model("y = Add(a, b)").edit()
    proto.opset_import.add(domain="", version=18)
    fixed = fix_model(Model("m", 1, proto.SerializeToString()), TARGET)
    assert [(entry.domain, entry.version) for entry in fixed.proto.opset_import] == [("ai.onnx.ml", 1), ("", 11)]


def test_nodes_in_branches_are_lowered_too() -> None:
    text = """
    <ir_version: 10, opset_import: ["": 18]>
    agraph (float[N, 1] a, bool flag) => (float[N, 1] y)
    <int64[1] axes = {1}>
    { y = If (flag) <
        then_branch = yes () => (float[N, 1] t) { t = ReduceSum <keepdims = 1> (a, axes) },
        else_branch = no () => (float[N, 1] e) { e = Neg(a) }> }
    """
    original = Model("m", 1, onnx.parser.parse_model(text).SerializeToString())
    fixed = lower(original, TARGET, ())
    session_rows = {"a": np.array([[1.5], [-2.0]], np.float32), "flag": np.array(True)}
    before, after = (onnxruntime.InferenceSession(m.content).run(None, session_rows)[0] for m in (original, fixed))
    assert np.array_equal(before, after)


def test_label_encoder_with_tensors_becomes_one_with_lists() -> None:
    node = helper.make_node(
        "LabelEncoder",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        keys_tensor=numpy_helper.from_array(np.array(["cash", "card"]), "k"),
        values_tensor=helper.make_tensor("v", TensorProto.FLOAT, [2], [1.5, 2.5]),
        default_tensor=helper.make_tensor("d", TensorProto.FLOAT, [1], [-1.0]),
    )
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.STRING, [None, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
    )
    imports = [helper.make_opsetid("", 9), helper.make_opsetid("ai.onnx.ml", 4)]
    original = Model("m", 1, helper.make_model(graph, opset_imports=imports, ir_version=6).SerializeToString())
    fixed = fix_model(original, TARGET)
    assert fixed.opsets["ai.onnx.ml"] == 2
    rows = {"x": np.array(["cash", "card", "none"], object)}
    assert Scorer(fixed).score(rows)["y"].tolist() == Scorer(original).score(rows)["y"].tolist() == [1.5, 2.5, -1.0]


def test_type_that_the_older_operator_lacks_is_an_obstacle() -> None:
    """Equal takes text since 19; the node would read the same, and ONNX's own rules about types say no."""
    text = """
    <ir_version: 10, opset_import: ["": 19]>
    agraph (string[N, 1] a, string[N, 1] b) => (int64[N, 1] y) { c = Equal(a, b) y = Cast <to = 7> (c) }
    """
    original = Model("m", 1, onnx.parser.parse_model(text).SerializeToString())
    (finding,) = [found for found in check_model(original, TARGET).findings if found.where == "opset ai.onnx"]
    assert not finding.fixable
    assert "unsupported type: tensor(string)" in finding.help
    fixed = fix_model(original, TARGET)
    assert (fixed.opsets[""], fixed.proto.ir_version) == (19, 6)
