"""SQLAlchemy finds the emulator by its URL and works with it as with the pool."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.exc import ArgumentError, DBAPIError


def test_engine_in_memory_is_one_database_for_all_its_connections() -> None:
    engine = sqlalchemy.create_engine("mssql+emulator://", isolation_level="AUTOCOMMIT")
    with engine.connect() as first, engine.connect() as second:
        first.exec_driver_sql("CREATE TABLE t (n int) WITH (HEAP)")
        first.exec_driver_sql("INSERT INTO t (n) VALUES (?)", (5,))
        assert second.execute(sqlalchemy.text("SELECT n FROM t WHERE n = :n"), {"n": 5}).scalar() == 5
    with engine.connect() as third:
        assert third.exec_driver_sql("SELECT COUNT(*) FROM t").scalar() == 1
    engine.dispose()
    other = sqlalchemy.create_engine("mssql+emulator://")
    with other.connect() as connection, pytest.raises(DBAPIError, match="208"):
        connection.exec_driver_sql("SELECT n FROM t")
    other.dispose()


def test_file_holds_its_tables(tmp_path: Path) -> None:
    url = f"mssql+emulator:///{tmp_path / 'pool.duckdb'}"
    for expected in (False, True):
        engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
        assert sqlalchemy.inspect(engine).has_table("t") is expected
        with engine.connect() as connection:
            if not expected:
                connection.exec_driver_sql("CREATE TABLE t (n int) WITH (HEAP)")
        engine.dispose()


def test_memory_is_bounded_and_the_bound_can_be_raised() -> None:
    """A model is stored in one piece."""
    store = "INSERT INTO m (model) SELECT CAST(? AS varbinary(max))"
    content = bytes(80 << 20)
    for url, fits in (("mssql+emulator://?memory_limit=64MB", False), ("mssql+emulator://?memory_limit=512MB", True)):
        engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE m (model varbinary(max)) WITH (HEAP)")
            if fits:
                connection.exec_driver_sql(store, (content,))
                assert connection.exec_driver_sql("SELECT DATALENGTH(model) FROM m").scalar() == len(content)
            else:
                with pytest.raises(DBAPIError, match="memory_limit=1GB"):
                    connection.exec_driver_sql(store, (content,))
        engine.dispose()


def test_core_statements_run() -> None:
    engine = sqlalchemy.create_engine("mssql+emulator://", isolation_level="AUTOCOMMIT")
    table = sqlalchemy.table(
        "t", sqlalchemy.column("n", sqlalchemy.Integer), sqlalchemy.column("x", sqlalchemy.Unicode)
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n int, x nvarchar(20)) WITH (HEAP)")
        connection.execute(table.insert(), {"n": 1, "x": "é"})
        connection.execute(table.update().where(table.c.n == 1).values(x="ü"))
        assert connection.execute(sqlalchemy.select(table.c.x).order_by(table.c.n).limit(1)).scalars().all() == ["ü"]
        connection.execute(table.delete().where(table.c.x.in_(["ü"])))
        assert connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(table)).scalar() == 0
    engine.dispose()


def test_ddl_needs_autocommit_as_on_the_pool() -> None:
    engine = sqlalchemy.create_engine("mssql+emulator://")
    with engine.connect() as connection, pytest.raises(DBAPIError, match="226"):
        connection.exec_driver_sql("CREATE TABLE t (n int) WITH (HEAP)")
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["mssql+emulator://host/x", "mssql+emulator:///x?nothing=1", "mssql+emulator:///x?opset=a"]
)
def test_url_that_means_nothing_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError, match="emulator"):
        sqlalchemy.create_engine(url).connect()
