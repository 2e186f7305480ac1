"""`deployer rollback`."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.cli.common import alias_option, catalog_options, dry_run_option, open_catalog, print_statements, run_alias


@click.command(
    "rollback",
    short_help="Make an alias stand for the version before.",
    epilog="\b\nExample:\n  deployer rollback nyc_taxi_tip --database mssql+emulator:///pool.duckdb",
)
@click.argument("name")
@alias_option
@dry_run_option
@catalog_options
def command(
    *,
    name: str,
    alias: str,
    dry_run: bool,
    url: str,
    models_table: str,
    target: str,
    templates: Path | None,
    as_json: bool,
) -> int:
    """Make an alias stand for what it stood for before it was promoted last; once more goes one promotion further back.

    Exit codes: 0 done, 2 could not run.
    """
    from deployer.apply import need_catalog
    from deployer.database import open_database

    writer = open_catalog(models_table, target, templates)
    with open_database(url) as database:
        catalog = need_catalog(writer, database)
        statements = (*writer.create(catalog), writer.roll_back(name, alias))
        if dry_run:
            print_statements(statements, as_json)
            return 0
        run_alias(writer, database, catalog, statements, name=name, alias=alias, as_json=as_json)
    return 0
