"""`deployer lint`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from deployer.cli.check import DEFAULT_TARGET
from deployer.cli.common import FILE, limit_option
from deployer.cli.verdicts import pair_outputs, read_day, verdict_options, write_verdicts


@click.command(
    "lint",
    short_help="Find in T-SQL what a target does not have.",
    epilog="\b\nExamples:\n  deployer lint deploy.sql\n"
    "  deployer lint scripts/*.sql --strict --baseline accepted.yml\n"
    "  deployer lint old.sql --format text --output - --format sarif --output lint.sarif",
)
@click.argument("scripts", type=FILE, metavar="FILE.sql…", nargs=-1, required=True)
@click.option(
    "--target", metavar="NAME", default=DEFAULT_TARGET, show_default=True, help="Target that the scripts are for."
)
@limit_option
@verdict_options
def command(
    *,
    scripts: tuple[Path, ...],
    target: str,
    limits: dict[str, int],
    strict: bool,
    baseline: Path | None,
    today: datetime | None,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    as_json: bool,
) -> int:
    """Find in scripts of any age what T-SQL's grammar allows and the target does not take: PREDICT without RUNTIME,
    CREATE OR ALTER, DDL in a transaction, a cursor. What EXEC('…') runs is read too; text and comments are not.

    Files are in UTF-8, or in UTF-16 as SSMS saves them; GO and sqlcmd's commands are known.
    A comment in the script accepts a finding: -- deployer: allow RULE because REASON

    Exit codes: 0 all pass, 1 something was found, 2 a file could not be read; the others are judged all the same.
    """
    from deployer.acceptance import read_baseline
    from deployer.lint import LINT_RULES, judge_scripts
    from deployer.report.progress import track
    from deployer.targets import get_target

    wanted = pair_outputs(formats, outputs, as_json)
    profile = get_target(target, limits)
    entries = read_baseline(baseline) if baseline else ()
    verdicts = list(track(judge_scripts(scripts, profile, read_day(today), entries), "linting", len(scripts)))
    return write_verdicts(verdicts, wanted, strict, LINT_RULES, "lint")
