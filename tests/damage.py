"""Damages healthy models, seeded, and checks and fixes each; prints what came of it as JSON.

A process of its own, so that its peak of memory is that of the damaged models: python -m tests.damage SEED
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from collections.abc import Iterator

import numpy as np
import onnx.parser

from deployer.check import check_model, fix_model
from deployer.errors import DeployerError
from deployer.model import Model
from deployer.rules import RULES
from deployer.targets import get_target
from tests.fixtures import FIXTURES

TARGET = get_target("synapse-dedicated")
ROUNDS = 7
LONGEST = 10
"""Seconds after which a model counts as hanging: the process then ends with a traceback."""


def find_healthy() -> list[bytes]:
    """The models of the rules' pages and the small ones of the fixtures."""
    contents = [(fixture.folder / "model.onnx").read_bytes() for fixture in FIXTURES]
    return [onnx.parser.parse_model(rule.example).SerializeToString() for rule in RULES] + [
        content for content in contents if len(content) < 4_000
    ]


def damage(content: bytes, random: np.random.Generator) -> Iterator[bytes]:
    """Bytes changed, the end cut off, two pieces swapped."""
    for count in (1, 3):
        flipped = bytearray(content)
        for at in random.integers(0, len(flipped), count):
            flipped[at] = random.integers(0, 128)
        yield bytes(flipped)
    first, second, third = sorted(random.integers(0, len(content), 3))
    yield content[: max(1, second)]
    yield content[:first] + content[second:third] + content[first:second] + content[third:]


def main(seed: int) -> None:
    random = np.random.default_rng(seed)
    counts = {"silent": 0, "found": 0, "refused": 0}
    slowest = 0.0
    for content in find_healthy() * ROUNDS:
        for damaged in damage(content, random):
            started = time.perf_counter()
            signal.alarm(LONGEST)
            counts[judge(Model("m", 1, damaged))] += 1
            signal.alarm(0)
            slowest = max(slowest, time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps(counts | {"slowest": slowest, "peak": peak}))


def judge(model: Model) -> str:
    """Only a message may come out; anything else ends the process."""
    try:
        found = check_model(model, TARGET).findings
        wide = sum(column.width or 0 for column in model.inputs if column.width != 1)
        fix_model(model, TARGET, [f"c{number}" for number in range(min(wide, 1_000))])
    except DeployerError:
        return "refused"
    return "found" if found else "silent"


if __name__ == "__main__":
    main(int(sys.argv[1]))
