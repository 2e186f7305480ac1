"""Every kind of client, over the same things: a query, parameters, an error, PRINT, a transaction, NULL."""

from __future__ import annotations

import datetime as dt
import subprocess
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import mssql_python
import pandas as pd
import pymssql
import pyodbc
import pytest
import sqlalchemy as sa

from tests.emulator.tds.served import Served, serve

Connect = Callable[[bool], Any]


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A server, and the file of its certificate."""
    path = tmp_path_factory.mktemp("certificate") / "pool.pem"
    with serve("--certificate", str(path)) as served:
        yield served, str(path)


@pytest.fixture(params=["odbc 18", "odbc 18 unencrypted", "freetds", "freetds encrypted", "mssql-python", "pymssql"])
def connect(request: pytest.FixtureRequest, server: Served) -> Connect:
    """Connects with one of the clients; the argument is autocommit."""

    def by_odbc(text: str) -> Connect:
        return lambda autocommit: pyodbc.connect(text, autocommit=autocommit, timeout=10)

    if request.param == "mssql-python":
        settings = f"SERVER={server.host},{server.port};UID=emulator;PWD={server.password};TrustServerCertificate=yes"
        return lambda autocommit: mssql_python.connect(settings, autocommit=autocommit)
    if request.param == "pymssql":
        return lambda autocommit: pymssql.connect(
            server.host, "emulator", server.password, port=str(server.port), autocommit=autocommit
        )
    return {
        "odbc 18": by_odbc(server.odbc()),
        "odbc 18 unencrypted": by_odbc(server.odbc(Encrypt="no")),
        "freetds": by_odbc(server.freetds()),
        "freetds encrypted": by_odbc(server.freetds(Encrypt="require")),
    }[request.param]


def mark(connection: Any) -> str:
    return "%s" if isinstance(connection, pymssql.Connection) else "?"


def fetch(connection: Any, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    cursor.execute(sql, parameters) if parameters else cursor.execute(sql)
    return [tuple(row) for row in cursor.fetchall()]


def test_values_and_null(connect: Connect) -> None:
    sql = "SELECT 1 AS a, N'\u65e5' AS b, CAST(2.5 AS float) AS c, CAST(NULL AS int) AS d, CAST('2020-02-29' AS date) AS e"
    with closing(connect(True)) as connection:
        assert fetch(connection, sql) == [(1, "\u65e5", 2.5, None, dt.date(2020, 2, 29))]


def test_parameters(connect: Connect) -> None:
    with closing(connect(True)) as connection:
        question = mark(connection)
        sql = f"SELECT {question} AS a, {question} AS b"
        assert fetch(connection, sql, 7, "it's") == [(7, "it's")]


def test_error_has_number_and_text_and_the_connection_goes_on(connect: Connect) -> None:
    with closing(connect(True)) as connection:
        with pytest.raises(Exception, match=r"Invalid object name '(dbo\.)?nowhere'"):
            fetch(connection, "SELECT a FROM nowhere")
        assert fetch(connection, "SELECT 1 AS a") == [(1,)]


def test_several_results(connect: Connect) -> None:
    with closing(connect(True)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT 1 AS a; SELECT 2 AS b UNION ALL SELECT 3")
        assert [tuple(row) for row in cursor.fetchall()] == [(1,)]
        assert cursor.nextset()
        assert sorted(tuple(row) for row in cursor.fetchall()) == [(2,), (3,)]
        assert not cursor.nextset()


def test_transaction_is_rolled_back_and_committed(connect: Connect, request: pytest.FixtureRequest) -> None:
    table = f"dbo.t_{''.join(filter(str.isalnum, request.node.name))}"
    with closing(connect(True)) as outside, closing(connect(False)) as inside:
        outside.cursor().execute(f"CREATE TABLE {table} (a int NOT NULL) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
        inside.cursor().execute(f"INSERT INTO {table} VALUES (1)")
        assert fetch(outside, f"SELECT a FROM {table}") == []
        inside.rollback()
        inside.cursor().execute(f"INSERT INTO {table} VALUES (2)")
        inside.commit()
        assert fetch(outside, f"SELECT a FROM {table}") == [(2,)]


def test_ddl_in_a_transaction_is_refused_as_on_the_pool(connect: Connect) -> None:
    with closing(connect(False)) as connection:
        with pytest.raises(Exception, match="not allowed within multi-statement transaction"):
            connection.cursor().execute("CREATE TABLE dbo.within (a int) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
        connection.rollback()


def test_wrong_password_is_refused(server: Served) -> None:
    with pytest.raises(pyodbc.InterfaceError, match=r"Login failed for user 'emulator'.*18456"):
        pyodbc.connect(replace(server, password=server.password + "?").odbc(), timeout=10)
    with pytest.raises(pymssql.OperationalError, match="Login failed"):
        pymssql.connect(server.host, "emulator", "wrong", port=str(server.port))


def test_another_database_is_refused(server: Served) -> None:
    with pytest.raises(pyodbc.ProgrammingError, match=r"Cannot open database 'other'.*4060"):
        pyodbc.connect(server.odbc(DATABASE="other"), timeout=10)


def test_strict_encryption_with_the_certificate_checked(strict_server: tuple[Served, str]) -> None:
    server, certificate = strict_server
    settings = server.odbc(Encrypt="strict", TrustServerCertificate="", ServerCertificate=certificate)
    with closing(pyodbc.connect(settings, timeout=10)) as connection:
        assert connection.execute("SELECT 1").fetchval() == 1


def test_untrusted_certificate_is_the_clients_to_refuse(server: Served) -> None:
    with pytest.raises(pyodbc.OperationalError, match="certificate verify failed"):
        pyodbc.connect(server.odbc(TrustServerCertificate="no"), timeout=10)


def test_tsql(server: Served) -> None:
    script = "SELECT 1 AS a, 'x' AS b\ngo\nPRINT 'hello'\ngo\n\nSELECT nope\ngo\n"
    command = ["tsql", "-H", server.host, "-p", str(server.port), "-U", "emulator", "-P", server.password]
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=30, check=True)
    assert "a\tb\n1\tx\n(1 row affected)" in done.stdout
    assert "hello" in done.stderr
    assert "Msg 207 (severity 16, state 1) from emulator Line 2:\n\t\"Invalid column name 'nope'.\"" in done.stderr


def urls(server: Served) -> dict[str, str]:
    at = f"emulator:{server.password}@{server.host}:{server.port}/emulator"
    return {
        "pyodbc": f"mssql+pyodbc:///?odbc_connect={urllib.parse.quote_plus(server.odbc())}",
        "freetds": f"mssql+pyodbc:///?odbc_connect={urllib.parse.quote_plus(server.freetds())}",
        "mssqlpython": f"mssql+mssqlpython://{at}?TrustServerCertificate=yes",
        "pymssql": f"mssql+pymssql://{at}",
    }


@pytest.mark.parametrize("driver", ["pyodbc", "freetds", "mssqlpython", "pymssql"])
def test_sqlalchemy_core_and_pandas(server: Served, driver: str) -> None:
    engine = sa.create_engine(urls(server)[driver], isolation_level="AUTOCOMMIT", use_insertmanyvalues=False)
    table = sa.Table(f"core_{driver}", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Unicode(20)))
    with engine.connect() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE core_{driver} (a int, b nvarchar(20)) WITH (HEAP, DISTRIBUTION = HASH(a))"
        )
        connection.execute(table.insert().values(a=1, b="\u65e5"))
        connection.execute(table.insert(), [{"a": 2, "b": "x"}, {"a": 3, "b": None}])
        assert connection.execute(sa.select(table).order_by(table.c.a)).all() == [(1, "\u65e5"), (2, "x"), (3, None)]
        frame = pd.read_sql(f"SELECT a, b FROM core_{driver} WHERE a < 3 ORDER BY a", connection)
        assert sa.inspect(engine).get_table_names().count(f"core_{driver}") == 1
    assert frame.to_dict("list") == {"a": [1, 2], "b": ["\u65e5", "x"]}
    engine.dispose()
