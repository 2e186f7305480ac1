"""`deployer gate`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from deployer.cli.common import FILE, SPEC, json_option, print_json, source_options, templates_option


@click.command(
    "gate",
    short_help="Judge specs in CI: check, bind, plan, rehearse.",
    epilog="\b\nExamples:\n  deployer gate scoring.yml\n"
    "  deployer gate specs/*.yml --strict --baseline accepted.yml\n"
    "  deployer gate scoring.yml --bundle sql --json",
)
@click.argument("specs", type=SPEC, metavar="SPEC.yml…", nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="Fail for warnings too.")
@click.option("--baseline", type=FILE, metavar="FILE", help="Findings that are accepted, each with a reason.")
@click.option(
    "--bundle",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The committed bundle, which must be what the spec leads to; of several specs, a folder with one for each.",
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day for which a baseline counts; the clock's if not given.",
)
@templates_option
@source_options
@json_option
def command(
    *,
    specs: tuple[Path, ...],
    strict: bool,
    baseline: Path | None,
    bundle: Path | None,
    today: datetime | None,
    templates: Path | None,
    tracking_uri: str | None,
    registry_uri: str | None,
    as_json: bool,
) -> int:
    """Judge each spec: its model is read, fixed in memory and checked, its columns bound, its T-SQL planned, and the
    whole rehearsed on an emulator in memory, whose scores are compared with the model's own.

    A comment in the spec accepts a finding: # deployer: allow RULE because REASON

    Exit codes: 0 all pass, 1 something was found, 2 a spec could not be judged; the others are judged all the same.
    """
    from deployer.acceptance import read_baseline
    from deployer.gate import Gate, judge_specs
    from deployer.report.verdicts import describe_verdict, render_verdicts

    gate = Gate(
        (today or datetime.now()).date(),  # noqa: DTZ005 - a day as the person or the machine beside it has it
        read_baseline(baseline) if baseline else (),
        bundle,
        templates,
        tracking_uri,
        registry_uri,
    )
    verdicts = list(judge_specs(specs, gate, baseline))
    if as_json:
        print_json([describe_verdict(verdict, strict) for verdict in verdicts])
    else:
        click.echo(render_verdicts(verdicts, strict))
    if any(verdict.error for verdict in verdicts):
        return 2
    return int(any(verdict.fails(strict) for verdict in verdicts))
