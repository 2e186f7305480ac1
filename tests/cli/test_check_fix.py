"""`check`, `fix`, `rules`, `targets`: what needs no database."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import onnx
import pytest

from deployer import Scorer, get_target, read_model
from tests.cli.helpers import FIXTURES, SPEC, refused, run

# --- check -----------------------------------------------------------------------------------------------------------


def test_check_finds_and_exits_1(here: Path) -> None:
    result = run("check", "model.onnx")
    assert result.exit_code == 1
    assert result.stderr == ""
    assert "error wide-input at input 'X'" in result.stdout
    assert "3 errors; 3 can be fixed:\n  deployer fix model.onnx" in result.stdout


def test_check_offers_a_command_that_works(here: Path) -> None:
    command = run("check", "model.onnx", "--limit", "opset=15").stdout.splitlines()[-1]
    fixed = run(*shlex.split(command)[1:])
    assert fixed.exit_code == 0, fixed.output
    written = Path(shlex.split(command)[-1])
    assert run("check", written).exit_code == 1  # opset 15 is what was asked for, and more than is known to run
    assert run("check", written, "--limit", "opset=15").exit_code == 0


def test_check_as_json(here: Path) -> None:
    result = run("check", "model.onnx", "--json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert set(data) == {"model", "target", "findings"}
    assert data["target"] == "synapse-dedicated"
    fields = {"rule", "severity", "where", "message", "help", "fixable", "line", "column"}
    assert fields == set(data["findings"][0])
    assert [finding["rule"] for finding in data["findings"]] == ["wide-input", "version-too-new", "version-too-new"]


def test_check_takes_a_folder_and_another_target() -> None:
    data = json.loads(run("check", FIXTURES / "wide_logistic", "--target", "sql-edge", "--json").stdout)
    assert data["target"] == "sql-edge"
    assert data["model"]["uri"] == str(FIXTURES / "wide_logistic")


def test_check_takes_model_target_and_limits_from_a_spec(here: Path) -> None:
    Path("scoring.yml").write_text(SPEC.replace("synapse-dedicated", "sql-edge") + "limits: {opset: 18}\n")
    data = json.loads(run("check", "scoring.yml", "--json").stdout)
    assert data["target"] == "sql-edge"
    assert [finding["where"] for finding in data["findings"]] == ["input 'X'", "IR version", "data"]


def test_check_of_a_spec_offers_a_command_with_its_columns(here: Path) -> None:
    wide = FIXTURES / "wide_without_names"
    Path("scoring.yml").write_text(SPEC.replace("model.onnx", str(wide)) + "wide: [f0, f1, f2, f3, f4]\n")
    shown = run("check", "scoring.yml").stdout.splitlines()
    command = next(line for line in shown if line.startswith("  deployer fix ") and "--target" in line)
    assert run(*shlex.split(command)[1:]).exit_code == 0


def test_clean_model_exits_0(here: Path) -> None:
    run("fix", "model.onnx", "--out", "clean.onnx")
    result = run("check", "clean.onnx")
    assert result.exit_code == 0
    assert "nothing found" in result.stdout
    assert json.loads(run("check", "clean.onnx", "--json").stdout)["findings"] == []


def test_strict_exits_1_for_warnings(here: Path) -> None:
    """Opset 12 is between what is known to run and what is not."""
    run("fix", "model.onnx", "--out", "warned.onnx", "--limit", "opset=12")
    proto = onnx.load("warned.onnx")
    proto.opset_import[0].version = 12
    onnx.save(proto, "warned.onnx")
    assert run("check", "warned.onnx").exit_code == 0
    assert run("check", "warned.onnx", "--strict").exit_code == 1


@pytest.mark.parametrize("text", ["opset", "opset=", "=15", "opset=new", "opset=-1", "opset=1.5"])
def test_limit_that_is_no_limit_is_a_usage_error(here: Path, text: str) -> None:
    result = run("check", "model.onnx", "--limit", text)
    assert result.exit_code == 2
    assert repr(text) in result.stderr


def test_unknown_target_and_limit_are_named(here: Path) -> None:
    assert "did you mean 'synapse-dedicated'?" in refused(run("check", "model.onnx", "--target", "synapse-dedicatd"))
    assert "unknown limit 'opsets'" in refused(run("check", "model.onnx", "--limit", "opsets=1"))


# --- fix -------------------------------------------------------------------------------------------------------------


def test_fix_writes_a_model_that_scores_the_same(here: Path) -> None:
    result = run("fix", "model.onnx", "--target", "synapse-dedicated", "--out", "fixed.onnx")
    assert result.exit_code == 0, result.output
    assert "fixed: wide-input, version-too-new" in result.stdout
    rows = {"a": np.array([1, 2, 3], np.float32), "b": np.array([0.5, -1, 7], np.float32)}
    before, after = (Scorer(read_model(name)).score(rows)["score"] for name in ("model.onnx", "fixed.onnx"))
    assert before.tolist() == [1.0, 5.5, -9.0]
    assert after.tolist() == before.tolist()


def test_fix_as_json(here: Path) -> None:
    data = json.loads(run("fix", "model.onnx", "--out", "fixed.onnx", "--json").stdout)
    assert data["file"] == "fixed.onnx"
    assert data["fixed"] == ["wide-input", "version-too-new"]
    assert data["after"]["sha256"] == read_model("fixed.onnx").digest != data["before"]["sha256"]
    assert data["remaining"] == []


def test_fix_explains_what_each_fix_changed(here: Path) -> None:
    text = run("fix", "model.onnx", "--out", "fixed.onnx", "--explain").stdout
    wide, lowered = text.partition("\nwide-input\n")[2].split("\nversion-too-new\n")
    assert "  input 'a' float[N, 1] is new\n" in wide
    assert "  +1 node Concat\n" in wide
    assert "  opset ai.onnx " in lowered
    data = json.loads(run("fix", "model.onnx", "--out", "fixed.onnx", "--json").stdout)
    assert [step["rule"] for step in data["steps"]] == ["wide-input", "version-too-new"]
    assert all(step["changes"] and step["withheld"] is None for step in data["steps"])


def test_fix_takes_names_of_columns(here: Path) -> None:
    wide = FIXTURES / "wide_without_names"
    assert "--columns a,b,c" in refused(run("fix", wide, "--out", "fixed.onnx"))
    assert not Path("fixed.onnx").exists()
    assert run("fix", wide, "--out", "fixed.onnx", "--columns", "f0, f1,f2,f3,f4").exit_code == 0
    assert [column.name for column in read_model("fixed.onnx").inputs] == ["f0", "f1", "f2", "f3", "f4"]
    assert "4 names for 5 columns" in refused(run("fix", wide, "--out", "fixed.onnx", "--columns", "a,b,c,d"))
    assert run("fix", wide, "--out", "fixed.onnx", "--columns", "a,,c").exit_code == 2


def test_fix_replaces_its_input_whole(here: Path) -> None:
    before = Path("model.onnx").read_bytes()
    assert run("fix", "model.onnx", "--out", "model.onnx").exit_code == 0
    assert Path("model.onnx").read_bytes() != before
    assert run("check", "model.onnx").exit_code == 0
    assert sorted(path.name for path in here.iterdir()) == ["model.onnx", "scoring.yml", "unfixable.onnx"]


def test_fix_that_leaves_errors_exits_1_and_says_them(here: Path) -> None:
    result = run("fix", "unfixable.onnx", "--out", "fixed.onnx")
    assert result.exit_code == 1
    assert "error unsupported-type" in result.stdout


def test_fix_into_no_folder_is_refused(here: Path) -> None:
    text = refused(run("fix", "model.onnx", "--out", "no/such/fixed.onnx"))
    assert "cannot write 'no/such/fixed.onnx': No such file or directory" in text


# --- rules and targets -----------------------------------------------------------------------------------------------


def test_rules_and_targets_are_listed_and_shown() -> None:
    assert "wide-input" in run("rules").stdout
    assert "What to do" in run("rules", "wide-input").stdout
    assert json.loads(run("rules", "wide-input", "--json").stdout)[0]["exact"] is True
    assert "synapse-dedicated" in run("targets").stdout
    assert get_target("sql-edge").opset.source in run("targets", "sql-edge").stdout
    assert json.loads(run("targets", "sql-edge", "--json").stdout)[0]["status"] == "retired"
    assert run("rules", "wide-inptu").exit_code == 2
    assert "did you mean 'sql-edge'?" in refused(run("targets", "sql-egde"))
