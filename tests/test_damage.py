"""A thousand damaged models: each is refused or found wrong, in time and in memory that is bounded."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.parametrize("seed", [0, 1])
def test_damaged_models_are_refused_or_found_wrong_and_never_crash(seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.damage", str(seed)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    result = json.loads(done.stdout)
    assert result["silent"] + result["found"] + result["refused"] >= 1_000
    assert min(result["found"], result["refused"]) > 100
    # Some damage is none: a byte of a name or of a number is another name or number.
    assert result["silent"] < result["found"]
    assert result["peak"] < 1_000_000_000
