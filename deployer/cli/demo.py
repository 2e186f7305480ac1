"""`deployer demo`."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.cli.common import FOLDER


@click.command(
    "demo",
    short_help="Walk the whole way on data made here.",
    epilog="\b\nExamples:\n  deployer demo\n  deployer demo --out demo --rows 1000000",
)
@click.option(
    "--out", type=FOLDER, metavar="FOLDER", default=Path("demo"), show_default=True, help="Where it all goes."
)
@click.option(
    "--rows", type=click.IntRange(min=1000), default=200_000, show_default=True, metavar="N", help="Taxi trips to make."
)
def command(out: Path, rows: int) -> int:
    """Train two taxi models, register them in MLflow, check, fix, plan, apply, score and compare them, all locally.

    Needs the extra `demo`. The folder must be new, empty, or an earlier demo's, whose files are replaced.

    Exit codes: 0 every score is right, 1 one is not, 2 could not run.
    """
    from rich.console import Console

    from deployer.demo.run import run_demo

    return int(not run_demo(out, rows, Console(), Console(stderr=True)))
