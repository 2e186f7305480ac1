"""`deployer serve`."""

from __future__ import annotations

import datetime as dt
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from deployer.cli.common import FILE, limit_option, print_json

USER = "emulator"
"""The one login, and the one database."""


@click.command(
    "serve",
    short_help="Let SQL Server clients connect to the emulated pool.",
    epilog="\b\nExamples:\n"
    "  deployer serve --database pool.duckdb\n"
    "  deployer serve --port 0 --json\n"
    "  deployer serve --database pool.duckdb --memory-limit 2GB --certificate pool.pem",
)
@click.option("--database", type=FILE, metavar="FILE.duckdb", help="Made if absent; without it, the pool is in memory.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; others than this machine need encryption.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=1433, show_default=True, help="0 takes any that is free."
)
@click.option(
    "--password",
    envvar="DEPLOYER_PASSWORD",
    show_envvar=True,
    help="Of the one login, `emulator`; made and printed if not given.",
)
@click.option("--max-clients", type=click.IntRange(min=1), default=64, show_default=True, help="More are turned away.")
@click.option(
    "--login-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=15,
    show_default=True,
    help="Who has not logged in by then is let go.",
)
@click.option(
    "--memory-limit",
    metavar="SIZE",
    default="256MB",
    show_default=True,
    help="What DuckDB may keep of the tables: a model of 200 MB needs more.",
)
@click.option(
    "--certificate",
    type=FILE,
    metavar="FILE.pem",
    help="Write the server's certificate there, for clients that check it.",
)
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print address, password and connection strings as JSON.")
def command(
    *,
    database: Path | None,
    host: str,
    port: int,
    password: str | None,
    max_clients: int,
    login_timeout: float,
    memory_limit: str,
    certificate: Path | None,
    limits: Mapping[str, int],
    as_json: bool,
) -> int:
    """Serve the emulated pool to pyodbc, sqlcmd, SSMS, JDBC and any other client of SQL Server, until Ctrl-C.

    There is one login, `emulator`, and one database, `emulator`. The server makes itself a certificate at each start.

    Exit codes: 0 stopped, 2 could not run.
    """
    from deployer.emulator.tds.server import Server
    from deployer.files import write_beside

    # Before anything is printed: who reads that it serves may stop it at once.
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    made = secrets.token_urlsafe(18) if password is None else None
    with Server(
        str(database) if database else None,
        made or password or "",
        now=dt.datetime.now(dt.UTC),
        host=host,
        port=port,
        limits=limits,
        memory_limit=memory_limit,
        max_clients=max_clients,
        login_seconds=login_timeout,
    ) as server:
        if certificate is not None:
            with write_beside(certificate) as path:
                path.write_bytes(server.certificate)
        strings = connection_strings(server.host, server.port, made or "PASSWORD")
        if as_json:
            print_json({"host": server.host, "port": server.port, "user": USER, "password": made, "connect": strings})
        else:
            click.echo(f"serving {database or 'a pool in memory'} on {server.host}:{server.port}, user {USER!r}")
            click.echo(f"password   {made or 'as given'}")
            for client, string in strings.items():
                click.echo(f"{client:<10} {string}")
            click.echo("Ctrl-C stops it", err=True)
        sys.stdout.flush()
        _run_until(stop, server.serve)
    return 0


def connection_strings(host: str, port: int, password: str) -> Mapping[str, str]:
    """What to paste into a client, by its name. The certificate signs itself, so clients are told to trust it."""
    return {
        "pyodbc": f"DRIVER={{ODBC Driver 18 for SQL Server}};SERVER={host},{port};DATABASE={USER};UID={USER};"
        f"PWD={password};TrustServerCertificate=yes;LongAsMax=yes",
        "sqlalchemy": f"mssql+pyodbc://{USER}:{password}@{host}:{port}/{USER}"
        "?driver=ODBC+Driver+18+for+SQL+Server&TrustServerCertificate=yes&LongAsMax=yes",
        "sqlcmd": f"sqlcmd -S {host},{port} -d {USER} -U {USER} -P {password} -C",
        "jdbc": f"jdbc:sqlserver://{host}:{port};databaseName={USER};user={USER};password={password};"
        "encrypt=true;trustServerCertificate=true",
    }


def _run_until(stop: threading.Event, serve: Callable[[], None]) -> None:
    """Run it on a thread until it is to stop, or ends by itself."""

    def run() -> None:
        try:
            serve()
        finally:
            stop.set()

    threading.Thread(target=run, daemon=True, name="tds server").start()
    stop.wait()
