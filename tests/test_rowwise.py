"""A model that takes one row a run is fed in batches only where rows cannot touch each other."""

from __future__ import annotations

import numpy as np
import onnx.parser
import onnxruntime
import pytest

from deployer.model import Model
from deployer.rows import make_rows
from deployer.rowwise import free_batch, takes_one_row
from deployer.runtime import Scorer, same_bits, value_shapes


def model(body: str, outputs: str = "float[1, 1] y") -> Model:
    text = f"""
    <ir_version: 6, opset_import: ["": 11, "ai.onnx.ml": 1]>
    agraph (float[1, 1] a, float[1, 1] b) => ({outputs})
    {{ {body} }}
    """
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString())


FREE = {
    "elementwise": "y = Add(a, b)",
    "linear": "x = Concat <axis = 1> (a, b) "
    "y = ai.onnx.ml.LinearRegressor <coefficients = [1.5, -2.0], intercepts = [0.5]> (x)",
    "reduced over columns": "x = Concat <axis = 1> (a, b) y = ReduceMean <axes = [1], keepdims = 1> (x)",
    "matrix": "x = Concat <axis = -1> (a, b) w = Constant <value = float[2, 1] {1.0, 2.0}> () y = MatMul(x, w)",
    "softmax over columns": "x = Concat <axis = 1> (a, b) s = Softmax <axis = 1> (x) "
    "i = Constant <value = int64[1] {1}> () y = Gather <axis = 1> (s, i)",
    "reshaped with the batch free": "s = Constant <value = int64[2] {-1, 1}> () x = Add(a, b) y = Reshape(x, s)",
}
BOUND = {
    "mean over the rows": "y = ReduceMean <axes = [0], keepdims = 1> (a)",
    "mean over everything": "y = ReduceMean <keepdims = 1> (a)",
    "softmax over the rows": "y = Softmax <axis = 0> (a)",
    "rows in one": "x = Concat <axis = 0> (a, b) s = Constant <value = int64[2] {1, 2}> () z = Reshape(x, s) "
    "y = ReduceSum <axes = [1], keepdims = 1> (z)",
    "running sum": "i = Constant <value = int64 {0}> () y = CumSum(a, i)",
    "a random number": "y = RandomNormalLike(a)",
    "its own transpose": "t = Transpose(a) y = MatMul(a, t)",
    "shape read": "s = Shape(a) f = Cast <to = 1> (s) m = ReduceMax <axes = [0], keepdims = 0> (f) y = Add(a, m)",
}


@pytest.mark.parametrize("name", FREE)
def test_freed_model_scores_like_row_by_row(name: str) -> None:
    original = model(FREE[name])
    freed = free_batch(original, value_shapes(original))
    assert freed is not None
    assert not takes_one_row(freed)
    rows = {column: values[:300] for column, values in make_rows(original).items()}
    scorer = Scorer(original)
    assert scorer.freed is not None
    alone = np.concatenate(
        [scorer.score({column: values[i : i + 1] for column, values in rows.items()})["y"] for i in range(300)]
    )
    assert same_bits(alone, Scorer(freed).score(rows)["y"])


@pytest.mark.parametrize("name", BOUND)
def test_rows_that_may_meet_are_scored_one_by_one(name: str) -> None:
    original = model(BOUND[name])
    assert free_batch(original, value_shapes(original)) is None
    scorer = Scorer(original)
    assert scorer.freed is None
    rows = {"a": np.array([1, 2, 3], np.float32), "b": np.array([10, 20, 30], np.float32)}
    together = scorer.score(rows)["y"]
    assert together.shape == (3,)
    if name != "a random number":
        session = onnxruntime.InferenceSession(original.content)
        alone = [session.run(["y"], {c: v[i].reshape(1, 1) for c, v in rows.items()})[0] for i in range(3)]
        assert same_bits(together, np.concatenate(alone).reshape(-1))


def test_one_kernel_for_one_row_and_another_for_many_is_noticed() -> None:
    """A linear model's rows do not meet, yet ONNX Runtime rounds them differently one by one and together."""
    features = ", ".join(f"float[1, 1] x{i}" for i in range(30))
    weights = ", ".join(str(0.1 * i - 1.37) for i in range(30))
    text = f"""
    <ir_version: 6, opset_import: ["": 11, "ai.onnx.ml": 1]>
    agraph ({features}) => (float[1, 1] y)
    {{ x = Concat <axis = 1> ({", ".join(f"x{i}" for i in range(30))})
       y = ai.onnx.ml.LinearRegressor <coefficients = [{weights}], intercepts = [0.5]> (x) }}
    """
    original = Model("m", 1, onnx.parser.parse_model(text).SerializeToString())
    freed = free_batch(original, value_shapes(original))
    assert freed is not None
    rows = {name: values[:500] for name, values in make_rows(original).items()}
    session = onnxruntime.InferenceSession(original.content)
    alone = np.concatenate(
        [session.run(["y"], {c: v[i].reshape(1, 1) for c, v in rows.items()})[0] for i in range(500)]
    ).reshape(-1)
    scorer = Scorer(original)
    assert same_bits(scorer.score(rows)["y"], alone)
    # Where this fails, ONNX Runtime has learnt better, and the loop is needed less.
    assert not same_bits(Scorer(freed).score(rows)["y"], alone)
    assert scorer.freed is None


def test_no_rows_give_no_scores() -> None:
    scorer = Scorer(model(BOUND["mean over the rows"]))
    assert len(scorer.score({"a": np.empty(0, np.float32), "b": np.empty(0, np.float32)})["y"]) == 0
