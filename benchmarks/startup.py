"""Whole-process time of small commands, against Python that does nothing and Python that imports onnx.

python -m benchmarks.startup
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.models import make_model

ROUNDS = 21


def main() -> None:
    deployer = str(Path(sys.executable).with_name("deployer"))
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.onnx"
        model.write_bytes(make_model("100 boosted trees, depth 3"))
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "python -c 'import onnx'": [sys.executable, "-c", "import onnx"],
            "deployer --version": [deployer, "--version"],
            "deployer check model.onnx": [deployer, "check", str(model)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        # In turn, so that what else the machine does falls on all of them.
        for _ in range(ROUNDS):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=False, capture_output=True)
                times[name].append(time.perf_counter() - start)
    medians = {name: sorted(found)[ROUNDS // 2] for name, found in times.items()}
    for name, seconds in medians.items():
        print(f"{name:28} {seconds * 1000:7.1f} ms")
    version = medians["deployer --version"] / medians["python -c pass"]
    check = medians["deployer check model.onnx"] / medians["python -c 'import onnx'"]
    print(f"deployer --version / python -c pass: {version:.2f} (aim: under 3)")
    print(f"deployer check model.onnx / python -c 'import onnx': {check:.2f} (aim: under 2)")


if __name__ == "__main__":
    main()
