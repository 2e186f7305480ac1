"""`deployer check`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from deployer.check import check_model
from deployer.cli.common import json_option, limit_option, print_json, source_options
from deployer.report.data import describe_report
from deployer.report.text import render_report
from deployer.rule import Severity
from deployer.source import read_model
from deployer.targets import get_target

DEFAULT_TARGET = "synapse-dedicated"


@click.command(
    "check",
    short_help="Find what a target will not take.",
    epilog="\b\nExamples:\n  deployer check model.onnx\n  deployer check scoring.yml --strict --json",
)
@click.argument("model", metavar="MODEL|SPEC.yml")
@click.option("--target", metavar="NAME", help=f"Target to check for: the spec's, else {DEFAULT_TARGET}.")
@limit_option
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
@source_options
@json_option
def command(
    *,
    model: str,
    target: str | None,
    limits: dict[str, int],
    strict: bool,
    tracking_uri: str | None,
    registry_uri: str | None,
    as_json: bool,
) -> int:
    """Find what a target will not take, and what can be done about it.

    MODEL is an .onnx file, an MLflow model folder or an MLflow URI: models:/name@alias, models:/name/1, runs:/id/path.
    With a spec, its model, target and limits are taken.

    Exit codes: 0 no errors, 1 errors (with --strict also warnings), 2 could not run.
    """
    columns: tuple[str, ...] = ()
    if Path(model).suffix in {".yml", ".yaml"}:
        from deployer.spec import read_spec

        spec = read_spec(model)
        model, target, limits = spec.model, target or spec.target, {**spec.limits, **limits}
        columns = spec.wide
    profile = get_target(target or DEFAULT_TARGET, limits)
    report = check_model(read_model(model, tracking_uri=tracking_uri, registry_uri=registry_uri), profile)
    if as_json:
        print_json(describe_report(report))
    else:
        options = [f"--limit={name}={value}" for name, value in limits.items()]
        options += [f"--columns={','.join(columns)}"] if columns else []
        options += [f"--tracking-uri={tracking_uri}"] if tracking_uri else []
        options += [f"--registry-uri={registry_uri}"] if registry_uri else []
        fix = ["deployer", "fix", model, "--target", profile.name, *options, "--out", f"{report.model.name}_fixed.onnx"]
        click.echo(render_report(report, shlex.join(fix)))
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return int(any(finding.severity in bad for finding in report.findings))
