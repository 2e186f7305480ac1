"""The deployer itself through real drivers: a model is stored, its rows are scored over the wire, compared."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer import Database, apply_plan, fix_model, open_database, read_model, score_rows
from tests.emulator.tds.served import Served, serve
from tests.fixtures import FIXTURES, Fixture
from tests.test_story import TARGET, assert_equal, load_rows, plan_scoring

SMALL = sorted(FIXTURES, key=lambda fixture: (fixture.folder / "model.onnx").stat().st_size)
CHOSEN = [SMALL[0], SMALL[len(SMALL) // 2], SMALL[-1]]
"""The smallest, the largest and one between."""


@pytest.fixture
def fresh() -> Iterator[Served]:
    with serve() as served:
        yield served


@pytest.fixture(params=["pyodbc", "freetds", "mssqlpython"])
def database(request: pytest.FixtureRequest, fresh: Served) -> Iterator[Database]:
    at = f"emulator:{fresh.password}@{fresh.host}:{fresh.port}/emulator"
    url = {
        "pyodbc": f"mssql+pyodbc:///?odbc_connect={urllib.parse.quote_plus(fresh.odbc(LongAsMax=''))}",
        "freetds": f"mssql+pyodbc:///?odbc_connect={urllib.parse.quote_plus(fresh.freetds())}",
        "mssqlpython": f"mssql+mssqlpython://{at}?TrustServerCertificate=yes",
    }[request.param]
    with open_database(url) as opened:
        yield opened


@pytest.mark.parametrize("fixture", CHOSEN, ids=str)
def test_predict_over_the_wire_scores_as_the_source(fixture: Fixture, database: Database, tmp_path: Path) -> None:
    model = fix_model(read_model(str(fixture.folder)), TARGET, fixture.columns)
    load_rows(database, model, fixture.rows)
    plan = plan_scoring(tmp_path, database, model, fixture.rows)
    assert apply_plan(plan, database).stored
    assert not apply_plan(plan, database).stored
    assert_equal(fixture, score_rows(plan, database, batch_rows=16))
