"""What a model does, not what it says: it loads, and a row scores the same in any company."""

from __future__ import annotations

import numpy as np
import onnx.parser
import pytest

from deployer.check import check_model, fix_model, fix_steps
from deployer.model import Model
from deployer.rules import list_fixes, random_operator, row_dependence, unloadable
from deployer.runtime import Scorer
from deployer.targets import get_target

TARGET = get_target("synapse-dedicated")


def model(
    body: str, inputs: str = "float[N, 1] a, float[N, 1] b", outputs: str = "float[N, 1] y", opset: int = 11
) -> Model:
    text = (
        f'<ir_version: 6, opset_import: ["": {opset}, "ai.onnx.ml": 1]> agraph ({inputs}) => ({outputs}) {{ {body} }}'
    )
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString())


DEPENDENT = {
    "mean of the batch": model("m = ReduceMean <axes = [0]> (a) y = Add(b, m)"),
    "softmax along the wrong axis": model("s = Add(a, b) y = Softmax <axis = 0> (s)"),
    "place among the rows": model("i = Constant <value = int64 {0}> () c = CumSum(a, i) y = Add(c, b)"),
    "sorted": model(
        "k = Shape(a) z = Constant <value = int64[1] {0}> () n = Gather(k, z) y, i = TopK <axis = 0> (a, n)"
    ),
    "largest of a wide input": model(
        "m = ReduceMax <axes = [0]> (X) d = Sub(X, m) y = ReduceSum <axes = [1]> (d)", "float[N, 3] X"
    ),
}
INDEPENDENT = {
    "softmax of a row": model("x = Concat <axis = 1> (a, b) s = Softmax <axis = 1> (x) y = ReduceMax <axes = [1]> (s)"),
    "linear": model(
        "x = Concat <axis = 1> (a, b) "
        "y = ai.onnx.ml.LinearRegressor <coefficients = [1e6, -1e6], intercepts = [0.1]> (x)"
    ),
    "division that overflows": model("y = Div(a, b)"),
    "an unknown category stops it": model(
        'h = ai.onnx.ml.OneHotEncoder <cats_strings = ["x", "y"], zeros = 0> (a) r = ReduceMax <axes = [-1]> (h) '
        "s = Constant <value = int64[2] {-1, 1}> () y = Reshape(r, s)",
        "string[N, 1] a",
    ),
}


@pytest.mark.parametrize("name", DEPENDENT)
def test_score_that_depends_on_other_rows_is_found(name: str) -> None:
    (finding,) = row_dependence.RULE.find(DEPENDENT[name], TARGET)
    assert finding.where == "output 'y'"


BATCHLESS = {
    "rows counted over the batch": model(
        "e = Equal(a, a) f = Cast <to = 1> (e) y = ReduceSum <axes = [0]> (f)", "int64[N, 1] a"
    ),
    "one value for all rows": model("y = ReduceSum <axes = [0]> (a)", "float[N, 1] a"),
    "said to be one": model("y = ReduceSum <axes = [0]> (a)", "float[N, 1] a", "float[1, 1] y"),
    "a scalar": model("y = ReduceSum <keepdims = 0> (a)", "float[N, 1] a", "float y"),
    "a constant": model(
        "y = Constant <value = float[1] {0.5}> () z = Neg(a)", "float[N, 1] a", "float[1] y, float[N, 1] z"
    ),
    "two a row": model("y = Concat <axis = 0> (a, a)", "float[N, 1] a"),
    "two for its one row": model("y = Concat <axis = 0> (a, a)", "float[1, 1] a", "float[2, 1] y"),
}


@pytest.mark.parametrize("name", BATCHLESS)
def test_output_without_one_value_a_row_is_found_and_only_that(name: str) -> None:
    assert [(found.rule, found.where) for found in check_model(BATCHLESS[name], TARGET).errors] == [
        ("batchless-output", "output 'y'")
    ]
    assert "fixed-output" not in fix_model(BATCHLESS[name], TARGET).origin.fixes


def test_number_of_rows_that_is_only_said_is_taken_back() -> None:
    said = model("y = Add(a, b) s = Concat <axis = 1> (a, b)", outputs="float[1, 1] y, float[4, 2] s")
    fixed = fix_model(said, TARGET)
    assert fixed.origin.fixes == ("wide-output", "fixed-output")
    assert [str(column) for column in fixed.outputs] == ["float[N, 1]"] * 3
    assert check_model(fixed, TARGET).findings == ()


@pytest.mark.parametrize(
    ("inputs", "body"),
    [
        ("", "y = Constant <value = float[1, 1] {0.5}> ()"),
        ("float[N, 1] a", "y = Constant <value = float[1, 1] {0.5}> () z = Neg(a)"),
        ("float[N, 2] a", "y = Constant <value = float[1, 1] {0.5}> ()"),
    ],
)
def test_score_that_no_input_reaches_is_found(inputs: str, body: str) -> None:
    report = check_model(model(body, inputs), TARGET)
    assert [found.rule for found in report.errors if found.rule != "wide-input"] == ["missing-input"]


@pytest.mark.parametrize("shape", ["5, 1", "5", "2, 3"])
def test_number_of_rows_that_is_fixed_is_found(shape: str) -> None:
    fixed = model("y = Neg(a)", f"float[{shape}] a", f"float[{shape}] y")
    assert "fixed-batch" in {found.rule for found in check_model(fixed, TARGET).errors}


def test_scalar_input_is_one_row_and_gets_two_axes() -> None:
    """ONNX Runtime takes a list for a scalar, and then fails inside the graph."""
    scalar = model("s = Constant <value = int64[1] {1}> () y = Reshape(a, s)", "float a", "float[1] y")
    fixed = fix_model(scalar, TARGET)
    assert fixed.origin.fixes == ("unproven-shape",)
    assert [found.rule for found in check_model(fixed, TARGET).findings] == ["single-row"]
    assert [str(column) for column in fixed.inputs] == ["float[1, 1]"]


def test_model_of_one_row_that_stops_at_most_rows_is_checked_and_scored() -> None:
    body = (
        'h = ai.onnx.ml.OneHotEncoder <cats_strings = ["diesel"], zeros = 0> (a) '
        "s = Constant <value = int64[2] {-1, 1}> () y = Reshape(h, s)"
    )
    picky = model(body, "string[1, 1] a", "float[1, 1] y")
    assert [found.rule for found in check_model(picky, TARGET).findings] == ["no-null", "single-row"]
    assert Scorer(picky).score({"a": np.array(["diesel"] * 3, dtype=object)})["y"].tolist() == [1.0] * 3
    assert [step.withheld for step in fix_steps(picky, TARGET, rules=list_fixes("free"))] == [""]


@pytest.mark.parametrize("name", INDEPENDENT)
def test_score_of_a_row_alone_is_not_taken_for_dependent(name: str) -> None:
    assert row_dependence.RULE.find(INDEPENDENT[name], TARGET) == ()


def test_model_of_one_row_has_no_company() -> None:
    alone = model("m = ReduceMean <axes = [0]> (a) y = Add(a, m)", "float[1, 1] a", "float[1, 1] y")
    assert row_dependence.RULE.find(alone, TARGET) == ()


def test_category_along_the_batch_is_found_among_those_that_the_model_knows() -> None:
    """Most rows made for this model stop it; those that do not tell all the same."""
    body = (
        'h = ai.onnx.ml.OneHotEncoder <cats_strings = ["x", "y"], zeros = 0> (a) m = ReduceMean <axes = [0]> (h) '
        "d = Sub(h, m) r = ReduceMax <axes = [-1]> (d) s = Constant <value = int64[2] {-1, 1}> () y = Reshape(r, s)"
    )
    assert len(row_dependence.RULE.find(model(body, "string[N, 1] a"), TARGET)) == 1


@pytest.mark.parametrize(
    ("body", "opset", "draws"),
    [
        ("r = RandomUniformLike(a) y = Add(a, r)", 11, True),
        ("y = Dropout(a)", 11, False),
        ("t = Constant <value = bool {1}> () r = Constant <value = float {0.5}> () y = Dropout(a, r, t)", 12, True),
        ("y = Bernoulli(a)", 15, True),
    ],
)
def test_operators_that_draw_are_found(body: str, opset: int, draws: bool) -> None:
    assert bool(random_operator.RULE.find(model(body, "float[N, 1] a", opset=opset), TARGET)) is draws


def test_what_onnx_allows_and_onnx_runtime_does_not_load_is_found_in_its_words() -> None:
    odd = model('y = ai.onnx.ml.LinearRegressor <coefficients = [1.0], post_transform = "CUBE"> (a)', "float[N, 1] a")
    (finding,) = unloadable.RULE.find(odd, TARGET)
    assert "Unexpected value for post_eval_transform" in finding.message
    assert "onnxruntime_src" not in finding.message


def test_trials_are_left_out_where_the_model_has_to_be_exported_again() -> None:
    text = (
        '<ir_version: 6, opset_import: ["": 9, "mine": 1]> agraph (float[N, 1] x) => (float[N, 1] y) { y = mine.F(x) }'
    )
    custom = Model("m", 1, onnx.parser.parse_model(text).SerializeToString())
    assert [finding.rule for finding in check_model(custom, TARGET).findings] == ["custom-domain"]


def test_one_fix_makes_room_for_the_next() -> None:
    """An input of one axis, a wide one that nothing reads, and a weight among the inputs: what is left fits."""
    text = """
    <ir_version: 3, opset_import: ["": 9]>
    agraph (float[N] a, float[N, 3] unused, float[1] w = {2.0}) => (float[N] y) { y = Mul(a, w) }
    """
    fixed = fix_model(Model("m", 1, onnx.parser.parse_model(text).SerializeToString()), TARGET)
    assert check_model(fixed, TARGET).findings == ()
    assert fixed.origin.fixes == ("filled-input", "unread-input", "unproven-shape")
    assert [str(column) for column in fixed.inputs] == ["float[N, 1]"]
