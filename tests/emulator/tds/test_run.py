"""`deployer run` says the same over a driver of the pool's as on the emulator itself."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path

import pytest

from tests.cli.helpers import run
from tests.emulator.tds.served import Served

SCRIPT = """CREATE TABLE #t (n int, x real, d decimal(9, 2), b varbinary(4), w datetime2(3)) WITH (HEAP)
GO
PRINT N'filling é';
INSERT INTO #t (n, x, d, b, w) SELECT 1, 0.1, 2.5, 0x00ff, '2024-02-29T12:30:00.5';
GO 2
SELECT * FROM #t; SELECT COUNT(*) AS n, NULL AS x FROM #t; PRINT 'done';
GO
SELECT 1 AS a;
SELECT n FROM dbo.nothing;
"""


@pytest.mark.parametrize("driver", ["pyodbc", "mssql-python"])
def test_script_runs_as_on_the_emulator(server: Served, tmp_path: Path, driver: str) -> None:
    urls = {
        "pyodbc": f"mssql+pyodbc:///?odbc_connect={urllib.parse.quote_plus(server.odbc())}",
        "mssql-python": f"mssql+mssqlpython://emulator:{urllib.parse.quote_plus(server.password)}@{server.host}:"
        f"{server.port}/emulator?TrustServerCertificate=yes",
    }
    path = tmp_path / "script.sql"
    path.write_text(SCRIPT, encoding="utf-8")
    here = run("run", path, "--database", "mssql+emulator://", "--json")
    there = run("run", path, "--database", urls[driver], "--json")
    assert there.exit_code == here.exit_code == 2
    assert [json.loads(line) for line in there.stdout.splitlines()] == [
        json.loads(line) for line in here.stdout.splitlines()
    ]
    assert f"{path}:8: batch 4: " in there.stderr
    assert "Invalid object name 'dbo.nothing'" in there.stderr
    if driver == "pyodbc":  # mssql-python does not hand messages on
        assert there.stderr.splitlines()[:4] == ["filling é", "1 row affected"] * 2
