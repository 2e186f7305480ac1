"""What ONNX says of a graph is asked quickly, without its weights, and never at the price of the process."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import onnx.parser
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from deployer.inference import find_fault, infer_rows, infer_values
from tests.test_graph import BRANCHES, parse


def test_types_are_inferred_where_nothing_states_them() -> None:
    types = infer_values(parse(BRANCHES))
    assert types["v"].tensor_type.elem_type == TensorProto.FLOAT
    assert len(types["v"].tensor_type.shape.dim) == 2
    assert types["p"].tensor_type.elem_type == TensorProto.FLOAT
    assert types["w"].tensor_type.shape.dim[0].dim_value == 1


def forest(nodes_each: int, version: int = 5) -> onnx.ModelProto:
    """Stumps side by side, as `TreeEnsemble` of ai.onnx.ml 5 says them."""
    floats = numpy_helper.from_array(np.arange(nodes_each, dtype=np.float32), "v")
    node = helper.make_node(
        "TreeEnsemble",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=1,
        post_transform=0,
        tree_roots=list(range(nodes_each)),
        nodes_modes=numpy_helper.from_array(np.zeros(nodes_each, np.uint8), "m"),
        nodes_featureids=[0] * nodes_each,
        nodes_splits=floats,
        nodes_truenodeids=list(range(nodes_each)),
        nodes_trueleafs=[1] * nodes_each,
        nodes_falsenodeids=list(range(nodes_each)),
        nodes_falseleafs=[1] * nodes_each,
        leaf_targetids=[0] * nodes_each,
        leaf_weights=floats,
    )
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("x", "y")]
    graph = helper.make_graph([node], "g", values[:1], values[1:])
    imports = [helper.make_opsetid("", 9), helper.make_opsetid("ai.onnx.ml", version)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


def test_long_lists_are_left_out_of_the_judgement_without_changing_it() -> None:
    proto = forest(500)
    onnx.checker.check_model(proto, full_check=True)
    onnxruntime.InferenceSession(proto.SerializeToString())
    assert find_fault(proto) == ""
    assert "TreeEnsemble" in find_fault(forest(500, version=3))


def test_judging_a_model_does_not_read_its_weights() -> None:
    """Five million floats take a tenth of a second to copy; without them, the judgement takes milliseconds."""
    proto = parse("""
        <ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
        agraph (float[N, 1] x) => (float[N, 1] y) { y = ai.onnx.ml.LinearRegressor <intercepts = [0.0]> (x) }
    """)
    proto.graph.node[0].attribute.append(helper.make_attribute("coefficients", [0.5] * 5_000_000))
    find_fault(proto)
    start = time.perf_counter()
    assert find_fault(proto) == ""
    judging = time.perf_counter() - start
    start = time.perf_counter()
    onnx.checker.check_model(proto)
    assert judging < (time.perf_counter() - start) / 5


def test_rows_are_those_that_the_graph_makes_and_not_those_that_are_stated() -> None:
    proto = parse("""
        <ir_version: 6, opset_import: ["": 11]>
        g (float[N, 1] x) => (float[N, 1] one, float[7, 1] many) { one = ReduceSum <axes = [0]> (x) many = Neg(x) }
    """)
    assert infer_rows(proto) == {"one": 1}


HEAD = '<ir_version: 9, opset_import: ["": 20, "ai.onnx.ml": 2, "mine": 1, "local": 1]>'
TO_TEXT = 'ai.onnx.ml.LabelEncoder <keys_strings = ["a"], values_strings = ["b"]>'
TO_NUMBER = 'ai.onnx.ml.LabelEncoder <keys_strings = ["b"], values_floats = [1.0]>'
FATAL = {
    "LabelEncoder": f"t = mine.Split(x) y = {TO_NUMBER}(t)",
    "one behind another": f"t = mine.Split(x) u = {TO_TEXT}(t) y = {TO_NUMBER}(u)",
    "DictVectorizer": 't = mine.Split(x) y = ai.onnx.ml.DictVectorizer <string_vocabulary = ["a"]> (t)',
    "RegexFullMatch": 't = mine.Split(x) y = RegexFullMatch <pattern = "a"> (t)',
    "in a function": "t = mine.Split(x) y = local.look(t)",
}
FUNCTION = f'<domain: "local", opset_import: ["ai.onnx.ml": 2]> look (t) => (y) {{ y = {TO_NUMBER}(t) }}'


@pytest.mark.parametrize("name", FATAL)
def test_value_that_onnx_cannot_follow_does_not_end_the_process(name: str) -> None:
    """Onnx 1.23 reads the type of a LabelEncoder's input without looking whether there is one."""
    text = f"{HEAD} g (string[N, 1] x) => (float[N, 1] y) {{ {FATAL[name]} }} {FUNCTION}"
    code = f"""
import onnx.parser
from deployer import Model, check_model, get_target
model = Model("m", 1, onnx.parser.parse_model({text!r}).SerializeToString())
print("custom-domain" in [found.rule for found in check_model(model, get_target("synapse-dedicated")).findings])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_types_behind_such_a_node_are_followed_where_they_can_be() -> None:
    text = f"{HEAD} g (string[N, 1] x) => (int64[N, 1] y) {{ t = {TO_TEXT}(x) u = {TO_TEXT}(t) y = {TO_NUMBER}(u) }}"
    assert find_fault(parse(text)) == "output 'y' is said to be int64, and its node makes float"
