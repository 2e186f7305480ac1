"""`deployer remove`."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.cli.common import catalog_options, dry_run_option, open_catalog, print_json, print_statements


@click.command(
    "remove",
    short_help="Delete a stored version that nothing uses.",
    epilog="\b\nExample:\n  deployer remove nyc_taxi_tip 2 --database mssql+emulator:///pool.duckdb",
)
@click.argument("name")
@click.argument("version", type=click.IntRange(min=0))
@dry_run_option
@catalog_options
def command(
    *,
    name: str,
    version: int,
    dry_run: bool,
    url: str,
    models_table: str,
    target: str,
    templates: Path | None,
    as_json: bool,
) -> int:
    """Delete a version from the models table; refused while an alias, a view or a procedure uses it.

    The history keeps that it was there. Rows that stand there twice go together.

    Exit codes: 0 removed, 2 could not run.
    """
    from deployer.apply import change_catalog, need_catalog
    from deployer.database import open_database

    writer = open_catalog(models_table, target, templates)
    with open_database(url) as database:
        catalog = need_catalog(writer, database)
        statements = (*writer.create(catalog), writer.remove(name, version))
        catalog.need_removable(name, version)
        if dry_run:
            print_statements(statements, as_json)
            return 0
        change_catalog(statements, database)
    if as_json:
        print_json({"removed": f"{name}:{version}"})
    else:
        click.echo(f"removed {name}:{version}")
    return 0
