"""`write_bundle` of a 100 MB network against `bytes.hex()` and writing the file: time and peak memory.

python -m benchmarks.bundle [MEGABYTES]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.check import make_network

ROUNDS = 5


def make(path: Path, megabytes: int) -> None:
    """The network as PREDICT takes it: one input for each of its 100 columns."""
    from deployer.check import fix_model
    from deployer.model import Model
    from deployer.targets import get_target

    model = Model("network", 1, make_network(megabytes))
    columns = [f"c{number}" for number in range(100)]
    path.write_bytes(fix_model(model, get_target("synapse-dedicated"), columns).content)


def run(what: str, path: Path, folder: Path) -> None:
    """What is measured, in a process of its own; prints seconds, peak bytes, and peak bytes before it began."""
    if what == "hex":
        content = path.read_bytes()
        before = _peak()
        start = time.perf_counter()
        with (folder / "model.hex").open("w", encoding="ascii") as file:
            file.write(content.hex())
    else:
        from deployer.bundle import write_bundle
        from deployer.plan import make_plan
        from deployer.source import read_model
        from deployer.spec import Spec
        from deployer.targets import get_target

        target = get_target("synapse-dedicated")
        model = read_model(str(path))
        spec = Spec.model_validate(
            {
                "model": str(path),
                "target": target.name,
                "models_table": "ml.models",
                "data": "dbo.rows",
                "key": ["id"],
                "name": "network",
                "version": 1,
                "statements": [{"view": "ml.scores"}],
            }
        )
        plan = make_plan(model, spec, target)
        before = _peak()
        start = time.perf_counter()
        write_bundle(plan, folder)
    print(time.perf_counter() - start, _peak(), before)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "network.onnx"
        # A process starts with the peak of the one that it is forked from, so this one stays small.
        command = [sys.executable, "-m", "benchmarks.bundle"]
        subprocess.run([*command, "make", str(path), str(megabytes)], check=True)
        size = path.stat().st_size
        found: dict[str, list[tuple[float, float, float]]] = {"hex": [], "bundle": []}
        for _ in range(ROUNDS):
            for what, results in found.items():
                done = subprocess.run(
                    [*command, what, str(path), str(folder)], check=True, capture_output=True, text=True
                )
                seconds, peak, before = map(float, done.stdout.split())
                results.append((seconds, peak, before))
    fastest = {what: min(results)[0] for what, results in found.items()}
    for what, results in found.items():
        peak, before = min(results, key=lambda result: result[1])[1:]
        print(f"{what:6} {fastest[what]:5.2f} s, peak {peak / 1e6:4.0f} MB ({before / 1e6:.0f} MB before it began)")
    peak = min(peak for _, peak, _ in found["bundle"])
    speed = fastest["hex"] / fastest["bundle"]
    print(f"speed, write_bundle / bytes.hex() and writing: {speed:.2f} (aim: at least 0.5)")
    print(f"peak memory of write_bundle / model: {peak / size:.1f} (aim: at most 2.5)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] in (["hex"], ["bundle"]):
        run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 100)
