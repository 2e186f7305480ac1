"""What drivers, SQLAlchemy, dbt and DBAs read: catalog views, their functions, the procedures that ODBC calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from deployer.emulator import dbapi
from deployer.emulator.driver_procedures import DRIVER_PROCEDURES
from deployer.emulator.errors import DatabaseError, NotSupportedError
from deployer.emulator.system_views import SYSTEM_VIEWS
from tests.emulator.conftest import Run, need_tsql

TABLE = """CREATE TABLE dbo.t (n int NOT NULL, v varchar(5) NOT NULL CONSTRAINT df_v DEFAULT 'x',
    i bigint IDENTITY(2, 3) NOT NULL, d decimal(5, 2), m datetime2(3), b varbinary(max),
    c varchar(9) COLLATE Latin1_General_BIN2,
    CONSTRAINT pk_t PRIMARY KEY NONCLUSTERED (n, v) NOT ENFORCED) WITH (HEAP, DISTRIBUTION = HASH(n));"""


@pytest.fixture(autouse=True)
def objects(run: Run) -> None:
    run(TABLE)
    run("CREATE VIEW w AS SELECT n, v FROM t;")
    run("CREATE PROCEDURE p @a int, @b nvarchar(10) OUTPUT AS SET @b = N'x';")
    run("CREATE INDEX ix ON t (d); CREATE STATISTICS s ON t (n, d);")
    run("CREATE TABLE #hidden (n int) WITH (HEAP);")


@pytest.mark.parametrize("name", SYSTEM_VIEWS)
def test_every_view_answers_with_its_types(connection: dbapi.Connection, name: tuple[str, str]) -> None:
    cursor = connection.cursor().execute(f"SELECT * FROM {'.'.join(name)};")
    assert cursor.description is not None
    assert len({column[0] for column in cursor.description}) == len(cursor.description)
    assert not any("hidden" in str(value) for row in cursor.fetchall() for value in row)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "SELECT name, type, type_desc FROM sys.objects ORDER BY name;",
            [
                ("df_v", "D ", "DEFAULT_CONSTRAINT"),
                ("p", "P ", "SQL_STORED_PROCEDURE"),
                ("pk_t", "PK", "PRIMARY_KEY_CONSTRAINT"),
                ("t", "U ", "USER_TABLE"),
                ("w", "V ", "VIEW"),
            ],
        ),
        ("SELECT t.name, SCHEMA_NAME(t.schema_id) FROM sys.tables AS t;", [("t", "dbo")]),
        (
            "SELECT name, max_length, precision, scale, is_nullable, is_identity, collation_name FROM sys.columns "
            "WHERE object_id = OBJECT_ID(N'dbo.t') ORDER BY column_id;",
            [
                ("n", 4, 10, 0, False, False, None),
                ("v", 5, 0, 0, False, False, "SQL_Latin1_General_CP1_CI_AS"),
                ("i", 8, 19, 0, False, True, None),
                ("d", 5, 5, 2, True, False, None),
                ("m", 7, 23, 3, True, False, None),
                ("b", -1, 0, 0, True, False, None),
                ("c", 9, 0, 0, True, False, "Latin1_General_BIN2"),
            ],
        ),
        (
            "SELECT i.name, i.index_id, i.type_desc, i.is_unique, i.is_primary_key FROM sys.indexes AS i ORDER BY index_id;",
            [
                (None, 0, "HEAP", False, False),
                ("pk_t", 2, "NONCLUSTERED", True, True),
                ("ix", 3, "NONCLUSTERED", False, False),
            ],
        ),
        (
            "SELECT k.name, COL_NAME(x.object_id, x.column_id), x.key_ordinal FROM sys.key_constraints AS k "
            "JOIN sys.index_columns AS x ON x.object_id = k.parent_object_id AND x.index_id = k.unique_index_id "
            "ORDER BY x.key_ordinal;",
            [("pk_t", "n", 1), ("pk_t", "v", 2)],
        ),
        ("SELECT name, definition FROM sys.default_constraints;", [("df_v", "('x')")]),
        ("SELECT name, seed_value, increment_value FROM sys.identity_columns;", [("i", 2, 3)]),
        (
            "SELECT OBJECT_NAME(object_id), name, is_output, TYPE_NAME(user_type_id) FROM sys.parameters ORDER BY name;",
            [("p", "@a", False, "int"), ("p", "@b", True, "nvarchar")],
        ),
        ("SELECT distribution_policy_desc FROM sys.pdw_table_distribution_properties;", [("HASH",)]),
        (
            "SELECT COL_NAME(object_id, column_id) FROM sys.pdw_column_distribution_properties "
            "WHERE distribution_ordinal = 1;",
            [("n",)],
        ),
        ("SELECT name FROM sys.stats;", [("s",)]),
        ("SELECT name FROM sys.databases WHERE name = DB_NAME();", [("emulator",)]),
        ("SELECT ROUTINE_NAME FROM INFORMATION_SCHEMA.ROUTINES;", [("p",)]),
        (
            "SELECT PARAMETER_NAME, PARAMETER_MODE, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH FROM INFORMATION_SCHEMA.PARAMETERS "
            "ORDER BY ORDINAL_POSITION;",
            [("@a", "IN", "int", None), ("@b", "INOUT", "nvarchar", 10)],
        ),
        ("SELECT VIEW_DEFINITION FROM INFORMATION_SCHEMA.VIEWS;", [("CREATE VIEW w AS SELECT n, v FROM t;",)]),
        (
            "SELECT COLUMN_NAME, COLUMN_DEFAULT FROM emulator.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 't' "
            "AND COLUMN_DEFAULT IS NOT NULL;",
            [("v", "('x')")],
        ),
        (
            "SELECT CONSTRAINT_NAME, CONSTRAINT_TYPE FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS;",
            [("pk_t", "PRIMARY KEY")],
        ),
        (
            "SELECT SCHEMA_NAME FROM INFORMATION_SCHEMA.SCHEMATA ORDER BY SCHEMA_NAME;",
            [("dbo",), ("guest",), ("INFORMATION_SCHEMA",), ("sys",)],
        ),
        # What Microsoft's page on MERGE asks before it.
        (
            "SELECT a.name, c.distribution_policy_desc, b.type FROM sys.tables a JOIN sys.indexes b "
            "ON a.object_id = b.object_id JOIN sys.pdw_table_distribution_properties c ON a.object_id = c.object_id "
            "WHERE b.type = 2 AND c.distribution_policy_desc = 'HASH' AND b.is_primary_key = 0;",
            [("t", "HASH", 2)],
        ),
        (
            "SELECT sys.tables.name, emulator.sys.schemas.name FROM sys.tables JOIN sys.schemas "
            "ON sys.schemas.schema_id = sys.tables.schema_id;",
            [("t", "dbo")],
        ),
    ],
)
def test_view_tells(run: Run, query: str, rows: list[tuple[object, ...]]) -> None:
    assert run(query) == rows


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("OBJECT_NAME(OBJECT_ID(N't'))", "t"),
        ("OBJECT_SCHEMA_NAME(OBJECT_ID(N't'))", "dbo"),
        ("OBJECT_DEFINITION(OBJECT_ID(N'w'))", "CREATE VIEW w AS SELECT n, v FROM t;"),
        ("OBJECT_DEFINITION(OBJECT_ID(N't'))", None),
        ("OBJECT_NAME(0)", None),
        ("OBJECT_ID(N'emulator.dbo.t') - OBJECT_ID(N'[t]')", 0),
        ("OBJECTPROPERTY(OBJECT_ID(N'w'), 'IsView')", 1),
        ("COLUMNPROPERTY(OBJECT_ID(N't'), N'i', 'IsIdentity')", 1),
        ("COLUMNPROPERTY(OBJECT_ID(N't'), N'x', 'AllowsNull')", None),
        ("TYPE_NAME(56)", "int"),
        ("TYPE_ID(N'bigint')", 127),
        ("SCHEMA_NAME()", "dbo"),
        ("SCHEMA_NAME(SCHEMA_ID(N'dbo'))", "dbo"),
        ("DB_NAME()", "emulator"),
        ("DB_NAME(DB_ID())", "emulator"),
        ("SERVERPROPERTY('EngineEdition')", 6),
        ("SERVERPROPERTY('Collation')", "SQL_Latin1_General_CP1_CI_AS"),
        ("SERVERPROPERTY(N'nothing')", None),
        ("DATABASEPROPERTYEX(N'emulator', 'Edition')", "DataWarehouse"),
        ("SESSIONPROPERTY('ANSI_NULLS')", 1),
        ("USER_NAME(1)", "dbo"),
        ("CURRENT_USER", "dbo"),
        ("SUSER_SNAME()", "emulator"),
        ("ORIGINAL_LOGIN()", "emulator"),
        ("HAS_PERMS_BY_NAME(N'dbo.t', N'OBJECT', N'SELECT')", 1),
        ("IS_MEMBER(N'db_owner')", 1),
        ("IS_MEMBER(N'db_datareader')", 0),
        ("IS_MEMBER(N'nothing')", None),
        ("@@SERVERNAME", "emulator"),
    ],
)
def test_function_tells(run: Run, expression: str, value: object) -> None:
    assert run(f"SELECT {expression};") == [(value,)]


def test_unknown_view_is_refused_by_name(run: Run) -> None:
    with pytest.raises(NotSupportedError, match=r"sys\.dm_pdw_exec_requests"):
        run("SELECT * FROM sys.dm_pdw_exec_requests;")
    with pytest.raises(NotSupportedError, match="OBJECT_ID of constants"):
        run("SELECT OBJECT_ID(name) FROM sys.tables;")


def test_names_of_three_parts_are_of_this_database(run: Run) -> None:
    run("INSERT INTO emulator.dbo.t (n) VALUES (1); INSERT INTO tempdb..#hidden VALUES (7);")
    assert run("SELECT emulator.dbo.t.n, dbo.t.v FROM emulator.dbo.t;") == [(1, "x")]
    assert run("SELECT n FROM tempdb..#hidden;") == [(7,)]
    assert run("SELECT n FROM emulator..t WITH (NOLOCK);") == [(1,)]
    for query in ("SELECT n FROM other.dbo.t;", "SELECT other.dbo.t.n FROM t;"):
        with pytest.raises(DatabaseError, match="Cross-database"):
            run(query)
    with pytest.raises(DatabaseError, match=r'"s\.t\.n" could not be bound'):
        run("SELECT s.t.n FROM dbo.t;")


@pytest.mark.parametrize("name", DRIVER_PROCEDURES)
def test_text_of_a_drivers_procedure_is_tsql(name: str) -> None:
    declared, code = DRIVER_PROCEDURES[name]
    need_tsql(f"CREATE PROCEDURE {name} {declared} AS {code}")


@pytest.mark.parametrize(
    ("call", "rows"),
    [
        ("EXEC sp_tables @table_type = N'''TABLE''';", [("emulator", "dbo", "t", "TABLE", None)]),
        ("EXEC sys.sp_tables N'w%', N'dbo';", [("emulator", "dbo", "w", "VIEW", None)]),
        ("EXEC sp_pkeys N't';", [("emulator", "dbo", "t", "n", 1, "pk_t"), ("emulator", "dbo", "t", "v", 2, "pk_t")]),
        ("EXEC sp_fkeys @pktable_name = N't';", []),
    ],
)
def test_drivers_procedure_tells(run: Run, call: str, rows: list[tuple[object, ...]]) -> None:
    assert run(call) == rows


def test_drivers_procedures_on_columns_indexes_types_and_procedures(run: Run) -> None:
    columns = run("EXEC sp_columns N't', @column_name = N'_';")
    assert [(row[3], row[4], row[5], row[6], row[7], row[12]) for row in columns][:4] == [
        ("n", 4, "int", 10, 4, None),
        ("v", 12, "varchar", 5, 5, "('x')"),
        ("i", -5, "bigint identity", 19, 8, None),
        ("d", 3, "decimal", 5, 5, None),
    ]
    assert [(row[3], row[21]) for row in run("EXEC sp_columns_100 N't';")][:3] == [("n", 0), ("v", 0), ("i", 1)]
    assert [(row[5], row[3], row[7], row[8]) for row in run("EXEC sp_statistics N't';")] == [
        ("pk_t", 0, 1, "n"),
        ("pk_t", 0, 2, "v"),
        ("ix", 1, 1, "d"),
    ]
    assert [row[0] for row in run("EXEC sp_datatype_info 4;")] == ["int"]
    assert [row[2] for row in run("EXEC sp_stored_procedures;")] == ["p;1"]


def test_members_by_the_older_procedures(run: Run) -> None:
    run("CREATE ROLE readers; EXEC sp_addrolemember 'readers', 'guest';")
    assert run("SELECT COUNT(*) FROM sys.database_role_members;") == [(1,)]
    run("EXEC sp_droprolemember readers, [guest] PRINT N'done';")
    assert run("SELECT COUNT(*) FROM sys.database_role_members;") == [(0,)]


@pytest.fixture
def inspector() -> Iterator[sa.Inspector]:
    engine = sa.create_engine("mssql+emulator://", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(TABLE)
        connection.exec_driver_sql("CREATE VIEW w AS SELECT n FROM t;")
        connection.exec_driver_sql("CREATE INDEX ix ON t (d);")
        yield sa.inspect(connection)
    engine.dispose()


def test_sqlalchemy_reflects(inspector: sa.Inspector) -> None:
    assert (inspector.get_table_names(), inspector.get_view_names()) == (["t"], ["w"])
    assert inspector.get_schema_names() == ["dbo", "guest", "INFORMATION_SCHEMA", "sys"]
    columns = {column["name"]: column for column in inspector.get_columns("t")}
    assert str(columns["d"]["type"]) == "DECIMAL(5, 2)"
    assert columns["v"]["default"] == "('x')"
    assert columns["i"]["identity"] == {"start": 2, "increment": 3}
    assert inspector.get_pk_constraint("t")["constrained_columns"] == ["n", "v"]
    assert [index["column_names"] for index in inspector.get_indexes("t")] == [["d"]]
    assert inspector.get_foreign_keys("t") == []
    assert inspector.get_view_definition("w") == "CREATE VIEW w AS SELECT n FROM t;"
    assert inspector.get_table_comment("t") == {"text": None}
    assert inspector.get_sequence_names() == []
    metadata = sa.MetaData()
    metadata.reflect(inspector.bind, views=True)
    assert sorted(metadata.tables) == ["t", "w"]
