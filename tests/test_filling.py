"""What runs do to a table of scores: again, with other rows, with bad rows, broken off, and several at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from deployer.apply import apply_plan
from deployer.database import Database, open_database, read_table
from deployer.errors import DatabaseError
from deployer.names import ObjectName
from deployer.plan import Plan, Statement, make_plan
from deployer.targets import get_target
from tests.cases import make_model, make_spec

MODES: dict[str, dict[str, Any]] = {
    "replace": {"mode": "replace"},
    "insert": {"mode": "insert"},
    "merge": {"mode": "merge"},
    "merge hashed": {"mode": "merge", "distribution": {"hash": "trip_id"}},
    "incremental": {"mode": "incremental", "watermark": "changed"},
    "incremental hashed": {"mode": "incremental", "watermark": "changed", "distribution": {"hash": "trip_id"}},
}
KEYED = [name for name in MODES if name != "replace"]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"mssql+emulator:///{tmp_path / 'pool.duckdb'}") as database:
        run(
            database,
            "CREATE TABLE dbo.nyc_taxi (trip_id int NULL, fareAmount real NULL, passengerCount bigint NULL, "
            "paymentType varchar(20) NOT NULL, changed int NULL) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)",
        )
        yield database


def run(database: Database, sql: str) -> None:
    database.run(Statement("by hand", sql))


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    return database.fetch(Statement("by hand", sql))


def put(database: Database, trip: object, fare: object, changed: object = 1, passengers: object = 1) -> None:
    run(database, f"INSERT INTO dbo.nyc_taxi SELECT {trip}, {fare}, {passengers}, 'CASH', {changed}")


def deploy(database: Database, mode: str, **changes: Any) -> Plan:
    """A procedure `ml.run` that fills `ml.scores`."""
    keys = changes.pop("parameters", {})
    spec = make_spec(
        **{
            "statements": [{"procedure": "ml.run", "into": "ml.scores", **MODES[mode], **keys}],
            "columns": {"fareAmount": {"nulls": "refuse"}, "passengerCount": {"nulls": "skip row"}},
            "outputs": {"score": {}},
            **changes,
        }
    )
    plan = make_plan(make_model(), spec, get_target("synapse-dedicated"), read_table(database, spec.data))
    apply_plan(plan, database)
    return plan


def execute(database: Database) -> None:
    run(database, "EXEC ml.run")


def scores(database: Database) -> list[tuple[Any, ...]]:
    return rows(database, "SELECT trip_id, score FROM ml.scores ORDER BY trip_id, score")


def tables(database: Database) -> set[str]:
    """The table of scores, and whatever stands beside it."""
    return {name for (name,) in rows(database, "SELECT name FROM sys.tables WHERE name LIKE 'scores%'")}


def last_run(database: Database, *columns: str) -> tuple[Any, ...]:
    listed = ", ".join(f"[{column}]" for column in columns)
    return rows(database, f"SELECT TOP (1) {listed} FROM ml.scoring_log ORDER BY started DESC")[0]


@pytest.mark.parametrize("mode", MODES)
def test_a_run_can_be_repeated(database: Database, mode: str) -> None:
    for trip in range(3):
        put(database, trip, trip, trip)
    deploy(database, mode)
    assert scores(database) == []
    for _ in range(3):
        execute(database)
        assert scores(database) == [(0, 0.0), (1, 0.5), (2, 1.0)]
    deploy(database, mode)
    assert scores(database) == [(0, 0.0), (1, 0.5), (2, 1.0)]
    assert tables(database) == {"scores"}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("replace", [(1, 5.0), (2, 1.0)]),
        ("insert", [(0, 0.0), (1, 0.5), (2, 1.0)]),
        ("merge", [(0, 0.0), (1, 5.0), (2, 1.0)]),
        ("merge hashed", [(0, 0.0), (1, 5.0), (2, 1.0)]),
        ("incremental", [(0, 0.0), (1, 5.0), (2, 1.0)]),
        ("incremental hashed", [(0, 0.0), (1, 5.0), (2, 1.0)]),
    ],
)
def test_what_becomes_of_rows_that_went_changed_and_came(database: Database, mode: str, expected: object) -> None:
    put(database, 0, 0)
    put(database, 1, 1)
    deploy(database, mode)
    execute(database)
    run(database, "DELETE FROM dbo.nyc_taxi WHERE trip_id = 0")
    run(database, "UPDATE dbo.nyc_taxi SET fareAmount = 10, changed = 2 WHERE trip_id = 1")
    put(database, 2, 2, 2)
    execute(database)
    assert scores(database) == expected


@pytest.mark.parametrize("mode", ["incremental", "incremental hashed"])
def test_a_watermark_takes_ties_and_rows_without_one_again(database: Database, mode: str) -> None:
    put(database, 1, 2, 5)
    put(database, 2, 4, "NULL")
    put(database, 3, 6, 4)
    deploy(database, mode)
    execute(database)
    assert last_run(database, "rows") == (3,)
    put(database, 4, 8, 5)
    put(database, 5, 10, "NULL")
    run(database, "UPDATE dbo.nyc_taxi SET fareAmount = 100 WHERE trip_id IN (2, 3)")
    execute(database)
    # Row 3 lies behind the mark, and its change did not move it.
    assert last_run(database, "rows") == (4,)
    assert scores(database) == [(1, 1.0), (2, 50.0), (3, 3.0), (4, 4.0), (5, 5.0)]


@pytest.mark.parametrize("mode", ["incremental", "incremental hashed"])
def test_a_run_that_began_earlier_takes_nothing_back(database: Database, mode: str) -> None:
    """It staged row 1 at 5; a later run has written it at 6 by now. Its last step is run alone, as the plan has it."""
    put(database, 1, 2, 5)
    plan = deploy(database, mode)
    run(database, "INSERT INTO ml.scores (trip_id, changed, score) SELECT 1, 6, 77")
    run(database, "INSERT INTO ml.scores (trip_id, changed, score) SELECT 2, 4, 77")
    (sql,) = [statement.sql for statement in plan.statements if statement.creates == ObjectName("ml", "run")]
    _, locked = sql.split("BEGIN TRANSACTION;")
    writing = locked.partition("[ended] IS NULL;")[2].partition("UPDATE [ml].[scoring_log]")[0]
    with closing(database.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        for batch in (
            "CREATE TABLE #deployer_scores WITH (HEAP, DISTRIBUTION = ROUND_ROBIN) AS "
            "SELECT trip_id, changed, CAST(1 AS real) AS score FROM dbo.nyc_taxi",
            "INSERT INTO #deployer_scores SELECT 2, 5, 2",
            "INSERT INTO #deployer_scores SELECT 3, 5, 3",
            writing,
        ):
            cursor.execute(batch)
    assert scores(database) == [(1, 77.0), (2, 2.0), (3, 3.0)]


@pytest.mark.parametrize("mode", KEYED)
@pytest.mark.parametrize("trip", ["1", "NULL"])
def test_a_key_that_tells_no_rows_apart_stops_the_run(database: Database, mode: str, trip: str) -> None:
    put(database, 1, 2)
    deploy(database, mode)
    execute(database)
    put(database, trip, 3)
    with pytest.raises(DatabaseError, match="key trip_id") as caught:
        execute(database)
    assert "tell the rows apart" in caught.value.hint
    assert scores(database) == [(1, 1.0)]
    ended, error = last_run(database, "ended", "error")
    assert ended is not None
    assert "key trip_id" in error


def test_rows_of_one_key_are_all_there_where_the_table_is_replaced(database: Database) -> None:
    put(database, 1, 2)
    put(database, 1, 4)
    put(database, "NULL", 6)
    deploy(database, "replace")
    execute(database)
    assert sorted(score for _, score in scores(database)) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("mode", MODES)
def test_a_refused_null_stops_the_run_and_is_logged(database: Database, mode: str) -> None:
    put(database, 1, 2)
    deploy(database, mode)
    execute(database)
    put(database, 2, "NULL", 2)
    put(database, 3, "NULL", 2)
    with pytest.raises(DatabaseError, match="has NULL in column fareAmount; input fareAmount refuses it"):
        execute(database)
    assert scores(database) == [(1, 1.0)]
    assert last_run(database, "refused", "rows")[0] == 2
    assert "fareAmount" in last_run(database, "error")[0]
    run(database, "DELETE FROM dbo.nyc_taxi WHERE fareAmount IS NULL")
    execute(database)
    assert scores(database) == [(1, 1.0)]


@pytest.mark.parametrize("mode", ["replace", "incremental"])
def test_the_log_says_what_was_scored(database: Database, mode: str) -> None:
    put(database, 1, 2)
    put(database, 2, 6)
    put(database, 3, "NULL")
    put(database, 4, 0, 1, "NULL")
    plan = deploy(
        database,
        mode,
        columns={"fareAmount": {"nulls": {"use": 100}}, "passengerCount": {"nulls": "skip row"}},
        outputs={"score": {"as": "tip"}, "payment": {}},
    )
    execute(database)
    found = rows(
        database,
        "SELECT [statement], [output], [model_id], [model_sha256], [label], [rows], [nulls], [refused], [missing], "
        "[minimum], [mean], [maximum], [error] FROM ml.scoring_log ORDER BY [output]",
    )
    same = (plan.model_id, plan.model.digest, f"deployer ml.run {plan.model_id}", 3, 1, 1, 0)
    assert found == [
        ("[ml].[run]", "payment", *same, None, None, None, None),
        ("[ml].[run]", "tip", *same, 1.0, 18.0, 50.0, None),
    ]
    assert rows(database, "SELECT COUNT(*) FROM ml.scoring_log WHERE [started] <= [ended]") == [(2,)]


def test_drift_between_two_runs_is_a_query(database: Database) -> None:
    put(database, 1, 2)
    deploy(database, "merge")
    execute(database)
    run(database, "UPDATE dbo.nyc_taxi SET fareAmount = 20")
    execute(database)
    found = rows(
        database,
        "SELECT [mean], [mean] - LAG([mean]) OVER (PARTITION BY [statement], [output] ORDER BY [started]) "
        "FROM ml.scoring_log ORDER BY [started]",
    )
    assert found == [(1.0, None), (10.0, 9.0)]


def test_parameters_choose_rows(database: Database) -> None:
    for trip in range(6):
        put(database, trip, trip, trip, trip % 2)
    parameters = {
        "since": {"from": "changed"},
        "until": {"before": "changed", "type": "bigint"},
        "riders": {"equals": "passengerCount"},
    }
    deploy(database, "replace", parameters={"parameters": parameters})
    for call, expected in (
        ("@since = NULL, @until = NULL, @riders = NULL", [0, 1, 2, 3, 4, 5]),
        ("@since = 2, @until = 5, @riders = NULL", [2, 3, 4]),
        ("@riders = 1, @since = 2, @until = NULL", [3, 5]),
        ("7, NULL, NULL", []),
    ):
        run(database, f"EXEC ml.run {call}")
        assert [trip for trip, _ in scores(database)] == expected


def test_a_view_refuses_null_as_well(database: Database) -> None:
    put(database, 1, 2)
    deploy(database, "merge", statements=[{"view": "ml.v"}, {"procedure": "ml.read"}])
    assert rows(database, "SELECT score FROM ml.v") == [(1.0,)]
    put(database, 2, "NULL")
    for sql in ("SELECT score FROM ml.v", "EXEC ml.read"):
        with pytest.raises(DatabaseError, match="fareAmount"):
            rows(database, sql)
    run(database, "UPDATE dbo.nyc_taxi SET passengerCount = NULL WHERE trip_id = 2")
    # The row is skipped for another column's sake, before anybody looks at this one.
    assert rows(database, "SELECT score FROM ml.v") == [(1.0,)]


@pytest.mark.parametrize("left", ["new", "old", "old and new", "old beside", "all", "nothing"])
def test_replacing_goes_on_where_a_run_was_broken_off(database: Database, left: str) -> None:
    put(database, 1, 2)
    deploy(database, "replace")
    execute(database)
    old, new = "[ml].[scores__deployer_old]", "[ml].[scores__deployer_new]"
    options = "WITH (HEAP, DISTRIBUTION = ROUND_ROBIN) AS SELECT trip_id, score"
    for name in {"new": [new], "old beside": [old], "all": [old, new], "old and new": [new]}.get(left, []):
        run(database, f"CREATE TABLE {name} {options} FROM ml.scores")
    if left in {"old", "old and new"}:
        run(database, "RENAME OBJECT [ml].[scores] TO [scores__deployer_old]")
    if left == "nothing":
        run(database, "DROP TABLE ml.scores")
    put(database, 2, 4)
    execute(database)
    assert scores(database) == [(1, 1.0), (2, 2.0)]
    assert tables(database) == {"scores"}


def test_a_failed_run_brings_the_old_table_back(database: Database) -> None:
    """Broken off between the two renames by a run that fails before it builds anything."""
    put(database, 1, 2)
    deploy(database, "replace")
    execute(database)
    run(database, "RENAME OBJECT [ml].[scores] TO [scores__deployer_old]")
    put(database, 2, "NULL")
    with pytest.raises(DatabaseError, match="refuses it"):
        execute(database)
    assert scores(database) == [(1, 1.0)]


@pytest.mark.parametrize("mode", ["merge", "incremental"])
def test_a_write_that_fails_leaves_the_table_as_it_was(database: Database, mode: str) -> None:
    put(database, 1, 2)
    watermark = ", changed int" if mode == "incremental" else ""
    run(database, "CREATE SCHEMA ml")
    run(
        database,
        f"CREATE TABLE ml.scores (trip_id tinyint{watermark}, score real) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)",
    )
    deploy(database, mode)
    execute(database)
    run(database, "UPDATE dbo.nyc_taxi SET fareAmount = 200, changed = 2")
    put(database, 1000, 4, 2)
    with pytest.raises(DatabaseError, match=r"overflow|8115|220"):
        execute(database)
    assert scores(database) == [(1, 1.0)]
    run(database, "DELETE FROM dbo.nyc_taxi WHERE trip_id = 1000")
    execute(database)
    assert scores(database) == [(1, 100.0)]


def test_another_table_of_that_name_is_left_alone(database: Database) -> None:
    put(database, 1, 2)
    run(database, "CREATE SCHEMA ml")
    run(database, "CREATE TABLE ml.scores (trip_id int, score varchar(9)) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
    with pytest.raises(DatabaseError, match=r"lacks one of these columns.*trip_id, score real") as caught:
        deploy(database, "replace")
    assert "another name" in caught.value.hint
    assert rows(database, "SELECT COUNT(*) FROM ml.scores") == [(0,)]


def test_other_bytes_under_the_version_stop_the_run(database: Database) -> None:
    put(database, 1, 2)
    deploy(database, "merge")
    run(database, "UPDATE ml.models SET model = 0x00")
    with pytest.raises(DatabaseError, match="holds other bytes"):
        execute(database)
    run(database, "DELETE FROM ml.models")
    with pytest.raises(DatabaseError, match="does not hold exactly one row"):
        execute(database)
    assert scores(database) == []
    assert rows(database, "SELECT COUNT(*) FROM ml.scoring_log WHERE [error] IS NOT NULL") == [(2,)]


def test_a_table_is_filled_when_the_plan_is_applied(database: Database) -> None:
    put(database, 1, 2)
    for statement in ({"table": "ml.scores"}, {"table": "ml.scores", "index": "columnstore", "mode": "merge"}):
        deploy(database, "merge", statements=[statement])
        assert scores(database) == [(1, 1.0)]


@pytest.mark.parametrize("mode", ["insert", "merge", "incremental hashed"])
def test_runs_at_once_leave_one_row_a_key(database: Database, mode: str) -> None:
    """Some are refused, as a pool refuses what would deadlock; no key is there twice, and runs that end are whole."""
    for trip in range(20):
        put(database, trip, 2 * trip, trip)
    deploy(database, mode)

    def attempt(_: int) -> bool:
        try:
            execute(database)
        except DatabaseError as error:
            if "conflict" in error.message.lower():
                return False
            raise
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, range(8)))
    assert any(done)
    assert scores(database) == [(trip, float(trip)) for trip in range(20)]
    ended = rows(database, "SELECT COUNT(*) FROM ml.scoring_log WHERE [ended] IS NOT NULL AND [error] IS NULL")
    assert ended == [(sum(done),)]


def test_replacing_at_once_leaves_a_whole_table(database: Database) -> None:
    """Runs get into each other's way and may fail; the table is whole after each, or comes back with the next run."""
    for trip in range(20):
        put(database, trip, 2 * trip)
    deploy(database, "replace")
    execute(database)

    def attempt(_: int) -> None:
        with suppress(DatabaseError):
            execute(database)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(8)))
    for name in tables(database):
        assert rows(database, f"SELECT COUNT(*) FROM ml.{name}") == [(20,)]
    execute(database)
    assert scores(database) == [(trip, float(trip)) for trip in range(20)]
    assert tables(database) == {"scores"}
