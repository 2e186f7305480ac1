"""What is done to a graph keeps it whole: no name twice, no input that nobody feeds, no weights copied to judge it."""

from __future__ import annotations

import onnx.parser
import onnxruntime

from deployer.graph import drop_unread, new_name, nodes, rename_values, value_names
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
