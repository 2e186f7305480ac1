"""Models of all kinds, deployed to an emulator in memory: every one that the check passes scores like its source."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import onnx.parser
import pytest

from deployer.deployment import plan_deployment, read_deployment
from deployer.gate import Gate, judge_spec
from deployer.model import Model
from deployer.rehearsal import rehearse
from deployer.rule import Severity
from tests.fixtures import FIXTURES, Fixture
from tests.rules.converted import COLUMNS, CONVERTED, convert

GATE = Gate(date(2026, 1, 1))
MIXED = """<ir_version: 6, opset_import: ["": 11, "ai.onnx.ml": 1]>
agraph (float[N, 1] fare, int64[N, 1] riders, string[N, 1] payment) => (float[N, 1] y)
{
    hot = ai.onnx.ml.OneHotEncoder <cats_strings = ["CASH", "CARD"], zeros = 1> (payment)
    shape = Constant <value = int64[2] {-1, 2}> ()
    flat = Reshape(hot, shape)
    count = Cast <to = 1> (riders)
    all = Concat <axis = 1> (fare, count, flat)
    y = ai.onnx.ml.LinearRegressor <coefficients = [1.5, -2.0, 0.25, 4.0], intercepts = [0.5]> (all)
}
"""


STATEMENTS = (
    {"view": "ml.scores"},
    {"procedure": "ml.read", "parameters": {"since": {"from": "moment", "type": "datetime2(0)"}}},
    {"procedure": "ml.build", "into": "ml.built", "mode": "replace", "index": "columnstore"},
    {"procedure": "ml.add", "into": "ml.added", "mode": "insert"},
    {"procedure": "ml.merge", "into": "ml.merged", "mode": "merge", "distribution": {"hash": "row_id"}},
    {"procedure": "ml.update", "into": "ml.updated", "mode": "merge"},
    {"procedure": "ml.go_on", "into": "ml.gone_on", "mode": "incremental", "watermark": "changed"},
    {"table": "ml.snapshot"},
    {"sample": 3},
)
"""Every way to score at once; a column that is not there may stand for a key or a moment."""
THROUGH = [
    "view ml.scores",
    "procedure ml.read",
    "procedure ml.build",
    "procedure ml.add",
    "procedure ml.merge",
    "procedure ml.update",
    "procedure ml.go_on",
    "table ml.snapshot",
]


def write_spec(
    folder: Path,
    model: str,
    wide: Sequence[str] = (),
    columns: Mapping[str, object] | None = None,
    statements: Sequence[Mapping[str, object]] = STATEMENTS,
) -> Path:
    path = folder / "scoring.yml"
    spec = {
        "model": model,
        "target": "synapse-dedicated",
        "models_table": "ml.models",
        "data": "sales.rows",
        "key": ["row_id"],
        "name": "m",
        "version": 1,
        "wide": list(wide),
        "columns": columns or {},
        "statements": statements,
    }
    # JSON is YAML.
    path.write_text(json.dumps(spec))
    return path


def write_model(folder: Path, content: bytes) -> str:
    (folder / "model.onnx").write_bytes(content)
    return "model.onnx"


def judge(path: Path) -> None:
    verdict = judge_spec(path, GATE)
    assert verdict.error == ""
    assert [finding for finding in verdict.findings if finding.severity is Severity.ERROR] == []


@pytest.mark.parametrize("fixture", FIXTURES, ids=str)
def test_fixture_scores_like_its_source(fixture: Fixture, tmp_path: Path) -> None:
    judge(write_spec(tmp_path, str(fixture.folder), fixture.columns))


@pytest.mark.parametrize("name", CONVERTED)
def test_converted_model_scores_like_its_source(name: str, tmp_path: Path) -> None:
    judge(write_spec(tmp_path, write_model(tmp_path, convert(name).content), COLUMNS, statements=STATEMENTS[:1]))


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"fare": {"nulls": "keep"}},
        {"fare": {"nulls": {"use": 7.5}}, "riders": {"nulls": {"use": 1}}, "payment": {"nulls": {"use": "CASH"}}},
        {name: {"nulls": "skip row"} for name in ("fare", "riders", "payment")},
        {"payment": {"type": "nvarchar(12)", "from": "paid by"}},
    ],
    ids=["refused", "kept", "replaced", "skipped", "renamed"],
)
def test_every_way_of_a_null_scores_alike_in_sql_and_here(columns: Mapping[str, object], tmp_path: Path) -> None:
    content = onnx.parser.parse_model(MIXED).SerializeToString()
    path = write_spec(tmp_path, write_model(tmp_path, content), columns=columns)
    deployment = read_deployment(path)
    rehearsed = rehearse(deployment, plan_deployment(deployment))
    assert [entry.through for entry in rehearsed] == THROUGH
    for entry in rehearsed:
        assert entry.comparison.equal, entry
        assert entry.comparison.rows > 100


@pytest.mark.parametrize(
    ("signature", "body", "names"),
    [
        ("float[N, 1] fare, string[N, 1] note) => (float[N, 1] y", "y = Neg(fare)", ["fare"]),
        ("float[N, 1] fare, float[N, 1] Fare) => (float[N, 1] y", "y = Sub(fare, Fare)", ["fare", "Fare_2"]),
        (
            "float[N, 2] X, float[N, 1] b, float[N, 1] B) => (float[N, 1] y",
            "d = Sub(X, b) s = Div(d, B) y = ReduceMax <axes = [1]> (s)",
            ["f", "a", "b", "B_2"],
        ),
        (
            "float[N, 1] fare) => (float[N, 1] Fare, float[N, 1] y, float[N, 1] Y",
            "Fare = Neg(fare) y = Abs(fare) Y = Exp(y)",
            ["fare"],
        ),
    ],
    ids=["dropped", "renamed", "renamed beside wide ones", "outputs renamed"],
)
def test_columns_that_a_fix_drops_or_renames_are_compared_all_the_same(
    signature: str, body: str, names: list[str], tmp_path: Path
) -> None:
    content = onnx.parser.parse_model(f'<ir_version: 6, opset_import: ["": 11]> g ({signature}) {{ {body} }}')
    path = write_spec(tmp_path, write_model(tmp_path, content.SerializeToString()), ["f", "a"])
    deployment = read_deployment(path)
    assert [column.name for column in deployment.model.inputs] == names
    judge(path)


def test_model_that_no_runtime_loads_before_its_fix_is_rehearsed_with_it(tmp_path: Path) -> None:
    """skl2onnx puts a ZipMap behind probabilities of doubles; the fix takes it away."""
    content = convert("logistic", kind="double").content
    judge(write_spec(tmp_path, write_model(tmp_path, content), COLUMNS))


def test_other_scores_are_found(tmp_path: Path) -> None:
    content = onnx.parser.parse_model(MIXED).SerializeToString()
    deployment = read_deployment(write_spec(tmp_path, write_model(tmp_path, content)))
    other = Model("m", 1, onnx.parser.parse_model(MIXED.replace("1.5", "1.500001")).SerializeToString())
    for entry in rehearse(replace(deployment, original=other), plan_deployment(deployment)):
        assert not entry.comparison.equal
        assert entry.comparison.different > 0


@pytest.mark.parametrize("key", ["row_id", "riders"])
def test_one_column_may_feed_several_inputs_and_be_the_key(key: str, tmp_path: Path) -> None:
    columns = {
        "riders": {"nulls": "skip row"},
        "fare": {"from": "riders", "nulls": "keep"},
        "payment": {"from": "riders", "nulls": {"use": "CASH"}, "type": "varchar(20)"},
    }
    content = onnx.parser.parse_model(MIXED).SerializeToString()
    path = write_spec(tmp_path, write_model(tmp_path, content), columns=columns)
    path.write_text(path.read_text().replace("row_id", key))
    judge(path)
