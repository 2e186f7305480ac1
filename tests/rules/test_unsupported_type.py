"""Types that T-SQL lacks are cast inside the graph where every value survives, and refused where one would not."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import onnx.parser
import onnxruntime
import pytest

from deployer.check import check_model, fix_model, fix_steps
from deployer.model import Model
from deployer.rules import unsupported_type
from deployer.runtime import Scorer
from deployer.targets import get_target
from tests.cases import worth_mending

TARGET = get_target("synapse-dedicated")


def identity(given: str, made: str | None = None, opset: int = 9) -> Model:
    body = "y = Identity(x)" if made is None else f"y = Cast <to = {number(made)}> (x)"
    values = f"({given}[N, 1] x) => ({made or given}[N, 1] y)"
    text = f'<ir_version: 6, opset_import: ["": {opset}]> agraph {values} {{ {body} }}'
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString())


def number(kind: str) -> int:
    return int(onnx.TensorProto.DataType.Value(kind.upper()))


def run(model: Model, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    made: np.ndarray[Any, Any] = onnxruntime.InferenceSession(model.content).run(None, {"x": values.reshape(-1, 1)})[0]
    return made.ravel()


@pytest.mark.parametrize(
    ("kind", "bound"),
    [("int8", "int32"), ("uint8", "int32"), ("int16", "int32"), ("uint16", "int32"), ("uint32", "int64")],
)
def test_every_small_integer_is_bound_and_returned_unchanged(kind: str, bound: str) -> None:
    fixed = fix_model(identity(kind), TARGET)
    assert [column.type for column in (*fixed.inputs, *fixed.outputs)] == [bound, bound]
    info = np.iinfo(kind)
    values = np.unique(np.linspace(info.min, info.max, 70_000).astype(np.int64))
    assert run(fixed, values.astype(bound)).tolist() == values.tolist()


def test_flag_is_bound_and_returned_as_0_and_1() -> None:
    fixed = fix_model(identity("bool"), TARGET)
    assert run(fixed, np.array([0, 1], np.int32)).tolist() == [0, 1]


def test_every_half_float_is_returned_unchanged() -> None:
    """All 65,536 of them: the infinities, NaN and the subnormal numbers too."""
    original = identity("float16")
    assert [(found.where, found.fixable) for found in check_model(original, TARGET).findings] == [
        ("input 'x'", False),
        ("output 'y'", True),
    ]
    fixed = fix_model(original, TARGET)
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    np.testing.assert_array_equal(run(fixed, every), every.astype(np.float32))


def test_brain_float_is_returned_unchanged() -> None:
    """Cast knows it since version 13, so a target of 11 has to know better."""
    target = get_target("synapse-dedicated", {"opset": 13, "opset_unproven": 13})
    original = identity("float", "bfloat16", opset=13)
    (step,) = fix_steps(original, target)
    # Python cannot read the original's scores, so the proof cannot be had and the fix is withheld.
    assert step.withheld.startswith("no row could be scored to compare by")
    assert unsupported_type.RULE.fix is not None
    fixed = unsupported_type.RULE.fix.apply(original, target, ())
    assert worth_mending(check_model(fixed, target)) == []
    values = np.array([1.0, -2.5, 3.14159, 1e38, np.inf], np.float32)
    assert run(fixed, values).tolist() == values.astype(ml_dtypes.bfloat16).astype(np.float32).tolist()


@pytest.mark.parametrize("kind", ["uint64", "complex64"])
def test_type_that_nothing_holds_is_refused(kind: str) -> None:
    original = identity(kind)
    assert [(found.where, found.fixable) for found in check_model(original, TARGET).errors] == [
        ("input 'x'", False),
        ("output 'y'", False),
    ]
    assert fix_model(original, TARGET).content == original.content


def test_map_as_input_has_no_column_to_come_from() -> None:
    text = """
    <ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
    agraph (map(string, float) x) => (float[1, 2] y) {
        y = ai.onnx.ml.DictVectorizer <string_vocabulary = ["a", "b"]> (x)
    }
    """
    findings = check_model(Model("m", 1, onnx.parser.parse_model(text).SerializeToString()), TARGET).findings
    assert ("unsupported-type", "input 'x'", False) in [(f.rule, f.where, f.fixable) for f in findings]


def test_names_inside_the_graph_make_room() -> None:
    text = """
    <ir_version: 6, opset_import: ["": 9]>
    agraph (bool[N, 1] x) => (bool[N, 1] y) { x_inner = Not(x) y_inner = Not(x_inner) y = Not(y_inner) }
    """
    fixed = fix_model(Model("m", 1, onnx.parser.parse_model(text).SerializeToString()), TARGET)
    assert Scorer(fixed).score({"x": np.array([0, 1])})["y"].tolist() == [1, 0]
