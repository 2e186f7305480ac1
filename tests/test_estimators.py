"""Fifty trained estimators and more: what check passes after the fixes scores on the emulator as the estimator does."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from deployer.apply import apply_plan
from deployer.database import open_database, score_rows
from deployer.deployment import plan_deployment, read_deployment
from deployer.plan import Statement
from deployer.runtime import Array
from tests.rules.converted import COLUMNS, CONVERTED, ROWS, convert, data, train
from tests.test_rehearsal import write_model, write_spec

LOOSE = {"gaussian process": 1e-3}
"""Estimators whose graphs compute in float what cancels to a few digits: their largest difference from the source."""


@pytest.mark.slow
def test_there_are_fifty_of_all_kinds() -> None:
    assert len(CONVERTED) >= 50
    kinds = [type(train(name)).__module__.partition(".")[0] for name in CONVERTED]
    assert set(kinds) == {"sklearn", "lightgbm", "xgboost"}
    assert sum("network" in name for name in CONVERTED) == 3


@pytest.mark.slow
@pytest.mark.parametrize("name", CONVERTED)
def test_emulator_scores_as_the_estimator(name: str, tmp_path: Path) -> None:
    rows = data()["table"] if name.startswith("columns") else data()["x"]
    model = write_model(tmp_path, convert(name).content)
    deployment = read_deployment(write_spec(tmp_path, model, COLUMNS, statements=[{"view": "ml.scores"}]))
    assert deployment.report.errors == ()
    plan = plan_deployment(deployment)
    columns = {"row_id": np.arange(ROWS)}
    for at, column in enumerate(deployment.model.inputs):
        columns[column.name] = rows[column.name].to_numpy() if name.startswith("columns") else rows[:, at]
    types = {column.name: deployment.target.types[column.type].sql for column in deployment.model.inputs}
    listed = ", ".join(f"[{key}] {'varchar(20)' if sql == 'varchar' else sql} NOT NULL" for key, sql in types.items())
    with open_database("mssql+emulator://") as database:
        database.run(Statement("create the schema", "CREATE SCHEMA sales;"))
        table = f"CREATE TABLE sales.rows (row_id bigint NOT NULL, {listed}) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);"
        database.run(Statement("create the data", table))
        with closing(database.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            cursor.bulkcopy("sales.rows", pa.table(columns))
        apply_plan(plan, database)
        batches = list(score_rows(plan, database))
    scores = {key: np.concatenate([batch[key] for batch in batches]) for key in batches[0] if key != "row_id"}
    assert_alike(name, scores, answer(train(name), rows))


def answer(estimator: Any, rows: Any) -> list[Array]:
    """What an estimator says, column by column: its answer, then one probability a class where it has them."""
    said = [np.asarray(estimator.predict(rows) if hasattr(estimator, "predict") else estimator.transform(rows))]
    if hasattr(estimator, "predict_proba"):
        said.append(np.asarray(estimator.predict_proba(rows)))
    return [column for values in said for column in values.reshape(ROWS, -1).T]


def assert_alike(name: str, scores: dict[str, Array], said: list[Array]) -> None:
    found = list(scores.values())
    assert len(found) >= len(said)
    for values, expected in zip(found, said, strict=False):
        if values.dtype.kind == "f":
            np.testing.assert_allclose(values, expected.astype(float), atol=LOOSE.get(name, 1e-4), rtol=1e-4)
        else:
            # A row on the border between two classes may fall on either side in float.
            assert int((values.astype(str) != expected.astype(str)).sum()) <= 1
