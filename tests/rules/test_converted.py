"""What the converters write is made to fit, and scores as before to the last bit."""

from __future__ import annotations

import numpy as np
import onnx.checker
import pytest

from deployer.check import check_model, fix_model
from deployer.rows import make_rows
from deployer.rule import Severity
from deployer.runtime import Scorer, same_bits
from deployer.targets import get_target
from tests.cases import worth_mending
from tests.rules.converted import COLUMNS, CONVERTED, convert, data, train

SYNAPSE = get_target("synapse-dedicated")


@pytest.mark.parametrize("name", CONVERTED)
@pytest.mark.parametrize(
    ("target", "opset"), [("synapse-dedicated", None), ("synapse-dedicated", 15), ("sql-edge", None)]
)
def test_fixed_model_fits_and_gives_the_same_bits(name: str, target: str, opset: int | None) -> None:
    original = convert(name, opset)
    fixed = fix_model(original, get_target(target))
    assert worth_mending(check_model(fixed, get_target(target))) == []
    assert len(fixed.inputs) == len(COLUMNS)
    onnx.checker.check_model(fixed.proto, full_check=True)
    rows = make_rows(original)
    before, after = Scorer(original).score(rows), Scorer(fixed).score(rows)
    assert list(before) == list(after)
    assert [column for column in before if not same_bits(before[column], after[column])] == []


@pytest.mark.parametrize("name", CONVERTED)
def test_graph_is_valid_exactly_where_onnx_runtime_loads_it(name: str) -> None:
    found = [finding.rule for finding in check_model(convert(name), SYNAPSE).findings]
    Scorer(convert(name))
    assert "invalid-graph" not in found


@pytest.mark.parametrize("name", ["logistic", "logistic of text", "network", "components", "naive bayes"])
def test_classifier_of_doubles_that_no_runtime_loads_is_repaired(name: str) -> None:
    """skl2onnx 1.20 puts ZipMap, which takes float only, behind the probabilities in double."""
    original = convert(name, kind="double")
    (finding,) = [found for found in check_model(original, SYNAPSE).findings if found.rule == "invalid-graph"]
    assert finding.severity is Severity.ERROR
    assert "unsupported type: tensor(double)" in finding.message
    fixed = fix_model(original, SYNAPSE)
    assert worth_mending(check_model(fixed, SYNAPSE)) == []
    x = data()["x"].astype(np.float64)
    scores = Scorer(fixed).score(dict(zip(COLUMNS, x.T, strict=True)))
    probabilities = np.stack(list(scores.values())[1:], axis=1)
    np.testing.assert_allclose(probabilities, train(name).predict_proba(x), rtol=1e-7, atol=1e-9)


def test_output_whose_type_is_not_what_its_node_makes_is_found() -> None:
    """skl2onnx 1.20 says that a tree makes doubles of doubles; by its definition it makes floats."""
    (finding,) = [
        found
        for found in check_model(convert("tree regressor", kind="double"), SYNAPSE).findings
        if found.rule == "invalid-graph"
    ]
    assert "'variable' is said to be double, and its node makes float" in finding.message
