"""`deployer plan`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from deployer.cli.common import FOLDER, database_option, print_json, print_remaining, spec_options


@click.command(
    "plan",
    short_help="Print the T-SQL that stores and scores.",
    epilog="\b\nExamples:\n  deployer plan scoring.yml\n  deployer plan scoring.yml --bundle sql",
)
@spec_options
@click.option(
    "--bundle",
    type=FOLDER,
    metavar="FOLDER",
    help="Write deploy.sql, verify.sql, revert.sql, README.txt and manifest.json there, for a DBA to run by hand.",
)
@database_option(required=False)
def command(
    *,
    spec: Path,
    bundle: Path | None,
    url: str | None,
    templates: Path | None,
    tracking_uri: str | None,
    registry_uri: str | None,
    as_json: bool,
) -> int:
    """Print the T-SQL that stores the model and scores with it, or write it to a folder. Nothing is run.

    With --database, its table is looked at, and columns are bound by their real types; else they are taken to be there.

    Exit codes: 0 planned, 1 errors remain in the model, 2 could not run.
    """
    from deployer.bundle import write_bundle, write_deploy
    from deployer.database import open_database
    from deployer.deployment import plan_deployment, read_deployment
    from deployer.report.data import describe_plan

    deployment = read_deployment(spec, tracking_uri=tracking_uri, registry_uri=registry_uri)
    if deployment.report.errors:
        return print_remaining(deployment.report, as_json)
    with open_database(url) if url else nullcontext() as database:
        plan = plan_deployment(deployment, database, templates)
    files = write_bundle(plan, bundle) if bundle else ()
    if as_json:
        print_json(describe_plan(plan) | {"files": [str(path) for path in files]})
    elif files:
        click.echo("\n".join(map(str, files)))
    else:
        for piece in write_deploy(plan):
            click.echo(piece, nl=False)
    return 0
