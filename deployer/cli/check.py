"""`deployer check`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from deployer.check import check_model
from deployer.cli.common import database_option, json_option, limit_option, print_json, source_options
from deployer.report.data import describe_finding, describe_report
from deployer.report.text import render_finding, render_report
from deployer.rule import Finding, Severity
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
@database_option(required=False)
@source_options
@json_option
def command(
    *,
    model: str,
    target: str | None,
    limits: dict[str, int],
    strict: bool,
    url: str | None,
    tracking_uri: str | None,
    registry_uri: str | None,
    as_json: bool,
) -> int:
    """Find what a target will not take, and what can be done about it.

    MODEL is an .onnx file, an MLflow model folder or an MLflow URI: models:/name@alias, models:/name/1, runs:/id/path.
    With a spec, its model, target and limits are taken, and its columns are bound: which feeds which input, and what
    the cast can do to a value. What the table looks like is read from --database, else from the spec's `schema`.

    Exit codes: 0 no errors, 1 errors (with --strict also warnings), 2 could not run.
    """
    spec = None
    if Path(model).suffix in {".yml", ".yaml"}:
        from deployer.spec import read_spec

        spec = read_spec(model)
        model, target, limits = spec.model, target or spec.target, {**spec.limits, **limits}
    profile = get_target(target or DEFAULT_TARGET, limits)
    original = read_model(model, tracking_uri=tracking_uri, registry_uri=registry_uri)
    report = check_model(original, profile)
    text, data = "", describe_report(report)
    if not as_json:
        options = [f"--limit={name}={value}" for name, value in limits.items()]
        options += [f"--columns={','.join(spec.wide)}"] if spec and spec.wide else []
        options += [f"--tracking-uri={tracking_uri}"] if tracking_uri else []
        options += [f"--registry-uri={registry_uri}"] if registry_uri else []
        fix = ["deployer", "fix", model, "--target", profile.name, *options, "--out", f"{report.model.name}_fixed.onnx"]
        text = render_report(report, shlex.join(fix))
    findings: tuple[Finding, ...] = report.findings
    if spec is not None:
        from contextlib import nullcontext

        from deployer.check import fix_model
        from deployer.contract import check_columns
        from deployer.database import open_database
        from deployer.deployment import find_table
        from deployer.report.contract import describe_contract, render_contract

        with open_database(url) if url else nullcontext() as database:
            table = find_table(spec, database)
        contract, found = check_columns(fix_model(original, profile, spec.wide), spec, profile, table)
        findings += found
        data["findings"] = [describe_finding(finding) for finding in findings]
        data["contract"] = describe_contract(contract)
        text = "\n\n".join(
            [text, "columns, after the fixes that keep every score:\n" + render_contract(contract)]
            + [render_finding(finding) for severity in Severity for finding in found if finding.severity is severity]
        )
    if as_json:
        print_json(data)
    else:
        click.echo(text)
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return int(any(finding.severity in bad for finding in findings))
