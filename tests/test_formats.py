"""What CI servers read: SARIF against its schema, JUnit through a library, annotations on the line that is to blame."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml

from deployer.cli.rules import EVERY
from deployer.report.formats import FORMATS, render_as
from deployer.rule import Finding, Severity
from deployer.verdict import Accepted, Verdict
from tests.cli.helpers import LINEAR, SPEC, UNFIXABLE, run

SARIF = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text())

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
FINDINGS = st.builds(
    Finding,
    where=TEXT,
    message=TEXT,
    help=TEXT,
    severity=st.sampled_from(Severity),
    rule=st.sampled_from([rule.name for rule in EVERY]),
    line=st.integers(0, 99),
)
VERDICTS = st.lists(
    st.builds(
        Verdict,
        spec=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20),
        model=TEXT,
        target=TEXT,
        findings=st.lists(FINDINGS, max_size=3).map(tuple),
        accepted=st.lists(st.builds(Accepted, finding=FINDINGS, reason=TEXT, in_spec=st.booleans()), max_size=2).map(
            tuple
        ),
        error=TEXT,
        hint=TEXT,
        error_line=st.integers(0, 9),
    ),
    max_size=3,
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import onnx.parser

    monkeypatch.chdir(tmp_path)
    Path("model.onnx").write_bytes(onnx.parser.parse_model(LINEAR).SerializeToString())
    Path("unfixable.onnx").write_bytes(onnx.parser.parse_model(UNFIXABLE).SerializeToString())
    Path("scoring.yml").write_text(SPEC + "columns:\n  a: {nulls: keep}\n  b: {from: missing}\nschema: rows.sql\n")
    Path("rows.sql").write_text("CREATE TABLE dbo.rows (id bigint NOT NULL, a float NOT NULL);")
    Path("bad.yml").write_text(SPEC.replace("model.onnx", "unfixable.onnx"))
    Path("broken.yml").write_text(SPEC + "colums: {}\n")
    return tmp_path


GATE = ("gate", "scoring.yml", "bad.yml", "broken.yml")


def written(name: str) -> str:
    return run(*GATE, "--format", name).stdout


def check_sarif(text: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(text)
    jsonschema.Draft4Validator(SARIF).validate(log)
    return log


@settings(deadline=None)
@given(VERDICTS, st.booleans())
def test_every_format_holds_any_text(verdicts: list[Verdict], strict: bool) -> None:
    (logged,) = check_sarif(render_as("sarif", verdicts, strict, EVERY))["runs"]
    assert len(logged["results"]) == sum(len(entry.findings) + len(entry.accepted) for entry in verdicts)

    report = JUnitXml.fromstring(render_as("junit", verdicts, strict, EVERY).encode())
    assert report.tests == len(verdicts)
    assert [bool(case.result) for suite in report for case in suite] == [
        bool(entry.error) or entry.fails(strict) for entry in verdicts
    ]

    findings = sum(len(entry.findings) + bool(entry.error) for entry in verdicts)
    lines = render_as("github", verdicts, strict, EVERY).split("\n") if findings else []
    assert len(lines) == findings
    assert all(re.fullmatch(r"::(error|warning|notice) file=[^,:]*,line=\d+,title=[a-z-]+::[^\r\n]*", x) for x in lines)

    assert len(json.loads(render_as("gitlab", verdicts, strict, EVERY))) == findings
    assert len(json.loads(render_as("json", verdicts, strict, EVERY))) == len(verdicts)
    rows = re.findall(r"^\| (?:error|warning|info) \|", render_as("markdown", verdicts, strict, EVERY), re.MULTILINE)
    assert len(rows) == sum(len(entry.findings) for entry in verdicts)


def test_sarif_points_to_lines_and_tells_what_stopped_it(here: Path) -> None:
    (logged,) = check_sarif(written("sarif"))["runs"]
    places = {
        (result["ruleId"], result["level"]): (
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for result in logged["results"]
    }
    assert places["unbound-column", "error"] == ("scoring.yml", 10)
    assert places["rounding-cast", "warning"] == ("scoring.yml", 9)
    assert places["unsupported-type", "error"] == ("bad.yml", 1)
    (invocation,) = logged["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert "unknown key 'colums'; did you mean 'columns'?" in told["message"]["text"]
    assert told["locations"][0]["physicalLocation"]["region"]["startLine"] == 8
    assert {result["ruleId"] for result in logged["results"]} <= {
        rule["id"] for rule in logged["tool"]["driver"]["rules"]
    }


def test_sarif_has_what_is_accepted_as_suppressed(here: Path) -> None:
    Path("scoring.yml").write_text(f"# deployer: allow rounding-cast because it is known\n{SPEC}schema: rows.sql\n")
    Path("rows.sql").write_text("CREATE TABLE dbo.rows (id bigint NOT NULL, a float NOT NULL, b real NOT NULL);")
    Path("accepted.yml").write_text("- {rule: unsupported-type, reason: once}\n")
    result = run("gate", "scoring.yml", "bad.yml", "--baseline", "accepted.yml", "--format", "sarif")
    (logged,) = check_sarif(result.stdout)["runs"]
    suppressed = {
        result["ruleId"]: result["suppressions"] for result in logged["results"] if result.get("suppressions")
    }
    assert suppressed == {
        "rounding-cast": [{"kind": "inSource", "justification": "it is known"}],
        "unsupported-type": [{"kind": "external", "justification": "once"}],
    }


def test_junit_is_read_back(here: Path) -> None:
    cases = {case.name: case for suite in JUnitXml.fromstring(written("junit").encode()) for case in suite}
    assert list(cases) == ["scoring.yml", "bad.yml", "broken.yml"]
    assert [(type(entry).__name__, entry.type) for entry in cases["scoring.yml"].result] == [
        ("Failure", "unbound-column")
    ]
    assert "warning rounding-cast at input 'a'" in cases["scoring.yml"].system_out
    assert [type(entry).__name__ for entry in cases["broken.yml"].result] == ["Error"]


def test_github_and_gitlab_annotate_the_line(here: Path) -> None:
    assert "::error file=scoring.yml,line=10,title=unbound-column::input 'b': 'dbo.rows' has no column" in written(
        "github"
    )
    issues = json.loads(written("gitlab"))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    (issue,) = [issue for issue in issues if issue["check_name"] == "unbound-column"]
    assert issue["location"] == {"path": "scoring.yml", "lines": {"begin": 10}}
    assert issue["severity"] == "major"


def test_markdown_and_text_sum_up(here: Path) -> None:
    shown = written("markdown")
    assert "### deployer gate: 0 of 3 files passed" in shown
    assert "| broken.yml |  |  | could not run |" in shown
    assert "| error | `unbound-column` | 10 | input 'b' |" in shown
    assert "3 files: 0 passed, 2 failed, 1 could not run" in written("text")


def test_several_formats_at_once(here: Path) -> None:
    options = ["--format", "text", "--output", "-"]
    for name in FORMATS:
        options += ["--format", name, "--output", f"gate.{name}"]
    result = run(*GATE, *options)
    assert result.exit_code == 2
    assert "3 files: 0 passed" in result.stdout
    for name in FORMATS:
        assert Path(f"gate.{name}").read_text() == run(*GATE, "--format", name).stdout
    assert not list(Path().glob(".gate*"))


@pytest.mark.parametrize(
    "options",
    [
        ["--format", "text", "--format", "sarif"],
        ["--format", "text", "--format", "sarif", "--output", "gate.sarif"],
        ["--output", "a", "--output", "b"],
    ],
)
def test_formats_and_outputs_that_do_not_pair_are_refused(here: Path, options: list[str]) -> None:
    result = run(*GATE, *options)
    assert result.exit_code == 2
    assert "--format and --output go together" in result.stderr


def test_output_that_cannot_be_written(here: Path) -> None:
    result = run("gate", "bad.yml", "--output", "none/gate.txt")
    assert result.exit_code == 2
    assert "cannot write 'none/gate.txt'" in result.stderr
