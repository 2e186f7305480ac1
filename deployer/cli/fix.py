"""`deployer fix`."""

from __future__ import annotations

from pathlib import Path

import click

from deployer.check import apply_steps, check_model, fix_steps
from deployer.cli.check import DEFAULT_TARGET
from deployer.cli.common import FILE, columns_option, json_option, limit_option, print_json, source_options
from deployer.files import write_beside
from deployer.report.data import describe_model, describe_report, describe_step
from deployer.report.text import render_fix
from deployer.rules import list_fixes
from deployer.source import read_model
from deployer.targets import get_target


@click.command(
    "fix",
    short_help="Fix what can be fixed without changing a score.",
    epilog="\b\nExample:\n  deployer fix model.onnx --target synapse-dedicated --out fixed.onnx --columns a,b",
)
@click.argument("model")
@click.option("--target", metavar="NAME", default=DEFAULT_TARGET, show_default=True, help="Target to fix for.")
@click.option("--out", type=FILE, metavar="FILE", required=True, help="Where the fixed model goes; replaced if there.")
@columns_option
@click.option("--explain", is_flag=True, help="Say what each fix changed.")
@click.option("--inexact", is_flag=True, help="Make fixes too that may change a score.")
@click.option(
    "--batch",
    type=click.Choice(["free", "one"]),
    help="Free the batch dimension, or pin it to one row, where that is proven to change no score.",
)
@limit_option
@source_options
@json_option
def command(
    *,
    model: str,
    target: str,
    out: Path,
    columns: tuple[str, ...],
    explain: bool,
    inexact: bool,
    batch: str | None,
    limits: dict[str, int],
    tracking_uri: str | None,
    registry_uri: str | None,
    as_json: bool,
) -> int:
    """Fix what can be fixed without changing a score, and write the model to a file.

    Every score of the fixed model is the same to the last bit, unless --inexact is given: each fix is tried on rows
    made for the model, and withheld where a score differs. The result's metadata names the fixes that were made.

    Exit codes: 0 no errors remain, 1 errors remain, 2 could not run and nothing was written.
    """
    profile = get_target(target, limits)
    before = read_model(model, tracking_uri=tracking_uri, registry_uri=registry_uri)
    steps = tuple(fix_steps(before, profile, columns, inexact, list_fixes(batch)))
    after = apply_steps(before, steps)
    rest = check_model(after, profile)
    with write_beside(out) as path:
        path.write_bytes(after.content)
    if as_json:
        made = after.origin.fixes[len(before.origin.fixes) :]
        print_json(
            {
                "file": str(out),
                "fixed": list(made),
                "steps": [describe_step(step) for step in steps],
                "before": describe_model(before),
                "after": describe_model(after),
                "remaining": describe_report(rest)["findings"],
            }
        )
    else:
        click.echo(render_fix(before, after, rest, str(out), steps, explain=explain))
    return int(bool(rest.errors))
