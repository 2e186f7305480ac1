"""One truth for what the columns of wide inputs and outputs are called."""

from __future__ import annotations

import onnx.parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.errors import FixError
from deployer.model import Model, Signature, SignatureField
from deployer.names import name_problem
from deployer.scalars import class_labels, input_columns, output_columns


def model(text: str, signature: Signature | None = None) -> Model:
    head = '<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]{}> agraph'
    proto = onnx.parser.parse_model(text if text.startswith("<") else head.format("") + text)
    return Model("m", 1, proto.SerializeToString(), signature)


def fields(*names: str | None, shape: tuple[int, ...] | None = None) -> Signature:
    return Signature(tuple(SignatureField(name, "double", shape) for name in names))


WIDE = "(float[N, 2] X) => (float[N, 2] y) { y = Identity(X) }"
MIXED = "(float[N, 1] a, float[N, 2] X, int64[N] k, float[N, 1] b) => (float[N, 2] y) { y = Identity(X) }"


def with_metadata(key: str, value: str) -> Model:
    proto = model(WIDE).edit()
    proto.metadata_props.add(key=key, value=value)
    return Model("m", 1, proto.SerializeToString())


# --- Inputs ---


def test_scalar_inputs_are_filled_by_columns_of_their_own_name() -> None:
    scalars = model("(float[N, 1] a, int64[N] k, string[1, 1] t) => (float[N, 1] y) { y = Identity(a) }")
    assert input_columns(scalars) == {"a": ("a",), "k": ("k",), "t": ("t",)}


def test_given_names_count_before_the_signature_and_that_before_the_metadata() -> None:
    both = with_metadata("columns", "m1,m2")
    signed = Model("m", 1, both.content, fields("s1", "s2"))
    assert input_columns(signed, ["g1", "g2"]) == {"X": ("g1", "g2")}
    assert input_columns(signed) == {"X": ("s1", "s2")}
    assert input_columns(both) == {"X": ("m1", "m2")}


def test_order_is_the_graphs_and_a_signatures_scalars_are_left_out() -> None:
    named = input_columns(model(MIXED, fields("b", "x1", "k", "x2", "a")))
    assert list(named.items()) == [("a", ("a",)), ("X", ("x1", "x2")), ("k", ("k",)), ("b", ("b",))]


def test_signature_of_one_nameless_tensor_has_no_names() -> None:
    """That is what MLflow infers from a NumPy array."""
    with pytest.raises(FixError, match="nothing says what the 2 columns"):
        input_columns(model(WIDE, fields(None, shape=(-1, 2))))


@pytest.mark.parametrize("key", ["feature_names", "columns", "input_columns"])
@pytest.mark.parametrize("value", ['["a", "b"]', "a,b", " a , b "])
def test_metadata_is_json_or_separated_by_commas(key: str, value: str) -> None:
    assert input_columns(with_metadata(key, value)) == {"X": ("a", "b")}


@pytest.mark.parametrize("value", ["{}", "[1, 2]", "7", ""])
def test_metadata_that_is_no_list_of_names_is_none(value: str) -> None:
    with pytest.raises(FixError, match=r"nothing says|1 names for 2 columns"):
        input_columns(with_metadata("columns", value))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a",), "1 names for 2 columns of wide input"),
        (("a", "b", "c"), "3 names for 2 columns"),
        (("a", "a"), "name 'a' stands for more than one column"),
        (("a", "A"), "name 'A' stands for more than one column"),
        (("a", ""), "a name is empty"),
    ],
)
def test_names_that_do_not_do_are_refused_wherever_they_are_from(names: tuple[str, ...], words: str) -> None:
    with pytest.raises(FixError, match=f"the given columns: {words}") as given_names:
        input_columns(model(WIDE), names)
    with pytest.raises(FixError, match="the MLflow signature: ") as signed:
        input_columns(model(WIDE, fields(*names)))
    assert "--columns" in given_names.value.hint
    assert "--columns" in signed.value.hint


def test_column_called_as_a_scalar_input_is_refused() -> None:
    with pytest.raises(FixError, match="name 'K' stands for more than one column"):
        input_columns(model(MIXED), ["x", "K"])


def test_unknown_width_is_said_with_what_the_graph_says() -> None:
    with pytest.raises(FixError, match=r"input 'X' does not say how many columns wide it is: float\[N, M, 1\]"):
        input_columns(model("(float[N, M, 1] X) => (float[N, M, 1] y) { y = Identity(X) }"))


def test_one_input_of_unknown_width_takes_the_names_that_are_left() -> None:
    mixed = model("(float[N, 2] X, float[N, M] Y) => (float[N, M] y) { y = Identity(Y) }")
    assert input_columns(mixed, ["a", "b", "c", "d"]) == {"X": ("a", "b"), "Y": ("c", "d")}
    with pytest.raises(FixError, match="2 names for more than 2 columns"):
        input_columns(mixed, ["a", "b"])
    with pytest.raises(FixError, match="nothing says what the columns of 'Y' are called"):
        input_columns(mixed)


# --- Outputs ---


def test_outputs_are_named_after_classes_where_the_graph_has_them() -> None:
    classifier = model("""(float[N, 1] x) => (int64[N] label, float[N, 3] p, seq(map(int64, float)) z, float[N, 2] q) {
        label, raw = ai.onnx.ml.LinearClassifier <classlabels_ints = [3, 5, 9], coefficients = [1.0, 2.0, 3.0],
            intercepts = [0.0, 0.0, 0.0]> (x)
        p = ai.onnx.ml.Normalizer <norm = "L1"> (raw)
        z = ai.onnx.ml.ZipMap <classlabels_int64s = [3, 5, 9]> (p)
        q = Concat <axis = 1> (x, x)
    }""")
    assert output_columns(classifier) == {
        "label": ("label",),
        "p": ("p_3", "p_5", "p_9"),
        "z": ("z_3", "z_5", "z_9"),
        "q": ("q_0", "q_1"),
    }


def test_labels_that_are_not_as_many_as_the_columns_name_none() -> None:
    """A binary classifier may give one score for two labels."""
    binary = model("""(float[N, 1] x) => (int64[N] label, float[N, 3] p) {
        label, p = ai.onnx.ml.LinearClassifier <classlabels_ints = [0, 1], coefficients = [1.0, 2.0]> (x)
    }""")
    assert output_columns(binary)["p"] == ("p_0", "p_1", "p_2")


def test_outputs_that_nothing_is_known_of_are_left_out() -> None:
    unknown = model("(float[N, M] x) => (float[N, M] y, seq(float[N, 1]) s, float[N, 1] z) { y = Neg(x) }")
    assert output_columns(unknown) == {"z": ("z",)}


TEXT = st.text(max_size=200) | st.text(alphabet="aA$(\n🚕_2", max_size=140)


@given(st.lists(TEXT, min_size=1, max_size=6), TEXT.filter(bool))
def test_any_labels_give_distinct_names_that_t_sql_takes(labels: list[str], output: str) -> None:
    node = onnx.helper.make_node(
        "ZipMap", ["x"], [output], domain="ai.onnx.ml", classlabels_strings=[label.encode() for label in labels]
    )
    proto = model("(float[N, 1] x) => (seq(map(string, float)) z) { z = ai.onnx.ml.ZipMap(x) }").edit()
    proto.graph.node[0].CopyFrom(node)
    proto.graph.output[0].name = output
    names = output_columns(Model("m", 1, proto.SerializeToString()))[output]
    assert len(names) == len(labels)
    assert len({name.lower() for name in (*names, "x")}) == len(labels) + 1
    assert [name for name in names if name_problem(name)] == []


def test_labels_are_found_through_what_only_passes_them_on() -> None:
    passed = model("""(float[N, 1] x) => (float[N, 2] d) {
        label, p = ai.onnx.ml.LinearClassifier <classlabels_strings = ["no", "yes"], coefficients = [1.0, 2.0]> (x)
        i = Identity(p) c = Cast <to = 11> (i) d = Cast <to = 1> (c)
    }""")
    assert class_labels(passed.proto, "d") == ("no", "yes")
    assert class_labels(passed.proto, "x") == ()
