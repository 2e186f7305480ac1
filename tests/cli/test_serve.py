"""`deployer serve` as its user sees it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pyodbc

from tests.cli.helpers import run
from tests.emulator.tds.served import microsoft_driver, serve


def test_strings_to_paste_connect(tmp_path: Path) -> None:
    with serve("--database", str(tmp_path / "pool.duckdb")) as server:
        assert set(server.connect) == {"pyodbc", "sqlalchemy", "sqlcmd", "jdbc"}
        assert all(server.password in text and str(server.port) in text for text in server.connect.values())
        text = server.connect["pyodbc"].replace("{ODBC Driver 18 for SQL Server}", str(microsoft_driver()))
        connection = pyodbc.connect(text, autocommit=True)
        connection.execute("CREATE TABLE dbo.kept (a int) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
        connection.execute("INSERT INTO dbo.kept VALUES (7)")
        connection.close()
    # What was written is there after a stop by SIGTERM.
    with serve("--database", str(tmp_path / "pool.duckdb")) as server:
        assert pyodbc.connect(server.odbc()).execute("SELECT a FROM dbo.kept").fetchval() == 7


def test_given_password_is_not_printed() -> None:
    command = [sys.executable, "-m", "deployer", "serve", "--port", "0", "--password", "a secret of mine"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert "secret" not in "".join(lines)
    assert lines[0].startswith("serving a pool in memory on 127.0.0.1:")


def test_bad_input_is_told(tmp_path: Path) -> None:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    port = str(taken.getsockname()[1])
    no_database = tmp_path / "not.duckdb"
    no_database.write_text("no database")
    with taken:
        for arguments, said in (
            (["--port", port], f"cannot listen on 127.0.0.1:{port}"),
            (["--port", "0", "--database", str(no_database)], "Cannot open database"),
            (["--port", "0", "--password", ""], "the server's password is empty"),
            (["--port", "0", "--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid"),
        ):
            result = run("serve", *arguments)
            assert result.exit_code == 2
            assert said in result.stderr
            assert "hint:" in result.stderr
