"""Several people deploy at once, and some are broken off: never two rows, never none, and a second run mends it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployer.apply import apply_plan, change_catalog, read_catalog
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


def test_two_models_under_one_version_leave_one_of_them(url: str) -> None:
    """The first to come is stored, whoever it is; the other one is told, and nothing of it is there."""
    plans = [plan_for(), plan_for(text=TAXI.replace("0.5", "2.0"))]
    results = at_once(url, lambda database, index: apply_plan(plans[index % 2], database), 4)
    catalog = read(url)
    refuse_disorder(catalog)
    (row,) = catalog.versions
    for index, result in enumerate(results):
        is_kept = plans[index % 2].model.digest == row.digest
        assert is_kept is not isinstance(result, DatabaseError), result
        if not is_kept:
            assert "new version" in str(getattr(result, "hint", "")), result


def test_promotions_at_once_are_one_after_the_other(url: str) -> None:
    """Each is in the history, each rolls back to the one before it, and the last one holds."""
    with open_database(url) as database:
        for version in (1, 2, 3):
            apply_plan(plan_for(version, statements=[]), database)
    at_once(url, lambda database, index: change_catalog([WRITER.promote(NAME, index % 3 + 1, "champion")], database), 6)
    catalog = read(url)
    refuse_disorder(catalog)
    events = [event for event in catalog.history if event.action == "promote"]
    assert [event.previous for event in events] == [None, *(event.number for event in events[:-1])]
    (alias,) = catalog.aliases
    assert alias.number == events[-1].number


def test_whoever_removes_and_whoever_publishes_do_not_cross(url: str) -> None:
    """Either the version is gone and the one who publishes is told, or it is used and the one who removes is."""
    plan = plan_for()
    with open_database(url) as database:
        apply_plan(plan_for(statements=[]), database)
    works = (lambda database: apply_plan(plan, database), lambda d: change_catalog([WRITER.remove(NAME, 3)], d))
    results = at_once(url, lambda database, index: works[index % 2](database), 2)
    catalog = read(url)
    refuse_disorder(catalog)
    if not catalog.rows_of(plan.model_id):
        assert isinstance(results[0], DatabaseError)
    with open_database(url) as database:
        apply_plan(plan, database)
    assert compare_catalog(plan, read(url)) == ()


class Cable(Exception):
    """It was pulled."""


class Breaking(Database):
    """Loses its connection before the statement of this number, or after it, when nothing of its answer is heard."""

    def __init__(self, url: str, number: int, *, after: bool) -> None:
        with open_database(url) as opened:
            engine = opened.engine
        super().__init__(engine)
        self.left, self.after = number, after

    def run(self, statement: Statement) -> None:
        self.left -= 1
        if self.left < 0 and not self.after:
            raise Cable
        super().run(statement)
        if self.left < 0:
            raise Cable


@pytest.mark.parametrize(
    ("alias", "after"), [(None, False), pytest.param("champion", True, marks=pytest.mark.slow)], ids=["before", "after"]
)
def test_what_is_broken_off_is_mended_by_the_next_run(tmp_path: Path, alias: str | None, after: bool) -> None:
    """Each statement in turn: nothing is there twice or half, and the next run makes it whole."""
    plan = plan_for(alias=alias)
    whole: list[str] = []
    for number in range(len(plan.statements)):
        url = f"mssql+emulator:///{tmp_path}/{number}.duckdb"
        with open_database(url) as database:
            create_data(database)
        with Breaking(url, number, after=after) as database, pytest.raises(Cable):
            apply_plan(plan, database)
        refuse_disorder(read(url))
        with open_database(url) as database:
            apply_plan(plan, database)
        catalog = read(url)
        refuse_disorder(catalog)
        assert compare_catalog(plan, catalog) == ()
        whole.append(" ".join(event.action for event in catalog.history))
    assert set(whole) == {"store promote" if alias else "store publish"}


def test_a_change_that_is_broken_off_within_changes_nothing(url: str) -> None:
    """A session that dies in the middle of its transaction: the lock goes with it, and so does what it did."""
    with open_database(url) as database:
        for version in (1, 2):
            apply_plan(plan_for(version, statements=[]), database)
    before = read(url)
    promote = WRITER.promote(NAME, 2, "champion").sql
    steps = promote.count(";\n")
    for cut in ("    DECLARE @number", "        INSERT INTO", "        IF @previous", "    COMMIT TRANSACTION"):
        broken = promote.replace(cut, "    SELECT 1 / 0 AS [gone];\n" + cut, 1)
        assert broken != promote
        with open_database(url) as database, pytest.raises(DatabaseError, match="8134"):
            database.run(Statement("broken", broken))
        assert read(url) == before
    assert steps > 4
    with open_database(url) as database:
        change_catalog([WRITER.promote(NAME, 2, "champion")], database)
    assert [row.version for row in read(url).aliases] == [2]
