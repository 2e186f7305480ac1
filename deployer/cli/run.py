"""`deployer run`: a T-SQL script on a pool or the emulator."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from deployer.cli.common import database_option, json_option


@click.command(
    epilog="\b\nExamples:\n  deployer run script.sql --database $DEPLOYER_DATABASE\n"
    "  deployer run - --database mssql+emulator:// --json",
)
@click.argument("script", metavar="FILE.sql", type=click.Path(path_type=Path, allow_dash=True))
@database_option()
@json_option
def command(script: Path, url: str, as_json: bool) -> int:
    """Run a T-SQL script, batch by batch, in one session.

    FILE.sql is UTF-8, or UTF-16 with a byte order mark; `-` is stdin. `GO 3` runs its batch three times. What is
    sqlcmd's own (`:setvar`, `:r`, `$(name)`) is refused by name before anything runs.

    Results go to stdout as tables; with --json one object a result set, one line each:
    {"columns": ["a"], "rows": [{"a": 1}]}. A column's name that comes again gets _2. Decimals are text with all their
    digits, dates and times ISO 8601, binary 0x…. What PRINT says and counts of rows go to stderr. The first error ends
    the script and is told with its batch and line; in JSON, a result set that it cut short is left without its end.

    Exit codes: 0 the script ran, 1 never, 2 could not run, or not to its end.
    """
    from deployer.batches import decode_script, read_batches, split_batches
    from deployer.database import open_database
    from deployer.execution import run_script
    from deployer.report.results import write_json, write_table

    is_stdin = str(script) == "-"
    name = "stdin" if is_stdin else str(script)
    batches = split_batches(decode_script(sys.stdin.buffer.read(), name), name) if is_stdin else read_batches(script)
    write = write_json if as_json else write_table
    with open_database(url) as database:
        for result in run_script(database, batches, name, lambda said: click.echo(said, err=True)):
            write(result.columns, result.rows, result.reals, sys.stdout)
            sys.stdout.flush()
    return 0
