"""Damages healthy models, seeded, and checks and fixes each; prints what came of it as JSON.

A process of its own, so that its peak of memory is that of the damaged models:

python -m tests.damage fixtures SEED
python -m tests.damage pages SEED
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx.parser
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from deployer.check import check_model, fix_model
from deployer.errors import DeployerError
from deployer.model import Model
from deployer.rules import RULES
from deployer.targets import get_target
from tests.fixtures import FIXTURES

TARGET = get_target("synapse-dedicated")
VARIANTS = 1_000
LONGEST = 10
"""Seconds after which a model counts as hanging: the process then ends with a traceback."""


def find_healthy(kind: str) -> list[bytes]:
    """The models of the fixtures, or those of the rules' pages, which have less in them that may be hit."""
    if kind == "fixtures":
        return [(fixture.folder / "model.onnx").read_bytes() for fixture in FIXTURES]
    return [onnx.parser.parse_model(rule.example).SerializeToString() for rule in RULES]


def damage(content: bytes, random: np.random.Generator) -> Iterator[bytes]:
    """Bytes changed, the end cut off, two pieces swapped; what is still a message, with a part of it changed."""
    for count in (1, 3):
        flipped = bytearray(content)
        for at in random.integers(0, len(flipped), count):
            flipped[at] = random.integers(0, 128)
        yield bytes(flipped)
    first, second, third = sorted(random.integers(0, len(content), 3))
    yield content[: max(1, second)]
    yield content[:first] + content[second:third] + content[first:second] + content[third:]
    for count in (1, 2, 3):
        proto = onnx.ModelProto.FromString(content)
        for _ in range(count):
            parts = list(find_parts(proto))
            damage_part(*parts[random.integers(len(parts))], random)
        yield proto.SerializeToString()


def find_parts(message: Message) -> Iterator[tuple[Message, FieldDescriptor]]:
    """Every field that is set, of the message and of all inside it: numbers, names, lists."""
    for entry, value in message.ListFields():
        if entry.type != entry.TYPE_MESSAGE:
            yield message, entry
        elif entry.is_repeated:
            yield message, entry
            for inner in value:
                yield from find_parts(inner)
        else:
            yield from find_parts(value)


def damage_part(message: Message, entry: FieldDescriptor, random: np.random.Generator) -> None:
    """An element of a list dropped, repeated or changed; a single value changed."""
    value = getattr(message, entry.name)
    try:
        if not entry.is_repeated:
            setattr(message, entry.name, another(value, random))
            return
        at = int(random.integers(len(value)))
        if random.integers(2):
            del value[at]
        elif entry.type == entry.TYPE_MESSAGE:
            value.add().CopyFrom(value[at])
        else:
            value[at] = another(value[at], random)
    except ValueError:
        pass  # an enumeration has no such number; then there is no damage this time


def another(value: Any, random: np.random.Generator) -> Any:
    """A value of the same kind, from those at which programs stumble."""
    match value:
        case int():
            return int(random.choice([0, -1, 1, value + 1, value - 1, 10**6, 2**31 - 1, -(2**31)]))
        case float():
            return float(random.choice([0.0, -1.0, np.nan, np.inf, 1e30]))
        case str():
            return str(random.choice(["", "x", "N", f"{value}x", "Neg", "ai.onnx", "\n"]))
        case _:
            return [b"", b"x", value[: len(value) // 2], value + b"\0"][random.integers(4)]


def main(kind: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    healthy = cycle(find_healthy(kind))
    variants = islice((damaged for content in healthy for damaged in damage(content, random)), VARIANTS)
    counts = {"silent": 0, "found": 0, "refused": 0}
    slowest = 0.0
    for damaged in variants:
        started = time.perf_counter()
        signal.alarm(LONGEST)
        counts[judge(Model("m", 1, damaged))] += 1
        signal.alarm(0)
        slowest = max(slowest, time.perf_counter() - started)
    # Not getrusage: its peak begins with that of the process that this one was forked from.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) * 1024
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
    main(sys.argv[1], int(sys.argv[2]))
