"""`status`, `diff`, `promote`, `rollback`, `remove`: what works with the models that a database has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.helpers import SPEC, refused, run


@pytest.fixture
def deployed(pool: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two versions; a view follows the champion, which is the first."""
    monkeypatch.setenv("DEPLOYER_DATABASE", pool)
    for version in (1, 2):
        Path("scoring.yml").write_text(SPEC + f"alias: champion\nversion: {version}\n")
        assert run("apply", "scoring.yml").exit_code == 0
    return pool


def test_promote_roll_back_and_remove(deployed: str) -> None:
    differs = run("diff", "scoring.yml", "--json")
    assert differs.exit_code == 1
    assert [each["kind"] for each in json.loads(differs.stdout)["differences"]] == ["stale"]
    dry = run("promote", "model", "2", "--dry-run")
    assert "UPDATE [ml].[models_lock]" in dry.stdout
    assert dry.stdout.endswith("GO\n")
    assert run("promote", "model", "2").stdout == "champion of model is version 2 now; it was 1\n"
    assert run("promote", "model", "2").stdout == "champion of model is version 2 already\n"
    assert run("diff", "scoring.yml").stdout == "model:2: registry and database are the same\n"
    assert "alias champion stands for 'model:2'" in refused(run("remove", "model", "2"))
    back = json.loads(run("rollback", "model", "--json").stdout)
    assert (back["before"], back["version"], back["followed_by"]) == (2, 1, ["ml.scores"])
    assert "no other version before" in refused(run("rollback", "model"))
    assert run("remove", "model", "2").stdout == "removed model:2\n"
    status = json.loads(run("status", "--json").stdout)
    assert [(each["id"], each["aliases"]) for each in status["versions"]] == [("model:1", ["champion"])]
    assert [each["action"] for each in status["history"]] == [
        "store",
        "promote",
        "store",
        "promote",
        "roll back",
        "remove",
    ]


def test_what_cannot_be_done_is_told(deployed: str) -> None:
    assert "its versions are 1, 2" in refused(run("promote", "model", "3"))
    assert "holds no model 'modle:1'; did you mean 'model'?" in refused(run("promote", "modle", "1"))
    assert "no models table 'ml.none'" in refused(run("status", "--models-table", "ml.none"))
    assert "is not a name" in refused(run("status", "--models-table", "a.b.c"))
    assert run("promote", "model", "1", "--alias", " ").exit_code == 2


def test_a_dry_run_changes_nothing(pool: str) -> None:
    dry = run("apply", "scoring.yml", "--database", pool, "--dry-run", "--json")
    assert "store the model" in [each["purpose"] for each in json.loads(dry.stdout)["statements"]]
    assert "no models table" in refused(run("status", "--database", pool))
