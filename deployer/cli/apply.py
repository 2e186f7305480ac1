"""`deployer apply`."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.cli.common import (
    database_option,
    dry_run_option,
    print_json,
    print_remaining,
    print_statements,
    spec_options,
)


@click.command(
    "apply",
    short_help="Run the plan: store the model, make the views.",
    epilog="\b\nExamples:\n"
    "  deployer apply scoring.yml --database mssql+emulator:///pool.duckdb\n"
    "  deployer apply scoring.yml --database mssql+emulator:///pool.duckdb --dry-run",
)
@spec_options
@database_option()
@dry_run_option
def command(
    *,
    spec: Path,
    url: str,
    templates: Path | None,
    tracking_uri: str | None,
    registry_uri: str | None,
    as_json: bool,
    dry_run: bool,
) -> int:
    """Run what `deployer plan` prints: store the model and make the views that score with it.

    It can be run twice: the same bytes are stored once, and other bytes under a stored version are refused.

    Exit codes: 0 applied, 1 errors remain in the model, 2 could not run.
    """
    from deployer.apply import apply_plan, read_alias
    from deployer.database import open_database
    from deployer.deployment import plan_deployment, read_deployment
    from deployer.report.data import describe_applied
    from deployer.report.text import render_applied

    deployment = read_deployment(spec, tracking_uri=tracking_uri, registry_uri=registry_uri)
    if deployment.report.errors:
        return print_remaining(deployment.report, as_json)
    with open_database(url) as database:
        plan = plan_deployment(deployment, database, templates)
        if dry_run:
            print_statements(plan.statements, as_json)
            return 0
        applied = apply_plan(plan, database, lambda statement: click.echo(statement.purpose, err=True))
        stands_for = read_alias(plan, database)
    if as_json:
        print_json(describe_applied(applied) | ({"alias": {plan.spec.alias: stands_for}} if plan.spec.alias else {}))
    else:
        click.echo(render_applied(applied))
        if plan.spec.alias and stands_for != plan.model.version:
            click.echo(
                f"{plan.spec.alias} is version {stands_for} still: "
                f"deployer promote {plan.model.name} {plan.model.version} --alias {plan.spec.alias}"
            )
    return 0
