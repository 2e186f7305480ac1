"""Wide inputs and outputs come apart under the right names, whatever the graph calls its own values."""

from __future__ import annotations

import numpy as np
import onnx.parser
import pytest

from deployer.check import check_model, fix_model
from deployer.errors import FixError
from deployer.model import Model, Signature, SignatureField
from deployer.runtime import Scorer
from deployer.targets import get_target

TARGET = get_target("synapse-dedicated")


def model(text: str, *names: str) -> Model:
    signature = Signature(tuple(SignatureField(name, "double") for name in names)) if names else None
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString(), signature)


def wide(inner: str = "z", output: str = "y", columns: int = 2) -> str:
    ones = ", ".join(str(float(10**index)) for index in range(columns))
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


@pytest.mark.parametrize("names", [("X", "b"), ("z", "X"), ("]; DROP TABLE x; --", "naïve 🚕"), ("join_X", "X_joined")])
def test_names_of_the_graphs_own_values_make_room(names: tuple[str, str]) -> None:
    fixed = fix_model(model(wide()), TARGET, names)
    assert tuple(column.name for column in fixed.inputs) == names
    rows = dict(zip(names, (np.array([1, 2], np.float32), np.array([3, 4], np.float32)), strict=True))
    assert Scorer(fixed).score(rows)["y"].tolist() == [31.0, 42.0]


def test_column_called_as_an_output_is_refused() -> None:
    with pytest.raises(FixError, match="name of an output"):
        fix_model(model(wide(output="fare")), TARGET, ["fare", "b"])


def test_only_what_is_wide_is_split() -> None:
    text = """
    <ir_version: 6, opset_import: ["": 9]>
    agraph (float[N, 2] X, int64[N, 1] k, string[N, 1] t) => (float[N, 2] y, int64[N, 1] k2, string[N, 1] t2)
    { y = Identity(X) k2 = Identity(k) t2 = Identity(t) }
    """
    fixed = fix_model(model(text, "a", "k", "b", "t"), TARGET)
    assert [column.name for column in fixed.inputs] == ["a", "b", "k", "t"]
    assert [column.name for column in fixed.outputs] == ["y_0", "y_1", "k2", "t2"]


def test_input_of_unknown_width_cannot_be_split() -> None:
    text = '<ir_version: 6, opset_import: ["": 9]> agraph (float[N, M] X) => (float[N, M] y) { y = Identity(X) }'
    findings = check_model(model(text), TARGET).findings
    assert [(found.rule, found.fixable) for found in findings] == [("wide-output", False), ("wide-input", False)]


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
    assert names[:2] == ["p_no", "p_NO_2"]
    assert max(map(len, names)) == 128
    assert len({name.lower() for name in names}) == 4
    assert not any("\n" in name for name in names)


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
