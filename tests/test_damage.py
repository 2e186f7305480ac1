"""Damaged models by the thousand: each is refused or found wrong, in time and in memory that is bounded."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.damage import LONGEST, VARIANTS


def run(kind: str, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.damage", kind, str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4_000:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(("kind", "seed"), [("pages", 0), ("fixtures", 0)])
def test_damaged_models_are_refused_or_found_wrong_and_never_crash(kind: str, seed: int) -> None:
    result = run(kind, seed)
    assert result["silent"] + result["found"] + result["refused"] == VARIANTS
    assert min(result["found"], result["refused"]) > 100
    # Some damage is none: a byte of a name or of a number is another name or number.
    assert result["silent"] < 20
    assert result["slowest"] < LONGEST
    assert result["peak"] < 1_000_000_000


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_more_of_them(seed: int) -> None:
    assert run("fixtures", seed)["peak"] < 1_000_000_000
