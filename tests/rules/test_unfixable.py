"""What no fix can help is said with the place, the value and what to do."""

from __future__ import annotations

import onnx.parser
import pytest
from onnx import TensorProto

from deployer.check import check_model, fix_model
from deployer.model import Model
from deployer.names import shorten
from deployer.rule import Finding, Severity
from deployer.targets import get_target

TARGET = get_target("synapse-dedicated")


def model(text: str) -> Model:
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString())


def the_finding(original: Model, rule: str) -> Finding:
    (finding,) = [found for found in check_model(original, TARGET).findings if found.rule == rule]
    assert not finding.fixable
    assert finding.help
    return finding


HEAD = '<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1, "com.microsoft": 1, "mine": 1]> agraph'
FAULTS = {
    "Nodes in a graph must be topologically sorted": "(float[N, 1] x) => (float[N, 1] y) { y = Neg(nowhere) }",
    "'z' is not an output of any node": "(float[N, 1] x) => (float[N, 1] y, float[N, 1] z) { y = Neg(x) }",
    "used as output names multiple times": "(float[N, 1] x) => (float[N, 1] y) { y = Neg(x) y = Abs(x) }",
    "No Op registered for Gelu": "(float[N, 1] x) => (float[N, 1] y) { y = Gelu(x) }",
    "Unrecognized attribute: speed": "(float[N, 1] x) => (float[N, 1] y) { y = Neg <speed = 1> (x) }",
    "B has inconsistent type tensor(double)": "(float[N, 1] x, double[N, 1] z) => (float[N, 1] y) { y = Add(x, z) }",
    "A typestr: T, has unsupported type: tensor(string)": "(string[N, 1] x) => (string[N, 1] y) { y = Add(x, x) }",
    "'y' is said to be double, and its node makes float": "(float[N, 1] x) => (double[N, 1] y) { y = Neg(x) }",
}


@pytest.mark.parametrize("words", FAULTS)
def test_graph_that_no_runtime_loads_is_found_in_onnx_s_words(words: str) -> None:
    finding = the_finding(model(f"{HEAD} {FAULTS[words]}"), "invalid-graph")
    assert finding.severity is Severity.ERROR
    assert words in finding.message


@pytest.mark.parametrize(
    "body",
    [
        # ONNX Runtime takes a stated shape that is wrong for a hint, and old exporters wrote such.
        "(float[N, 1] x) => (float[N] y) { y = Neg(x) }",
        # What an operator of another domain makes is not known.
        "(float[N, 1] x) => (double[N, 1] y) { z = mine.Widen(x) y = Neg(z) }",
    ],
)
def test_graph_that_a_runtime_may_load_is_not_called_invalid(body: str) -> None:
    assert "invalid-graph" not in [found.rule for found in check_model(model(f"{HEAD} {body}"), TARGET).findings]


def test_weights_elsewhere_are_not_called_an_invalid_graph() -> None:
    original = model(f"{HEAD} (float[N, 1] x) => (float[N, 1] y) {{ y = MatMul(x, w) }}")
    proto = original.edit()
    weights = proto.graph.initializer.add(name="w", data_type=TensorProto.FLOAT, dims=[1, 1])
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="weights.bin")
    finding = the_finding(original.with_proto(proto), "external-data")
    assert "'w'" in finding.message
    assert "'weights.bin'" in finding.message
    assert len(check_model(original.with_proto(proto), TARGET).findings) == 1


def test_operators_of_other_domains_are_listed_once_a_domain() -> None:
    body = "{ a = mine.Mix(x) b = mine.Stir(a) c = mine.Mix(b) y = com.microsoft.Gelu(c) }"
    findings = check_model(model(f"{HEAD} (float[N, 1] x) => (float[N, 1] y) {body}"), TARGET).findings
    assert [(found.rule, found.where, found.severity) for found in findings] == [
        ("custom-domain", "domain 'mine'", Severity.ERROR),
        # ONNX Runtime's own additions may be in the runtime of the database, too.
        ("custom-domain", "domain 'com.microsoft'", Severity.WARNING),
    ]
    assert "3 nodes of domain 'mine' (Mix, Stir)" in findings[0].message


def test_foreign_operator_in_a_function_is_found() -> None:
    original = model("""
        <ir_version: 8, opset_import: ["": 9, "mine": 1, "com.microsoft": 1]>
        agraph (float[N, 1] x) => (float[N, 1] y) { y = mine.Bend(x) }
        <domain: "mine", opset_import: ["": 9, "com.microsoft": 1]>
        Bend (p) => (r) { r = com.microsoft.Gelu(p) }
    """)
    assert the_finding(original, "custom-domain").where == "domain 'com.microsoft'"


def test_functions_of_the_models_own_are_no_foreign_operators() -> None:
    original = model("""
        <ir_version: 8, opset_import: ["": 9, "mine": 1]>
        agraph (float[N, 1] x) => (float[N, 1] y) { y = mine.Twice(x) }
        <domain: "mine", opset_import: ["": 9]>
        Twice (p) => (r) { r = Add(p, p) }
    """)
    assert {found.rule for found in check_model(original, TARGET).findings} == {"version-too-new"}
    assert check_model(fix_model(original, TARGET), TARGET).findings == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [("x" * 129, "is 129 characters long"), ("a\tb", "control character"), (" ", "is empty"), ("$(x)", "sqlcmd")],
)
@pytest.mark.parametrize("kind", ["input", "output"])
def test_name_that_t_sql_cannot_have_is_found(kind: str, name: str, words: str) -> None:
    proto = model(f"{HEAD} (float[N, 1] x) => (float[N, 1] y) {{ y = Neg(x) }}").edit()
    old = "x" if kind == "input" else "y"
    for names in (proto.graph.node[0].input, proto.graph.node[0].output):
        names[:] = [name if used == old else used for used in names]
    getattr(proto.graph, kind)[0].name = name
    named = Model("m", 1, proto.SerializeToString())
    (finding,) = check_model(named, TARGET).findings
    assert finding.rule == "unusable-name"
    assert words in finding.message
    assert finding.message.startswith(f"the name of {kind} ")
    fixed = fix_model(named, TARGET)
    assert check_model(fixed, TARGET).findings == ()
    (column,) = fixed.inputs if kind == "input" else fixed.outputs
    assert finding.help == f"deployer fix calls it {shorten(column.name)}"


def test_shorter_names_are_wanted_where_the_target_says_so() -> None:
    original = model(f"{HEAD} (float[N, 1] distance) => (float[N, 1] y) {{ y = Neg(distance) }}")
    (finding,) = check_model(original, get_target("synapse-dedicated", {"identifier_length": 5})).findings
    assert finding.message == "the name of input 'distance' is 8 characters long; the target takes 5"


def test_inputs_and_outputs_are_told_apart_by_more_than_case() -> None:
    original = model(
        f"{HEAD} (float[N, 1] x, float[N, 1] X) => (float[N, 1] y, float[N, 1] Y) {{ y = Neg(x) Y = Neg(X) }}"
    )
    wheres = [found.where for found in check_model(original, TARGET).findings if found.rule == "unusable-name"]
    assert wheres == ["input 'X'", "output 'Y'"]


def test_name_of_a_wide_input_is_nobodys_business() -> None:
    """The fix gives its columns other names."""
    proto = model(f"{HEAD} (float[N, 2] x) => (float[N, 2] y) {{ y = Neg(x) }}").edit()
    proto.graph.input[0].name = proto.graph.node[0].input[0] = "$(x)"
    rules = {found.rule for found in check_model(Model("m", 1, proto.SerializeToString()), TARGET).findings}
    assert rules == {"wide-input", "wide-output"}
