"""`deployer run` takes a script through a database as sqlcmd does, and says where it failed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.helpers import DEPLOYER, refused, run

MEMORY = "mssql+emulator://"
SCRIPT = """-- one session: the # table and what it holds last over GO
CREATE TABLE #t (n int, x real, y float, d decimal(9, 2), b varbinary(4), w datetime2(3), s nvarchar(9)) WITH (HEAP)
GO
PRINT N'filling';
INSERT INTO #t (n, x, y, d, b, w, s) SELECT 1, 0.1, 0.1, 2.5, 0x00ff, '2024-02-29T12:30:00.5', N'é' + CHAR(10);
GO 2
SELECT * FROM #t; PRINT 'done';
SELECT COUNT(*) AS n, COUNT(*) AS n, CAST(NULL AS int) AS n_2, CAST(1 AS bit) AS f FROM #t;
"""


def script(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "script.sql"
    path.write_bytes(text.encode(encoding))
    return path


def test_results_are_tables_on_stdout_and_messages_on_stderr(tmp_path: Path) -> None:
    result = run("run", script(tmp_path, SCRIPT), "--database", MEMORY)
    assert result.exit_code == 0
    row = "1  0.1  0.1  2.50  0x00FF  2024-02-29 12:30:00.500000  é\\n"
    assert result.stdout.splitlines() == [
        "n  x    y    d     b       w                           s",
        "-  ---  ---  ----  ------  --------------------------  ---",
        row,
        row,
        "(2 rows)",
        "",
        "n  n  n_2   f",
        "-  -  ----  -",
        "2  2  NULL  1",
        "(1 row)",
        "",
    ]
    assert result.stderr.splitlines() == ["filling", "1 row affected", "filling", "1 row affected", "done"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_is_one_object_a_result_set(tmp_path: Path, encoding: str) -> None:
    result = run("run", script(tmp_path, SCRIPT, encoding), "--database", MEMORY, "--json")
    row = {"n": 1, "x": 0.1, "y": 0.1, "d": "2.50", "b": "0x00FF", "w": "2024-02-29T12:30:00.500000", "s": "é\n"}
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"columns": list(row), "rows": [row, row]},
        {"columns": ["n", "n_3", "n_2", "f"], "rows": [{"n": 2, "n_3": 2, "n_2": None, "f": True}]},
    ]


def test_json_of_one_query_is_exactly_this(tmp_path: Path) -> None:
    result = run("run", script(tmp_path, "SELECT 1 AS a UNION ALL SELECT 2 ORDER BY a"), "--database", MEMORY, "--json")
    assert result.stdout == '{"columns": ["a"], "rows": [{"a": 1}, {"a": 2}]}\n'


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("SELECT 1 AS a\nGO\n\nPRINT 'x'\n\nSELECT a\nFROM t", "6: batch 2", "Msg 208, Level 16, State 1"),
        ("SELECT 1 AS a;\n\nSELECT FROM", "3: batch 1", "Msg 102"),
        ("GO\nSELECT 1 AS a\nGO 2\nTHROW 50001, 'stop', 7", "4: batch 2", "Msg 50001, Level 16, State 7"),
        ("SELECT 1 AS a\nGO\nSELECT 1 / (n - 5)\nFROM (SELECT 5 AS n) AS t", "3: batch 2", "Msg 8134"),
    ],
)
def test_first_error_is_told_with_its_batch_and_line(tmp_path: Path, text: str, place: str, said: str) -> None:
    path = script(tmp_path, text + "\nGO\nSELECT 'never' AS x")
    result = run("run", path, "--database", MEMORY)
    assert result.exit_code == 2
    assert "never" not in result.stdout
    assert f"error: {path}:{place}: " in result.stderr
    assert said in result.stderr


def test_what_was_printed_before_an_error_is_told(tmp_path: Path) -> None:
    result = run("run", script(tmp_path, "PRINT 'before'; THROW 50001, 'stop', 7"), "--database", MEMORY)
    assert result.exit_code == 2
    assert result.stderr.startswith("before\nerror: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"SELECT 1\nGO\n:setvar x 1", ":3: ':setvar' is sqlcmd's"),
        (b"SELECT 1\nSELECT '\xe9'", ":2: the script is not UTF-8"),
        (None, "cannot read"),
    ],
)
def test_script_that_cannot_be_read_is_refused_before_anything_runs(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "script.sql"
    if content is not None:
        path.write_bytes(content)
    assert said in refused(run("run", path, "--database", f"mssql+emulator:///{tmp_path / 'pool.duckdb'}"))
    assert not (tmp_path / "pool.duckdb").exists()


def test_stdin_and_a_file_that_stays(tmp_path: Path) -> None:
    url = f"mssql+emulator:///{tmp_path / 'pool.duckdb'}"
    command = [DEPLOYER, "run", "-", "--database", url, "--json"]
    subprocess.run(command, input=b"CREATE TABLE t (n int) WITH (HEAP)\nGO\nINSERT INTO t (n) VALUES (7)", check=True)
    done = subprocess.run(command, input=b"SELECT n FROM t", check=True, capture_output=True)
    assert json.loads(done.stdout) == {"columns": ["n"], "rows": [{"n": 7}]}
    failed = subprocess.run(command, input=b"SELECT n FROM u", check=False, capture_output=True)
    assert failed.returncode == 2
    assert b"stdin:1: batch 1: " in failed.stderr


def test_large_result_streams_and_its_first_rows_give_the_widths(tmp_path: Path) -> None:
    digits = "(SELECT 0 AS d" + "".join(f" UNION ALL SELECT {d}" for d in range(1, 10)) + ")"
    number = "a.d * 1000 + b.d * 100 + c.d * 10 + e.d"
    tables = ", ".join(f"{digits} AS {name}" for name in "abce")
    text = f"SELECT {number} AS n, REPLICATE('x', ({number}) / 2000) AS x FROM {tables} ORDER BY n"
    lines = run("run", script(tmp_path, text), "--database", MEMORY).stdout.splitlines()
    assert lines[:3] == ["n    x", "---  -", "0"]
    assert lines[-3:-1] == ["9999  xxxx", "(10,000 rows)"]
