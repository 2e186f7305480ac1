"""`deployer status`."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.cli.common import catalog_options, open_catalog, print_json


@click.command(
    "status",
    short_help="Show what a database has of models.",
    epilog="\b\nExample:\n  deployer status --database mssql+emulator:///pool.duckdb",
)
@catalog_options
@click.option("--events", type=click.IntRange(min=0), default=10, show_default=True, help="Events of the history.")
def command(*, url: str, models_table: str, target: str, templates: Path | None, as_json: bool, events: int) -> int:
    """Show the stored versions, what each alias stands for, which views and procedures use them, and the history.

    Exit codes: 0 shown, 2 could not run.
    """
    from deployer.apply import need_catalog
    from deployer.database import open_database
    from deployer.report.catalog import describe_catalog, render_status

    writer = open_catalog(models_table, target, templates)
    with open_database(url) as database:
        catalog = need_catalog(writer, database)
    if as_json:
        print_json(describe_catalog(catalog))
    else:
        click.echo(render_status(catalog, events))
    return 0
