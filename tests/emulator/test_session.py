"""Batches, variables, procedures, transactions, temporary tables, the catalog, and what stays in the file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError, OperationalError
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
    batch = """
        BEGIN TRY
            SELECT 1 / 0;
        END TRY
        BEGIN CATCH
            SELECT ERROR_NUMBER(), ERROR_MESSAGE(), ERROR_SEVERITY(), XACT_STATE();
        END CATCH
    """
    need_tsql(batch)
    cursor_rows = run(batch.replace("SELECT 1 / 0;", "DECLARE @x int = 1 / 0;"))
    assert cursor_rows == [(8134, "Divide by zero error encountered.", 16, 0)]
    with pytest.raises(DatabaseError, match="8134"):
        run("BEGIN TRY DECLARE @x int = 1 / 0; END TRY BEGIN CATCH THROW; END CATCH")


def test_transaction_is_doomed_by_an_error(run: Run) -> None:
    run("CREATE TABLE t (n int) WITH (HEAP);")
    rows = run(
        """
        BEGIN TRY
            BEGIN TRAN;
            INSERT INTO t (n) VALUES (1);
            DECLARE @x int = 1 / 0;
            COMMIT;
        END TRY
        BEGIN CATCH
            DECLARE @state int = 5;
            SELECT 1;
        END CATCH
    """.replace("DECLARE @state int = 5;", "IF XACT_STATE() = -2 ROLLBACK;")
    )
    assert rows == [(1,)]
    assert run("SELECT COUNT(*), @@TRANCOUNT FROM t;") == [(0, 0)]


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


def test_rows_are_read_as_they_are_asked_for(connection: dbapi.Connection) -> None:
    connection.session.connection.execute("CREATE TABLE dbo.raw AS SELECT i FROM range(100000) t(i)")
    connection.cursor().execute("SELECT 1;").fetchall()
    cursor = connection.cursor().execute("SELECT 5 AS x UNION ALL SELECT 6;")
    assert cursor.fetchmany(1) == [(5,)] or cursor.rowcount == -1
    assert len(cursor.fetchall()) <= 1
    assert cursor.description is not None
    assert cursor.description[0][0] == "x"


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
        (pa.table({"n": [1], "x": ["long"]}), 8152),
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
