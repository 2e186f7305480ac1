"""Whole scripts as they are found in the wild: what is said of each is kept beside it, and read in review.

`UPDATE_GOLDEN=1 pytest tests/lint` writes the `.txt` files again.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import click
import pytest

from deployer.lint import judge_script, lint_script
from deployer.report.verdicts import render_verdicts
from deployer.script import read_script
from deployer.targets import get_target

FOLDER = Path(__file__).parent / "scripts"
TARGET = get_target("synapse-dedicated")
TODAY = date(2026, 1, 1)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_old_script_is_told_what_is_wrong_with_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    told = click.unstyle(render_verdicts([judge_script(Path(path.name), TARGET, TODAY)], strict=False)) + "\n"
    golden = path.with_suffix(".txt")
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_script_as_ssms_saves_it_is_told_the_same(path: Path, tmp_path: Path) -> None:
    """UTF-16 with a byte order mark, and Windows' line ends."""
    saved = tmp_path / path.name
    saved.write_bytes(path.read_text(encoding="utf-8").replace("\n", "\r\n").encode("utf-16"))
    assert lint_script(read_script(saved), TARGET) == lint_script(read_script(path), TARGET)
