"""ONNX's own test cases for its operators: what can be lowered computes the same to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from deployer.graph import drop_unread
from deployer.inference import find_fault
from deployer.rules._lower import WIDENED, lower_domain
from deployer.rules._rewrites import REWRITES

NEWEST = 22
"""Newest version of ai.onnx that ONNX Runtime scores the cases of without exceptions."""


@pytest.fixture(scope="module")
def cases() -> list[Any]:
    from onnx.backend.test.case.node import collect_testcases

    with np.errstate(all="ignore"):
        return [case for case in collect_testcases(None) if case.model is not None]


def with_constants(case: Any) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """The case with all inputs but the first as constants, which axes, bounds and lengths mostly are; and its feed."""
    proto = onnx.ModelProto()
    proto.CopyFrom(case.model)
    feed = {}
    values = list(zip(case.model.graph.input, case.data_sets[0][0], strict=False))
    del proto.graph.input[:]
    for at, (value, given) in enumerate(values):
        array = numpy_helper.to_array(given) if isinstance(given, onnx.TensorProto) else given
        if at and value.type.HasField("tensor_type"):
            proto.graph.initializer.append(numpy_helper.from_array(np.asarray(array), value.name))
        else:
            proto.graph.input.append(value)
            feed[value.name] = array
    return proto, feed


def lower(proto: onnx.ModelProto, version: int) -> onnx.ModelProto | None:
    """The model in an older version; None where something is in the way."""
    lowered = onnx.ModelProto()
    lowered.CopyFrom(proto)
    (entry,) = [entry for entry in lowered.opset_import if not entry.domain]
    if entry.version > version and lower_domain(lowered, "", version):
        return None
    drop_unread(lowered.graph)
    lowered.ir_version = 10
    return None if find_fault(lowered) else lowered


def run(proto: onnx.ModelProto, feed: dict[str, Any]) -> list[Any]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
    values: list[Any] = session.run(None, {name: feed[name] for name in feed if name in _inputs(session)})
    return values


def _inputs(session: Any) -> set[str]:
    return {value.name for value in session.get_inputs()}


def bits(value: Any) -> Any:
    """A value so that `==` compares all of its bits."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tolist() if value.dtype == object else value.tobytes()
    return [bits(item) for item in value] if isinstance(value, list) else value


@pytest.mark.slow
@pytest.mark.parametrize(("version", "least"), [(9, 500), (11, 750), (17, 500)])
def test_lowered_cases_give_the_same_bits(cases: list[Any], version: int, least: int) -> None:
    """`least` cases are really compared, so that obstacles cannot hollow the test out."""
    compared = 0
    different = []
    for case in cases:
        operators = {node.op_type for node in case.model.graph.node}
        if not operators <= WIDENED | set(REWRITES):
            continue
        proto, feed = with_constants(case)
        newest = lower(proto, NEWEST) if any(not entry.domain for entry in proto.opset_import) else None
        lowered = None if newest is None else lower(newest, version)
        if newest is None or lowered is None or newest.opset_import == lowered.opset_import:
            continue
        try:
            before = run(newest, feed)
        except Exception:  # noqa: BLE001, S112 - ONNX Runtime raises its own for types it has no kernel for
            continue
        compared += 1
        if bits(run(lowered, feed)) != bits(before):
            different.append(case.name)
    assert different == []
    assert compared > least
