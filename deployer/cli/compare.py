"""`deployer compare`."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.cli.common import database_option, print_json, print_remaining, spec_options


@click.command(
    "compare",
    short_help="Compare the database's scores with the model's own.",
    epilog="\b\nExamples:\n"
    "  deployer compare scoring.yml --database mssql+emulator:///pool.duckdb\n"
    "  deployer compare scoring.yml --database mssql+emulator:///pool.duckdb --expected scores.csv",
)
@spec_options
@database_option()
@click.option(
    "--expected",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="Scores to compare with, in the key's order: a header with the key and any of the outputs.",
)
@click.option("--rows", "limit", type=click.IntRange(min=1), metavar="N", help="Compare only the first N rows.")
def command(
    *,
    spec: Path,
    url: str,
    expected: Path | None,
    limit: int | None,
    templates: Path | None,
    tracking_uri: str | None,
    registry_uri: str | None,
    as_json: bool,
) -> int:
    """Score every row in the database, and compare with what the model as it was read says for the same rows.

    The original is scored here, by ONNX Runtime, before any fix; or its scores are read from a file. How far a score
    may be off is the spec's `tolerance`; a label may not be off at all.

    Exit codes: 0 equal, 1 not equal, or errors remain in the model, 2 could not run.
    """
    from deployer.compare import compare_scores
    from deployer.database import open_database, read_rows, score_rows
    from deployer.deployment import expect_scores, plan_deployment, read_deployment
    from deployer.report.data import describe_comparison
    from deployer.report.progress import track_rows
    from deployer.report.rows import read_expected, take_rows
    from deployer.report.text import render_comparison

    deployment = read_deployment(spec, tracking_uri=tracking_uri, registry_uri=registry_uri)
    if deployment.report.errors:
        return print_remaining(deployment.report, as_json)
    with open_database(url) as database:
        plan = plan_deployment(deployment, database, templates)
        scores = track_rows(score_rows(plan, database), "compare", limit)
        if expected is None:
            wanted = expect_scores(deployment, plan, read_rows(plan, database))
        else:
            wanted, scores = read_expected(expected, scores)
        comparison = compare_scores(
            take_rows(wanted, limit), take_rows(scores, limit), deployment.spec.key, deployment.spec.tolerance
        )
    if as_json:
        print_json(describe_comparison(comparison))
    else:
        click.echo(render_comparison(comparison))
    return int(not comparison.equal)
