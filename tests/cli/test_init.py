"""`deployer init` writes a spec that `check` takes, and asks where a person must decide; `check SPEC` binds columns."""

from __future__ import annotations

import json
from pathlib import Path

import onnx.parser
import pytest

from deployer import Statement, open_database
from deployer.spec import NullPolicy, read_spec
from tests.cli.helpers import refused, run

MODEL = """<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 2]>
g (float[N,1] fareAmount, int64[N,1] riders, string[N,1] paymentType, float[N,1] tips) => (float[N,1] score)
{
    count = Cast <to = 1> (riders)
    paid = ai.onnx.ml.LabelEncoder <keys_strings = ["cash", "card"], values_floats = [1.0, 2.0]> (paymentType)
    a = Add(fareAmount, count)
    b = Add(a, tips)
    score = Add(b, paid)
}
"""
TABLE = """CREATE TABLE dbo.trips (
    trip_id bigint NOT NULL, fare_amount decimal(10, 2) NULL, riders float NOT NULL, [Payment Type] varchar(9) NOT NULL
) WITH (HEAP);
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("model.onnx").write_bytes(onnx.parser.parse_model(MODEL).SerializeToString())
    Path("trips.sql").write_text(TABLE)
    return tmp_path


def init(*arguments: str) -> str:
    result = run("init", "model.onnx", "--table", "dbo.trips", "--schema", "trips.sql", *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_spec_has_the_mapping_and_says_what_to_decide(here: Path) -> None:
    assert (
        init()
        == """model: model.onnx
target: synapse-dedicated
models_table: ml.models
data: dbo.trips
schema: trips.sql
key: [trip_id]  # decide: does it tell the rows apart?
columns:
  # decide: decimal(10, 2) as real: real keeps some 7 digits; type: real accepts it
  # decide: fare_amount may hold NULL: refuse, skip row, {use: 0}, keep
  fareAmount: {from: fare_amount, type: real, nulls: refuse}
  # decide: float as bigint: what stands behind the point is lost; type: bigint accepts it
  paymentType: {from: "Payment Type"}
  # decide: no column is called tips; one of: Payment Type, fare_amount, riders, trip_id
  # tips: {from: COLUMN}
# outputs, all of them without a word here: score
statements:
  - view: ml.model_scores
"""
    )


def test_what_is_left_is_found_by_check_and_decided_by_hand(here: Path) -> None:
    Path("specs").mkdir()
    assert "deployer check specs/trips.yml" in init("--out", "specs/trips.yml")
    path = Path("specs/trips.yml")
    spec = read_spec(path)
    assert Path(spec.model).samefile("model.onnx")
    assert spec.columns["fareAmount"].nulls == NullPolicy("refuse")
    checked = run("check", path, "--json")
    assert checked.exit_code == 1
    found = {(finding["rule"], finding["where"]) for finding in json.loads(checked.stdout)["findings"]}
    assert ("unbound-column", "input 'tips'") in found
    assert ("cutting-cast", "input 'riders'") in found
    path.write_text(
        path.read_text().replace("# tips: {from: COLUMN}", "tips: {from: riders}\n  riders: {type: bigint}")
    )
    contract = json.loads(run("check", path, "--json").stdout)["contract"]
    assert [(entry["column"], entry["type"], entry["effect"], entry["nulls"]) for entry in contract["inputs"]] == [
        ("fare_amount", "real", "rounding", "refuse"),
        ("riders", "bigint", "cutting", "keep"),
        ("Payment Type", "varchar(9)", "exact", "keep"),
        ("riders", "real", "rounding", "keep"),
    ]
    assert contract["key"] == ["trip_id"]
    assert run("gate", path).exit_code == 0


def test_check_shows_the_columns(here: Path) -> None:
    init("--out", "trips.yml")
    shown = run("check", "trips.yml").stdout
    assert "input   fareAmount   fare_amount   decimal(10, 2)  real        refuse  rounding" in shown
    assert "error unbound-column at input 'tips'" in shown


def test_table_from_a_database(here: Path) -> None:
    url = f"mssql+emulator:///{here / 'pool.duckdb'}"
    with open_database(url) as database:
        database.run(Statement("create", TABLE))
    from_database = run("init", "model.onnx", "--table", "dbo.trips", "--database", url)
    assert from_database.stdout == init().replace("schema: trips.sql\n", "")
    init("--out", "trips.yml")
    Path("trips.sql").write_text("CREATE TABLE dbo.trips (nothing int)")
    assert json.loads(run("check", "trips.yml", "--json", "--database", url).stdout)["contract"]["key"] == ["trip_id"]


def test_wide_model_and_limits_are_written_down(here: Path) -> None:
    wide = (
        '<ir_version: 6, opset_import: ["": 9]> g (float[N, 2] x) => (float[N, 1] y) { y = ReduceSum <axes = [1]> (x) }'
    )
    Path("model.onnx").write_bytes(onnx.parser.parse_model(wide).SerializeToString())
    Path("trips.sql").write_text("CREATE TABLE dbo.trips (id int NOT NULL, a real NOT NULL, [yes] real NOT NULL)")
    text = init("--columns", "a,yes", "--limit", "opset=12")
    assert 'wide: [a, "yes"]\nlimits: {opset: 12}\n' in text
    Path("trips.yml").write_text(text)
    assert run("gate", "trips.yml").exit_code == 0
    assert json.loads(run("check", "trips.yml", "--json").stdout)["contract"]["inputs"][1]["column"] == "yes"


def test_refusals(here: Path) -> None:
    Path("there.yml").write_text("mine")
    schema = ("--schema", "trips.sql")
    assert "is there already" in refused(run("init", "model.onnx", "--table", "t", *schema, "--out", "there.yml"))
    assert Path("there.yml").read_text() == "mine"
    assert "is not a name" in refused(run("init", "model.onnx", "--table", "a.b.c.d", *schema))
    assert "no CREATE TABLE dbo.trip" in refused(run("init", "model.onnx", "--table", "trip", *schema))
    assert "--schema FILE or --database URL" in run("init", "model.onnx", "--table", "t").stderr
