"""`deployer gate`: one verdict a spec, and what may be accepted."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deployer.acceptance import read_baseline, read_comments
from deployer.errors import SpecError
from deployer.gate import GATE_RULES
from deployer.rule import Rule
from tests.cli.helpers import LINEAR, SPEC, UNFIXABLE, run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import onnx.parser

    monkeypatch.chdir(tmp_path)
    Path("model.onnx").write_bytes(onnx.parser.parse_model(LINEAR).SerializeToString())
    Path("unfixable.onnx").write_bytes(onnx.parser.parse_model(UNFIXABLE).SerializeToString())
    Path("scoring.yml").write_text(SPEC)
    Path("bad.yml").write_text(SPEC.replace("model.onnx", "unfixable.onnx"))
    Path("broken.yml").write_text("model: [")
    return tmp_path


def verdicts(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("gate", "--json", *arguments).stdout)
    return found


@pytest.mark.parametrize("rule", GATE_RULES, ids=lambda rule: rule.name)
def test_page_says_what_why_and_what_to_do(rule: Rule[Any]) -> None:
    assert rule.title
    assert "\nEvidence: " in rule.doc
    assert "\n**What to do.** " in rule.doc
    assert rule.title in run("rules", rule.name).stdout


def test_spec_that_passes(here: Path) -> None:
    result = run("gate", "scoring.yml")
    assert result.exit_code == 0
    assert "scoring.yml (model:1 for synapse-dedicated): passes" in result.stdout
    assert "1 file: 1 passed, 0 failed, 0 could not run" in result.stdout
    assert sorted(path.name for path in here.iterdir()) == [
        "bad.yml",
        "broken.yml",
        "model.onnx",
        "scoring.yml",
        "unfixable.onnx",
    ]


def test_one_broken_spec_does_not_stop_the_others(here: Path) -> None:
    result = run("gate", "broken.yml", "none.yml", "bad.yml", "scoring.yml")
    assert result.exit_code == 2
    assert "broken.yml: could not run\n  broken.yml:1: not YAML" in result.stdout
    assert "none.yml: could not run\n  cannot read 'none.yml'" in result.stdout
    assert "bad.yml (unfixable:1 for synapse-dedicated): fails\nerror unsupported-type" in result.stdout
    assert "4 files: 1 passed, 1 failed, 2 could not run" in result.stdout
    assert run("gate", "bad.yml", "scoring.yml").exit_code == 1


def test_columns_that_do_not_fit_are_a_finding(here: Path) -> None:
    Path("scoring.yml").write_text(SPEC + "columns: {nothing: {nulls: keep}}\n")
    (verdict,) = verdicts("scoring.yml")
    assert [finding["rule"] for finding in verdict["findings"]] == ["unbound-column", "unknown-table"]
    assert verdict["findings"][0]["where"] == "input 'nothing'"
    assert "the model has not" in verdict["findings"][0]["message"]


def test_bundle_is_what_the_spec_leads_to(here: Path) -> None:
    assert run("plan", "scoring.yml", "--bundle", "sql/scoring").exit_code == 0
    assert run("gate", "scoring.yml", "--bundle", "sql").exit_code == 0
    assert run("gate", "scoring.yml", "--bundle", "sql/scoring").exit_code == 0
    script = Path("sql/scoring/deploy.sql")
    script.write_text(script.read_text().replace("ml", "mm", 1))
    (verdict,) = verdicts("scoring.yml", "--bundle", "sql")
    assert [finding["rule"] for finding in verdict["findings"]] == ["unknown-table", "stale-bundle"]
    assert "deploy.sql" in verdict["findings"][1]["message"]
    script.unlink()
    assert run("gate", "scoring.yml", "--bundle", "sql").exit_code == 1


def test_comment_accepts_one_rule_with_its_reason(here: Path) -> None:
    Path("bad.yml").write_text(
        f"# deployer: allow unsupported-type because the view that reads it is gone\n{Path('bad.yml').read_text()}"
    )
    (verdict,) = verdicts("bad.yml")
    assert verdict["findings"] == []
    assert {entry["reason"] for entry in verdict["accepted"]} == {"the view that reads it is gone"}


@pytest.mark.parametrize("comment", ["allow unsupported-type", "allow because it is", "permit x because y", ""])
def test_comment_that_cannot_be_read_is_refused(here: Path, comment: str) -> None:
    Path("scoring.yml").write_text(f"{SPEC}# deployer: {comment}\n")
    with pytest.raises(SpecError, match=r"scoring.yml:8: cannot read"):
        read_comments(Path("scoring.yml"))


def test_comment_that_covers_nothing_is_reported_with_its_line(here: Path) -> None:
    Path("scoring.yml").write_text(f"# the taxi's model\n# deployer: allow wide-input because of old\n{SPEC}")
    (verdict,) = verdicts("scoring.yml")
    (stale,) = [finding for finding in verdict["findings"] if finding["rule"] == "stale-acceptance"]
    assert (stale["severity"], stale["line"]) == ("warning", 2)
    assert stale["message"] == "the acceptance of 'wide-input' is stale: nothing is found that it covers"
    assert run("gate", "scoring.yml", "--strict").exit_code == 1


def test_nothing_is_called_stale_that_was_not_looked_for(here: Path) -> None:
    """A spec with errors is planned no further, and one that cannot be read not at all."""
    Path("bad.yml").write_text(
        f"# deployer: allow rounding-cast because it is so\n{SPEC}".replace("model.o", "unfixable.o")
    )
    places = (", spec: bad.yml", ", spec: broken.yml", "", ", spec: scoring.yml")
    Path("accepted.yml").write_text("".join(f"- {{rule: rounding-cast, reason: known{at}}}\n" for at in places))
    *_, stale = verdicts("bad.yml", "broken.yml", "scoring.yml", "--baseline", "accepted.yml")
    assert [finding["where"] for finding in stale["findings"]] == ["acceptance of 'rounding-cast' in scoring.yml"]
    (bad,) = verdicts("bad.yml")
    assert {finding["rule"] for finding in bad["findings"]} == {"unsupported-type"}


BASELINE = """
- {rule: unsupported-type, spec: bad.yml, reason: known, until: 2027-06-30}
- {rule: wide-input, spec: scoring.yml, reason: once upon a time}
"""


def test_baseline_accepts_until_its_day_and_says_what_is_stale(here: Path) -> None:
    Path("accepted.yml").write_text(BASELINE)
    bad, _, stale = verdicts("bad.yml", "scoring.yml", "--baseline", "accepted.yml", "--today", "2027-06-30")
    assert bad["passed"]
    assert {entry["reason"] for entry in bad["accepted"]} == {"known"}
    assert [finding["message"] for finding in stale["findings"]] == [
        "the acceptance of 'wide-input' in scoring.yml is stale: nothing is found that it covers"
    ]
    bad, _, stale = verdicts("bad.yml", "scoring.yml", "--baseline", "accepted.yml", "--today", "2027-07-01")
    assert not bad["passed"]
    assert len(stale["findings"]) == 2
    assert {finding["rule"] for finding in stale["findings"]} == {"stale-acceptance"}
    assert run("gate", "scoring.yml", "--baseline", "accepted.yml", "--strict").exit_code == 1
    assert run("gate", "scoring.yml", "--baseline", "accepted.yml").exit_code == 0


def test_baseline_covers_by_rule_place_and_the_end_of_the_path(here: Path) -> None:
    Path("accepted.yml").write_text("- {rule: r, spec: a/b.yml, where: here, reason: known}")
    (entry,) = read_baseline(Path("accepted.yml"))
    from deployer.rule import Finding

    finding = Finding("here", "m", "h", rule="r")
    day = date(2026, 1, 1)
    assert entry.covers("x/a/b.yml", finding, day)
    assert entry.covers("a/b.yml", finding, day)
    assert not entry.covers("b.yml", finding, day)
    assert not entry.covers("a/ab.yml", finding, day)
    assert not entry.covers("a/b.yml", Finding("there", "m", "h", rule="r"), day)
    assert not entry.covers("a/b.yml", Finding("here", "m", "h", rule="s"), day)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- {rule: x}", "reason"),
        ("- {rule: x, reason: y, until: soon}", "until"),
        ("rule: x", "list"),
        ("- [", "not YAML|parsing"),
        ("- {rule: x, reason: y, speck: z}", "speck"),
    ],
)
def test_broken_baseline_is_refused(here: Path, text: str, words: str) -> None:
    Path("accepted.yml").write_text(text)
    with pytest.raises(SpecError, match=words):
        read_baseline(Path("accepted.yml"))
    assert run("gate", "scoring.yml", "--baseline", "accepted.yml").exit_code == 2


def test_statements_of_own_templates_are_linted_before_they_are_rehearsed(here: Path) -> None:
    Path("templates").mkdir()
    Path("templates/create_view.sql.j2").write_text(
        'CREATE OR ALTER VIEW {{ view|object }} AS\n{% include "predict.sql.j2" %};\n'
    )
    assert run("gate", "scoring.yml").exit_code == 0
    (verdict,) = verdicts("scoring.yml", "--templates", "templates")
    (finding,) = (entry for entry in verdict["findings"] if entry["severity"] == "error")
    assert finding["rule"] == "create-or-alter"
    assert finding["where"] == "statement 'create view ml.scores', line 5: CREATE OR ALTER VIEW [ml].[scores]"
    assert (finding["line"], finding["column"]) == (6, None)
