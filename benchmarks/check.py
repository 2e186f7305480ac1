"""`check_model` of a 100 MB network against `onnx.load` and `InferenceSession()` of the same file: time and memory.

python -m benchmarks.check [MEGABYTES]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROUNDS = 5


def make_network(megabytes: int) -> bytes:
    """Three layers over 100 columns; the weights of the second are nearly all of the file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    wide = int((megabytes * 1_000_000 / 4) ** 0.5)
    random = np.random.default_rng(0)
    weights = {
        name: random.normal(size=size).astype(np.float32) / 50
        for name, size in {"w1": (100, wide), "w2": (wide, wide), "w3": (wide, 1)}.items()
    }
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w1"], ["h"]),
            helper.make_node("Relu", ["h"], ["r"]),
            helper.make_node("MatMul", ["r", "w2"], ["s"]),
            helper.make_node("MatMul", ["s", "w3"], ["y"]),
        ],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 100])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def run(what: str, path: str) -> None:
    """What is measured, in a process of its own; prints seconds and peak bytes."""
    start = time.perf_counter()
    if what == "load":
        import onnx
        import onnxruntime

        onnx.load(path)
        onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    else:
        from deployer.check import check_model
        from deployer.source import read_model
        from deployer.targets import get_target

        check_model(read_model(path), get_target("synapse-dedicated"))
    print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def main(megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        # A process starts with the peak of the one that it is forked from, so this one stays small.
        subprocess.run([sys.executable, "-m", "benchmarks.check", "make", str(path), str(megabytes)], check=True)
        size = path.stat().st_size
        found: dict[str, list[tuple[float, float]]] = {"load": [], "check": []}
        for _ in range(ROUNDS):
            for what, results in found.items():
                done = subprocess.run(
                    [sys.executable, "-m", "benchmarks.check", what, str(path)],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                seconds, peak = map(float, done.stdout.split())
                results.append((seconds, peak))
    medians = {what: sorted(results)[ROUNDS // 2][0] for what, results in found.items()}
    peaks = {what: min(peak for _, peak in results) for what, results in found.items()}
    for what in found:
        print(f"{what:6} {medians[what]:6.2f} s, {peaks[what] / 1e6:5.0f} MB, {peaks[what] / size:.1f} times the file")
    ratio = medians["check"] / medians["load"]
    print(f"time, check / onnx.load and InferenceSession: {ratio:.2f} (aim: at most 1.5)")
    print(f"peak memory of check / file: {peaks['check'] / size:.1f} (aim: at most 3.5)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        Path(sys.argv[2]).write_bytes(make_network(int(sys.argv[3])))
    elif sys.argv[1:2] in (["load"], ["check"]):
        run(sys.argv[1], sys.argv[2])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 100)
