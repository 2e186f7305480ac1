"""What is done to a graph keeps it whole: no name twice, no input that nobody feeds, no weights copied to judge it."""

from __future__ import annotations

import time

import numpy as np
import onnx.parser
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from deployer.graph import drop_unread, find_fault, infer_values, new_name, nodes, rename_values, value_names
from deployer.model import Model


def parse(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(text)


BRANCHES = """
<ir_version: 6, opset_import: ["": 11]>
agraph (float[N, 1] x, bool flag) => (float[N, 1] y) <float[1] w = {2.0}> {
    v = Mul(x, w)
    unread = Abs(v)
    y = If (flag) < then_branch = t () => (float[N, 1] p) { p = Neg(v) },
                    else_branch = e () => (float[N, 1] q) { q = Identity(x) } >
}
"""


def test_names_are_found_and_renamed_inside_branches() -> None:
    proto = parse(BRANCHES)
    assert value_names(proto.graph) == {"x", "flag", "y", "w", "v", "unread", "p", "q"}
    rename_values(proto.graph, {"v": "v2", "w": "w2", "p": "p2", "x": "x2", "y": "y2"})
    assert value_names(proto.graph) - {"x", "y"} == {"x2", "flag", "y2", "w2", "v2", "unread", "p2", "q"}
    # What is fed and returned keeps its name.
    assert [value.name for value in (*proto.graph.input, *proto.graph.output)] == ["x", "flag", "y"]
    assert [node.op_type for node in nodes(proto.graph)] == ["Mul", "Abs", "If", "Neg", "Identity"]


def test_new_names_are_never_given_twice() -> None:
    taken = {"a", "a_2"}
    assert [new_name(taken, "a"), new_name(taken, "a"), new_name(taken, "b")] == ["a_3", "a_4", "b"]


def test_what_a_branch_reads_is_not_dropped() -> None:
    proto = parse(BRANCHES)
    drop_unread(proto.graph)
    assert [node.op_type for node in proto.graph.node] == ["Mul", "If"]
    onnxruntime.InferenceSession(proto.SerializeToString())


def test_input_whose_initializer_is_dropped_is_dropped_too() -> None:
    """Files up to IR 3 list initializers as inputs: without its value it would have to be fed."""
    proto = parse("""
        <ir_version: 3, opset_import: ["": 9]>
        agraph (float[N, 1] x, float[1] w) => (float[N, 1] y) <float[1] w = {2.0}> { v = Mul(x, w) y = Neg(x) }
    """)
    drop_unread(proto.graph)
    assert [column.name for column in Model("m", 1, proto.SerializeToString()).inputs] == ["x"]


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
