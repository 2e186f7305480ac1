"""What people and programs are told: findings, comparisons, rows."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer import Comparison, Model, Rule, Target, check_model, compare_scores, fix_model, get_target
from deployer.compare import Batch
from deployer.errors import CompareError
from deployer.report.data import describe_comparison, describe_report, describe_rule, describe_target
from deployer.report.rows import read_expected, take_rows, write_rows
from deployer.report.text import render_comparison, render_fix, render_report, render_table, render_target
from deployer.rules import RULES, wide_input, zipmap_output
from deployer.targets import TARGETS

TARGET = get_target("synapse-dedicated")


def parse(text: str) -> Model:
    return Model("m", 1, onnx.parser.parse_model(text).SerializeToString())


WIDE = parse(wide_input.RULE.example)
CLEAN = fix_model(WIDE, TARGET)


# --- Findings --------------------------------------------------------------------------------------------------------


def test_report_says_all_of_a_finding_and_the_command() -> None:
    report = check_model(WIDE, TARGET)
    text = click.unstyle(render_report(report, "deployer fix it"))
    (finding,) = report.findings
    assert text.splitlines() == [
        "m:1 for synapse-dedicated",
        "",
        f"error wide-input at {finding.where}",
        f"  {finding.message}",
        f"  {finding.help}",
        "",
        "1 error; 1 can be fixed:",
        "  deployer fix it",
    ]


def test_report_puts_the_worst_first() -> None:
    """The ZipMap is a warning and its rule is asked first; IR 10 is an error of a later rule."""
    proto = onnx.parser.parse_model(zipmap_output.RULE.example)
    proto.ir_version = 10
    report = check_model(Model("m", 1, proto.SerializeToString()), TARGET)
    assert [finding.severity for finding in report.findings] == ["warning", "error"]
    text = click.unstyle(render_report(report))
    assert text.index("error version-too-new") < text.index("warning zipmap-output")
    assert "1 error, 1 warning; 2 can be fixed" in text


def test_report_without_findings_says_so_and_offers_no_command() -> None:
    text = click.unstyle(render_report(check_model(CLEAN, TARGET), "deployer fix it"))
    assert text.splitlines() == ["m:1 for synapse-dedicated", "", "nothing found"]


def test_fix_names_rules_sizes_and_hashes() -> None:
    text = click.unstyle(render_fix(WIDE, CLEAN, check_model(CLEAN, TARGET), "out.onnx"))
    assert "fixed: wide-input" in text
    for model in (WIDE, CLEAN):
        assert f"{len(model.content):,} bytes  SHA-256 {model.digest}" in text
    assert "written to out.onnx" in text


def test_fix_says_when_there_was_nothing_to_do() -> None:
    text = render_fix(CLEAN, CLEAN, check_model(CLEAN, TARGET), "out.onnx")
    assert "fixed: nothing; the bytes are those that were read" in text


def test_report_as_data_has_every_field() -> None:
    report = check_model(WIDE, TARGET)
    (finding,) = report.findings
    data = json.loads(json.dumps(describe_report(report)))
    assert set(data) == {"model", "target", "findings"}
    assert data["target"] == "synapse-dedicated"
    assert data["model"]["sha256"] == WIDE.digest
    assert data["findings"] == [
        {
            "rule": "wide-input",
            "severity": "error",
            "where": finding.where,
            "message": finding.message,
            "help": finding.help,
            "fixable": True,
            "line": None,
            "column": None,
        }
    ]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_target_shows_every_limit_and_type_with_its_source(target: Target) -> None:
    text, data = render_target(target), json.loads(json.dumps(describe_target(target)))
    for limit in (target.opset, target.ir_version, target.input_width, target.model_bytes):
        assert limit.source in text
        assert f"{limit.value:,}" in text
    assert data["limits"]["opset"]["value"] == target.opset.value
    assert data["types"]["int64"]["sql"] == "bigint"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_as_data_has_its_page(rule: Rule[Model]) -> None:
    data = json.loads(json.dumps(describe_rule(rule)))
    assert data["name"] == rule.name
    assert data["doc"].startswith(rule.title)


def test_table_pads_all_but_the_last_column() -> None:
    assert render_table([("a", "long text"), ("bbb", "x")], ("k", "v")) == "k    v\na    long text\nbbb  x"


# --- Comparisons -----------------------------------------------------------------------------------------------------


def compare(expected: list[float], scores: list[float]) -> Comparison:
    key = np.arange(len(expected))
    return compare_scores([{"id": key, "score": np.array(expected)}], [{"id": key, "score": np.array(scores)}], ["id"])


def test_comparison_shows_the_verdict_and_the_worst_rows() -> None:
    text = click.unstyle(render_comparison(compare([1.0, 2.0], [1.0, 2.5])))
    assert text.startswith("not equal within the tolerance\n")
    assert "different                    1" in text
    assert text.splitlines()[-1].split() == ["1", "score", "2.0", "2.5"]


def test_equal_comparison_lists_no_rows() -> None:
    text = click.unstyle(render_comparison(compare([1.0], [1.0])))
    assert text.startswith("equal within the tolerance\n")
    assert "worst" not in text


def test_comparison_as_data_has_no_infinity() -> None:
    data = describe_comparison(compare([1.0, 2.0], [math.nan, 2.0]))
    text = json.dumps(data, allow_nan=False)
    assert json.loads(text)["worst"] == [
        {"key": [0], "column": "score", "expected": 1.0, "score": None, "absolute": None}
    ]


# --- Rows ------------------------------------------------------------------------------------------------------------


def batch(*texts: str) -> Batch:
    count = len(texts)
    return {
        "id": np.arange(count),
        "score": np.linspace(0, 1, count, dtype=np.float32),
        "label": np.array(texts, dtype=object),
    }


def written(*batches: Batch, as_json: bool = False) -> str:
    file = io.StringIO()
    write_rows(batches, file, as_json)
    return file.getvalue()


def test_rows_as_csv_have_a_header_and_the_fewest_digits() -> None:
    rows = {"id": np.array([1, 2]), "x": np.array([0.1, np.nan], np.float32), "t": np.array(["a,b", None], object)}
    assert written(rows) == 'id,x,t\n1,0.1,"a,b"\n2,,\n'


def test_rows_of_several_batches_have_one_header() -> None:
    rows = {"id": np.array([1]), "x": np.array([0.5])}
    assert written(rows, rows) == "id,x\n1,0.5\n1,0.5\n"


def test_rows_as_json_are_one_object_a_line() -> None:
    rows = {"id": np.array([1, 2]), "x": np.array([0.1, np.nan], np.float32), "t": np.array(["ä", None], object)}
    lines = [json.loads(line) for line in written(rows, as_json=True).splitlines()]
    assert lines == [{"id": 1, "x": 0.1, "t": "ä"}, {"id": 2, "x": None, "t": None}]


@pytest.mark.parametrize(("limit", "sizes"), [(None, [3, 3]), (1, [1]), (3, [3]), (4, [3, 1]), (9, [3, 3])])
def test_take_rows_stops_at_the_limit(limit: int | None, sizes: list[int]) -> None:
    batches = [batch("a", "b", "c")] * 2
    assert [len(taken["id"]) for taken in take_rows(batches, limit)] == sizes


def test_take_rows_asks_for_no_more_than_it_needs() -> None:
    asked = []

    def give() -> Iterator[Batch]:
        for number in range(3):
            asked.append(number)
            yield batch("a", "b")

    list(take_rows(give(), 2))
    assert asked == [0]


@given(
    floats=st.lists(st.floats(width=32), min_size=1, max_size=20),
    doubles=st.lists(st.floats(), min_size=20, max_size=20),
    texts=st.lists(st.text(st.characters(codec="utf-8")), min_size=20, max_size=20),
)
def test_written_rows_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, floats: list[float], doubles: list[float], texts: list[str]
) -> None:
    count = len(floats)
    rows: dict[str, np.ndarray[Any, np.dtype[Any]]] = {
        "id": np.arange(count),
        "single": np.array(floats, np.float32),
        "double": np.array(doubles[:count]),
        "text": np.array(texts[:count], dtype=object),
    }
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        assert write_rows([rows], file) == count
    expected, scores = read_expected(path, [rows])
    assert compare_scores(expected, scores, ["id"]).equal


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("id,scoer\n1,2\n", "has column 'scoer'"),
        ("id,score\n1,abc\n", "column 'score': could not convert string to float: 'abc'"),
        ("id,score\n1.5,2\n", "column 'id': invalid literal for int"),
        ("id,score\n1,2,3\n", "has a row of 3 values"),
    ],
)
def test_bad_file_of_expected_scores_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "expected.csv"
    path.write_text(text)
    with pytest.raises(CompareError) as refusal:
        list(read_expected(path, [batch("a")])[0])
    assert message in refusal.value.message


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "expected.csv"
    path.write_bytes(b"id,score\n1,\xff\n")
    with pytest.raises(CompareError, match="cannot read"):
        list(read_expected(path, [batch("a")])[0])
