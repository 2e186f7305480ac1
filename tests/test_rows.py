"""Rows made from a model reach its thresholds, its categories, and the borders of its types."""

from __future__ import annotations

import numpy as np
import onnx.parser
import pytest

from deployer.model import Model
from deployer.rows import make_rows


def model(text: str) -> Model:
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString())


STUMP = model("""
<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
agraph (float[N, 1] x) => (float[N, 1] y)
{
    y = ai.onnx.ml.TreeEnsembleRegressor <n_targets = 1, nodes_falsenodeids = [2, 0, 0], nodes_featureids = [0, 0, 0],
        nodes_modes = ["BRANCH_LEQ", "LEAF", "LEAF"], nodes_nodeids = [0, 1, 2], nodes_treeids = [0, 0, 0],
        nodes_truenodeids = [1, 0, 0], nodes_values = [0.3, 0.0, 0.0], target_ids = [0, 0], target_nodeids = [1, 2],
        target_treeids = [0, 0], target_weights = [1.0, 2.0]> (x)
}
""")
ENCODER = model("""
<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
agraph (string[N, 1] x) => (float[N, 2] y)
{
    y = ai.onnx.ml.OneHotEncoder <cats_strings = ["cash", "card"], zeros = 1> (x)
}
""")


def test_thresholds_come_with_their_neighbours() -> None:
    threshold = np.float32(0.3)
    wanted = {threshold, np.nextafter(threshold, np.float32(1)), np.nextafter(threshold, np.float32(-1))}
    assert wanted <= set(make_rows(STUMP)["x"].tolist())


def test_floats_reach_every_border_of_real() -> None:
    info = np.finfo(np.float32)
    values = make_rows(STUMP)["x"]
    assert values.dtype == np.float32
    assert {0.0, info.max, info.min, info.smallest_subnormal} <= set(values.tolist())
    assert np.isnan(values).any()
    assert not np.isinf(values).any()


def test_texts_are_the_categories_and_some_that_are_none() -> None:
    values = set(make_rows(ENCODER)["x"])
    assert {"cash", "card", ""} <= values
    assert any(len(value) > 255 for value in values)
    assert any(not value.isascii() for value in values)


@pytest.mark.parametrize("kind", ["int64", "int32", "int8", "uint8", "bool"])
def test_integers_reach_the_ends_of_their_type(kind: str) -> None:
    rows = make_rows(
        model(
            f'<ir_version: 6, opset_import: ["": 9]> agraph ({kind}[N, 1] x) => ({kind}[N, 1] y) {{ y = Identity(x) }}'
        )
    )
    values = set(rows["x"].tolist())
    info = np.iinfo(kind) if kind != "bool" else np.iinfo("uint8")
    assert ({False, True} if kind == "bool" else {info.min, info.max}) <= values
    if kind == "int64":
        assert {2**24 - 1, 2**24 + 1, 2**53 + 1} <= values


def test_same_model_same_rows_and_another_seed_others() -> None:
    first, again, other = make_rows(STUMP), make_rows(STUMP), make_rows(STUMP, seed=1)
    assert first["x"].tobytes() == again["x"].tobytes()
    assert first["x"].tobytes() != other["x"].tobytes()


def test_there_are_as_many_rows_as_asked_for_in_every_column() -> None:
    wide = model("""
        <ir_version: 6, opset_import: ["": 9]>
        agraph (float[N, 2] x, int64[N, 1] k) => (float[N, 2] y) { y = Identity(x) }
    """)
    rows = make_rows(wide, ("a", "b"), count=5_000)
    assert list(rows) == ["a", "b", "k"]
    assert {len(values) for values in rows.values()} == {5_000}
    assert rows["a"].tobytes() != rows["b"].tobytes()
