"""What a server must bear: bytes that make no sense, clients that die, that say nothing, that come all at once."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import mssql_python
import pyodbc
import pytest

from tests.emulator.tds import raw
from tests.emulator.tds.served import Served, serve

MORE_MEMORY = 300_000_000
"""Bytes that the server may grow by, whatever it is sent."""

LIMIT = 65_536 * 4_096
"""Bytes of a request (learn.microsoft.com: capacity limits for dedicated SQL pool, batch size)."""


def is_alive(server: Served) -> bool:
    with closing(pyodbc.connect(server.odbc(), autocommit=True, timeout=20)) as connection:
        return bool(connection.execute("SELECT 1").fetchval() == 1)


def send_broken(server: Served, cases: int, seed: int) -> None:
    """Each case on a connection of its own, which must end when the client stops to send."""
    rng = random.Random(seed)  # noqa: S311 - a test's
    for number in range(cases):
        with raw.connect(server) as client:
            try:
                for message in raw.broken_case(rng, server.password):
                    client.sendall(message)
                    client.settimeout(0.05)
                    with suppress(TimeoutError):
                        client.recv(65_536)
                client.shutdown(socket.SHUT_WR)
                client.settimeout(20)
                while client.recv(65_536):
                    pass
            except TimeoutError:
                pytest.fail(f"case {number} of seed {seed} hangs")
            except OSError:
                pass  # the server has closed the connection, as it may


def test_broken_packets(server: Served) -> None:
    before = server.memory()
    send_broken(server, 300, seed=1)
    assert is_alive(server)
    assert server.memory() < before + MORE_MEMORY


@pytest.mark.slow
def test_ten_thousand_broken_packets(server: Served) -> None:
    before = server.memory()
    threads = [threading.Thread(target=send_broken, args=(server, 2_500, seed)) for seed in range(2, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert is_alive(server)
    assert server.memory() < before + MORE_MEMORY


def test_size_that_is_only_announced_takes_no_memory(server: Served) -> None:
    before = server.memory()
    huge = raw.parameter("@c", b"\xa5\xff\xff", b"\xfe" + b"\xff" * 7 + b"\xff\xff\xff\x7f" + b"x")
    body = raw.parameter("", *raw.nvarchar("SELECT @c")) + raw.parameter("", *raw.nvarchar("@c varbinary(max)")) + huge
    with raw.log_in(server) as client:
        client.sendall(raw.packet(raw.CALL, raw.HEADERS + b"\xff\xff\x0a\x00\x00\x00" + body))
        assert raw.read_message(client) == b""
    assert server.memory() < before + 20_000_000
    assert is_alive(server)


def test_request_of_more_than_the_pools_limit_ends_the_connection(server: Served) -> None:
    before = server.memory()
    chunk = raw.packet(raw.BATCH, bytes(32_000), status=0)
    sent = 0
    with raw.log_in(server) as client, suppress(OSError):
        while sent < 2 * LIMIT:
            client.sendall(chunk)
            sent += len(chunk)
    assert LIMIT <= sent < LIMIT + 50_000_000  # what is under way between the two included
    assert is_alive(server)
    assert server.memory() < before + 2 * MORE_MEMORY


def test_table_valued_parameter_is_refused_by_name(server: Served) -> None:
    tvp = raw.parameter("@t", b"\xf3" + b"\0\0\0" + b"\xff\xff" + b"\0\0", b"")
    body = raw.parameter("", *raw.nvarchar("SELECT 1")) + raw.parameter("", *raw.nvarchar("@t dbo.x")) + tvp
    with raw.log_in(server) as client:
        client.sendall(raw.packet(raw.CALL, raw.HEADERS + b"\xff\xff\x0a\x00\x00\x00" + body))
        assert "table-valued parameter".encode("utf-16-le") in raw.read_message(client)
        client.sendall(raw.batch("SELECT 1"))
        assert raw.read_message(client)[0] == 0x81


def test_mars_is_refused(server: Served) -> None:
    with raw.connect(server) as client:
        options = bytes.fromhex("01 000b 0001 04 000c 0001 ff") + b"\x02\x01"
        client.sendall(raw.packet(raw.PRELOGIN, options))
        reply = raw.read_message(client)
    mars = next(reply[at : at + 5] for at in range(0, 30, 5) if reply[at] == 4)
    assert reply[int.from_bytes(mars[1:3], "big")] == 0


def test_client_that_says_nothing_is_let_go() -> None:
    with serve("--login-timeout", "1") as server, raw.connect(server) as silent, raw.connect(server) as half:
        half.sendall(raw.prelogin())
        assert raw.read_message(half)
        started = time.monotonic()
        assert silent.recv(1) == b""
        assert half.recv(1) == b""
        assert time.monotonic() - started < 10
        assert is_alive(server)


def test_more_clients_than_allowed_are_turned_away() -> None:
    with serve("--max-clients", "2") as server, raw.log_in(server), raw.log_in(server), raw.connect(server) as third:
        assert third.recv(1) == b""


def make_table(server: Served, name: str, rows: int) -> None:
    with closing(pyodbc.connect(server.odbc(), autocommit=True)) as connection:
        connection.execute(f"CREATE TABLE {name} (a int NOT NULL) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
        connection.execute(f"INSERT INTO {name} SELECT 0")
        for power in range(rows.bit_length() - 1):
            connection.execute(f"INSERT INTO {name} SELECT a + {2**power} FROM {name}")


ENDLESS = "DECLARE @i int = 0; WHILE 1 = 1 SET @i = @i + 1"


def test_query_timeout_ends_a_statement_and_the_connection_goes_on(server: Served) -> None:
    with closing(pyodbc.connect(server.odbc(), autocommit=True)) as connection:
        connection.timeout = 1
        started = time.monotonic()
        with pytest.raises(pyodbc.OperationalError, match="timeout expired"):
            connection.execute(ENDLESS)
        assert time.monotonic() - started < 10
        connection.timeout = 0
        assert connection.execute("SELECT 1").fetchval() == 1


def test_timeout_ends_a_query_that_the_engine_runs(server: Served) -> None:
    make_table(server, "dbo.cross_me", 1 << 13)
    with closing(pyodbc.connect(server.odbc(), autocommit=True)) as connection:
        connection.timeout = 1
        with pytest.raises(pyodbc.OperationalError, match="timeout expired"):
            connection.execute(
                "SELECT MAX(x.a * 0.5 + y.a + z.a) FROM dbo.cross_me x CROSS JOIN dbo.cross_me y CROSS JOIN dbo.cross_me z"
            )
        connection.timeout = 0
        assert connection.execute("SELECT COUNT(*) FROM dbo.cross_me").fetchval() == 1 << 13


def test_cancel_from_another_thread(server: Served) -> None:
    with closing(pyodbc.connect(server.odbc(), autocommit=True)) as connection:
        cursor = connection.cursor()
        threading.Timer(0.5, cursor.cancel).start()
        with pytest.raises(pyodbc.Error, match="Operation canceled"):
            cursor.execute(ENDLESS)
        assert connection.execute("SELECT 1").fetchval() == 1


def test_result_that_is_left_unread_does_not_stand_in_the_way(server: Served) -> None:
    make_table(server, "dbo.unread", 1 << 18)
    with closing(pyodbc.connect(server.odbc(), autocommit=True)) as connection:
        cursor = connection.cursor()
        for _ in range(5):
            assert cursor.execute("SELECT a FROM dbo.unread").fetchone() is not None
        assert cursor.execute("SELECT COUNT(*) FROM dbo.unread").fetchval() == 1 << 18


DYING = """
import sys, time, pyodbc
pyodbc.pooling = False
connection = pyodbc.connect(sys.argv[1], autocommit=False)
connection.execute("INSERT INTO dbo.whole VALUES (1)")
print("ready", flush=True)
cursor = connection.cursor()
if sys.argv[2] == "upload":
    cursor.setinputsizes([(pyodbc.SQL_VARBINARY, 0, 0)])
    while True:
        cursor.execute("INSERT INTO dbo.blobs VALUES (?)", bytes(20_000_000))
cursor.execute("DECLARE @i int = 0; WHILE 1 = 1 SET @i = @i + 1")
"""


@pytest.mark.parametrize("work", ["statement", "upload"])
def test_client_that_is_killed_leaves_server_and_data_whole(work: str) -> None:
    with serve("--memory-limit", "1GB") as server, closing(pyodbc.connect(server.odbc(), autocommit=True)) as own:
        own.execute("CREATE TABLE dbo.whole (a int NOT NULL) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
        own.execute("CREATE TABLE dbo.blobs (b varbinary(max)) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
        command = [sys.executable, "-c", DYING, server.odbc(), work]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as dying:
            assert dying.stdout is not None
            assert dying.stdout.readline() == b"ready\n"
            time.sleep(0.7)
            dying.send_signal(signal.SIGKILL)
        # Neither is the dead client's transaction seen, nor does it hold anybody up.
        assert own.execute("SELECT COUNT(*) FROM dbo.whole").fetchval() == 0
        assert own.execute("SELECT COUNT(*) FROM dbo.blobs").fetchval() == 0
        own.execute("INSERT INTO dbo.whole VALUES (2)")
        assert own.execute("SELECT a FROM dbo.whole").fetchval() == 2


def ask(server: Served, number: int, wrong: list[object]) -> None:
    """Ten questions, of which each has an answer of its own."""
    with closing(pyodbc.connect(server.odbc(), autocommit=True, timeout=30)) as connection:
        connection.execute("CREATE TABLE #own (a int NOT NULL) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
        for turn in range(10):
            connection.execute("INSERT INTO #own VALUES (?)", number * 1_000 + turn)
            found = connection.execute("SELECT COUNT(*), MAX(a) FROM #own").fetchone()
            if tuple(found) != (turn + 1, number * 1_000 + turn):
                wrong.append((number, turn, tuple(found)))


def test_twenty_clients_at_once(server: Served) -> None:
    wrong: list[object] = []
    threads = [threading.Thread(target=ask, args=(server, number, wrong)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


BLOB = os.urandom(50_000_000)


@pytest.fixture(scope="module")
def roomy() -> Iterator[Served]:
    with serve("--memory-limit", "2GB") as served:
        with closing(pyodbc.connect(served.odbc(), autocommit=True)) as connection:
            connection.execute("CREATE TABLE dbo.models (m varbinary(max)) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)")
        yield served


def by_pyodbc(server: Served) -> Any:
    return pyodbc.connect(server.odbc(), autocommit=True)


def by_mssql_python(server: Served) -> Any:
    settings = f"SERVER={server.host},{server.port};UID=emulator;PWD={server.password};TrustServerCertificate=yes"
    return mssql_python.connect(settings, autocommit=True)


@pytest.mark.parametrize("connect", [by_pyodbc, by_mssql_python])
def test_fifty_megabytes_as_a_parameter(roomy: Served, connect: Any) -> None:
    with closing(connect(roomy)) as connection:
        cursor = connection.cursor()
        cursor.execute("DELETE FROM dbo.models")
        cursor.execute("INSERT INTO dbo.models VALUES (?)", (BLOB,))
        cursor.execute("SELECT m FROM dbo.models")
        assert bytes(cursor.fetchone()[0]) == BLOB


@pytest.mark.slow
def test_fifty_megabytes_as_a_literal(roomy: Served) -> None:
    with closing(by_pyodbc(roomy)) as connection:
        connection.execute("DELETE FROM dbo.models")
        connection.execute(f"INSERT INTO dbo.models VALUES (0x{BLOB.hex()})")
        assert bytes(connection.execute("SELECT m FROM dbo.models").fetchval()) == BLOB


def test_server_stops_though_clients_broke_off_while_an_attention_waited() -> None:
    """Whether the attention comes before or after the server finds the request broken is a matter of luck."""
    many = raw.call()[8:] + b"\xff" + (raw.call()[8 + len(raw.HEADERS) :] + b"\xff") * 30
    nonsense = raw.packet(raw.CALL, many + b"\xff\xff\x77\x77")
    with serve() as server:
        for turn in range(40):
            with raw.log_in(server) as client, suppress(OSError):
                client.sendall(nonsense)
                time.sleep(turn / 10_000)
                client.sendall(raw.packet(raw.ATTENTION, b"") + raw.batch("SELECT 1") + raw.batch("SELECT 2"))
