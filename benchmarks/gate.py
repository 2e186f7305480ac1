"""`deployer gate` over 100 specs of small models in one process, against one process a spec.

python -m benchmarks.gate [SPECS]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.models import COLUMNS, make_model

KINDS = ("logistic regression", "100 boosted trees, depth 3")


def main(count: int) -> None:
    deployer = str(Path(sys.executable).with_name("deployer"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, kind in enumerate(KINDS):
            (folder / f"model{number}.onnx").write_bytes(make_model(kind))
        specs = []
        for number in range(count):
            spec = folder / f"spec{number}.yml"
            wide = ", ".join(COLUMNS)
            spec.write_text(
                f"model: model{number % len(KINDS)}.onnx\ntarget: synapse-dedicated\nmodels_table: ml.models\n"
                f"data: dbo.rows\nkey: [id]\nname: model{number}\nwide: [{wide}]\nstatements: [{{view: ml.scores}}]\n"
            )
            specs.append(str(spec))
        start = time.perf_counter()
        done = subprocess.run([deployer, "gate", *specs], check=False, capture_output=True, text=True)
        together = time.perf_counter() - start
        assert f"{count} passed" in done.stdout, done.stdout[-2_000:]
        few = specs[: max(2, count // 10)]
        start = time.perf_counter()
        for spec in few:
            subprocess.run([deployer, "gate", spec], check=True, capture_output=True)
        alone = (time.perf_counter() - start) / len(few) * count
    print(f"one process:        {together:6.1f} s, {count / together:5.1f} models/s")
    print(f"a process a model:  {alone:6.1f} s, {count / alone:5.1f} models/s (from {len(few)} of them)")
    print(f"one process / a process each: {alone / together:.1f} times as fast")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100)
