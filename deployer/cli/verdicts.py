"""What the commands share that judge files: how verdicts are asked for, written, and made an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from deployer.cli.common import FILE, Command
from deployer.files import write_beside
from deployer.report.formats import FORMATS, render_as
from deployer.rule import Rule
from deployer.verdict import Verdict


def verdict_options(command: Command) -> Command:
    """`--strict`, `--baseline`, `--today`, `--format`, `--output` and `--json`."""
    options = (
        click.option("--strict", is_flag=True, help="Fail for warnings too."),
        click.option("--baseline", type=FILE, metavar="FILE", help="Findings that are accepted, each with a reason."),
        click.option(
            "--today",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="DATE",
            help="The day for which a baseline counts; the clock's if not given.",
        ),
        click.option(
            "--format",
            "formats",
            type=click.Choice(FORMATS),
            multiple=True,
            help="How the verdicts are written: text if not given. May be given several times.",
        ),
        click.option(
            "--output",
            "outputs",
            type=click.Path(dir_okay=False, allow_dash=True),
            metavar="FILE",
            multiple=True,
            help="Where to, - for stdout; with several formats one for each, in their order.",
        ),
        click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def read_day(today: datetime | None) -> date:
    """The day for which a baseline counts."""
    return (today or datetime.now()).date()  # noqa: DTZ005 - a day as the person or the machine beside it has it


def pair_outputs(formats: tuple[str, ...], outputs: tuple[str, ...], as_json: bool) -> list[tuple[str, str]]:
    """Each format with where it goes."""
    formats = formats + ("json",) * as_json or ("text",)
    if len(formats) == 1 and not outputs:
        return [(formats[0], "-")]
    if len(formats) != len(outputs):
        raise click.UsageError(
            f"--format and --output go together, and here are {len(formats)} and {len(outputs)}: "
            "--format text --output - --format sarif --output gate.sarif"
        )
    return list(zip(formats, outputs, strict=True))


def write_verdicts(
    verdicts: Sequence[Verdict],
    wanted: Sequence[tuple[str, str]],
    strict: bool,
    rules: Sequence[Rule[Any]],
    command: str = "gate",
) -> int:
    """Write the verdicts in each format; gives the exit code."""
    for name, output in wanted:
        _write(render_as(name, verdicts, strict, rules, command), output)
    if any(verdict.error for verdict in verdicts):
        return 2
    return int(any(verdict.fails(strict) for verdict in verdicts))


def _write(text: str, output: str) -> None:
    if output == "-":
        click.echo(text)
        return
    with write_beside(Path(output)) as beside:
        beside.write_text(f"{click.unstyle(text)}\n", encoding="utf-8")
