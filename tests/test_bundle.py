"""A bundle is what the plan would run, as files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from deployer.bundle import write_bundle
from deployer.errors import DeployerError
from tests.cases import refuse_what_is_no_sql
from tests.test_plan import CASES


@pytest.mark.parametrize("name", CASES)
def test_the_script_holds_every_statement_in_a_batch_of_its_own(name: str, tmp_path: Path) -> None:
    plan = CASES[name].plan()
    write_bundle(plan, tmp_path)
    text = (tmp_path / "deploy.sql").read_text(encoding="utf-8")
    batches = text.split("\nGO\n")
    assert len(batches) == len(plan.statements) + 1
    assert batches[-1] == ""
    for batch, statement in zip(batches, plan.statements, strict=False):
        assert batch.endswith(statement.script.rstrip("\n"))
    refuse_what_is_no_sql(text)
    assert "$(" not in text  # sqlcmd would replace it
    assert all(note in text for note in plan.notes)


def test_the_manifest_says_what_it_is(tmp_path: Path) -> None:
    plan = CASES["fixed_model"].plan()
    script, manifest = write_bundle(plan, tmp_path / "new" / "folder")
    assert json.loads(manifest.read_text(encoding="utf-8")) == {
        "model": {
            "name": "nyc_taxi_tip",
            "version": 3,
            "sha256": hashlib.sha256(plan.model.content).hexdigest(),
            "bytes": len(plan.model.content),
            "source": "",
            "fixes": ["wide-input", "version-too-new"],
        },
        "target": "synapse-dedicated",
        "files": {"deploy.sql": hashlib.sha256(script.read_bytes()).hexdigest()},
    }


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_bundle(CASES["plain"].plan(), tmp_path)]
    again = [path.read_bytes() for path in write_bundle(CASES["plain"].plan(), tmp_path)]
    assert first == again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deploy.sql", "manifest.json"]


def test_a_folder_that_cannot_be_written_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DeployerError, match="cannot write"):
        write_bundle(CASES["plain"].plan(), tmp_path / "file")
    (tmp_path / "deploy.sql").mkdir()
    with pytest.raises(DeployerError, match="cannot write"):
        write_bundle(CASES["plain"].plan(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deploy.sql", "file"]
    assert (tmp_path / "file").read_text() == "mine"
