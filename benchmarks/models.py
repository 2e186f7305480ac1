"""The models that are measured: 30 float columns or fewer, one input a column, free and fixed at one row."""

from __future__ import annotations

import numpy as np
import onnx
from skl2onnx import to_onnx

from benchmarks.estimators import COLUMNS, ESTIMATORS, train
from deployer import Model, fix_model, get_target

__all__ = ["COLUMNS", "ESTIMATORS", "fix_at_one_row", "make_model", "make_wide"]


def make_wide(name: str, width: int = len(COLUMNS)) -> onnx.ModelProto:
    """One input `[N, width]`, as skl2onnx writes it."""
    return to_onnx(train(name, width), np.zeros((1, width), np.float32), options={"zipmap": False})


def make_model(name: str, width: int = len(COLUMNS)) -> bytes:
    """One input `[N, 1]` a column, as `deployer fix` leaves it."""
    wide = Model("benchmark", 1, make_wide(name, width).SerializeToString())
    return fix_model(wide, get_target("synapse-dedicated"), COLUMNS[:width]).content


def fix_at_one_row(content: bytes) -> bytes:
    """The same model as exporters write it for PREDICT: every input and output `[1, 1]`."""
    proto = onnx.load_from_string(content)
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    return proto.SerializeToString()
