"""SQLAlchemy finds the emulator by its URL and works with it as with the pool."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy
import sqlalchemy.orm
from sqlalchemy.dialects import mssql
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


COLUMNS: dict[str, sqlalchemy.types.TypeEngine[Any]] = {
    "id": sqlalchemy.INTEGER(),
    "r": sqlalchemy.REAL(),
    "f": sqlalchemy.FLOAT(53),
    "d": sqlalchemy.DECIMAL(9, 2),
    "n": sqlalchemy.NVARCHAR(20),
    "v": sqlalchemy.VARCHAR(),
    "b": sqlalchemy.VARBINARY(8),
    "w": mssql.DATETIME2(),  # type: ignore[no-untyped-call]  # SQLAlchemy's
    "y": sqlalchemy.DATE(),
    "t": sqlalchemy.TIME(),
    "g": sqlalchemy.BIGINT(),
    "s": sqlalchemy.SMALLINT(),
    "f1": mssql.BIT(),
    "u": mssql.UNIQUEIDENTIFIER(),
}


@pytest.fixture
def filled() -> Iterator[sqlalchemy.Engine]:
    """A pool with a table of every type, its view, and a table in another schema."""
    engine = sqlalchemy.create_engine("mssql+emulator://", isolation_level="AUTOCOMMIT")
    columns = ", ".join(
        f"{name} {kind.compile(engine.dialect)}{' NOT NULL' if name == 'id' else ''}" for name, kind in COLUMNS.items()
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA ml")
        connection.exec_driver_sql(
            f"CREATE TABLE trips ({columns}, CONSTRAINT pk_trips PRIMARY KEY NONCLUSTERED (id) NOT ENFORCED) "
            "WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)"
        )
        connection.exec_driver_sql("CREATE TABLE ml.models (version int NOT NULL, name nvarchar(9)) WITH (HEAP)")
        connection.exec_driver_sql("CREATE VIEW dbo.seen AS SELECT id, n FROM trips")
    yield engine
    engine.dispose()


def test_inspector_finds_tables_views_and_schemas(filled: sqlalchemy.Engine) -> None:
    inspector = sqlalchemy.inspect(filled)
    assert {"dbo", "ml"} <= set(inspector.get_schema_names())
    assert inspector.get_table_names() == ["trips"]
    assert inspector.get_table_names("ml") == ["models"]
    assert inspector.get_view_names() == ["seen"]
    assert "SELECT id, n FROM trips" in (inspector.get_view_definition("seen") or "")
    assert inspector.has_table("trips")
    assert inspector.has_table("seen")
    assert inspector.has_table("models", schema="ml")
    assert not inspector.has_table("models")
    with pytest.raises(sqlalchemy.exc.NoSuchTableError):
        inspector.get_columns("nothing")


def test_inspector_tells_columns_and_keys(filled: sqlalchemy.Engine) -> None:
    inspector = sqlalchemy.inspect(filled)
    found = inspector.get_columns("trips")
    assert [column["name"] for column in found] == list(COLUMNS)
    assert [column["nullable"] for column in found] == [name != "id" for name in COLUMNS]
    for column in found:
        written = column["type"].compile(filled.dialect).partition(" COLLATE")[0]
        assert written == COLUMNS[column["name"]].compile(filled.dialect), column["name"]
    key = inspector.get_pk_constraint("trips")
    assert (key["name"], key["constrained_columns"]) == ("pk_trips", ["id"])
    assert inspector.get_pk_constraint("models", schema="ml")["constrained_columns"] == []
    assert inspector.get_foreign_keys("trips") == []
    assert inspector.get_indexes("trips") == []
    assert [column["name"] for column in inspector.get_columns("seen")] == ["id", "n"]


def test_metadata_reflects_and_what_is_reflected_can_be_queried(filled: sqlalchemy.Engine) -> None:
    metadata = sqlalchemy.MetaData()
    metadata.reflect(filled, views=True)
    metadata.reflect(filled, schema="ml")
    assert sorted(metadata.tables) == ["ml.models", "seen", "trips"]
    trips, models = metadata.tables["trips"], metadata.tables["ml.models"]
    assert [column.name for column in trips.primary_key] == ["id"]
    row = {
        "id": 1,
        "r": 0.5,
        "f": 0.1,
        "d": Decimal("2.50"),
        "n": "é",
        "v": "x",
        "b": b"\0\xff",
        "w": dt.datetime(2024, 2, 29, 12, 30, 0, 500_000),
        "y": dt.date(2024, 2, 29),
        "t": dt.time(12, 30),
        "g": 2**40,
        "s": -1,
        "f1": True,
        "u": None,
    }
    with filled.connect() as connection:
        connection.execute(trips.insert(), row)
        connection.execute(models.insert(), [{"version": number, "name": f"m{number}"} for number in range(3)])
        assert dict(connection.execute(sqlalchemy.select(trips)).mappings().one()) == row
        # SQLAlchemy writes each column of another schema's table with its schema before it.
        connection.execute(models.update().where(models.c.version == 2).values(name="new"))
        connection.execute(models.delete().where(models.c.version == 0))
        joined = sqlalchemy.select(trips.c.n, models.c.name).join(models, models.c.version == trips.c.id)
        assert connection.execute(joined).all() == [("é", "m1")]


def test_core_queries(filled: sqlalchemy.Engine) -> None:
    models = sqlalchemy.Table("models", sqlalchemy.MetaData(), schema="ml", autoload_with=filled)
    other = models.alias("other")
    version = models.c.version
    counted = sqlalchemy.select(version, sqlalchemy.func.row_number().over(order_by=version.desc()).label("place"))
    ranked = counted.cte("ranked")
    with filled.connect() as connection:
        many = connection.execute(models.insert(), [{"version": number, "name": f"m{number}"} for number in range(5)])
        assert many.rowcount == 5
        queries: dict[str, tuple[sqlalchemy.Executable, list[Any]]] = {
            "TOP": (sqlalchemy.select(version).order_by(version.desc()).limit(2), [(4,), (3,)]),
            "ROW_NUMBER": (sqlalchemy.select(version).order_by(version).limit(2).offset(1), [(1,), (2,)]),
            "CTE": (sqlalchemy.select(ranked).where(ranked.c.place == 2), [(3, 2)]),
            "IN": (sqlalchemy.select(version).where(version.in_([1, 9])), [(1,)]),
            "EXISTS": (
                sqlalchemy.select(version).where(~sqlalchemy.exists().where(other.c.version == version + 1)),
                [(4,)],
            ),
            "GROUP BY": (
                sqlalchemy.select(version % 2, sqlalchemy.func.count()).group_by(version % 2).order_by(version % 2),
                [(0, 3), (1, 2)],
            ),
            "CASE": (
                sqlalchemy.select(sqlalchemy.case((version > 2, "new"), else_="old")).where(models.c.name == "m3"),
                [("new",)],
            ),
            "UNION": (
                sqlalchemy.union(sqlalchemy.select(version), sqlalchemy.select(other.c.version)).order_by("version"),
                [(0,), (1,), (2,), (3,), (4,)],
            ),
            "text": (sqlalchemy.text("SELECT :a AS a, :b AS b").bindparams(a=1, b="x"), [(1, "x")]),
        }
        for name, (query, expected) in queries.items():
            assert connection.execute(query).all() == expected, name
        copied = models.insert().from_select(["version"], sqlalchemy.select(version + 10))
        assert connection.execute(copied).rowcount == 5
        with pytest.raises(sqlalchemy.exc.CompileError, match="multirow"):
            connection.execute(models.insert().values([{"version": 7}, {"version": 8}]))


class Base(sqlalchemy.orm.DeclarativeBase):
    pass


class Trip(Base):
    __tablename__ = "trips"
    id: sqlalchemy.orm.Mapped[int] = sqlalchemy.orm.mapped_column(primary_key=True, autoincrement=False)
    n: sqlalchemy.orm.Mapped[str | None]


def test_orm_session(filled: sqlalchemy.Engine) -> None:
    with sqlalchemy.orm.Session(filled) as session:
        session.add_all([Trip(id=1, n="a"), Trip(id=2, n="b")])
        session.commit()
        trip = session.get_one(Trip, 2)
        trip.n = "c"
        session.commit()
        assert session.scalars(sqlalchemy.select(Trip.n).order_by(Trip.id)).all() == ["a", "c"]


def test_pandas_reads_and_writes(filled: sqlalchemy.Engine) -> None:
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "x": [0.5, None],
            "name": ["a", None],
            "seen": pd.to_datetime(["2024-01-01", "2024-02-29"]).as_unit("us"),
            "good": [True, False],
        }
    )
    with filled.connect() as connection:
        frame.to_sql("frame", connection, index=False, dtype={"name": sqlalchemy.Unicode(10)})
        for read in (
            pd.read_sql_table("frame", connection),
            pd.read_sql("SELECT * FROM frame ORDER BY id", connection),
        ):
            pd.testing.assert_frame_equal(read.sort_values("id", ignore_index=True), frame)
        frame.to_sql("frame", connection, index=False, if_exists="append")
        assert len(pd.read_sql("frame", connection)) == 4
        frame.to_sql("frame", connection, if_exists="replace", dtype={"name": sqlalchemy.Unicode(10)})
        assert list(pd.read_sql("frame", connection)) == ["index", *frame]


def test_pandas_text_without_a_length_is_refused_as_by_the_pool(filled: sqlalchemy.Engine) -> None:
    """It becomes varchar(max), which a columnstore index, the pool's own choice, cannot hold."""
    with filled.connect() as connection, pytest.raises(DBAPIError, match="35343"):
        pd.DataFrame({"name": ["a"]}).to_sql("frame", connection, index=False)
