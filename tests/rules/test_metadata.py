"""What MLflow says of a model is held against the graph, and its example is scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx.parser
import pytest
import yaml

from deployer.check import check_model, fix_model
from deployer.model import Model, Origin
from deployer.rules import signature_mismatch
from deployer.source import read_model
from deployer.targets import get_target

TARGET = get_target("synapse-dedicated")
PAIR = """<ir_version: 6, opset_import: ["": 9]>
g (float[N, 1] fare, string[N, 1] payment) => (float[N, 1] y, string[N, 1] z) { y = Neg(fare) z = Identity(payment) }
"""
WIDE = """<ir_version: 6, opset_import: ["": 9]>
g (float[N, 3] X) => (float[N, 3] y) { y = Neg(X) }
"""


def read(folder: Path, text: str, signature: list[Any] | None = None, example: object = None) -> Model:
    """The model as MLflow would have logged it."""
    description: dict[str, Any] = {"flavors": {"onnx": {"data": "model.onnx"}}}
    if signature is not None:
        description["signature"] = {"inputs": json.dumps(signature)}
    if example is not None:
        description["saved_input_example_info"] = {"artifact_path": "input_example.json", "type": "dataframe"}
        (folder / "input_example.json").write_text(example if isinstance(example, str) else json.dumps(example))
    (folder / "MLmodel").write_text(yaml.safe_dump(description))
    (folder / "model.onnx").write_bytes(onnx.parser.parse_model(text).SerializeToString())
    return read_model(folder)


def field(name: str, kind: str = "double") -> dict[str, str]:
    return {"name": name, "type": kind}


def tensor(*shape: int) -> dict[str, Any]:
    return {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": list(shape)}}


@pytest.mark.parametrize(
    ("text", "signature", "told"),
    [
        (PAIR, [field("fare"), field("payment", "string")], []),
        (PAIR, [field("fare", "float"), field("payment", "string")], []),
        (PAIR, [field("payment", "string"), field("fare")], ["its order is payment, fare, the graph's fare, payment"]),
        (PAIR, [field("fare"), field("payment", "long")], ["it says long for 'payment', the graph takes string"]),
        (PAIR, [field("fare", "str"), field("payment", "string")], ["it says str for 'fare', the graph takes float"]),
        (PAIR, [field("fare")], ["it has 1 columns, the graph takes 2"]),
        (PAIR, [field("fare"), field("paid", "string")], ["it names paid where the graph takes payment"]),
        (WIDE, [tensor(-1, 3)], []),
        (WIDE, [tensor(-1, 4)], ["it has 4 columns, the graph takes 3"]),
        (WIDE, [tensor(-1, -1)], []),
        (WIDE, [field("a"), field("b"), field("c")], []),
        (WIDE, [field("a"), field("b")], ["it has 2 columns, the graph takes 3"]),
    ],
)  # fmt: skip
def test_signature_against_the_graph(tmp_path: Path, text: str, signature: list[Any], told: list[str]) -> None:
    model = read(tmp_path, text, signature)
    assert [finding.message for finding in signature_mismatch.RULE.find(model, TARGET)] == told
    # What a fix has made has other columns than the signature by intention.
    if not check_model(model, TARGET).errors:
        assert not signature_mismatch.RULE.find(fix_model(model, TARGET), TARGET) or told


SIGNED = [field("fare"), field("payment", "string")]


@pytest.mark.parametrize(
    "example",
    [
        {"columns": ["fare", "payment"], "data": [[1.5, "cash"], [2, "card"]]},
        {"columns": ["payment", "more", "fare"], "data": [["cash", None, 1]]},
        {"data": [[1.5, "cash"]]},
        {"inputs": {"fare": [[1.5], [2.5]], "payment": [["cash"], ["card"]]}},
        {"instances": [{"fare": 1.5, "payment": "cash"}]},
        {"fare": [None], "payment": ["cash"]},
        [[1.5, "cash"]],
    ],
)
def test_example_that_scores_is_silent(tmp_path: Path, example: object) -> None:
    model = read(tmp_path, PAIR, SIGNED, example)
    assert model.example is not None
    assert model.example.problem == ""
    assert "failing-example" not in {finding.rule for finding in check_model(model, TARGET).findings}


@pytest.mark.parametrize(
    ("example", "words"),
    [
        ({"columns": ["fare"], "data": [[1.5]]}, "it has no column payment; it has fare"),
        ({"data": [[1.5]]}, "its rows are not 2 values wide"),
        ({"columns": ["fare", "payment"], "data": [["much", "cash"]]}, "column 'fare' holds 'much', the graph"),
        ({"columns": ["fare", "payment"], "data": [[1.5, None]]}, "column 'payment' holds None"),
        ({"columns": ["fare", "payment"], "data": [[1.5]]}, "not all of one length"),
        ({"columns": ["fare", "payment"], "data": []}, "not all of one length"),
        ("{", "'input_example.json' cannot be read"),
        ("[" * 100_000, "'input_example.json' cannot be read"),
        ("12", "neither a table nor tensors"),
    ],
)  # fmt: skip
def test_example_that_does_not_score_says_why(tmp_path: Path, example: object, words: str) -> None:
    model = read(tmp_path, PAIR, SIGNED, example)
    (finding,) = [found for found in check_model(model, TARGET).findings if found.rule == "failing-example"]
    assert words in finding.message


def test_example_that_is_not_there_or_outside_is_told(tmp_path: Path) -> None:
    model = read(tmp_path, PAIR, SIGNED, [[1.5, "cash"]])
    (tmp_path / "input_example.json").unlink()
    model = read_model(tmp_path)
    assert model.example is not None
    assert "no file 'input_example.json'" in model.example.problem
    text = (tmp_path / "MLmodel").read_text()
    (tmp_path / "MLmodel").write_text(text.replace("input_example.json", "../secret.json"))
    outside = read_model(tmp_path).example
    assert outside is not None
    assert "does not stay in the model's folder" in outside.problem


def test_example_the_runtime_refuses(tmp_path: Path) -> None:
    """Two rows for a model that adds its rows to three."""
    text = """<ir_version: 6, opset_import: ["": 9]>
    g (float[N, 1] a) => (float[M, 1] y) {
        c = Constant <value = float[3, 1] {1.0, 2.0, 3.0}> () y = Add(a, c) }"""
    model = read(tmp_path, text, [field("a")], {"columns": ["a"], "data": [[1.0], [2.0]]})
    (finding,) = [found for found in check_model(model, TARGET).findings if found.rule == "failing-example"]
    assert "ONNX Runtime" in finding.message


def test_plain_file_needs_no_signature() -> None:
    content = onnx.parser.parse_model(WIDE).SerializeToString()
    plain, logged = Model("m", 1, content), Model("m", 1, content, origin=Origin(flavor="onnx"))
    assert "missing-signature" not in {finding.rule for finding in check_model(plain, TARGET).findings}
    assert "missing-signature" in {finding.rule for finding in check_model(logged, TARGET).findings}
