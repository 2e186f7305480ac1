"""The driver is what PEP 249 says: by a public suite that many drivers are held to, and line by line where it is silent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import dbapi20
import pytest

import deployer.emulator as driver
from tests.emulator.conftest import need_tsql


class TestCompliance(dbapi20.DatabaseAPI20Test):  # type: ignore[misc]  # it has no types
    """Stuart Bishop's suite, in autocommit since the pool has no DDL in transactions."""

    driver = driver
    connect_kw_args = {"autocommit": True}  # noqa: RUF012 - the suite's own

    def test_nextset(self) -> None:
        """Left to each driver by the suite."""
        cursor = self._connect().cursor()
        cursor.execute("SELECT 1 AS a; SELECT 2 AS b;")
        assert cursor.fetchall() == [(1,)]
        assert cursor.nextset() is True
        assert cursor.fetchall() == [(2,)]
        assert cursor.nextset() is None

    def test_setoutputsize(self) -> None:
        """Left to each driver by the suite."""
        cursor = self._connect().cursor()
        cursor.setoutputsize(100)
        cursor.execute("SELECT REPLICATE('x', 200) AS x")
        assert cursor.fetchall() == [("x" * 200,)]

    def test_non_idempotent_close(self) -> None:
        """Closing twice does nothing, as files do: the suite says itself that reasonable persons differ."""
        connection = self._connect()
        connection.close()
        connection.close()


def test_module_says_what_it_is() -> None:
    assert (driver.apilevel, driver.threadsafety, driver.paramstyle) == ("2.0", 1, "qmark")
    for name in (
        "InterfaceError",
        "DataError",
        "OperationalError",
        "IntegrityError",
        "InternalError",
        "ProgrammingError",
        "NotSupportedError",
    ):
        raised = getattr(driver, name)
        assert issubclass(raised, driver.Error)
        assert issubclass(raised, driver.DatabaseError) is (name != "InterfaceError")
        assert getattr(driver.Connection, name) is raised
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        driver.nothing  # noqa: B018


def test_path_is_a_file_or_memory_of_its_own(tmp_path: Path) -> None:
    with closing(driver.connect(autocommit=True)) as first, closing(driver.connect()) as second:
        first.cursor().execute("CREATE TABLE t (n int) WITH (HEAP)")
        with pytest.raises(driver.ProgrammingError, match="208"):
            second.cursor().execute("SELECT n FROM t")
    for expected in (0, 1):
        connection = driver.connect(tmp_path / "pool.duckdb", autocommit=True)
        cursor = connection.cursor().execute("SELECT COUNT(*) FROM sys.tables WHERE name = 't'")
        assert cursor.fetchone() == (expected,)
        cursor.execute("IF OBJECT_ID('t') IS NULL EXEC('CREATE TABLE t (n int) WITH (HEAP)')")
        connection.close()


@pytest.mark.parametrize(
    ("value", "kind", "size", "precision", "scale"),
    [
        ("CAST(1 AS bigint)", driver.NUMBER, None, None, None),
        ("CAST(1 AS real)", driver.NUMBER, None, 24, None),
        ("CAST(1 AS float)", driver.NUMBER, None, 53, None),
        ("CAST(1 AS decimal(9, 2))", driver.NUMBER, None, 9, 2),
        ("CAST('x' AS varchar(7))", driver.STRING, 7, None, None),
        ("CAST('x' AS nvarchar(max))", driver.STRING, None, None, None),
        ("CAST(0x01 AS varbinary(4))", driver.BINARY, 4, None, None),
        ("CAST('2024-02-29' AS date)", driver.DATETIME, None, None, None),
        ("CAST('2024-02-29' AS datetime2(3))", driver.DATETIME, None, None, 3),
    ],
)
def test_description(value: str, kind: object, size: int | None, precision: int | None, scale: int | None) -> None:
    sql = f"SELECT {value} AS a"
    with closing(driver.connect()) as connection:
        cursor = connection.cursor().execute(sql)
        ((name, found, shown, length, digits, fraction, _),) = cursor.description or ()
        assert (name, shown, length, digits, fraction) == ("a", None, size, precision, scale)
        kinds = [driver.STRING, driver.BINARY, driver.NUMBER, driver.DATETIME, driver.ROWID]
        assert [found == other for other in kinds] == [kind is other for other in kinds]
    need_tsql(sql)


def test_constructors() -> None:
    ticks = dt.datetime(2024, 2, 29, 12, 30, 15).timestamp()
    values = [driver.TimestampFromTicks(ticks), driver.DateFromTicks(ticks), driver.TimeFromTicks(ticks)]
    assert values == [driver.Timestamp(2024, 2, 29, 12, 30, 15), driver.Date(2024, 2, 29), driver.Time(12, 30, 15)]
    given: list[Any] = [*values, driver.Binary(b"\0\xff"), None]
    with closing(driver.connect()) as connection:
        assert connection.cursor().execute("SELECT ?, ?, ?, ?, ?", given).fetchone() == tuple(given)


def test_connection_commits_or_rolls_back_as_a_context(tmp_path: Path) -> None:
    path = tmp_path / "pool.duckdb"
    driver.connect(path, autocommit=True).cursor().execute("CREATE TABLE t (n int) WITH (HEAP)")
    connection = driver.connect(path)
    with connection:
        connection.cursor().execute("INSERT INTO t (n) VALUES (1)")
    connection.cursor().execute("INSERT INTO t (n) VALUES (2)")
    with pytest.raises(driver.ProgrammingError, match="208"), connection:
        connection.cursor().execute("SELECT n FROM u")
    assert driver.connect(path).cursor().execute("SELECT n FROM t").fetchall() == [(1,)]


def test_closed_cursor_and_closed_connection_raise() -> None:
    connection = driver.connect()
    with connection.cursor() as closed:
        closed.execute("SELECT 1")
    cursor = connection.cursor().execute("SELECT 1")
    for unusable in (closed, cursor):
        calls: list[Callable[[], object]] = [
            partial(unusable.execute, "SELECT 1"),
            partial(unusable.executemany, "SELECT ?", [(1,)]),
            unusable.fetchone,
            unusable.fetchmany,
            unusable.fetchall,
            unusable.nextset,
            partial(next, unusable),
            partial(unusable.setinputsizes, []),
            partial(unusable.setoutputsize, 1),
        ]
        for call in calls:
            with pytest.raises(driver.InterfaceError, match="closed"):
                call()
        connection.close()
    for call in (connection.commit, connection.rollback, connection.cursor):
        with pytest.raises(driver.InterfaceError, match="closed"):
            call()


def test_executemany_counts_all_rows() -> None:
    with closing(driver.connect(autocommit=True)) as connection:
        cursor = connection.cursor().execute("CREATE TABLE t (n int) WITH (HEAP)")
        assert cursor.executemany("INSERT INTO t (n) VALUES (?)", [(1,), (2,), (3,)]).rowcount == 3
        assert cursor.executemany("DELETE FROM t WHERE n > ?", [(2,), (0,)]).rowcount == 3
        with pytest.raises(driver.ProgrammingError, match="without results"):
            cursor.executemany("SELECT ?", [(1,)])


def test_cursor_has_what_print_wrote_until_the_next_call() -> None:
    with closing(driver.connect()) as connection:
        cursor = connection.cursor().execute("PRINT 'a'; SELECT 1 AS n; PRINT 'b'; SELECT 2 AS n;")
        assert [(kind, str(said)) for kind, said in cursor.messages] == [(driver.Warning, "a")]
        cursor.fetchall()
        assert [str(said) for _, said in cursor.messages] == ["a", "b"]
        assert cursor.nextset()
        assert cursor.messages == []
        with pytest.raises(driver.DataError, match="245"):
            cursor.execute("PRINT 'before'; SELECT CAST('x' AS int) AS n;")
        assert [str(said) for _, said in cursor.messages] == ["before"]


def test_end_of_a_transaction_and_other_statements_leave_the_rows_of_a_result_behind() -> None:
    """As a server does without MARS: one result at a time on a connection."""
    with closing(driver.connect()) as connection, connection:
        assert connection.cursor().execute("SELECT 1 AS a").fetchone() == (1,)
        connection.commit()
        cursor = connection.cursor().execute("SELECT 1 AS a")
        assert connection.cursor().execute("SELECT 2 AS a").fetchall() == [(2,)]
        with pytest.raises(driver.OperationalError, match="the rows is gone"):
            cursor.fetchall()
