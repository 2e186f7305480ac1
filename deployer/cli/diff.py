"""`deployer diff`."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.cli.common import database_option, print_json, print_remaining, spec_options


@click.command(
    "diff",
    short_help="Compare the registry with the database.",
    epilog="\b\nExample:\n  deployer diff scoring.yml --database mssql+emulator:///pool.duckdb",
)
@spec_options
@database_option()
def command(
    *,
    spec: Path,
    url: str,
    templates: Path | None,
    tracking_uri: str | None,
    registry_uri: str | None,
    as_json: bool,
) -> int:
    """Hold the model of the registry against the stored row, the alias, and the views and procedures of the spec.

    Found is what is missing, stale, changed by hand, or has another hash. Nothing is changed.

    Exit codes: 0 the same, 1 differences, or errors in the model, 2 could not run.
    """
    from deployer.apply import read_catalog
    from deployer.catalog import CatalogWriter, compare_catalog
    from deployer.database import open_database
    from deployer.deployment import plan_deployment, read_deployment
    from deployer.plan.tables import CatalogTables
    from deployer.report.catalog import describe_difference, render_differences

    deployment = read_deployment(spec, tracking_uri=tracking_uri, registry_uri=registry_uri)
    if deployment.report.errors:
        return print_remaining(deployment.report, as_json)
    writer = CatalogWriter(CatalogTables.of(deployment.spec.models_table), deployment.target, templates)
    with open_database(url) as database:
        plan = plan_deployment(deployment, database, templates)
        differences = compare_catalog(plan, read_catalog(writer, database))
    if as_json:
        print_json({"model_id": plan.model_id, "differences": [describe_difference(each) for each in differences]})
    else:
        click.echo(render_differences(plan.model_id, differences))
    return int(bool(differences))
