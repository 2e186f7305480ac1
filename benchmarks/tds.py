"""The served pool: rows a second that pyodbc fetches, against DuckDB's own fetchall; twenty clients for a minute.

`python -m benchmarks.tds 10` lets the twenty work for ten seconds.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pyodbc

from deployer.emulator import dbapi
from tests.emulator.tds.served import Served, serve

ROWS = 1_000_000
CLIENTS = 20
SECONDS = 60
TIMES = 3

pyodbc.pooling = False

COLUMNS = (
    "id bigint NOT NULL, a real NOT NULL, b float NULL, c int NOT NULL, d nvarchar(20) NOT NULL, "
    "e datetime2(6) NOT NULL"
)
QUERY = "SELECT id, a, b, c, d, e FROM dbo.many"


def fill(path: str) -> None:
    """A million rows of six columns; every tenth `b` is NULL."""
    with closing(dbapi.connect(path, autocommit=True)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE TABLE dbo.many ({COLUMNS}) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
    with closing(duckdb.connect(path)) as engine:
        engine.execute(
            "INSERT INTO dbo.many SELECT i, i / 3, CASE WHEN i % 10 = 0 THEN NULL ELSE i / 7 END, i % 1000, "
            f"'row ' || i, TIMESTAMP '2020-01-01' + to_seconds(i) FROM range({ROWS}) AS r(i)"
        )


def best(fetch: Callable[[], int]) -> float:
    """Rows a second, the best of several times."""
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        assert fetch() == ROWS
        seconds.append(time.perf_counter() - started)
    return ROWS / min(seconds)


def fetch_over_tds(server: Served, encrypt: str) -> float:
    with closing(pyodbc.connect(server.odbc(Encrypt=encrypt), autocommit=True)) as connection:
        return best(lambda: len(connection.execute(QUERY).fetchall()))


def fetch_from_duckdb(path: str) -> float:
    with closing(duckdb.connect(path)) as engine:
        return best(lambda: len(engine.execute(QUERY).fetchall()))


def work(server: Served, number: int, until: float, answers: list[int], wrong: list[object]) -> None:
    """One client: writes into a table of its own, reads it and the shared one, and checks every answer."""
    with closing(pyodbc.connect(server.odbc(), autocommit=True, timeout=60)) as connection:
        connection.execute("CREATE TABLE #own (a int NOT NULL) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
        turn = 0
        while time.monotonic() < until:
            turn += 1
            connection.execute("INSERT INTO #own VALUES (?)", number * 100_000 + turn)
            own = connection.execute("SELECT COUNT(*), MAX(a) FROM #own").fetchone()
            key = (number * 7_919 + turn * 104_729) % ROWS
            row = connection.execute("SELECT c, d FROM dbo.many WHERE id = ?", key).fetchone()
            found = (*own, *row)
            if found != (turn, number * 100_000 + turn, key % 1000, f"row {key}"):
                wrong.append(found)
        answers.append(3 * turn)


def twenty_clients(server: Served, seconds: float) -> tuple[int, list[object]]:
    answers: list[int] = []
    wrong: list[object] = []
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=work, args=(server, number, until, answers, wrong)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == CLIENTS, "a client failed"
    return sum(answers), wrong


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "pool.duckdb")
        fill(path)
        own = fetch_from_duckdb(path)
        print(f"DuckDB's fetchall, in its own process: {own:,.0f} rows/s (1,000,000 rows of 6 columns)")
        with serve("--database", path) as server:
            for encrypt in ("yes", "no"):
                client, served = time.process_time(), server.cpu()
                rate = fetch_over_tds(server, encrypt)
                client, served = time.process_time() - client, server.cpu() - served
                print(
                    f"pyodbc over TDS, Encrypt={encrypt}: {rate:,.0f} rows/s, ratio {rate / own:.2f}; processor time "
                    f"for a million rows: {client / TIMES:.2f} s in the client, {served / TIMES:.2f} s in the server"
                )
            before = server.memory()
            answered, wrong = twenty_clients(server, seconds)
            print(
                f"{CLIENTS} clients for {seconds:.0f} s: {answered:,} statements, {answered / seconds:,.0f} a second, "
                f"{len(wrong)} wrong answers; the server grew by {(server.memory() - before) / 1e6:,.0f} MB"
            )
            assert not wrong


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores")
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
