"""Every rule is asked, every finding kept; fixes are made in order, once, and only where they are safe."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import onnx.parser
import pytest

from deployer.check import RECORD, SOURCE, check_model, fix_model, fix_steps
from deployer.errors import FixError, ModelError
from deployer.model import Model, Origin
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.target import Target
from deployer.targets import get_target
from tests.cases import worth_mending

TARGET = get_target("synapse-dedicated")

EVERYTHING = """
<ir_version: 10, opset_import: ["": 21, "ai.onnx.ml": 1], metadata_props: ["columns": "fare,distance"]>
agraph (float[N, 2] X, bool[N, 1] night) => (int64[N] label, seq(map(int64, float)) chance, float[N, 2] raw)
{
    both = Cast <to = 1> (night)
    x = Add(X, both)
    label, raw = ai.onnx.ml.LinearClassifier <classlabels_ints = [0, 1], coefficients = [1.0, 2.0, -1.0, -2.0],
        intercepts = [0.5, -0.5], post_transform = "SOFTMAX"> (x)
    chance = ai.onnx.ml.ZipMap <classlabels_int64s = [0, 1]> (raw)
}
"""
FINE = '<ir_version: 6, opset_import: ["": 9]> agraph (float[N, 1] x) => (float[N, 1] y) { y = Neg(x) }'


def model(text: str) -> Model:
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString())


def test_all_findings_are_collected_in_the_order_of_rules_and_graph() -> None:
    report = check_model(model(EVERYTHING), TARGET)
    assert [(found.rule, found.where) for found in report.findings] == [
        ("zipmap-output", "output 'chance'"),
        ("wide-output", "output 'raw'"),
        ("wide-input", "input 'X'"),
        ("unsupported-type", "input 'night'"),
        ("version-too-new", "IR version"),
        ("version-too-new", "opset ai.onnx"),
    ]
    assert len(report.errors) == 5
    assert all(found.fixable and found.message and found.help for found in report.findings)


def test_all_fixes_are_made_in_the_order_of_the_rules() -> None:
    original = model(EVERYTHING)
    original = replace(original, origin=Origin(uri="models:/m/1", fixes=()))
    fixed = fix_model(original, TARGET)
    assert worth_mending(check_model(fixed, TARGET)) == []
    assert fixed.origin.fixes == ("zipmap-output", "wide-output", "wide-input", "unsupported-type", "version-too-new")
    assert fixed.origin.uri == "models:/m/1"
    assert [column.name for column in fixed.inputs] == ["fare", "distance", "night"]
    assert [column.name for column in fixed.outputs] == ["label", "chance_0", "chance_1", "raw_0", "raw_1"]
    assert original.content == model(EVERYTHING).content


def test_model_without_findings_is_given_back_as_it_is() -> None:
    fine = model(FINE)
    assert check_model(fine, TARGET).findings == ()
    assert fix_model(fine, TARGET) is fine


def test_same_model_same_bytes_after_the_fix() -> None:
    assert fix_model(model(EVERYTHING), TARGET).content == fix_model(model(EVERYTHING), TARGET).content


def test_names_that_nothing_gives_are_asked_for_before_anything_is_changed() -> None:
    nameless = model(EVERYTHING.replace('"columns": "fare,distance"', '"other": "x"'))
    with pytest.raises(FixError, match="nothing says what the 2 columns of the wide input are called") as refusal:
        fix_model(nameless, TARGET)
    assert "--columns a,b,c" in refusal.value.hint
    assert [c.name for c in fix_model(nameless, TARGET, ["a", "b"]).inputs] == ["a", "b", "night"]
    (finding,) = [found for found in check_model(nameless, TARGET).findings if found.rule == "wide-input"]
    assert "--columns a,b,c" in finding.help


def too_many_nodes(exact: bool, *, works: bool = True) -> Rule[Model]:
    """A rule that an extension might bring: no model may have more than one node."""

    def check(checked: Model, _target: Target) -> Iterator[Finding]:
        nodes = len(checked.proto.graph.node)
        if nodes > 1:
            yield Finding("graph", f"{nodes} nodes; the target takes 1", "fewer", Severity.WARNING)

    def apply(fixing: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
        proto = fixing.edit()
        if works:
            del proto.graph.node[1:]
            proto.graph.output[0].name = proto.graph.node[0].output[0]
        return fixing.with_proto(proto)

    return Rule("too-many-nodes", "Too many nodes\n", check, Fix("only the first", apply, exact=exact))


TWO_NODES = model(FINE.replace("y = Neg(x)", "z = Neg(x) y = Abs(z)"))


def test_fix_that_may_change_a_score_is_made_only_when_asked_for() -> None:
    rules = [too_many_nodes(exact=False)]
    assert fix_model(TWO_NODES, TARGET, rules=rules) is TWO_NODES
    assert len(fix_model(TWO_NODES, TARGET, inexact=True, rules=rules).proto.graph.node) == 1


def test_fix_that_says_exact_and_is_not_is_withheld_and_says_why() -> None:
    rules = [too_many_nodes(exact=True)]
    (step,) = fix_steps(TWO_NODES, TARGET, rules=rules)
    assert step.after is step.before is TWO_NODES
    assert step.withheld == "it returns z, not y"
    assert fix_model(TWO_NODES, TARGET, rules=rules) is TWO_NODES


def test_fix_that_changes_one_bit_is_withheld() -> None:
    def check(checked: Model, _target: Target) -> Iterator[Finding]:
        if checked.proto.graph.node[0].op_type == "Neg":
            yield Finding("graph", "it negates", "do not")

    def apply(fixing: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
        proto = fixing.edit()
        proto.graph.initializer.append(onnx.helper.make_tensor("zero", onnx.TensorProto.FLOAT, [1], [0.0]))
        proto.graph.node[0].CopyFrom(onnx.helper.make_node("Sub", ["zero", "x"], ["y"]))
        return fixing.with_proto(proto)

    rule = Rule("negation", "Negation\n", check, Fix("subtracts from zero", apply, exact=True))
    (step,) = fix_steps(model(FINE), TARGET, rules=[rule])
    # -0.0 is the one value for which 0 - x is not -x.
    assert step.withheld == "'y' is np.float32(0.0) where it was np.float32(-0.0)"


def test_fixed_model_keeps_a_record_of_its_fixes() -> None:
    original = model(EVERYTHING)
    fixed = fix_model(original, TARGET)
    record = {entry.key: entry.value for entry in fixed.proto.metadata_props}
    assert record[RECORD] == ",".join(fixed.origin.fixes)
    assert record[SOURCE] == original.digest
    assert fix_model(original, TARGET).content == fixed.content
    again = fix_model(fixed, TARGET.with_limit("opset", 9).with_limit("opset_unproven", 9))
    later = {entry.key: entry.value for entry in again.proto.metadata_props}
    assert later[RECORD] == f"{record[RECORD]},version-too-new"
    assert later[SOURCE] == original.digest


def test_model_of_which_nothing_is_beyond_repair_is_tried() -> None:
    """Where it has to be exported again anyway, loading it would only say the same in other words."""
    faulty = model(FINE.replace("y = Neg(x)", "y = Neg(nowhere)"))
    assert [found.rule for found in check_model(faulty, TARGET).findings] == ["invalid-graph", "missing-input"]


def test_fix_that_leaves_its_finding_is_a_failure_and_not_a_success() -> None:
    with pytest.raises(FixError, match="the fix of 'too-many-nodes' ran, but its finding is still there"):
        fix_model(TWO_NODES, TARGET, rules=[too_many_nodes(exact=True, works=False)])


def test_finding_of_a_rule_without_a_fix_is_never_fixable() -> None:
    rule = replace(too_many_nodes(exact=True), fix=None)
    (finding,) = check_model(TWO_NODES, TARGET, [rule]).findings
    assert (finding.rule, finding.fixable, finding.severity) == ("too-many-nodes", False, Severity.WARNING)
    assert fix_model(TWO_NODES, TARGET, rules=[rule]) is TWO_NODES


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x06", model(FINE).content[:20]])
def test_bytes_that_are_no_model_are_refused_with_their_size(content: bytes) -> None:
    with pytest.raises(ModelError, match=f"{len(content):,} bytes") as refusal:
        check_model(Model("m", 1, content), TARGET)
    assert refusal.value.hint


def test_name_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(ModelError, match="a name in them is not UTF-8"):
        check_model(Model("m", 1, model(FINE).content.replace(b"Neg", b"N\xffg")), TARGET)


@pytest.mark.parametrize("output", ["seq(float[N, 1]) y", "float[N, k] y"])
def test_model_of_which_nothing_can_be_returned_is_an_error_and_no_more(output: str) -> None:
    """It has no scores that could be compared; what else is wrong with it is found and fixed all the same."""
    made = "y = SequenceConstruct(x)" if output.startswith("seq") else "y = Identity(x)"
    useless = model(FINE.replace("9]", "11]").replace("float[N, 1] y", output).replace("y = Neg(x)", made))
    (error,) = check_model(useless, TARGET).errors
    assert (error.where, error.fixable) == ("output 'y'", False)
    newer = useless.edit()
    newer.ir_version = 8
    fixed = fix_model(useless.with_proto(newer), TARGET)
    assert fixed.origin.fixes == ("version-too-new",)
    assert check_model(fixed, TARGET).errors == (error,)


def test_width_of_an_output_takes_no_memory() -> None:
    """A model is read from elsewhere, and may claim any width."""
    claims = model("""
        <ir_version: 6, opset_import: ["": 9]>
        agraph (float[N, 1] x, float[1, 4000000000000] w) => (float[N, 4000000000000] y) { y = MatMul(x, w) }
    """)
    found = [(finding.rule, finding.fixable) for finding in check_model(claims, TARGET).findings]
    assert found == [("wide-output", False), ("wide-input", True), ("single-row", False)]


def test_checking_imports_nothing_that_takes_its_time() -> None:
    code = f"""
import sys
import onnx.parser
from deployer import Model, check_model, get_target
model = Model("m", 1, onnx.parser.parse_model({EVERYTHING!r}).SerializeToString())
assert len(check_model(model, get_target("synapse-dedicated")).findings) == 6
heavy = {{"mlflow", "duckdb", "sqlalchemy", "sklearn", "pandas", "pyarrow", "sqlglot", "jinja2"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
