"""Wide inputs and outputs come apart under the right names, whatever the graph calls its own values."""

from __future__ import annotations

import numpy as np
import onnx.parser
import pytest

from deployer.check import check_model, fix_model
from deployer.errors import FixError
from deployer.model import Model, Signature, SignatureField
from deployer.rule import Severity
from deployer.runtime import Scorer
from deployer.targets import get_target

TARGET = get_target("synapse-dedicated")


def model(text: str, *names: str) -> Model:
    signature = Signature(tuple(SignatureField(name, "double") for name in names)) if names else None
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString(), signature)


def wide(inner: str = "z", output: str = "y", columns: int = 2) -> str:
    ones = ", ".join(str(float(10 ** (index % 30))) for index in range(columns))
    return f"""
    <ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
    agraph (float[N, {columns}] X) => (float[N, 1] {output})
    {{ {inner} = Identity(X) {output} = ai.onnx.ml.LinearRegressor <coefficients = [{ones}]> ({inner}) }}
    """


def test_names_come_from_the_user_before_the_signature() -> None:
    original = model(wide(), "from", "signature")
    assert [column.name for column in fix_model(original, TARGET).inputs] == ["from", "signature"]
    assert [column.name for column in fix_model(original, TARGET, ["a", "b"]).inputs] == ["a", "b"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [((), "nothing says what the 2 columns"), (("a",), "1 names for 2 columns"), (("a", "a"), "'a' stands for more")],
)
def test_names_that_do_not_do_are_refused_with_a_hint(columns: tuple[str, ...], words: str) -> None:
    with pytest.raises(FixError, match=words) as refusal:
        fix_model(model(wide()), TARGET, columns)
    assert "--columns" in refusal.value.hint


OPEN = (
    wide().replace("float[N, 2] X", "float[N, columns] X, float[N, 1] spare").replace("(z) }", "(z) w = Neg(spare) }")
)


def test_width_that_the_graph_leaves_open_is_that_of_the_names() -> None:
    open_ended = model(OPEN.replace("float[N, 1] y", "float[N, 1] y, float[N, 1] w"))
    (finding,) = check_model(open_ended, TARGET).findings
    assert finding.fixable
    assert "what the columns of 'X' are called" in finding.help
    fixed = fix_model(open_ended, TARGET, ["a", "b"])
    assert [column.name for column in fixed.inputs] == ["a", "b", "spare"]
    assert check_model(fixed, TARGET).findings == ()


@pytest.mark.parametrize(
    ("inputs", "help_"),
    [
        ("float[N, i] X, float[N, j] Y", "number of its features in the input's shape"),
        ("float[N, 2, 2] X, float[N, 1] Y", "one input of two axes"),
    ],
)
def test_wide_input_that_names_cannot_split_is_not_said_to_be_fixable(inputs: str, help_: str) -> None:
    text = f'<ir_version: 6, opset_import: ["": 9]> g ({inputs}) => (float[N, 1] y) {{ y = Add(X, Y) }}'
    found = [found for found in check_model(model(text), TARGET).findings if found.rule == "wide-input"]
    assert found
    assert all(help_ in entry.help and not entry.fixable for entry in found)


@pytest.mark.parametrize("names", [("X", "b"), ("z", "X"), ("]; DROP TABLE x; --", "naïve 🚕"), ("join_X", "X_inner")])
def test_names_of_the_graphs_own_values_make_room(names: tuple[str, str]) -> None:
    fixed = fix_model(model(wide()), TARGET, names)
    assert tuple(column.name for column in fixed.inputs) == names
    rows = dict(zip(names, (np.array([1, 2], np.float32), np.array([3, 4], np.float32)), strict=True))
    assert Scorer(fixed).score(rows)["y"].tolist() == [31.0, 42.0]


def test_long_lists_of_names_are_cut_in_messages() -> None:
    wide_ends = '<ir_version: 6, opset_import: ["": 9]> agraph (float[N, 30] X) => (float[N, 30] y) { y = Neg(X) }'
    helps = [found.help for found in check_model(model(wide_ends, *(f"c{i}" for i in range(30))), TARGET).findings]
    assert ["c9 and 20 more" in text or "y_9 and 20 more" in text for text in helps] == [True, True]


def test_column_called_as_an_output_is_refused() -> None:
    with pytest.raises(FixError, match="'fare' of the wide input is the name of an output") as refusal:
        fix_model(model(wide(output="fare")), TARGET, ["fare", "b"])
    assert "--columns" in refusal.value.hint


@pytest.mark.parametrize("name", ["line\nbreak", "$(password)", "x" * 129])
def test_column_that_t_sql_cannot_name_is_refused(name: str) -> None:
    with pytest.raises(FixError, match=r"of the wide input (holds|is)"):
        fix_model(model(wide()), TARGET, [name, "b"])


def test_columns_of_one_wide_input_may_be_called_as_the_other() -> None:
    text = """
    <ir_version: 6, opset_import: ["": 9]>
    agraph (float[N, 2] X, float[N, 2] Y) => (float[N, 2] z) { z = Sub(X, Y) }
    """
    fixed = fix_model(model(text), TARGET, ["Y", "a", "b", "X"])
    assert [column.name for column in fixed.inputs] == ["Y", "a", "b", "X"]
    rows = {name: np.array([value], np.float32) for name, value in {"Y": 5, "a": 7, "b": 1, "X": 2}.items()}
    assert [scores.tolist() for scores in Scorer(fixed).score(rows).values()] == [[4.0], [5.0]]


def test_names_inside_branches_make_room_too() -> None:
    text = """
    <ir_version: 6, opset_import: ["": 11]>
    agraph (float[N, 2] X) => (float[N, 2] y) {
        yes = Constant <value = bool {1}> ()
        y = If (yes) < then_branch = t () => (float[N, 2] p) { p = Neg(X) },
                       else_branch = e () => (float[N, 2] q) { q = Identity(X) } >
    }
    """
    fixed = fix_model(model(text), TARGET, ["p", "X"])
    rows = {"p": np.array([1.0], np.float32), "X": np.array([2.0], np.float32)}
    assert [scores.tolist() for scores in Scorer(fixed).score(rows).values()] == [[-1.0], [-2.0]]


def test_inputs_that_an_initializer_fills_are_no_inputs() -> None:
    """Files up to IR 3 list the initializers among the inputs; a column may be called as one of them."""
    text = """
    <ir_version: 3, opset_import: ["": 9]>
    agraph (float[N, 2] X, float[2] w) => (float[N, 2] y) <float[2] w = {10, 100}> { y = Mul(X, w) }
    """
    fixed = fix_model(model(text), TARGET, ["w", "b"])
    assert [column.name for column in fixed.inputs] == ["w", "b"]
    rows = {"w": np.array([1.0], np.float32), "b": np.array([2.0], np.float32)}
    assert [scores.tolist() for scores in Scorer(fixed).score(rows).values()] == [[10.0], [200.0]]


def test_batch_dimension_stays_what_it_was() -> None:
    for first in ("N", 1):
        text = f"""
        <ir_version: 6, opset_import: ["": 9]>
        agraph (float[{first}, 2] X) => (float[{first}, 2] y) {{ y = Identity(X) }}
        """
        fixed = fix_model(model(text), TARGET, ["a", "b"])
        assert {column.shape for column in (*fixed.inputs, *fixed.outputs)} == {(first, 1)}


def test_thousand_columns_are_split_in_no_time() -> None:
    names = [f"column_{number}" for number in range(1000)]
    fixed = fix_model(model(wide(columns=1000)), TARGET, names)
    rows = {name: np.array([float(name == "column_2")], np.float32) for name in names}
    assert Scorer(fixed).score(rows)["y"].tolist() == [100.0]


def test_only_what_is_wide_is_split() -> None:
    text = """
    <ir_version: 6, opset_import: ["": 9]>
    agraph (float[N, 2] X, int64[N, 1] k, string[N, 1] t) => (float[N, 2] y, int64[N, 1] k2, string[N, 1] t2)
    { y = Identity(X) k2 = Identity(k) t2 = Identity(t) }
    """
    fixed = fix_model(model(text, "a", "k", "b", "t"), TARGET)
    assert [column.name for column in fixed.inputs] == ["a", "b", "k", "t"]
    assert [column.name for column in fixed.outputs] == ["y_0", "y_1", "k2", "t2"]


def test_output_of_unknown_width_cannot_be_split() -> None:
    text = '<ir_version: 6, opset_import: ["": 9]> agraph (float[N, M] X) => (float[N, M] y) { y = Identity(X) }'
    findings = check_model(model(text), TARGET).findings
    assert [(found.rule, found.fixable) for found in findings] == [("wide-output", False), ("wide-input", True)]


def test_classes_name_the_probabilities_and_hostile_ones_cannot_harm() -> None:
    labels = ["no", "NO", "x" * 200, "line\\nbreak"]
    listed = ", ".join(f'"{label}"' for label in labels)
    coefficients = ", ".join("1.0" for _ in labels)
    text = f"""
    <ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
    agraph (float[N, 1] x) => (string[N] label, seq(map(string, float)) p)
    {{ label, scores = ai.onnx.ml.LinearClassifier <classlabels_strings = [{listed}], coefficients = [{coefficients}],
        intercepts = [0.0, 0.0, 0.0, 0.0], post_transform = "SOFTMAX"> (x)
       p = ai.onnx.ml.ZipMap <classlabels_strings = [{listed}]> (scores) }}
    """
    fixed = fix_model(model(text), TARGET)
    names = [column.name for column in fixed.outputs][1:]
    assert names[:2] == ["p_no", "p_NO_2"]  # T-SQL minds no case
    assert max(map(len, names)) == 128
    assert len({name.lower() for name in names}) == 4
    assert not any("\n" in name for name in names)


def test_values_inside_that_are_called_as_a_new_output_make_room() -> None:
    text = """
    <ir_version: 6, opset_import: ["": 9]>
    agraph (float[N, 1] x) => (float[N, 2] y) { y_0 = Neg(x) y_1 = Abs(x) y = Concat <axis = 1> (y_1, y_0) }
    """
    fixed = fix_model(model(text), TARGET)
    scores = Scorer(fixed).score({"x": np.array([-3.0, 2.0], np.float32)})
    assert {name: values.tolist() for name, values in scores.items()} == {"y_0": [3.0, 2.0], "y_1": [3.0, -2.0]}


def test_new_outputs_take_no_name_that_another_output_or_input_has() -> None:
    text = """
    <ir_version: 6, opset_import: ["": 9]>
    agraph (float[N, 2] p_1) => (float[N, 2] p, float[N, 2] p_0) { p = Neg(p_1) p_0 = Identity(p_1) }
    """
    fixed = fix_model(model(text), TARGET, ["a", "b"])
    assert [column.name for column in fixed.outputs] == ["p_0_2", "p_1_2", "p_0_0", "p_0_1"]
    scores = Scorer(fixed).score({"a": np.array([1.0], np.float32), "b": np.array([2.0], np.float32)})
    assert [values.tolist() for values in scores.values()] == [[-1.0], [-2.0], [1.0], [2.0]]


def test_list_of_maps_is_an_error_where_nothing_else_can_be_returned() -> None:
    maps = "p = ai.onnx.ml.ZipMap <classlabels_int64s = [3, 5]> (x)"
    head = '<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]> agraph'
    alone = model(f"{head} (float[N, 2] x) => (seq(map(int64, float)) p) {{ {maps} }}")
    beside = model(f"{head} (float[N, 2] x) => (seq(map(int64, float)) p, float[N, 2] y) {{ {maps} y = Neg(x) }}")
    severities = [
        [found.severity for found in check_model(m, TARGET).findings if found.rule == "zipmap-output"]
        for m in (alone, beside)
    ]
    assert severities == [[Severity.ERROR], [Severity.WARNING]]


def test_sequence_that_is_no_zipmap_is_left_alone() -> None:
    original = model("""
    <ir_version: 6, opset_import: ["": 11]>
    agraph (float[N, 1] x) => (seq(float[N, 1]) s, float[N, 1] y) { s = SequenceConstruct(x) y = Neg(x) }
    """)
    (finding,) = check_model(original, TARGET).findings
    assert (finding.rule, finding.fixable) == ("zipmap-output", False)
    assert fix_model(original, TARGET).content == original.content


def test_rows_with_fewer_maps_than_classes_are_not_possible() -> None:
    """ZipMap gives every class a value, so the columns are as many as the classes."""
    original = model("""
    <ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
    agraph (float[N, 1] x) => (seq(map(int64, float)) p)
    { l, s = ai.onnx.ml.LinearClassifier <classlabels_ints = [3, 5], coefficients = [1.0, -1.0],
        intercepts = [0.0, 0.0]> (x)
      p = ai.onnx.ml.ZipMap <classlabels_int64s = [3, 5]> (s) }
    """)
    rows = {"x": np.array([0.5, -1.0], np.float32)}
    assert list(Scorer(original).score(rows)) == ["p_3", "p_5"]
    assert [v.tolist() for v in Scorer(original).score(rows).values()] == [
        v.tolist() for v in Scorer(fix_model(original, TARGET)).score(rows).values()
    ]
