"""`deployer lint`: files in, verdicts in any format out, and an exit code that says what they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from junitparser import JUnitXml

from deployer.report.formats import FORMATS
from tests.cli.helpers import refused, run, run_process
from tests.test_formats import SARIF

BAD = "CREATE TABLE t (a int) WITH (HEAP);\nGO\n  DROP TABLE IF EXISTS t;\nSELECT @@ROWCOUNT AS n;\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("bad.sql").write_text(BAD)
    Path("good.sql").write_text("SELECT a FROM t;\n")
    Path("warned.sql").write_text("SELECT @@ROWCOUNT AS n;\n")
    return tmp_path


def test_finding_is_told_with_file_line_and_column(here: Path) -> None:
    done = run("lint", "good.sql", "bad.sql")
    assert done.exit_code == 1
    assert "good.sql: passes" in done.stdout
    assert "error if-exists at bad.sql:3:3 DROP TABLE IF EXISTS t\n" in done.stdout
    assert "warning unknown-rowcount at bad.sql:4:8 @@ROWCOUNT\n" in done.stdout
    assert done.stdout.endswith("2 files: 1 passed, 1 failed, 0 could not run\n")


@pytest.mark.parametrize(
    ("arguments", "code"), [(["good.sql"], 0), (["warned.sql"], 0), (["warned.sql", "--strict"], 1)]
)
def test_exit_code_follows_severity(here: Path, arguments: list[str], code: int) -> None:
    assert run("lint", *arguments).exit_code == code


def test_files_that_cannot_be_read_are_told_and_the_others_linted(here: Path) -> None:
    Path("latin.sql").write_bytes(b"SELECT 1;\nSELECT '\xe4';\n")
    Path("open.sql").write_text("SELECT 1,\n  'open\n")
    done = run("lint", "missing.sql", "latin.sql", "open.sql", "bad.sql")
    assert done.exit_code == 2
    assert "missing.sql: could not run\n  cannot read 'missing.sql': No such file" in done.stdout
    assert "latin.sql:2: byte 0xe4 is not UTF-8" in done.stdout
    assert "the quoted text that begins on line 2, column 3 does not end" in done.stdout
    assert "if-exists" in done.stdout
    assert done.stdout.endswith("4 files: 0 passed, 1 failed, 3 could not run\n")


def test_comment_accepts_a_finding_and_a_wrong_one_is_told(here: Path) -> None:
    Path("bad.sql").write_text(f"-- deployer: allow if-exists because only SQL Server runs it\n{BAD}")
    done = run("lint", "bad.sql")
    assert done.exit_code == 0
    assert "accepted if-exists at bad.sql:4:3 DROP TABLE IF EXISTS t: only SQL Server runs it" in done.stdout
    Path("bad.sql").write_text(f"{BAD}--deployer: allow if-exists\nPRINT '-- deployer: allow x'")
    done = run("lint", "bad.sql")
    assert done.exit_code == 2
    assert "bad.sql:5: cannot read 'allow if-exists'" in done.stdout


def test_baseline_accepts_until_its_day(here: Path) -> None:
    Path("accepted.yml").write_text("- {rule: if-exists, spec: bad.sql, reason: old, until: 2026-06-30}\n")
    assert run("lint", "bad.sql", "--baseline", "accepted.yml", "--today", "2026-06-30").exit_code == 0
    assert run("lint", "bad.sql", "--baseline", "accepted.yml", "--today", "2026-07-01").exit_code == 1


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_names_rule_and_line(here: Path, name: str) -> None:
    done = run("lint", "bad.sql", "--format", name)
    assert done.exit_code == 1
    assert "if-exists" in done.stdout
    assert "spec" not in done.stdout
    match name:
        case "json":
            (verdict,) = json.loads(done.stdout)
            assert verdict["script"] == "bad.sql"
            assert [(finding["line"], finding["column"]) for finding in verdict["findings"]] == [(3, 3), (4, 8)]
        case "sarif":
            log = json.loads(done.stdout)
            jsonschema.validate(log, SARIF)
            region = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
            assert region == {"startLine": 3, "startColumn": 3}
        case "junit":
            report = JUnitXml.fromstring(done.stdout.encode())
            assert (report.failures, report.tests) == (1, 1)
        case "github":
            assert "::error file=bad.sql,line=3,col=3,title=if-exists::" in done.stdout
        case "gitlab":
            assert [issue["location"]["lines"]["begin"] for issue in json.loads(done.stdout)] == [3, 4]
        case "markdown":
            assert "### deployer lint: 0 of 1 file passed" in done.stdout


def test_same_finding_twice_has_two_fingerprints(here: Path) -> None:
    Path("twice.sql").write_text("SELECT @@IDENTITY AS a;\nSELECT @@IDENTITY AS a;\n")
    issues = json.loads(run("lint", "twice.sql", "--format", "gitlab").stdout)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 2


def test_target_and_limits_are_those_that_are_given(here: Path) -> None:
    assert run("lint", "bad.sql", "--target", "sql-edge").exit_code == 0
    assert "long-name" in run("lint", "good.sql", "--limit", "identifier_length=0").stdout
    assert "unknown target" in refused(run("lint", "good.sql", "--target", "synapse"))


def test_rules_shows_the_page_of_a_rule_of_the_linter() -> None:
    done = run("rules", "if-exists")
    assert done.exit_code == 0
    assert "DROP TABLE IF EXISTS dbo.scores;" in done.stdout


def test_lint_needs_no_package_that_an_extra_brings(here: Path) -> None:
    code = (
        "import sys\nfor name in ('sqlglot', 'duckdb', 'mlflow', 'pyarrow'): sys.modules[name] = None\n"
        "from deployer.cli import main\nsys.argv = ['deployer', 'lint', 'bad.sql']\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "if-exists" in done.stdout
    assert run_process("lint", "good.sql").returncode == 0
