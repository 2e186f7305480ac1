"""Several people deploy at once, and some are broken off: never two rows, never none, and a second run mends it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployer.apply import apply_plan, read_catalog
from deployer.catalog import Catalog, CatalogWriter, compare_catalog
from deployer.database import Database, open_database
from deployer.errors import DatabaseError
from deployer.names import ObjectName
from deployer.plan import Plan, Statement, make_plan
from deployer.plan.tables import CatalogTables
from deployer.targets import get_target
from tests.cases import TABLE, TAXI, make_model, make_spec

TARGET = get_target("synapse-dedicated")
WRITER = CatalogWriter(CatalogTables.of(ObjectName("ml", "models")), TARGET)
NAME = "nyc_taxi_tip"
THREADS = 8


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"mssql+emulator:///{tmp_path}/pool.duckdb"
    with open_database(url) as database:
        create_data(database)
    return url


def create_data(database: Database) -> None:
    columns = "[trip_id] int NOT NULL, [fareAmount] float NOT NULL, [passengerCount] int NOT NULL, "
    columns += "[paymentType] varchar(20) NOT NULL"
    database.run(Statement("data", f"CREATE TABLE [dbo].[nyc_taxi] ({columns}) WITH (HEAP)"))


def plan_for(version: int = 3, text: str = TAXI, **spec: Any) -> Plan:
    return make_plan(make_model(text, version=version), make_spec(**spec), TARGET, TABLE)


def at_once(url: str, work: Callable[[Database, int], object], count: int = THREADS) -> list[object]:
    """What each of many threads, all let go at the same moment, returned or raised."""
    results: list[object] = [None] * count
    gate = threading.Barrier(count)

    def run(index: int) -> None:
        with open_database(url) as database:
            database.fetch(Statement("connect", "SELECT 1"))
            gate.wait()
            try:
                results[index] = work(database, index)
            except DatabaseError as error:
                results[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def read(url: str) -> Catalog:
    with open_database(url) as database:
        return read_catalog(WRITER, database)


def refuse_disorder(catalog: Catalog) -> None:
    """What holds whatever happened: no version twice, no alias twice, no number twice, each alias as its event says."""
    assert max(Counter(row.model_id for row in catalog.versions).values(), default=1) == 1
    assert max(Counter((row.name, row.alias) for row in catalog.aliases).values(), default=1) == 1
    assert [event.number for event in catalog.history] == sorted({event.number for event in catalog.history})
    by_number = {event.number: event for event in catalog.history}
    for alias in catalog.aliases:
        assert by_number[alias.number].model_id == alias.model_id
        assert catalog.rows_of(alias.model_id)
    stored = Counter(event.model_id for event in catalog.history if event.action == "store")
    stored.subtract(event.model_id for event in catalog.history if event.action == "remove")
    assert +stored == Counter(row.model_id for row in catalog.versions)


@pytest.mark.parametrize("alias", [None, "champion"])
def test_many_deploy_the_same_at_once(url: str, alias: str | None) -> None:
    plan = plan_for(alias=alias)
    results = at_once(url, lambda database, _: apply_plan(plan, database))
    assert not [result for result in results if isinstance(result, Exception)]
    catalog = read(url)
    refuse_disorder(catalog)
    assert [row.digest for row in catalog.versions] == [plan.model.digest]
    assert [event.action for event in catalog.history] == ["store", "promote" if alias else "publish"]
    assert compare_catalog(plan, catalog) == ()
