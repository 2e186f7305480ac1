"""`plan`, `apply`, `score`, `compare`: what works with a spec."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import onnx
import pytest

from deployer.bundle import FILES
from tests.cli.helpers import LINEAR, SPEC, refused, run

# --- plan ------------------------------------------------------------------------------------------------------------


def test_plan_prints_the_script_that_it_would_write(here: Path) -> None:
    printed = run("plan", "scoring.yml")
    assert printed.exit_code == 0, printed.output
    assert "FROM PREDICT(" in printed.stdout
    written = run("plan", "scoring.yml", "--bundle", "sql")
    assert written.stdout.split() == [str(Path("sql", name)) for name in FILES]
    assert Path("sql", "deploy.sql").read_text() == printed.stdout


def test_plan_as_json_has_the_statements(here: Path) -> None:
    data = json.loads(run("plan", "scoring.yml", "--json").stdout)
    assert data["statements"][-2]["purpose"] == "create view ml.scores"
    assert "CREATE VIEW [ml].[scores]" in data["statements"][-2]["sql"]
    assert data["files"] == []


def test_plan_with_a_database_looks_at_its_table(pool: str) -> None:
    assert run("plan", "scoring.yml", "--database", pool).exit_code == 0
    Path("scoring.yml").write_text(SPEC.replace("dbo.rows", "dbo.none"))
    assert "no table or view 'dbo.none'" in refused(run("plan", "scoring.yml", "--database", pool))


@pytest.mark.parametrize("command", ["plan", "apply", "score", "compare"])
def test_model_with_errors_is_not_deployed(pool: str, command: str) -> None:
    Path("scoring.yml").write_text(SPEC.replace("model.onnx", "unfixable.onnx"))
    result = run(command, "scoring.yml", "--database", pool)
    assert result.exit_code == 1
    assert "error unsupported-type" in result.stdout
    assert "errors remain" in result.stderr
    as_json = run(command, "scoring.yml", "--database", pool, "--json")
    assert {finding["rule"] for finding in json.loads(as_json.stdout)["findings"]} == {"unsupported-type"}


def test_templates_of_the_user_are_used(here: Path) -> None:
    Path("mine").mkdir()
    Path("mine", "drop_view.sql.j2").write_text("PRINT N'mine';\n")
    result = run("plan", "scoring.yml", "--templates", "mine")
    assert "PRINT N'mine';" in result.stdout


# --- apply, score, compare -------------------------------------------------------------------------------------------


def test_apply_says_each_statement_and_what_was_stored(pool: str) -> None:
    first = run("apply", "scoring.yml", "--database", pool)
    assert first.exit_code == 0, first.output
    assert first.stdout.startswith("model model:1 stored")
    assert "create view ml.scores" in first.stderr
    second = run("apply", "scoring.yml", "--database", pool, "--json")
    assert json.loads(second.stdout)["stored"] is False


def test_score_gives_csv_json_and_files(pool: str) -> None:
    run("apply", "scoring.yml", "--database", pool)
    result = run("score", "scoring.yml", "--database", pool)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [int(row["id"]) for row in rows] == [0, 1, 2, 3, 4]
    # 1.5 a - 2 b + 0.5 with a = n + 1/2 and b = n + 1/4, all of which 32 bits hold exactly
    assert [float(row["score"]) for row in rows] == [0.75 - 0.5 * n for n in range(5)]

    lines = run("score", "scoring.yml", "--database", pool, "--json", "--limit", "2").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [{"id": 0, "score": 0.75}, {"id": 1, "score": 0.25}]

    written = run("score", "scoring.yml", "--database", pool, "--out", "scores.csv")
    assert written.stdout == "5 rows written to scores.csv\n"
    assert Path("scores.csv").read_text() == result.stdout


def test_database_may_come_from_the_environment(pool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYER_DATABASE", pool)
    assert run("apply", "scoring.yml").exit_code == 0


def test_compare_with_the_original_model(pool: str) -> None:
    run("apply", "scoring.yml", "--database", pool)
    result = run("compare", "scoring.yml", "--database", pool)
    assert result.exit_code == 0, result.output
    assert "equal within the tolerance" in result.stdout
    data = json.loads(run("compare", "scoring.yml", "--database", pool, "--json", "--rows", "3").stdout)
    assert (data["equal"], data["rows"], data["max_absolute"]) == (True, 3, 0.0)


def test_compare_finds_a_score_that_is_off(pool: str) -> None:
    """Expected scores from a file: those that were written are equal; one that is changed is found."""
    run("apply", "scoring.yml", "--database", pool)
    run("score", "scoring.yml", "--database", pool, "--out", "scores.csv")
    assert run("compare", "scoring.yml", "--database", pool, "--expected", "scores.csv").exit_code == 0
    text = Path("scores.csv").read_text()
    Path("scores.csv").write_text(text.replace("1,0.25", "1,0.2500001"))
    off = run("compare", "scoring.yml", "--database", pool, "--expected", "scores.csv")
    assert off.exit_code == 1
    assert off.stdout.startswith("not equal")
    Path("scoring.yml").write_text(SPEC + "tolerance: {absolute: 1e-6}\n")
    assert run("compare", "scoring.yml", "--database", pool, "--expected", "scores.csv").exit_code == 0


def test_compare_finds_another_model_in_the_table(pool: str) -> None:
    """The bytes in the database are not those that the spec leads to: somebody else's model has this version."""
    run("apply", "scoring.yml", "--database", pool)
    other = LINEAR.replace("0.5]", "0.75]")
    Path("model.onnx").write_bytes(onnx.parser.parse_model(other).SerializeToString())
    result = run("compare", "scoring.yml", "--database", pool, "--json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert (data["different"], data["max_absolute"]) == (5, 0.25)
    assert "already holds model 'model:1'" in refused(run("apply", "scoring.yml", "--database", pool))
