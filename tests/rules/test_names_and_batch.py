"""Fixes that rename, that free the batch or pin it: every score stays, and what cannot be proven is not given out."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx.parser
import pytest

from deployer.check import check_model, fix_model, fix_steps
from deployer.model import Model
from deployer.rows import make_rows
from deployer.rules import list_fixes
from deployer.runtime import Scorer, same_bits
from deployer.source import read_model
from deployer.targets import get_target
from tests.cli.helpers import run
from tests.fixtures import FIXTURES, Fixture

TARGET = get_target("synapse-dedicated")
HEAD = '<ir_version: 6, opset_import: ["": 9]> g'
DOUBLE = f"{HEAD} (float[N, 1] x) => (float[N, 1] y) {{ y = Add(x, x) }}"


def model(text: str) -> Model:
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString())


def test_names_are_new_and_none_is_taken() -> None:
    original = model(
        f"{HEAD} (float[N, 1] fare, float[N, 1] Fare, float[N, 1] FARE_2, float[N, 1] a) "
        "=> (float[N, 1] A, float[N, 1] total, float[N, 1] Total) "
        "{ A = Add(fare, Fare) total = Add(FARE_2, a) Total = Sub(fare, a) }"
    )
    fixed = fix_model(original, TARGET)
    assert [column.name for column in fixed.inputs] == ["fare", "Fare_3", "FARE_2", "a"]
    assert [column.name for column in fixed.outputs] == ["A_out", "total", "Total_2"]
    assert check_model(fixed, TARGET).findings == ()
    rows = make_rows(original)
    before = Scorer(original).score(rows)
    after = Scorer(fixed).score(dict(zip(["fare", "Fare_3", "FARE_2", "a"], rows.values(), strict=True)))
    assert all(same_bits(old, new) for old, new in zip(before.values(), after.values(), strict=True))


def test_output_that_is_returned_twice_is_returned_once() -> None:
    twice = model(
        f"{HEAD} (float[N, 1] x) => (float[N, 1] y, float[N, 1] y, float[N, 1] Y) {{ y = Neg(x) Y = Abs(x) }}"
    )
    messages = [found.message for found in check_model(twice, TARGET).errors]
    assert messages == [
        "output 'y' is returned 2 times",
        "the name of output 'Y' differs from output 'y' by case only, which T-SQL ignores",
    ]
    (step,) = fix_steps(twice, TARGET)
    assert not step.withheld
    assert [column.name for column in step.after.outputs] == ["y", "Y_2"]


@pytest.mark.parametrize(
    ("inputs", "lost"),
    [
        (["float_input"], True),
        (["float_input1", "int64_input"], True),
        (["f0", "f1"], True),
        (["Column_0", "Column_1"], True),
        (["f0"], False),
        (["f0", "height"], False),
        (["input_voltage"], False),
    ],
)
def test_names_of_a_converter_are_found_where_all_are_such(inputs: list[str], lost: bool) -> None:
    given = ", ".join(f"float[N, 1] {name}" for name in inputs)
    summed = model(f"{HEAD} ({given}) => (float[N, 1] y) {{ y = Sum({', '.join(inputs)}) }}")
    assert [found.rule for found in check_model(summed, TARGET).findings] == ["lost-names"] * lost


@pytest.mark.parametrize("fixture", FIXTURES, ids=str)
@pytest.mark.parametrize("batch", ["free", "one"])
def test_batch_of_every_fixture_is_freed_or_pinned_or_withheld(fixture: Fixture, batch: str) -> None:
    original = read_model(fixture.folder)
    steps = list(fix_steps(original, TARGET, fixture.columns, rules=list_fixes(batch)))
    made = [step for step in steps if step.rule.name in {"free-batch", "pinned-batch"}]
    for step in made:
        first = {column.shape[0] for column in step.after.inputs if column.shape}
        assert step.withheld or (first == {1}) is (batch == "one")


def test_pinned_then_freed_scores_the_same(tmp_path: Path) -> None:
    path, pinned, freed = (tmp_path / name for name in ("m.onnx", "one.onnx", "free.onnx"))
    path.write_bytes(model(DOUBLE).content)
    assert run("fix", path, "--batch", "one", "--out", pinned).exit_code == 0
    assert onnx.load(pinned).graph.input[0].type.tensor_type.shape.dim[0].dim_value == 1
    assert onnx.load(pinned).graph.output[0].type.tensor_type.shape.dim[0].dim_value == 1
    result = run("fix", pinned, "--batch", "free", "--out", freed)
    assert "fixed: free-batch" in result.stdout
    assert not onnx.load(freed).graph.input[0].type.tensor_type.shape.dim[0].dim_value


def test_batch_that_cannot_be_freed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    text = f"{HEAD} (float[1, 1] x) => (float[1, 1] y) {{ s = ReduceSum <axes = [0, 1], keepdims = 1> (x) y = Neg(s) }}"
    path.write_bytes(model(text).content)
    result = run("fix", path, "--batch", "free", "--out", tmp_path / "out.onnx")
    assert result.exit_code == 2
    assert "the batch dimension cannot be freed" in result.stderr
    assert not (tmp_path / "out.onnx").exists()


def test_text_that_only_costs_bytes_goes_and_names_stay() -> None:
    proto = model(DOUBLE).edit()
    proto.graph.node[0].doc_string = "trace " * 100
    proto.graph.node[0].metadata_props.add(key="pkg.torch.stack", value="line " * 100)
    proto.graph.input[0].doc_string = "what it is"
    proto.metadata_props.add(key="columns", value="x")
    fixed = fix_model(Model("m", 1, proto.SerializeToString()), TARGET)
    assert fixed.origin.fixes == ("idle-text",)
    assert b"trace" not in fixed.content
    assert b"line" not in fixed.content
    assert {entry.key for entry in fixed.proto.metadata_props} >= {"columns"}


def test_both_spellings_of_a_domain_are_one_where_they_agree() -> None:
    text = DOUBLE.replace('["": 9]', '["": 9, "ai.onnx": 9]')
    assert fix_model(model(text), TARGET).origin.fixes == ("spelled-domain",)
    (finding,) = check_model(model(text.replace('"ai.onnx": 9', '"ai.onnx": 8')), TARGET).findings
    assert finding.rule == "spelled-domain"
    assert not finding.fixable
