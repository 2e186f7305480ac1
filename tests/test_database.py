"""Plans are applied to a real engine, the emulator, and scores read from it; what it refuses is told with its cause."""

from __future__ import annotations

import platform
import socket
import sys
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from deployer.apply import apply_plan
from deployer.bundle import write_deploy
from deployer.compare import Array
from deployer.database import (
    Database,
    from_arrow,
    from_values,
    open_database,
    read_rows,
    read_table,
    score_rows,
)
from deployer.errors import DatabaseError, MissingPackage
from deployer.names import ObjectName
from deployer.plan import Applied, Plan, Statement, make_plan
from deployer.sql import quote_literal, quote_text
from deployer.table import Table, TableColumn
from deployer.targets import get_target
from tests.cases import TAXI, make_model, make_spec
from tests.test_sql import TEXT, storable

TARGET = get_target("synapse-dedicated")

DATA = """
CREATE TABLE [dbo].[nyc_taxi] (
    [trip_id] int NOT NULL,
    [fareAmount] float,
    [passengerCount] int,
    [paymentType] varchar(20),
    [score] int
) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)
"""
ROWS: Sequence[tuple[Any, ...]] = ((1, 10.0, 1, "card", 7), (2, 5.5, 2, "cash", 8), (3, 0.1, 3, "O'Brien", 9))


@pytest.fixture
def database() -> Iterator[Database]:
    with open_database("mssql+emulator://") as opened:
        run(opened, DATA)
        fill(opened, ROWS)
        yield opened


def run(database: Database, sql: str) -> None:
    database.run(Statement("test", sql))


def fetch(database: Database, sql: str) -> list[tuple[Any, ...]]:
    return database.fetch(Statement("test", sql))


def fill(database: Database, rows: Sequence[tuple[Any, ...]]) -> None:
    for row in rows:
        run(database, f"INSERT INTO [dbo].[nyc_taxi] SELECT {', '.join(map(quote_literal, row))}")


def plan_for(database: Database, text: str = TAXI, version: int = 3, **spec: Any) -> Plan:
    known: dict[str, Any] = {
        "columns": {
            "fareAmount": {"nulls": "keep"},
            "passengerCount": {"nulls": "refuse"},
            "paymentType": {"nulls": "refuse"},
        }
    }
    table = read_table(database, "dbo.nyc_taxi")
    return make_plan(make_model(text, version=version), make_spec(**(known | spec)), TARGET, table)


def score(plan: Plan, database: Database, rows: int = 65_536) -> dict[str, Array]:
    """All scores, put together."""
    batches = list(score_rows(plan, database, rows))
    assert all(0 < len(column) <= rows for batch in batches for column in batch.values())
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


# --- Applying and scoring --------------------------------------------------------------------------------------------


def test_a_table_is_read_as_it_is(database: Database) -> None:
    assert read_table(database, "nyc_taxi") == Table(
        "dbo.nyc_taxi",
        (
            TableColumn("trip_id", "int", None, nullable=False),
            TableColumn("fareAmount", "float"),
            TableColumn("passengerCount", "int"),
            TableColumn("paymentType", "varchar", 20),
            TableColumn("score", "int"),
        ),
    )
    run(database, "CREATE VIEW [dbo].[v] AS SELECT [trip_id], CAST([fareAmount] AS real) AS [f] FROM [dbo].[nyc_taxi]")
    assert [(c.name, c.type) for c in read_table(database, ObjectName("dbo", "v")).columns] == [
        ("trip_id", "int"),
        ("f", "real"),
    ]


def test_scores_are_those_of_the_model(database: Database) -> None:
    plan = plan_for(database)
    applied = apply_plan(plan, database)
    assert applied == Applied("nyc_taxi_tip:3", stored=True, statements=len(plan.statements))
    scores = score(plan, database)
    assert list(scores) == ["trip_id", "score", "label", "payment"]
    assert [column.dtype for column in scores.values()] == [np.int32, np.float32, np.int64, object]
    np.testing.assert_array_equal(scores["trip_id"], [1, 2, 3])
    np.testing.assert_array_equal(scores["score"], np.array([10, 5.5, 0.1], dtype=np.float32) * np.float32(0.5))
    np.testing.assert_array_equal(scores["label"], [1, 2, 3])
    assert scores["payment"].tolist() == ["card", "cash", "O'Brien"]


def test_the_stored_row_is_the_wizard_s(database: Database) -> None:
    plan = plan_for(database)
    apply_plan(plan, database)
    ((name, version, framework, content, inputs),) = fetch(
        database,
        "SELECT [name], [version], [framework], [model], [inputs_schema] FROM [ml].[models] "
        "WHERE [created_time] IS NOT NULL AND [created_by] IS NOT NULL",
    )
    assert (name, version, framework, bytes(content)) == ("nyc_taxi_tip", 3, "onnx", plan.model.content)
    assert inputs.startswith('[{"name": "fareAmount", "type": "float"}')


def test_a_plan_can_be_applied_again_and_stores_nothing(database: Database) -> None:
    plan = plan_for(database)
    apply_plan(plan, database)
    before = fetch(database, "SELECT [ID], [created_time] FROM [ml].[models]")
    seen: list[Statement] = []
    applied = apply_plan(plan, database, seen.append)
    assert applied == Applied("nyc_taxi_tip:3", stored=False, statements=len(plan.statements) - 1)
    assert seen == list(plan.statements)
    assert fetch(database, "SELECT [ID], [created_time] FROM [ml].[models]") == before
    assert len(score(plan, database)["trip_id"]) == 3


def test_another_version_stands_beside(database: Database) -> None:
    apply_plan(plan_for(database), database)
    newer = plan_for(database, TAXI.replace("0.5", "2.0"), version=4)
    assert apply_plan(newer, database).stored
    assert fetch(database, "SELECT [ID] FROM [ml].[models] ORDER BY [ID]") == [("nyc_taxi_tip:3",), ("nyc_taxi_tip:4",)]
    np.testing.assert_array_equal(score(newer, database)["score"], np.array([20, 11, 0.2], dtype=np.float32))


def test_other_bytes_under_the_same_version_change_nothing(database: Database) -> None:
    plan = plan_for(database)
    apply_plan(plan, database)
    other = plan_for(database, TAXI.replace("0.5", "2.0"))
    with pytest.raises(DatabaseError) as caught:
        apply_plan(other, database)
    assert plan.model.digest in caught.value.message
    assert other.model.digest in caught.value.message
    assert "new version" in caught.value.hint
    assert [bytes(row[0]) for row in fetch(database, "SELECT [model] FROM [ml].[models]")] == [plan.model.content]
    np.testing.assert_array_equal(score(plan, database)["score"][0], 5)


def test_the_script_refuses_other_bytes_by_itself(database: Database) -> None:
    run_script(plan_for(database), database)
    with pytest.raises(DatabaseError, match=r"51002.*holds other bytes as model nyc_taxi_tip:3"):
        run_script(plan_for(database, TAXI.replace("0.5", "2.0")), database)


def run_script(plan: Plan, database: Database) -> None:
    """Run a bundle's script as sqlcmd would, batch by batch."""
    for batch in "".join(write_deploy(plan)).split("\nGO\n"):
        if batch:
            run(database, batch)


def test_the_script_does_what_applying_does_and_can_run_twice(database: Database) -> None:
    plan = plan_for(database)
    run_script(plan, database)
    run_script(plan, database)
    assert fetch(database, "SELECT COUNT(*) FROM [ml].[models]") == [(1,)]
    assert not apply_plan(plan, database).stored
    assert len(score(plan, database)["trip_id"]) == 3


def test_two_rows_of_one_version_are_refused(database: Database) -> None:
    """Nothing on the pool keeps a second row out."""
    plan = plan_for(database)
    apply_plan(plan, database)
    columns = "[ID], [name], [description], [version], [created_time], [created_by], [framework], [model]"
    run(database, f"INSERT INTO [ml].[models] ({columns}) SELECT {columns} FROM [ml].[models]")
    with pytest.raises(DatabaseError, match=r"already holds model 'nyc_taxi_tip:3' as .* and "):
        apply_plan(plan, database)
    with pytest.raises(DatabaseError, match=r"51001.*exactly one row"):
        database.run(plan.verify)


def test_a_server_that_cannot_hash_is_asked_for_the_bytes(database: Database) -> None:
    """Some servers hash no more than 8,000 bytes; an algorithm that is not known is refused just as well."""
    plan = plan_for(database)
    verify, stored_digest = (
        Statement(s.purpose, s.sql.replace("SHA2_256", "SHA2_999")) for s in (plan.verify, plan.stored_digest)
    )
    statements = tuple(verify if statement is plan.verify else statement for statement in plan.statements)
    plan = replace(plan, statements=statements, verify=verify, stored_digest=stored_digest)
    with pytest.raises(DatabaseError):
        database.run(verify)
    assert apply_plan(plan, database).stored
    assert not apply_plan(plan, database).stored
    run(database, "UPDATE [ml].[models] SET [model] = 0x00")
    with pytest.raises(DatabaseError, match="already holds model"):
        apply_plan(plan, database)


def test_batches_are_as_large_as_asked(database: Database) -> None:
    plan = plan_for(database)
    apply_plan(plan, database)
    assert [len(batch["trip_id"]) for batch in score_rows(plan, database, 2)] == [2, 1]
    with pytest.raises(DatabaseError, match="0 rows"):
        next(score_rows(plan, database, 0))


def test_an_abandoned_stream_gives_its_connection_back(database: Database) -> None:
    plan = plan_for(database)
    apply_plan(plan, database)
    for _ in range(30):  # more than the connections that a pool holds
        stream = score_rows(plan, database, 1)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    assert len(score(plan, database)["trip_id"]) == 3


def test_rows_can_be_scored_without_a_view(database: Database) -> None:
    plan = plan_for(database, statements=[], outputs={"score": {"as": "tip", "type": "float"}})
    apply_plan(plan, database)
    scores = score(plan, database)
    assert list(scores) == ["trip_id", "tip"]
    assert scores["tip"].dtype == np.float64
    np.testing.assert_array_equal(scores["tip"][:2], [5, 2.75])


def test_names_that_clash_are_kept_apart(database: Database) -> None:
    """The key is an input as well, and the other key has the name of an output."""
    plan = plan_for(
        database,
        key=["fareAmount", "score"],
        outputs={"score": {}, "label": {"as": "passengerCount"}},
    )
    apply_plan(plan, database)
    scores = score(plan, database)
    assert list(scores) == ["fareAmount", "score", "score_score", "passengerCount"]
    np.testing.assert_array_equal(scores["fareAmount"], [0.1, 5.5, 10])
    np.testing.assert_array_equal(scores["score"], [9, 8, 7])
    np.testing.assert_array_equal(scores["passengerCount"], [3, 2, 1])
    np.testing.assert_array_equal(scores["score_score"], np.array([0.1, 5.5, 10], dtype=np.float32) / 2)


def test_rows_are_read_as_predict_is_fed_them(database: Database) -> None:
    fill(database, [(4, None, 4, None, 0), (5, 1.0, 5, "x", 0)])
    plan = plan_for(database, columns={"fareAmount": {"nulls": {"use": 0.25}}, "paymentType": {"nulls": "skip row"}})
    (rows,) = read_rows(plan, database)
    assert list(rows) == ["trip_id", "fareAmount", "passengerCount", "paymentType"]
    assert rows["trip_id"].tolist() == [1, 2, 3, 5]
    assert [rows[name].dtype for name in rows] == [np.int32, np.float32, np.int64, object]


def test_names_of_any_characters(database: Database) -> None:
    run(database, "CREATE SCHEMA [my ml]")
    run(database, "CREATE SCHEMA [select]")
    run(
        database,
        "CREATE TABLE [select].[from] ([order by] int NOT NULL, [fare'amount]]] real NOT NULL, "
        "[passengerCount] bigint NOT NULL, [paymentType] nvarchar(9) NOT NULL)",
    )
    run(database, "INSERT INTO [select].[from] SELECT 1, 2.0, 3, N'Z\u00fcrich'")
    spec = make_spec(
        models_table="[my ml].[models]]]",
        data="[select].[from]",
        key=["order by"],
        columns={"fareAmount": {"from": "fare'amount]"}},
        outputs={"score": {"as": "score; --"}, "payment": {"as": "it's", "type": "nvarchar(9)"}},
        statements=[{"view": "[my ml].[O'Brien]"}],
        name="it's\nGO\n$(x) /* -- ?",
    )
    plan = make_plan(make_model(), spec, TARGET, read_table(database, "[select].[from]"))
    for _ in range(2):
        apply_plan(plan, database)
    (batch,) = score_rows(plan, database)
    assert {name: column.tolist() for name, column in batch.items()} == {
        "order by": [1],
        "score; --": [1.0],
        "it's": ["Z\u00fcrich"],
    }


# --- NULL ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_null(database: Database) -> Database:
    fill(database, [(4, None, 4, "card", 0), (5, 1.0, None, None, 0)])
    return database


def test_null_is_refused_when_applying_and_again_when_scoring(database: Database) -> None:
    plan = plan_for(database, columns={})
    apply_plan(plan, database)
    assert len(score(plan, database)["trip_id"]) == 3
    fill(database, [(4, None, 4, "card", 0)])
    told = r"51003.*dbo.nyc_taxi has NULL in column fareAmount; input fareAmount refuses it"
    for attempt in (lambda: apply_plan(plan, database), lambda: next(score_rows(plan, database))):
        with pytest.raises(DatabaseError, match=told) as caught:
            attempt()
        assert "skip row" in caught.value.hint


def test_null_is_replaced_skipped_and_kept(with_null: Database) -> None:
    replaced = plan_for(
        with_null,
        columns={
            "fareAmount": {"nulls": {"use": 3}},
            "passengerCount": {"nulls": {"use": -1}},
            "paymentType": {"nulls": {"use": "it's none"}},
        },
    )
    apply_plan(replaced, with_null)
    scores = score(replaced, with_null)
    np.testing.assert_array_equal(scores["score"][3:], [1.5, 0.5])
    np.testing.assert_array_equal(scores["label"][3:], [4, -1])
    assert scores["payment"].tolist()[3:] == ["card", "it's none"]

    skipping = plan_for(
        with_null,
        version=5,
        columns={
            "fareAmount": {"nulls": "keep"},
            "passengerCount": {"nulls": "skip row"},
            "paymentType": {"nulls": "refuse"},
        },
    )
    apply_plan(skipping, with_null)
    scores = score(skipping, with_null)
    np.testing.assert_array_equal(scores["trip_id"], [1, 2, 3, 4])
    assert np.isnan(scores["score"][3])


# --- Text and other values -------------------------------------------------------------------------------------------


@given(TEXT.filter(storable))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_literal_is_the_same_text_in_the_database(database: Database, text: str) -> None:
    assert fetch(database, f"SELECT {quote_text(text)}") == [(text,)]


@pytest.mark.parametrize("value", [0, -1, 2**31, 0.1, 1e-300, -1.5e308, b"\x00\xff", None, 1 / 3])
def test_a_literal_is_the_same_value_in_the_database(database: Database, value: Any) -> None:
    ((found,),) = fetch(database, f"SELECT {quote_literal(value)}")
    assert (bytes(found) if isinstance(value, bytes) else found) == value


@pytest.mark.parametrize(
    ("values", "kind", "dtype", "expected"),
    [
        ((1, 2), None, np.int64, [1, 2]),
        ((1.5, 2.0), None, np.float64, [1.5, 2.0]),
        ((True, False), None, np.bool_, [True, False]),
        (("a", "b"), None, np.object_, ["a", "b"]),
        ((1, None), None, np.object_, [1, None]),
        ((Decimal("1.5"), Decimal(2)), None, np.object_, [Decimal("1.5"), Decimal(2)]),
        ((1.5, 2.5), np.float32, np.float32, [1.5, 2.5]),
        ((1, 2), np.int32, np.int32, [1, 2]),
        ((1, None), np.int64, np.object_, [1, None]),
    ],
)
def test_values_become_arrays(
    values: tuple[Any, ...], kind: type[np.generic] | None, dtype: type[np.generic], expected: list[Any]
) -> None:
    for array in (from_values(values, kind), from_arrow(pa.array(values), kind)):
        assert array.dtype == dtype
        assert array.tolist() == expected


def test_null_in_a_column_of_floats_is_nan() -> None:
    for array in (from_values((1.0, None), np.float32), from_arrow(pa.array([1.0, None]), np.float32)):
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, [1, np.nan])


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense s3cret", "cannot be read"),
        ("mssql+pyodbc://me:s3cret@host:port/x", "cannot be read"),
        ("sqlite:///x", "no driver for 'sqlite'"),
        ("mssql://me:s3cret@host/x", "no driver for 'mssql'"),
        ("mssql+pymssql://me:s3cret@host/x", r"no driver for 'mssql\+pymssql'"),
    ],
)
def test_a_url_that_is_none_is_refused_without_showing_it(url: str, message: str) -> None:
    with pytest.raises(DatabaseError, match=message) as caught:
        open_database(url)
    assert "mssql+emulator://" in caught.value.hint
    assert "s3cret" not in f"{caught.value}{caught.value.hint}{caught.value.__cause__}"


def test_a_driver_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyodbc", None)
    with pytest.raises(MissingPackage, match="pyodbc") as caught:
        open_database("mssql+pyodbc://me:s3cret@host/x")
    assert "pip install 'onnx-sql-deployer[pyodbc]'" in caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with (
        open_database(f"mssql+emulator:///{tmp_path}/none/x.duckdb") as database,
        pytest.raises(DatabaseError, match="refused"),
    ):
        read_table(database, "dbo.t")


def test_a_table_that_is_not_there_is_told(database: Database) -> None:
    with pytest.raises(DatabaseError, match=r"no table or view 'dbo.none'"):
        read_table(database, "none")
    with pytest.raises(DatabaseError, match="is not a name"):
        read_table(database, "a.b.c")


def test_the_engine_s_words_come_with_their_cause(database: Database) -> None:
    plan = make_plan(make_model(), make_spec(data="dbo.gone"), TARGET)
    with pytest.raises(DatabaseError, match="Invalid object name") as caught:
        apply_plan(plan, database)
    assert "create it" in caught.value.hint
    with pytest.raises(DatabaseError) as caught:
        list(score_rows(replace(plan_for(database), checks=()), database))
    assert "nyc_taxi_tip_scores" in caught.value.message


def test_a_model_that_is_gone_is_told_with_its_cause(database: Database) -> None:
    plan = plan_for(database)
    apply_plan(plan, database)
    run(database, "DELETE FROM [ml].[models]")
    with pytest.raises(DatabaseError, match="39051") as caught:
        list(score_rows(plan, database))
    assert "the models table lacks this model" in caught.value.hint


def test_a_large_result_comes_in_batches(database: Database) -> None:
    run(database, "CREATE TABLE [dbo].[many] ([id] int NOT NULL)")
    run(database, "INSERT INTO [dbo].[many] SELECT 1")
    for power in range(17):
        run(database, f"INSERT INTO [dbo].[many] SELECT [id] + {2**power} FROM [dbo].[many]")
    statement = Statement("test", "SELECT [id] FROM [dbo].[many]")
    sizes = [len(columns[0]) for columns in database.stream(statement, [np.int32], 10_000)]
    assert sum(sizes) == 2**17
    assert max(sizes) <= 10_000


# --- Real drivers ----------------------------------------------------------------------------------------------------


def odbc_driver() -> Path:
    """Microsoft's ODBC driver, as the package of mssql-python carries it."""
    import mssql_python_odbc

    folder = Path(mssql_python_odbc.__file__).parent / "libs" / "linux" / "debian_ubuntu" / platform.machine() / "lib"
    return next(folder.glob("libmsodbcsql-*"))


@pytest.mark.parametrize("driver", ["pyodbc", "mssqlpython"])
def test_server_that_does_not_answer_is_told_by_the_real_driver(driver: str) -> None:
    # Bound and not listening: the port refuses, and no other test's server can take it meanwhile.
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    if driver == "pyodbc":
        settings = f"Driver={odbc_driver()};Server=127.0.0.1,{port};UID=me;PWD=secret;Encrypt=no;LoginTimeout=3"
        url = f"mssql+pyodbc:///?odbc_connect={urllib.parse.quote_plus(settings)}"
    else:
        url = f"mssql+mssqlpython://me:secret@127.0.0.1:{port}/db"
    with closed, open_database(url) as database:
        assert "secret" not in repr(database)
        with pytest.raises(DatabaseError) as refusal:
            database.fetch(Statement("ask", "SELECT 1;"))
    assert "secret" not in refusal.value.message
    assert refusal.value.hint == "check host and port in the URL, and the firewall of the server"
