"""Opsets go down node by node: the same scores to the last bit, or an obstacle that is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx.parser
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from deployer.check import check_model, fix_model
from deployer.model import Model
from deployer.rows import make_rows
from deployer.rule import Finding, Severity
from deployer.rules import invalid_graph, version_too_new
from deployer.rules.version_too_new import lower
from deployer.runtime import Scorer, same_bits
from deployer.target import Target
from deployer.targets import get_target
from tests.cases import worth_mending

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
    "Dropout told that it does not train": "r = Constant <value_float = 0.5> () t = Constant <value = bool {0}> () "
    "y = Dropout(a, r, t)",
    "a part of a shape": "n = Shape <start = 1> (x) f = Cast <to = 1> (n) y = Mul(a, f)",
    "a shape's end from the back": "n = Shape <start = -2, end = -1> (x) f = Cast <to = 1> (n) y = Mul(a, f)",
    "Hardmax over the last axis": "h = Hardmax(x) i = Constant <value_ints = [0]> () y = Gather <axis = 1> (h, i)",
    "GatherND without batches": "i = Constant <value = int64[1, 1] {0}> () g = GatherND <batch_dims = 0> (x, i) "
    "j = Constant <value_ints = [0]> () h = Gather <axis = 1> (g, j) y = Add(a, h)",
    "Pad with zeros": "p = Constant <value_ints = [0, 1, 0, 0]> () q = Pad(a, p) i = Constant <value_ints = [1]> () "
    "y = Gather <axis = 1> (q, i)",
    "BatchNormalization": "s = Constant <value_floats = [1.5, 2.5]> () n = BatchNormalization(x, s, s, s, s) "
    "i = Constant <value_ints = [1]> () y = Gather <axis = 1> (n, i)",
    "CastLike": "c = Less(a, b) y = CastLike(c, a)",
    "Where, Pow, Sqrt, Sigmoid": "c = Less(a, b) p = Pow(a, b) s = Sigmoid(a) w = Where(c, p, s) y = Sqrt(w)",
    "nothing but what never changed": "y = ai.onnx.ml.LinearRegressor <coefficients = [1.5, 2.5]> (x)",
}
LOWERED |= {
    f"{operator}, axes as input": f"i = Constant <value_ints = [1]> () y = {operator} <keepdims = 1> (x, i)"
    for operator in (
        *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax"),
        *("ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"),
    )
}
LOWERED_TO_9 = {
    "Clip by constants": "l = Constant <value = float {-1.5}> () h = Constant <value = float {1.5}> () "
    "y = Clip(a, l, h)",
    "Clip from below": "l = Constant <value = float {0}> () y = Clip(a, l)",
    "Pad by a constant": "p = Constant <value_ints = [0, 1, 0, 0]> () v = Constant <value = float {2.5}> () "
    "q = Pad(a, p, v) i = Constant <value_ints = [0]> () y = Gather <axis = 1> (q, i)",
    "Slice from the back": "s = Constant <value_ints = [-1]> () e = Constant <value_ints = [9]> () "
    "i = Constant <value_ints = [1]> () o = Constant <value_ints = [1]> () y = Slice(x, s, e, i, o)",
    "TopK": "k = Constant <value_ints = [1]> () y, i = TopK <largest = 1, sorted = 1> (x, k)",
    "an axis from the back": "c = Concat <axis = -1> (x, x) i = Constant <value_ints = [2]> () "
    "y = Gather <axis = 1> (c, i)",
    "axes from the back": "i = Constant <value_ints = [-1]> () y = ReduceSum <keepdims = 1> (x, i)",
    "Softmax over the last axis": "s = Softmax <axis = -1> (x) i = Constant <value_ints = [0]> () "
    "y = Gather <axis = 1> (s, i)",
}
OBSTACLES = {
    "Dropout that trains": (
        "r = Constant <value_float = 0.5> () t = Constant <value = bool {1}> () y = Dropout(a, r, t)",
        "drops values at random",
    ),
    "the mask of Dropout": ("y, m = Dropout(a)", "the opposite"),
    "batches of indices": (
        "i = Constant <value = int64[1, 1] {0}> () g = GatherND <batch_dims = 1> (x, i) y = Unsqueeze(g, i)",
        "'batch_dims'",
    ),
    "Pad that wraps": ('p = Constant <value_ints = [0, 1, 0, 0]> () y = Pad <mode = "wrap"> (a, p)', "'wrap'"),
    "Pad along some axes": (
        "p = Constant <value_ints = [1, 0]> () v = Constant <value = float {0}> () i = Constant <value_ints = [1]> () "
        "y = Pad(a, p, v, i)",
        "4 inputs; version 11 takes 2 to 3",
    ),
    "Split by count": ("y, z = Split <axis = 1, num_outputs = 2> (x)", "by count"),
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
    assert check_model(fixed, TARGET, [version_too_new.RULE, invalid_graph.RULE]).findings == ()
    rows = make_rows(original)
    before, after = (Scorer(m).score(rows, ["y"])["y"] for m in (original, fixed))
    assert same_bits(before, after)


@pytest.mark.parametrize("name", LOWERED_TO_9)
def test_model_lowered_below_version_11_gives_the_same_bits(name: str) -> None:
    """The oldest that is known to run on Synapse, for who sets the limit there: inputs become attributes again."""
    original = model(LOWERED_TO_9[name])
    fixed = fix_model(original, get_target("synapse-dedicated", {"opset": 9, "opset_unproven": 9, "ir_version": 5}))
    assert (fixed.opsets[""], fixed.proto.ir_version) == (9, 5)
    onnx.checker.check_model(fixed.proto, full_check=True)
    rows = make_rows(original)
    before, after = (Scorer(m).score(rows, ["y"])["y"] for m in (original, fixed))
    assert same_bits(before, after)


OBSTACLES_AT_9 = {
    "Clip that crosses": (
        "l = Constant <value = float {1}> () h = Constant <value = float {0}> () y = Clip(a, l, h)",
        "then to less",
    ),
    "Slice in steps": (
        "s = Constant <value_ints = [0]> () e = Constant <value_ints = [2]> () i = Constant <value_ints = [1]> () "
        "o = Constant <value_ints = [2]> () y = Slice(x, s, e, i, o)",
        "it takes steps",
    ),
    "the smallest": ("k = Constant <value_ints = [1]> () y, i = TopK <largest = 0> (x, k)", "'largest'"),
    "indices from the back": ("i = Constant <value_ints = [-1]> () y = Gather <axis = 1> (x, i)", "from the back"),
}


@pytest.mark.parametrize("name", OBSTACLES_AT_9)
def test_obstacle_below_version_11_is_named(name: str) -> None:
    body, words = OBSTACLES_AT_9[name]
    target = get_target("synapse-dedicated", {"opset": 9, "opset_unproven": 9})
    assert words in opset_finding(model(body), target).help


def opset_finding(original: Model, target: Target = TARGET, where: str = "opset ai.onnx") -> Finding:
    """The finding about one domain, which cannot be fixed."""
    (finding,) = [found for found in check_model(original, target).findings if found.where == where]
    assert not finding.fixable
    return finding


def test_nothing_is_lowered_to_where_operators_do_not_broadcast() -> None:
    target = get_target("synapse-dedicated", {"opset": 6, "opset_unproven": 6})
    assert "do not broadcast" in opset_finding(model("y = Add(a, b)"), target).help


def test_version_that_onnx_does_not_know_itself_is_not_lowered() -> None:
    """An operator may have changed in a version that the installed package has not heard of."""
    newest = onnx.defs.onnx_opset_version()
    original = model("y = Add(a, b)", opset=newest + 1)
    assert f"knows ai.onnx up to {newest}, not {newest + 1}" in opset_finding(original).help
    assert fix_model(original, TARGET).opsets[""] == newest + 1


def test_file_format_that_onnx_does_not_know_itself_is_not_lowered() -> None:
    original = model("y = Add(a, b)", ir=onnx.IR_VERSION + 1)
    assert f"higher than the checker's ({onnx.IR_VERSION})" in opset_finding(original, where="IR version").help
    assert fix_model(original, TARGET).proto.ir_version == onnx.IR_VERSION + 1


def test_long_lists_of_obstacles_are_cut() -> None:
    names = [f"g{number}" for number in range(9)]
    body = " ".join(f"{name} = Gelu(a)" for name in names)
    original = model(f"{body} y = Sum({', '.join(names)})", opset=20)
    assert opset_finding(original).help.endswith("; and 6 more")


def test_nodes_that_nobody_reads_are_no_obstacle() -> None:
    fixed = fix_model(model("unread = Gelu(a) y = Add(a, b)", opset=20), TARGET)
    assert fixed.opsets[""] == 11
    assert [node.op_type for node in fixed.proto.graph.node] == ["Add"]


@pytest.mark.parametrize("name", OBSTACLES)
def test_obstacle_is_named_and_nothing_is_changed(name: str) -> None:
    body, words = OBSTACLES[name]
    original = model(body, opset=20)
    assert words in opset_finding(original).help
    fixed = fix_model(original, TARGET)
    assert fixed.opsets[""] == 20


def test_version_that_may_run_is_a_warning_and_one_above_an_error() -> None:
    severities = {
        opset: [
            finding.severity
            for finding in check_model(model("y = ReduceMax <axes = [1]> (x)", opset, ir=6), TARGET).findings
        ]
        for opset in (11, 12, 13)
    }
    assert severities == {11: [], 12: [Severity.WARNING], 13: [Severity.ERROR]}


def test_limit_that_the_user_knows_better_is_believed() -> None:
    patient = get_target("synapse-dedicated", {"opset": 18, "opset_unproven": 18, "ir_version": 10})
    assert worth_mending(check_model(model("y = Add(a, b)"), patient)) == []


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


def test_sequences_in_a_loop_are_an_obstacle() -> None:
    text = """
    <ir_version: 8, opset_import: ["": 13]>
    agraph (float[N, 1] a, int64 times, bool go) => (float[N, 1] y) {
        empty = SequenceEmpty()
        filled = Loop (times, go, empty) < body = once (int64 i, bool on, seq(float[N, 1]) old)
            => (bool still, seq(float[N, 1]) new) { still = Identity(on) new = SequenceInsert(old, a) } >
        zero = Constant <value = int64 {0}> ()
        y = SequenceAt(filled, zero)
    }
    """
    original = Model("m", 1, onnx.parser.parse_model(text).SerializeToString())
    assert "is no tensor" in opset_finding(original).help


def test_functions_of_the_models_own_are_put_inline() -> None:
    """They came with IR 8. One that follows another version, where its nodes mean the same, is taken too."""
    text = """
    <ir_version: 10, opset_import: ["": 18, "mine": 1]>
    agraph (float[N, 1] a, float[N, 1] b) => (float[N, 1] y) { y = mine.Mix(a, b) }
    <domain: "mine", opset_import: ["": 17]>
    Mix (p, q) => (r) { h = Constant <value_float = 0.5> () s = Mul(p, h) r = Sub(s, q) }
    """
    original = Model("m", 1, onnx.parser.parse_model(text).SerializeToString())
    assert {found.rule for found in check_model(original, TARGET).findings} == {"version-too-new"}
    fixed = fix_model(original, TARGET)
    assert check_model(fixed, TARGET).findings == ()
    assert (len(fixed.proto.functions), dict(fixed.opsets)) == (0, {"": 11})
    rows = make_rows(original)
    assert same_bits(Scorer(original).score(rows)["y"], Scorer(fixed).score(rows)["y"])


def encoder(version: int, **attributes: Any) -> Model:
    node = helper.make_node("LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml", **attributes)
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("x", "y")]
    graph = helper.make_graph([node], "g", values[:1], values[1:])
    imports = [helper.make_opsetid("", 9), helper.make_opsetid("ai.onnx.ml", version)]
    return Model("m", 1, helper.make_model(graph, opset_imports=imports, ir_version=6).SerializeToString())


def test_nan_among_the_keys_is_an_obstacle() -> None:
    """ONNX Runtime finds it by version 4 and gives the default by version 2."""
    keys: dict[str, Any] = {"keys_floats": [0.0, float("nan")], "values_floats": [1.0, 2.0], "default_float": 9.0}
    rows = {"x": np.array([0.0, np.nan], np.float32)}
    assert Scorer(encoder(4, **keys)).score(rows)["y"].tolist() == [1.0, 2.0]
    assert Scorer(encoder(2, **keys)).score(rows)["y"].tolist() == [1.0, 9.0]
    assert "NaN is one of its keys" in opset_finding(encoder(4, **keys), where="opset ai.onnx.ml").help


def trees(threshold: float) -> Model:
    """A stump on doubles, with its numbers as 64-bit tensors."""
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=1,
        nodes_falsenodeids=[2, 0, 0],
        nodes_featureids=[0, 0, 0],
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
        nodes_nodeids=[0, 1, 2],
        nodes_treeids=[0, 0, 0],
        nodes_truenodeids=[1, 0, 0],
        nodes_values_as_tensor=numpy_helper.from_array(np.array([threshold, 0.0, 0.0])),
        target_ids=[0, 0],
        target_nodeids=[1, 2],
        target_treeids=[0, 0],
        target_weights_as_tensor=numpy_helper.from_array(np.array([1.5, -2.25])),
    )
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
    )
    imports = [helper.make_opsetid("", 9), helper.make_opsetid("ai.onnx.ml", 3)]
    return Model("m", 1, helper.make_model(graph, opset_imports=imports, ir_version=6).SerializeToString())


def test_trees_of_64_bits_are_lowered_where_32_hold_them() -> None:
    original = trees(0.5)
    fixed = fix_model(original, TARGET)
    assert fixed.opsets["ai.onnx.ml"] == 2
    rows = make_rows(original)
    assert {-2.25, 1.5} == set(Scorer(original).score(rows)["y"].tolist())
    assert same_bits(Scorer(original).score(rows)["y"], Scorer(fixed).score(rows)["y"])
    assert "need 64 bits" in opset_finding(trees(0.1), where="opset ai.onnx.ml").help


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
    assert "unsupported type: tensor(string)" in opset_finding(original).help
    fixed = fix_model(original, TARGET)
    assert (fixed.opsets[""], fixed.proto.ir_version) == (19, 6)
