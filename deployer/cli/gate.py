"""`deployer gate`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from deployer.cli.common import SPEC, source_options, templates_option
from deployer.cli.verdicts import pair_outputs, read_day, verdict_options, write_verdicts


@click.command(
    "gate",
    short_help="Judge specs in CI: check, bind, plan, rehearse.",
    epilog="\b\nExamples:\n  deployer gate scoring.yml\n"
    "  deployer gate specs/*.yml --strict --baseline accepted.yml\n"
    "  deployer gate scoring.yml --bundle sql --json\n"
    "  deployer gate scoring.yml --format text --output - --format sarif --output gate.sarif",
)
@click.argument("specs", type=SPEC, metavar="SPEC.yml…", nargs=-1, required=True)
@click.option(
    "--bundle",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The committed bundle, which must be what the spec leads to; of several specs, a folder with one for each.",
)
@verdict_options
@templates_option
@source_options
def command(
    *,
    specs: tuple[Path, ...],
    strict: bool,
    baseline: Path | None,
    bundle: Path | None,
    today: datetime | None,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    as_json: bool,
    templates: Path | None,
    tracking_uri: str | None,
    registry_uri: str | None,
) -> int:
    """Judge each spec: its model is read, fixed in memory and checked, its columns bound, its T-SQL planned, and the
    whole rehearsed on an emulator in memory, whose scores are compared with the model's own.

    A comment in the spec accepts a finding: # deployer: allow RULE because REASON

    Exit codes: 0 all pass, 1 something was found, 2 a spec could not be judged; the others are judged all the same.
    """
    from deployer.acceptance import read_baseline
    from deployer.cli.rules import EVERY
    from deployer.gate import Gate, judge_specs
    from deployer.report.progress import track

    wanted = pair_outputs(formats, outputs, as_json)
    gate = Gate(
        read_day(today),
        read_baseline(baseline) if baseline else (),
        bundle,
        templates,
        tracking_uri,
        registry_uri,
    )
    verdicts = list(track(judge_specs(specs, gate, baseline), "judging", len(specs)))
    return write_verdicts(verdicts, wanted, strict, EVERY)
