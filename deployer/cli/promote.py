"""`deployer promote`."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.cli.common import alias_option, catalog_options, dry_run_option, open_catalog, print_statements, run_alias


@click.command(
    "promote",
    short_help="Make an alias stand for another version.",
    epilog="\b\nExamples:\n"
    "  deployer promote nyc_taxi_tip 2 --database mssql+emulator:///pool.duckdb\n"
    "  deployer promote nyc_taxi_tip 2 --alias challenger --database mssql+emulator:///pool.duckdb --dry-run",
)
@click.argument("name")
@click.argument("version", type=click.IntRange(min=0))
@alias_option
@dry_run_option
@catalog_options
def command(
    *,
    name: str,
    version: int,
    alias: str,
    dry_run: bool,
    url: str,
    models_table: str,
    target: str,
    templates: Path | None,
    as_json: bool,
) -> int:
    """Make an alias stand for a stored version; views and procedures that follow it score with it from then on.

    Those whose spec has no `alias:` name their version themselves, and follow none.

    Exit codes: 0 done, or so already, 2 could not run.
    """
    from deployer.apply import need_catalog
    from deployer.database import open_database

    writer = open_catalog(models_table, target, templates)
    with open_database(url) as database:
        catalog = need_catalog(writer, database)
        statements = (*writer.create(catalog), writer.promote(name, version, alias))
        catalog.need_version(name, version)
        if dry_run:
            print_statements(statements, as_json)
            return 0
        run_alias(writer, database, catalog, statements, name=name, alias=alias, as_json=as_json)
    return 0
