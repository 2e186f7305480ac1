"""`deployer gate`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from deployer.cli.common import FILE, SPEC, source_options, templates_option
from deployer.report.formats import FORMATS
from deployer.verdict import Verdict


@click.command(
    "gate",
    short_help="Judge specs in CI: check, bind, plan, rehearse.",
    epilog="\b\nExamples:\n  deployer gate scoring.yml\n"
    "  deployer gate specs/*.yml --strict --baseline accepted.yml\n"
    "  deployer gate scoring.yml --bundle sql --json\n"
    "  deployer gate scoring.yml --format text --output - --format sarif --output gate.sarif",
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
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    help="How the verdicts are written: text if not given. May be given several times.",
)
@click.option(
    "--output",
    "outputs",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    multiple=True,
    help="Where to, - for stdout; with several formats one for each, in their order.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
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
    from deployer.gate import Gate, judge_specs
    from deployer.report.progress import track

    wanted = _pair(formats + ("json",) * as_json or ("text",), outputs)
    gate = Gate(
        (today or datetime.now()).date(),  # noqa: DTZ005 - a day as the person or the machine beside it has it
        read_baseline(baseline) if baseline else (),
        bundle,
        templates,
        tracking_uri,
        registry_uri,
    )
    verdicts = list(track(judge_specs(specs, gate, baseline), "judging", len(specs)))
    for name, output in wanted:
        _write(name, output, verdicts, strict)
    if any(verdict.error for verdict in verdicts):
        return 2
    return int(any(verdict.fails(strict) for verdict in verdicts))


def _pair(formats: tuple[str, ...], outputs: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each format with where it goes."""
    if len(formats) == 1 and not outputs:
        return [(formats[0], "-")]
    if len(formats) != len(outputs):
        raise click.UsageError(
            f"--format and --output go together, and here are {len(formats)} and {len(outputs)}: "
            "--format text --output - --format sarif --output gate.sarif"
        )
    return list(zip(formats, outputs, strict=True))


def _write(name: str, output: str, verdicts: Sequence[Verdict], strict: bool) -> None:
    from deployer.cli.rules import EVERY
    from deployer.files import write_beside
    from deployer.report.formats import render_as

    text = render_as(name, verdicts, strict, EVERY)
    if output == "-":
        click.echo(text)
        return
    with write_beside(Path(output)) as beside:
        beside.write_text(f"{click.unstyle(text)}\n", encoding="utf-8")
