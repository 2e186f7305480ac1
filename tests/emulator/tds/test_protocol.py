"""What the protocol promises beyond values: counts, messages, transactions, calls, descriptions, sizes."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pymssql
import pyodbc
import pytest

from tests.emulator.tds import raw
from tests.emulator.tds.served import Served

OPTIONS = "WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)"


@pytest.fixture(scope="module")
def table(server: Served) -> str:
    with closing(pyodbc.connect(server.odbc(), autocommit=True)) as connection:
        connection.execute(f"CREATE TABLE dbo.things (a int NOT NULL, b nvarchar(20), c varbinary(max)) {OPTIONS}")
    return "dbo.things"


def test_count_of_changed_rows(connection: Any, table: str) -> None:
    connection.execute(f"DELETE FROM {table}")
    assert connection.execute(f"INSERT INTO {table} (a) SELECT 1 UNION ALL SELECT 2").rowcount == 2
    assert connection.execute(f"UPDATE {table} SET b = N'x' WHERE a = 1").rowcount == 1
    assert connection.execute(f"DELETE FROM {table}").rowcount == 2


def test_nocount_hides_the_counts(connection: Any, table: str) -> None:
    batch = f"INSERT INTO {table} (a) SELECT 1; SELECT 7 AS x"
    assert connection.execute(batch).description is None
    assert connection.execute(f"SET NOCOUNT ON; {batch}").fetchval() == 7


def test_many_rows_at_once(connection: Any, table: str) -> None:
    connection.execute(f"DELETE FROM {table}")
    cursor = connection.cursor()
    cursor.fast_executemany = True
    cursor.executemany(f"INSERT INTO {table} (a, b) VALUES (?, ?)", [(at, f"row {at}") for at in range(200)])
    assert tuple(connection.execute(f"SELECT COUNT(*), MAX(b) FROM {table}").fetchone()) == (200, "row 99")


def test_null_takes_the_type_of_its_column(connection: Any, table: str) -> None:
    connection.execute(f"DELETE FROM {table}")
    connection.execute(f"INSERT INTO {table} (a, b, c) VALUES (?, ?, ?)", 1, None, None)
    assert tuple(connection.execute(f"SELECT b, c FROM {table} WHERE a = ?", 1).fetchone()) == (None, None)


def test_catalog_procedures_of_odbc(connection: Any, table: str) -> None:
    cursor = connection.cursor()
    assert [row.table_name for row in cursor.tables(table="things", schema="dbo")] == ["things"]
    columns = [(row.column_name, row.type_name, row.nullable) for row in cursor.columns(table="things")]
    assert columns == [("a", "int", 0), ("b", "nvarchar", 1), ("c", "varbinary", 1)]


def test_result_is_described_before_it_runs(connection: Any, table: str) -> None:
    cursor = connection.execute(
        "{CALL sp_describe_first_result_set (?, ?)}", f"SELECT a, b FROM {table} WHERE a = @x", "@x int"
    )
    told = [(row.name, row.system_type_name, row.is_nullable, row.max_length) for row in cursor.fetchall()]
    assert told == [("a", "int", False, 4), ("b", "nvarchar(20)", True, 40)]


def test_parameters_are_described(connection: Any, table: str) -> None:
    cursor = connection.execute(
        "{CALL sp_describe_undeclared_parameters (?)}", f"UPDATE {table} SET c = @new WHERE b = @old"
    )
    told = [(row.name, row.suggested_system_type_name) for row in cursor.fetchall()]
    assert sorted(told) == [("@new", "varbinary(max)"), ("@old", "nvarchar(20)")]
    with pytest.raises(pyodbc.ProgrammingError, match="cannot be deduced"):
        connection.execute("{CALL sp_describe_undeclared_parameters (?)}", "SELECT @x")


def test_procedure_with_an_output_parameter(server: Served, connection: Any) -> None:
    connection.execute("CREATE PROCEDURE dbo.twice @a int, @b int OUTPUT AS SET @b = @a * 2")
    with closing(
        pymssql.connect(server.host, "emulator", server.password, port=str(server.port), autocommit=True)
    ) as other:
        cursor = other.cursor()
        assert cursor.callproc("dbo.twice", (21, pymssql.output(int))) == (21, 42)
    with pytest.raises(pyodbc.Error, match=r"Could not find stored procedure 'dbo.nothing'"):
        connection.execute("{CALL dbo.nothing (?)}", 1)


def test_error_within_the_rows_comes_after_those_before_it(connection: Any) -> None:
    cursor = connection.execute("SELECT 1 AS a; SELECT 1 / 0 AS b; SELECT 3 AS c")
    assert cursor.fetchval() == 1
    with pytest.raises(pyodbc.DataError, match=r"Divide by zero.*8134"):
        cursor.nextset()


def test_error_that_is_caught_is_no_error_to_the_client(connection: Any) -> None:
    cursor = connection.execute("BEGIN TRY SELECT 1 / 0 AS a END TRY BEGIN CATCH SELECT ERROR_NUMBER() AS n END CATCH")
    while cursor.description is None or cursor.description[0][0] != "n":
        assert cursor.nextset()
    assert cursor.fetchval() == 8134


def test_line_and_procedure_of_an_error(server: Served, connection: Any) -> None:
    connection.execute("CREATE PROCEDURE dbo.fails AS\nBEGIN\n    SELECT 1 / 0 AS a;\nEND")
    with raw.log_in(server) as client:
        client.sendall(raw.batch("\n\nEXEC dbo.fails"))
        reply = raw.read_message(client)
    number = reply.index((8134).to_bytes(4, "little"))
    token = reply[number - 3 :]
    body = token[: 3 + int.from_bytes(token[1:3], "little")]
    assert token[0] == 0xAA
    assert "fails".encode("utf-16-le") in body
    assert int.from_bytes(body[-4:], "little") == 3


def test_transaction_in_text_is_told_to_the_driver(server: Served) -> None:
    with raw.log_in(server) as client:
        changes = []
        for sql in ("BEGIN TRANSACTION", "COMMIT", "BEGIN TRANSACTION", "ROLLBACK"):
            client.sendall(raw.batch(sql))
            reply = raw.read_message(client)
            assert reply[0] == 0xE3
            changes.append(reply[3])
    # ENVCHANGE: begin, commit, begin, rollback.
    assert changes == [8, 9, 8, 10]


def test_savepoint_is_refused_and_the_connection_goes_on(server: Served) -> None:
    with raw.log_in(server) as client:
        client.sendall(raw.transaction(9))
        assert "has no SAVE".encode("utf-16-le") in raw.read_message(client)
        client.sendall(raw.batch("SELECT 1"))
        assert raw.read_message(client)[0] == 0x81


def test_reset_forgets_temporary_tables_and_the_transaction(server: Served) -> None:
    with raw.log_in(server) as client:
        client.sendall(raw.batch(f"CREATE TABLE #mine (a int) {OPTIONS}"))
        raw.read_message(client)
        client.sendall(raw.batch("BEGIN TRANSACTION"))
        raw.read_message(client)
        sql = raw.HEADERS + "SELECT COUNT(*) FROM #mine".encode("utf-16-le")
        client.sendall(raw.packet(raw.BATCH, sql, status=0x09))
        reply = raw.read_message(client)
        assert reply[3] == 18
        assert "Invalid object name".encode("utf-16-le") in reply


@pytest.mark.parametrize("size", ["512", "4096", "32767"])
def test_packet_size_is_the_clients(server: Served, size: str) -> None:
    with closing(pyodbc.connect(server.odbc(PacketSize=size), autocommit=True)) as connection:
        text = "\u65e5" * 100_000
        assert connection.execute("SELECT CAST(? AS nvarchar(max))", text).fetchval() == text


def test_bulk_insert_is_refused_by_name(server: Served) -> None:
    with raw.log_in(server) as client:
        client.sendall(raw.packet(0x07, bytes(100)))
        assert "INSERT BULK".encode("utf-16-le") in raw.read_message(client)


def test_many_rows_with_null_and_text_of_every_length(connection: Any) -> None:
    rows = [(at, None if at % 7 == 0 else "\u00e9" * (at % 50), at / 3) for at in range(300)]
    connection.execute(f"CREATE TABLE dbo.lengths (a int NOT NULL, b nvarchar(60), c float) {OPTIONS}")
    cursor = connection.cursor()
    cursor.fast_executemany = True
    cursor.executemany("INSERT INTO dbo.lengths VALUES (?, ?, ?)", rows)
    assert [tuple(row) for row in connection.execute("SELECT a, b, c FROM dbo.lengths ORDER BY a")] == rows
