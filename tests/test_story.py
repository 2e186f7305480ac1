"""The whole way, for every model folder: read, check, fix, plan, apply, score with PREDICT, compare with the source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from deployer import (
    Database,
    DeployerError,
    Model,
    Plan,
    Scorer,
    Target,
    apply_plan,
    check_model,
    compare_scores,
    fix_model,
    get_target,
    make_plan,
    open_database,
    read_model,
    read_spec,
    read_table,
    score_rows,
)
from deployer.plan import Statement
from deployer.rows import make_rows
from deployer.runtime import Batch, same_bits
from deployer.sql import quote_literal, quote_name
from tests.cases import worth_mending
from tests.fixtures import BROKEN, FIXTURES, FOLDER, Array, Fixture

HOSPITAL_STAY = FOLDER.parent.parent / "shared" / "samples" / "hospital_stay.onnx"
TARGET = get_target("synapse-dedicated")
ROWS = 40
ROW_ID = {"row_id": np.arange(ROWS)}


@pytest.fixture
def database() -> Iterator[Database]:
    with open_database("mssql+emulator://") as opened:
        yield opened


# --- To the library's own scorer -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fixture", FIXTURES, ids=str)
def test_fixed_model_scores_as_its_source(fixture: Fixture) -> None:
    model = read_model(str(fixture.folder))
    fixed = fix_model(model, TARGET, fixture.columns)
    left = [finding.rule for finding in worth_mending(check_model(fixed, TARGET))]
    # The names that were given are a converter's, too.
    assert left == (["lost-names"] if fixture.columns else [])
    scores = Scorer(fixed).score(fixture.rows)
    assert_equal(fixture, [ROW_ID | scores])


@pytest.mark.parametrize("fixture", FIXTURES, ids=str)
def test_fixed_model_scores_as_it_did_to_the_last_bit(fixture: Fixture) -> None:
    """On the rows that the model's own thresholds and categories ask for, too."""
    model = read_model(str(fixture.folder))
    fixed = fix_model(model, TARGET, fixture.columns)
    for rows in (fixture.rows, make_rows(model, fixture.columns)):
        before, after = Scorer(model, fixture.columns).score(rows), Scorer(fixed).score(rows)
        assert set(before) == set(after) == set(fixture.scores)
        assert [name for name in before if not same_bits(before[name], after[name])] == []


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_broken_folder_is_refused_with_a_hint(folder: Path) -> None:
    with pytest.raises(DeployerError) as refusal:
        check_model(read_model(str(folder)), TARGET)
    assert refusal.value.hint


def assert_equal(fixture: Fixture, scores: Iterable[Batch]) -> None:
    comparison = compare_scores([ROW_ID | dict(fixture.scores)], scores, ["row_id"], fixture.tolerance)
    assert comparison.equal, comparison
    assert comparison.rows == ROWS


# --- To a database ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fixture", FIXTURES, ids=str)
def test_predict_scores_as_the_source(fixture: Fixture, database: Database, tmp_path: Path) -> None:
    model = fix_model(read_model(str(fixture.folder)), TARGET, fixture.columns)
    load_rows(database, model, fixture.rows)
    plan = plan_scoring(tmp_path, database, model, fixture.rows)
    apply_plan(plan, database)
    # Several batches, the last of them not full.
    assert_equal(fixture, score_rows(plan, database, batch_rows=16))


def test_plan_runs_twice(database: Database, tmp_path: Path) -> None:
    """The second time nothing is stored, and the scores are the same."""
    fixture = FIXTURES[0]
    model = fix_model(read_model(str(fixture.folder)), TARGET)
    load_rows(database, model, fixture.rows)
    plan = plan_scoring(tmp_path, database, model, fixture.rows)
    assert apply_plan(plan, database).stored
    first = list(score_rows(plan, database))
    assert not apply_plan(plan, database).stored
    comparison = compare_scores(first, score_rows(plan, database), ["row_id"])
    assert comparison.equal


def plan_scoring(folder: Path, database: Database, model: Model, rows: Mapping[str, Array]) -> Plan:
    """A plan from a spec in a file, as a user writes it: NULL is kept, as NaN, where the rows have some."""
    nulls = {name: {"nulls": "keep"} for name, values in rows.items() if has_null(values)}
    spec = {
        "model": model.origin.uri or model.name,
        "target": TARGET.name,
        "models_table": "ml.models",
        "data": "dbo.new_rows",
        "key": ["row_id"],
        "columns": nulls,
        "statements": [{"view": "ml.scores"}],
        "name": model.name,
        "version": 1,
    }
    # JSON is YAML.
    path = folder / "scoring.yml"
    path.write_text(json.dumps(spec))
    return make_plan(model, read_spec(path), TARGET, read_table(database, "dbo.new_rows"))


def load_rows(database: Database, model: Model, rows: Mapping[str, Array], target: Target = TARGET) -> None:
    """A table `dbo.new_rows` with a key and one column an input, of the type that the target binds it as."""
    types = {column.name: target.types[column.type].sql for column in model.inputs}
    columns = ["[row_id] int NOT NULL"]
    for name, values in rows.items():
        kind = "varchar(40)" if types[name] == "varchar" else types[name]
        columns.append(f"{quote_name(name)} {kind} {'NULL' if has_null(values) else 'NOT NULL'}")
    options = "WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)"
    database.run(Statement("create the data", f"CREATE TABLE [dbo].[new_rows] ({', '.join(columns)}) {options};"))
    lines = []
    for number, row in enumerate(zip(*rows.values(), strict=True)):
        lines.append("SELECT " + ", ".join([str(number), *(literal(value) for value in row)]))
    database.run(Statement("load the data", "INSERT INTO [dbo].[new_rows]\n" + "\nUNION ALL ".join(lines) + ";"))


def has_null(values: Array) -> bool:
    return values.dtype.kind == "f" and bool(np.isnan(values).any())


def literal(value: object) -> str:
    """A float is written in full: cast to real it is the same again."""
    if isinstance(value, float | np.floating):
        return "NULL" if np.isnan(value) else quote_literal(float(value))
    if isinstance(value, np.bool_):
        return str(int(value))
    return quote_literal(value.item() if isinstance(value, np.integer) else str(value))


# --- Microsoft's own model -------------------------------------------------------------------------------------------

FLOATS = {
    "hematocrit": 2.57116,
    "neutrophils": -0.7243341,
    "sodium": 1.141331,
    "glucose": -1.406044,
    "bloodureanitro": -0.4707358,
    "creatinine": 0.2815147,
    "bmi": -0.8969871,
    "pulse": -0.7252076,
    "respiration": 3.001431,
}
INTEGERS = {
    "number_of_issues": 1,
    "asthma": 0,
    "depress": 0,
    "dialysisrenalendstage": 0,
    "fibrosisandother": 0,
    "gender": 1,
    "hemo": 0,
    "irondef": 0,
    "malnutrition": 0,
    "pneum": 0,
    "psychologicaldisordermajor": 1,
    "psychother": 0,
    "secondarydiagnosisnonicd9": 1,
    "substancedependence": 0,
    "rcount": 1,
}


@pytest.fixture
def patient() -> dict[str, Array]:
    """The row of Microsoft's script that tests whether PREDICT is enabled."""
    floats = {name: np.array([value], np.float32) for name, value in FLOATS.items()}
    return floats | {name: np.array([value], np.int64) for name, value in INTEGERS.items()}


@pytest.mark.skipif(not HOSPITAL_STAY.exists(), reason="the sample is not part of the repository, and not beside it")
def test_hospital_stay_is_4(database: Database, tmp_path: Path, patient: dict[str, Array]) -> None:
    """The documented answer, from the bytes as they are: the target takes all of it but the map of probabilities."""
    model = read_model(str(HOSPITAL_STAY))
    assert [finding.rule for finding in worth_mending(check_model(model, TARGET))] == ["zipmap-output"]
    load_rows(database, model, patient)
    plan = plan_scoring(tmp_path, database, model, patient)
    apply_plan(plan, database)
    (scores,) = score_rows(plan, database)
    assert scores["output_label"].tolist() == [4]
    assert stored_bytes_score(database, plan) == [(4,)]


@pytest.mark.skipif(not HOSPITAL_STAY.exists(), reason="the sample is not part of the repository, and not beside it")
def test_fixed_hospital_stay_is_4(database: Database, tmp_path: Path, patient: dict[str, Array]) -> None:
    """Taken apart, the map gives a probability a class; they add up to 1, and 4 has the largest."""
    model = fix_model(read_model(str(HOSPITAL_STAY)), TARGET)
    load_rows(database, model, patient)
    plan = plan_scoring(tmp_path, database, model, patient)
    apply_plan(plan, database)
    (scores,) = score_rows(plan, database)
    assert scores["output_label"].tolist() == [4]
    chances = {name: float(values[0]) for name, values in scores.items() if name.startswith("output_probability_")}
    assert max(chances, key=lambda name: chances[name]) == "output_probability_4"
    assert sum(chances.values()) == pytest.approx(1, abs=1e-6)


def stored_bytes_score(database: Database, plan: Plan) -> list[tuple[object, ...]]:
    """A PREDICT written by hand, over the model as it is stored."""
    model_id = quote_literal(plan.model_id)
    return database.fetch(
        Statement(
            "score by hand",
            "SELECT p.output_label\n"
            f"FROM PREDICT(MODEL = (SELECT model FROM ml.models WHERE ID = {model_id}),\n"
            "    DATA = dbo.new_rows AS d, RUNTIME = ONNX)\n"
            "WITH (output_label bigint) AS p;",
        )
    )
