"""Batches, variables, procedures, transactions, temporary tables, the catalog, and what stays in the file."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError, InterfaceError, OperationalError
from tests.emulator.conftest import Run, need_tsql


def test_variables_and_if_else(run: Run) -> None:
    batch = """
        DECLARE @n int = 2, @t varchar(3) = 'abcdef', @none bigint;
        SET @n = @n + 1;
        IF @n > 2 AND @none IS NULL BEGIN SELECT @n, @t; END ELSE SELECT 0;
    """
    need_tsql(batch)
    assert run(batch) == [(3, "abc")]


def test_if_on_the_unknown_takes_else(run: Run) -> None:
    assert run("IF NULL = 1 SELECT 1 ELSE SELECT 2;") == [(2,)]


def test_statements_need_no_semicolons(run: Run) -> None:
    assert run("DECLARE @a int = 1 SET @a = 5 SELECT @a") == [(5,)]


def test_procedure_with_parameters_by_name_and_place(run: Run) -> None:
    create = "CREATE PROCEDURE dbo.twice @n int, @t nvarchar(5) AS BEGIN DECLARE @r int = @n * 2; SELECT @r, @t; END"
    need_tsql(create, "EXEC dbo.twice @t = N'x', @n = 4;")
    run(create)
    assert run("EXEC dbo.twice @t = N'x', @n = 4;") == [(8, "x")]
    assert run("EXECUTE twice 5, N'y';") == [(10, "y")]
    with pytest.raises(DatabaseError, match="201"):
        run("EXEC twice @n = 1;")
    with pytest.raises(DatabaseError, match="8145"):
        run("EXEC twice @nothing = 1;")


def test_recursion_ends_at_32_levels(run: Run) -> None:
    run("CREATE PROCEDURE again AS EXEC again")
    with pytest.raises(DatabaseError, match="217"):
        run("EXEC again;")


def test_try_catch_tells_of_the_error_and_throws_it_again(run: Run) -> None:
    assert run("""
        BEGIN TRY
            SELECT 1 / 0;
            SELECT N'not run';
        END TRY
        BEGIN CATCH
            SELECT ERROR_NUMBER(), ERROR_MESSAGE(), ERROR_SEVERITY(), ERROR_STATE(), XACT_STATE();
        END CATCH
    """) == [(8134, "Divide by zero error encountered.", 16, 1, 0)]
    with pytest.raises(DatabaseError, match="8134"):
        run("BEGIN TRY DECLARE @x int = 1 / 0; END TRY BEGIN CATCH THROW; END CATCH")
    assert run("SELECT ERROR_NUMBER();") == [(None,)]


def test_error_far_within_the_rows_is_caught_too(connection: dbapi.Connection) -> None:
    """Rows stream; the error comes long after the first of them went to the client."""
    connection.session.connection.execute(
        "CREATE TABLE dbo.raw AS SELECT CAST(i AS INTEGER) AS n FROM range(300000) t(i)"
    )
    connection.cursor().execute("CREATE TABLE numbers (n int) WITH (HEAP);")
    connection.session.connection.execute("INSERT INTO dbo.numbers SELECT n FROM dbo.raw")
    connection.session.connection.execute("SET threads = 1")
    query = "SELECT 1 / (n - 250000) AS q FROM numbers"
    cursor = connection.cursor().execute(
        f"BEGIN TRY {query}; END TRY BEGIN CATCH SELECT ERROR_NUMBER(); END CATCH SELECT N'after';"
    )
    assert cursor.description is not None
    assert cursor.description[0][0] == "q"
    assert 0 < len(cursor.fetchall()) < 300_000
    assert cursor.nextset()
    assert cursor.fetchall() == [(8134,)]
    assert cursor.nextset()
    assert cursor.fetchall() == [("after",)]
    assert not cursor.nextset()
    cursor.execute(f"{query}; SELECT N'after';")
    with pytest.raises(DatabaseError, match="8134"):
        cursor.fetchall()


def test_failed_transaction_is_rolled_back_before_anything_is_read(run: Run) -> None:
    """learn.microsoft.com, Use transactions in a SQL pool: both of its examples."""
    run("CREATE TABLE t (n int) WITH (HEAP);")
    begin = (
        "BEGIN TRAN; BEGIN TRY INSERT INTO t (n) VALUES (1); DECLARE @i int = CONVERT(int, 'ABC'); END TRY BEGIN CATCH "
    )
    with pytest.raises(DatabaseError) as refusal:
        run(begin + "SELECT ERROR_NUMBER(); ROLLBACK TRAN; END CATCH;")
    assert refusal.value.number == 111233
    run("ROLLBACK;")
    rows = run(
        "DECLARE @state smallint = 0; "
        + begin
        + "SET @state = XACT_STATE(); IF @@TRANCOUNT > 0 ROLLBACK TRAN; "
        + "SELECT ERROR_NUMBER() AS number, @state AS state, XACT_STATE() AS now; END CATCH;"
    )
    assert rows == [(245, -2, 0)]
    assert run("SELECT COUNT(*), @@TRANCOUNT FROM t;") == [(0, 0)]


def test_failed_transaction_takes_no_commit(run: Run) -> None:
    run("CREATE TABLE t (n int NOT NULL) WITH (HEAP);")
    with pytest.raises(DatabaseError, match="515"):
        run("BEGIN TRAN; INSERT INTO t (n) VALUES (1); INSERT INTO t (n) VALUES (NULL);")
    for batch in ("COMMIT;", "SELECT n FROM t;", "INSERT INTO t (n) VALUES (1);", "DROP TABLE t;"):
        with pytest.raises(DatabaseError, match="111233"):
            run(batch)
    run("IF EXISTS (SELECT 1 FROM t) PRINT N'there'; ROLLBACK;")
    assert run("SELECT COUNT(*) FROM t;") == [(0,)]


def test_transaction_commits_and_rolls_back(run: Run) -> None:
    run("CREATE TABLE t (n int) WITH (HEAP);")
    run("BEGIN TRAN; INSERT INTO t (n) VALUES (1); COMMIT;")
    run("BEGIN TRANSACTION; DELETE FROM t; ROLLBACK TRANSACTION;")
    assert run("SELECT n FROM t;") == [(1,)]


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE u (n int) WITH (HEAP);", "DROP TABLE t;", "TRUNCATE TABLE t;", "RENAME OBJECT t TO u;"]
)
def test_no_ddl_within_a_transaction(run: Run, statement: str) -> None:
    run("CREATE TABLE t (n int) WITH (HEAP);")
    run("BEGIN TRAN;")
    with pytest.raises(DatabaseError, match="226"):
        run(statement)
    run("ROLLBACK;")


def test_temporary_table_lives_as_long_as_the_session(tmp_path: Path) -> None:
    file = str(tmp_path / "pool.duckdb")
    first, second = (dbapi.connect(file, autocommit=True) for _ in range(2))
    first.cursor().execute("CREATE TABLE #t (n int) WITH (HEAP); INSERT INTO #t (n) VALUES (1);")
    assert first.cursor().execute("SELECT n FROM #t;").fetchall() == [(1,)]
    with pytest.raises(DatabaseError, match="208"):
        second.cursor().execute("SELECT n FROM #t;")
    first.close()
    assert second.cursor().execute("SELECT COUNT(*) FROM sys.objects;").fetchall() == [(0,)]
    second.close()


def test_rename_swaps_a_table(run: Run) -> None:
    run("CREATE TABLE a (n int) WITH (HEAP); INSERT INTO a (n) VALUES (1);")
    run("RENAME OBJECT dbo.a TO b;")
    assert run("SELECT n FROM b;") == [(1,)]
    with pytest.raises(DatabaseError, match="208"):
        run("SELECT n FROM a;")


def test_update_delete_and_truncate(run: Run) -> None:
    run("CREATE TABLE t (n int, x varchar(5)) WITH (HEAP);")
    for n in range(4):
        run("INSERT INTO t (n, x) VALUES (?, 'a');", n)
    run("UPDATE t SET n = n * 10, x = 'b' WHERE n > 1; DELETE FROM t WHERE n = 0;")
    assert run("SELECT n, x FROM t ORDER BY n;") == [(1, "a"), (20, "b"), (30, "b")]
    run("TRUNCATE TABLE t;")
    assert run("SELECT COUNT(*) FROM t;") == [(0,)]


def test_duplicates_pass_a_key_that_is_not_enforced(run: Run) -> None:
    create = "CREATE TABLE t (n int NOT NULL, CONSTRAINT k PRIMARY KEY NONCLUSTERED (n) NOT ENFORCED) WITH (HEAP);"
    need_tsql(create)
    run(create)
    run("INSERT INTO t (n) VALUES (1); INSERT INTO t (n) VALUES (1);")
    assert run("SELECT COUNT(*) FROM t;") == [(2,)]


def test_types_lengths_and_views_outlive_the_process(tmp_path: Path) -> None:
    file = str(tmp_path / "pool.duckdb")
    connection = dbapi.connect(file, autocommit=True)
    cursor = connection.cursor()
    cursor.execute("CREATE SCHEMA s")
    cursor.execute("CREATE TABLE s.t (a nvarchar(7) NOT NULL, m varbinary(max), d decimal(9,2)) WITH (HEAP);")
    cursor.execute("CREATE VIEW s.v AS SELECT a, d * 2 AS twice FROM s.t")
    connection.close()
    connection = dbapi.connect(file, autocommit=True)
    cursor = connection.cursor()
    cursor.execute("""
        SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE, NUMERIC_SCALE
        FROM INFORMATION_SCHEMA.COLUMNS ORDER BY TABLE_NAME, ORDINAL_POSITION;
    """)
    assert cursor.fetchall() == [
        ("t", "a", "nvarchar", 7, "NO", None),
        ("t", "m", "varbinary", -1, "YES", None),
        ("t", "d", "decimal", None, "YES", 2),
        ("v", "a", "nvarchar", 7, "NO", None),
        ("v", "twice", "decimal", None, "YES", 2),
    ]
    assert cursor.execute("SELECT a FROM s.v;").fetchall() == []
    connection.close()


def test_catalog_views_join(run: Run) -> None:
    run("CREATE SCHEMA s")
    run("CREATE TABLE s.t (n int) WITH (HEAP);")
    assert run("""
        SELECT s.name, t.name, c.name, OBJECT_ID(N'[s].[t]') - t.object_id
        FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id
            JOIN sys.columns AS c ON c.object_id = t.object_id;
    """) == [("s", "t", "n", 0)]
    assert run("SELECT COUNT(*) FROM sys.schemas WHERE name = N's';") == [(1,)]


def test_own_tables_of_the_emulator_are_out_of_reach(run: Run) -> None:
    for name in ("[the emulator's own\n].objects", "[the emulator's own].objects", "main.objects"):
        with pytest.raises(DatabaseError):
            run(f"SELECT name FROM {name};")


def test_results_of_a_batch_come_in_order(connection: dbapi.Connection) -> None:
    cursor = connection.cursor().execute("SELECT 1 AS a; PRINT N'between'; SELECT 2 AS b; SELECT 3 AS c;")
    assert connection.messages == []
    found = [cursor.fetchone()]
    while cursor.nextset():
        found.append(cursor.fetchone())
    assert found == [(1,), (2,), (3,)]
    assert connection.messages == ["between"]


def test_without_autocommit_nothing_stays_that_is_not_committed(tmp_path: Path) -> None:
    file = str(tmp_path / "pool.duckdb")
    setup = dbapi.connect(file, autocommit=True)
    setup.cursor().execute("CREATE TABLE t (n int) WITH (HEAP);")
    writer = dbapi.connect(file)
    writer.cursor().execute("INSERT INTO t (n) VALUES (1);")
    writer.rollback()
    writer.cursor().execute("INSERT INTO t (n) VALUES (2);")
    writer.commit()
    writer.close()
    assert setup.cursor().execute("SELECT n FROM t;").fetchall() == [(2,)]
    setup.close()


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pool.duckdb"
    file.write_bytes(b"something else" * 1000)
    with pytest.raises(OperationalError, match="Cannot open database"):
        dbapi.connect(str(file))


def test_bulk_copy_holds_rows_to_the_table(connection: dbapi.Connection) -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (n bigint NOT NULL, r real, x nvarchar(3)) WITH (HEAP);")
    rows = pa.table({"X": ["a", None], "n": pa.array([1, 2], pa.int32()), "r": pa.array([0.5, None], pa.float32())})
    assert cursor.bulkcopy("[dbo].[t]", rows) == 2
    assert cursor.execute("SELECT n, r, x FROM t ORDER BY n;").fetchall() == [(1, 0.5, "a"), (2, None, None)]
    for table, number in (
        (pa.table({"n": [1], "x": ["long"]}), 2628),
        (pa.table({"x": ["a"]}), 515),
        (pa.table({"n": [1], "nothing": ["a"]}), 207),
        (pa.table({"n": [1], "x": pa.array([b"a"], pa.binary())}), 257),
        (pa.table({"n": pa.array([1], pa.duration("s"))}), 257),
    ):
        with pytest.raises(DatabaseError) as refusal:
            cursor.bulkcopy("t", table)
        assert refusal.value.number == number
    with pytest.raises(DatabaseError, match="208"):
        cursor.bulkcopy("nothing", rows)
    assert cursor.execute("SELECT COUNT(*) FROM t;").fetchall() == [(2,)]


def test_parameters_are_bound_in_the_order_of_the_text(run: Run) -> None:
    assert run("SELECT ? AS x, t.a FROM (SELECT ? AS a) AS t WHERE ? = 3;", 1, 2, 3) == [(1, 2)]
    assert run("IF ? = 1 SELECT ?; ELSE SELECT ?;", 0, "no", "yes") == [("yes",)]
    assert run("SELECT TOP (?) n FROM (SELECT 1 AS n UNION ALL SELECT 2) AS t WHERE n > ?;", 1, 1) == [(2,)]
    assert run("SELECT N'?' AS [?] /* ? */ -- ?") == [("?",)]
    many = [bytes([n]) * 100 for n in range(24)]
    assert run(f"SELECT {', '.join('?' * 24)};", *many) == [tuple(many)]


@pytest.mark.parametrize("given", [0, 2])
def test_parameters_are_as_many_as_their_markers(run: Run, given: int) -> None:
    with pytest.raises(DatabaseError, match=f"contains 1 parameter markers, but {given} parameters"):
        run("SELECT ?;", *range(given))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        2**31 - 1,
        -(2**63),
        2**63 - 1,
        0.1,
        -0.0,
        5e-324,
        Decimal("1E+5"),
        Decimal("-0.00"),
        Decimal("12345678901234567890.123"),
        "",
        "it's",
        "\0\x01\ufffd😀",
        "x" * 5000,
        b"",
        b"\x00\xff",
        b"x" * 10_000,
        dt.date(1, 1, 1),
        dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
        dt.time(23, 59, 59, 999999),
    ],
)
def test_value_comes_back_as_it_went(run: Run, value: object) -> None:
    assert run("SELECT ?;", value) == [(value,)]
    assert run("DECLARE @v nvarchar(10) = N'x'; SELECT ? AS v, @v;", value) == [(value, "x")]


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal(10) ** 38,
        dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
        object(),
        [1],
    ],
)
def test_value_that_no_type_holds_is_refused(run: Run, value: object) -> None:
    with pytest.raises(DatabaseError):
        run("SELECT ?;", value)


def test_rest_of_a_batch_runs_when_the_rows_are_read(connection: dbapi.Connection) -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (n int) WITH (HEAP);")
    cursor.execute("SELECT 1 AS a; INSERT INTO t (n) VALUES (1);").fetchall()
    assert connection.cursor().execute("SELECT COUNT(*) FROM t;").fetchall() == [(1,)]
    cursor.execute("SELECT 1 AS a; INSERT INTO t (n) VALUES (2); SELECT n FROM t; DELETE FROM t;")
    assert cursor.nextset()
    assert sorted(cursor.fetchall()) == [(1,), (2,)]
    assert cursor.nextset() is None
    assert cursor.rowcount == 2
    with pytest.raises(DatabaseError, match="No results"):
        cursor.fetchall()


def test_first_error_comes_with_execute_and_a_later_one_with_nextset(connection: dbapi.Connection) -> None:
    cursor = connection.cursor()
    with pytest.raises(DatabaseError, match="8134"):
        cursor.execute("SELECT 1 / 0;")
    cursor.execute("SELECT 1; SELECT 1 / 0;")
    assert cursor.fetchall() == [(1,)]
    with pytest.raises(DatabaseError, match="8134"):
        cursor.nextset()


def test_arrow_batches_have_at_most_the_rows_asked_for(connection: dbapi.Connection) -> None:
    rows = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(10))
    reader = connection.cursor().execute(f"SELECT n FROM ({rows}) AS t;").arrow_reader(batch_size=4)
    batches = list(reader)
    assert max(batch.num_rows for batch in batches) <= 4
    assert sorted(value for batch in batches for value in batch.column(0).to_pylist()) == list(range(10))


def test_closed_cursor_and_connection_say_so() -> None:
    connection = dbapi.connect(":memory:")
    cursor = connection.cursor()
    cursor.close()
    with pytest.raises(InterfaceError, match="cursor is closed"):
        cursor.execute("SELECT 1;")
    connection.close()
    connection.close()
    with pytest.raises(InterfaceError, match="connection is closed"):
        connection.cursor().execute("SELECT 1;")


def test_view_whose_tables_changed_is_refused(run: Run) -> None:
    """The server answers with the columns of old; the emulator does not pretend to."""
    run("CREATE TABLE t (n int) WITH (HEAP);")
    run("CREATE VIEW v AS SELECT * FROM t")
    run("DROP TABLE t; CREATE TABLE t (n bigint) WITH (HEAP);")
    with pytest.raises(DatabaseError, match="4502"):
        run("SELECT n FROM v;")


def test_schema_with_objects_is_not_dropped(run: Run) -> None:
    run("CREATE SCHEMA s")
    run("CREATE VIEW s.v AS SELECT 1 AS a")
    with pytest.raises(DatabaseError, match="3729"):
        run("DROP SCHEMA s;")
    run("DROP VIEW s.v; DROP SCHEMA s;")
    assert run("SELECT SCHEMA_ID(N's');") == [(None,)]


def test_names_differ_by_more_than_the_case_of_their_letters(run: Run) -> None:
    run("CREATE SCHEMA [Été]")
    run(
        "CREATE TABLE [éTÉ].[Ü] ([Ö] int) WITH (HEAP); INSERT INTO [été].[ü] ([ö]) VALUES (1); UPDATE [ÉTÉ].[ü] SET [ö] = 2;"
    )
    assert run("SELECT [ö] FROM [été].[ü];") == [(2,)]
    assert run("SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES;") == [("Été", "Ü")]


def test_temporary_tables_are_found_in_tempdb_only(run: Run) -> None:
    run("CREATE TABLE #t (n int) WITH (HEAP);")
    assert run("SELECT OBJECT_ID(N'dbo.t'), COUNT(*) FROM INFORMATION_SCHEMA.TABLES;") == [(None, 0)]
    run("IF OBJECT_ID(N'tempdb..#t') IS NOT NULL DROP TABLE #t;")
    assert run("SELECT OBJECT_ID(N'#t');") == [(None,)]


def test_temporary_tables_of_a_process_that_died_are_gone(tmp_path: Path) -> None:
    file = str(tmp_path / "pool.duckdb")
    script = (
        "import os, sys\nfrom deployer.emulator import dbapi\n"
        "c = dbapi.connect(sys.argv[1], autocommit=True)\n"
        "c.cursor().execute('CREATE TABLE #t (n int) WITH (HEAP); CREATE TABLE kept (n int) WITH (HEAP);')\n"
        "c.session.connection.execute('CHECKPOINT')\nos._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script, file], check=True)
    connection = dbapi.connect(file, autocommit=True)
    try:
        connection.cursor().execute("CREATE TABLE #t (x varchar(5)) WITH (HEAP); INSERT INTO kept (n) VALUES (1);")
        assert connection.cursor().execute("SELECT x FROM #t;").fetchall() == []
    finally:
        connection.close()


def test_file_that_another_process_holds_is_refused(tmp_path: Path) -> None:
    file = str(tmp_path / "pool.duckdb")
    connection = dbapi.connect(file)
    try:
        script = "import sys\nfrom deployer.emulator import dbapi\ndbapi.connect(sys.argv[1])\n"
        done = subprocess.run([sys.executable, "-c", script, file], capture_output=True, text=True, check=False)
    finally:
        connection.close()
    assert done.returncode == 1
    assert "OperationalError: Msg 4060, Level 11, State 1: Cannot open database" in done.stderr
    assert "lock" in done.stderr


def test_connection_left_open_says_nothing_at_the_end() -> None:
    script = (
        "from deployer.emulator import dbapi\nc = dbapi.connect(':memory:', autocommit=True)\n"
        "cursor = c.cursor().execute('SELECT 1 AS a UNION ALL SELECT 2')\nprint(cursor.fetchone())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_columns_are_told_with_their_types(run: Run) -> None:
    run("""
        CREATE TABLE t (a bit, b tinyint, c decimal(9,2), d float, e real, f nvarchar(7), g varchar(max), h datetime2(3),
            i time(0), j date, k datetime, l binary(4), m uniqueidentifier) WITH (HEAP);
    """)
    assert run("""
        SELECT c.name, t.name, c.max_length, c.precision, c.scale FROM sys.columns AS c
            JOIN sys.types AS t ON t.user_type_id = c.user_type_id ORDER BY c.column_id;
    """) == [
        ("a", "bit", 1, 1, 0),
        ("b", "tinyint", 1, 3, 0),
        ("c", "decimal", 5, 9, 2),
        ("d", "float", 8, 53, 0),
        ("e", "real", 4, 24, 0),
        ("f", "nvarchar", 14, 0, 0),
        ("g", "varchar", -1, 0, 0),
        ("h", "datetime2", 7, 23, 3),
        ("i", "time", 3, 8, 0),
        ("j", "date", 3, 10, 0),
        ("k", "datetime", 8, 23, 3),
        ("l", "binary", 4, 0, 0),
        ("m", "uniqueidentifier", 16, 0, 0),
    ]


def test_labels_name_a_request_and_change_nothing(run: Run) -> None:
    run("CREATE TABLE t (n int) WITH (HEAP);")
    run("INSERT INTO t (n) SELECT 1 OPTION (LABEL = N'fill'); UPDATE t SET n = 2 OPTION (LABEL = 'change');")
    assert run("SELECT n FROM t OPTION (LABEL = 'read');") == [(2,)]
    run("DELETE FROM t WHERE n = 2 OPTION (LABEL = 'empty');")
    assert run("SELECT COUNT(*) FROM t;") == [(0,)]


def test_bulk_copy_takes_no_number_that_the_server_has_not(connection: dbapi.Connection) -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (x float, y real) WITH (HEAP);")
    for rows in (pa.table({"x": [float("nan")]}), pa.table({"y": pa.array([float("inf")], pa.float32())})):
        with pytest.raises(DatabaseError):
            cursor.bulkcopy("t", rows)
    assert cursor.execute("SELECT COUNT(*) FROM t;").fetchall() == [(0,)]


def test_columns_may_be_written_with_their_schema(run: Run) -> None:
    """`schema.table.column`, for a table without an alias, as SQLAlchemy writes every column of a schema's table."""
    for sql in ("CREATE SCHEMA a", "CREATE SCHEMA b"):
        run(sql)
    for schema in "ab":
        run(f"CREATE TABLE {schema}.t (n int, x int) WITH (HEAP)")
        run(f"INSERT INTO {schema}.t (n, x) VALUES (1, {ord(schema)})")
    assert run("SELECT a.t.*, A.T.x FROM a.t WHERE a.t.n = 1 ORDER BY a.t.n") == [(1, 97, 97)]
    assert run("SELECT a.t.x, b.t.x FROM a.t JOIN b.t ON a.t.n = b.t.n") == [(97, 98)]
    assert run("SELECT q.n FROM a.t AS q WHERE EXISTS (SELECT 1 FROM b.t WHERE b.t.n = q.n)") == [(1,)]
    run("UPDATE a.t SET x = b.t.x + 1 FROM b.t WHERE a.t.n = b.t.n")
    assert run("SELECT a.t.x, COUNT(*) AS c FROM a.t GROUP BY a.t.x") == [(99, 1)]
    run("DELETE FROM b.t WHERE b.t.n = 1")
    assert run("SELECT COUNT(*) AS c FROM b.t") == [(0,)]
    for sql in ("SELECT a.t.n FROM a.t AS q", "SELECT dbo.t.n FROM a.t", "SELECT a.t.n FROM b.t"):
        with pytest.raises(DatabaseError, match="4104"):
            run(sql)
    for sql in (
        "SELECT 1 AS n FROM a.t, a.t",
        "SELECT 1 AS n FROM a.t, b.t AS t",
        "SELECT 1 AS n FROM a.t AS t, b.t AS t",
    ):
        with pytest.raises(DatabaseError, match="1011"):
            run(sql)
    assert run("SELECT COUNT(*) AS c FROM a.t WITH (NOLOCK), b.t WITH (READPAST)") == [(0,)]
    with pytest.raises(DatabaseError, match="hint TABLOCKX"):
        run("SELECT n FROM a.t WITH (TABLOCKX)")


def test_null_goes_into_a_column_of_any_type(run: Run) -> None:
    """A bare NULL has no type of its own, though it is int where nothing else is known."""
    run("CREATE TABLE t (n int, u uniqueidentifier, b varbinary(4), y date) WITH (HEAP, DISTRIBUTION = HASH(n))")
    run("INSERT INTO t (n, u, b, y) VALUES (1, NULL, NULL, NULL)")
    run("INSERT INTO t (n, u, b, y) VALUES (?, ?, ?, ?)", 2, None, None, None)
    run("INSERT INTO t (n, u, b, y) SELECT n + 2, NULL, NULL, NULL FROM t")
    run("UPDATE t SET u = NULL, b = NULL, y = NULL WHERE n < 4")
    assert run("SELECT COUNT(*) AS c, COUNT(u) AS u, COUNT(b) AS b, COUNT(y) AS y FROM t") == [(4, 0, 0, 0)]
