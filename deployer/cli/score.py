"""`deployer score`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from deployer.cli.common import FILE, database_option, print_json, print_remaining, spec_options


@click.command(
    "score",
    short_help="Score the rows in the database.",
    epilog="\b\nExamples:\n"
    "  deployer score scoring.yml --database mssql+emulator:///pool.duckdb --limit 5\n"
    "  deployer score scoring.yml --database mssql+emulator:///pool.duckdb --out scores.csv",
)
@spec_options
@database_option()
@click.option("--out", type=FILE, metavar="FILE.csv", help="Write the rows there; replaced if there.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N rows.")
def command(
    *,
    spec: Path,
    url: str,
    out: Path | None,
    limit: int | None,
    templates: Path | None,
    tracking_uri: str | None,
    registry_uri: str | None,
    as_json: bool,
) -> int:
    """Score every row of the data with the model that `deployer apply` stored: key and outputs, in the key's order.

    Rows come as CSV, with --json as one JSON object a line. A NULL and a NaN are empty in CSV and null in JSON.

    Exit codes: 0 scored, 1 errors remain in the model, 2 could not run.
    """
    from deployer.database import open_database, score_rows
    from deployer.deployment import plan_deployment, read_deployment
    from deployer.files import write_beside
    from deployer.report.progress import track_rows
    from deployer.report.rows import take_rows, write_rows

    deployment = read_deployment(spec, tracking_uri=tracking_uri, registry_uri=registry_uri)
    if deployment.report.errors:
        return print_remaining(deployment.report, as_json)
    with open_database(url) as database:
        plan = plan_deployment(deployment, database, templates)
        rows = take_rows(track_rows(score_rows(plan, database), "score", limit), limit)
        if out is None:
            write_rows(rows, sys.stdout, as_json)
            return 0
        with write_beside(out) as path, path.open("w", encoding="utf-8", newline="") as file:
            count = write_rows(rows, file, as_json)
    if as_json:
        print_json({"file": str(out), "rows": count})
    else:
        click.echo(f"{count:,} rows written to {out}")
    return 0
