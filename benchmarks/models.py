"""The models that are measured: 30 float columns, one input a column, free and fixed at one row."""

from __future__ import annotations

import functools

import numpy as np
import onnx
from skl2onnx import to_onnx
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from deployer import Model, fix_model, get_target

COLUMNS = tuple(f"c{index}" for index in range(30))
ESTIMATORS = {
    "logistic regression": LogisticRegression(max_iter=500),
    "100 boosted trees, depth 3": GradientBoostingClassifier(n_estimators=100, max_depth=3, random_state=0),
    "forest of 100 trees, depth 6": RandomForestClassifier(n_estimators=100, max_depth=6, random_state=0),
}


@functools.cache
def make_model(name: str) -> bytes:
    """One input `[N, 1]` a column, as `deployer fix` leaves it."""
    features, labels = make_classification(5_000, len(COLUMNS), random_state=0)
    features = features.astype(np.float32)
    proto = to_onnx(ESTIMATORS[name].fit(features, labels), features[:1], options={"zipmap": False})
    wide = Model("benchmark", 1, proto.SerializeToString())
    return fix_model(wide, get_target("synapse-dedicated"), COLUMNS).content


def fix_at_one_row(content: bytes) -> bytes:
    """The same model as exporters write it for PREDICT: every input and output `[1, 1]`."""
    proto = onnx.load_from_string(content)
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    return proto.SerializeToString()
