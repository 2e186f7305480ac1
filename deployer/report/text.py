"""Results as text for people. Colours are ANSI sequences; `click.echo` leaves them out where it is no terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from deployer.check import Report, Step
from deployer.model import Model
from deployer.report.changes import list_changes
from deployer.rule import Finding, Rule, Severity
from deployer.target import Limit, Target, limit_names

if TYPE_CHECKING:  # these need more than `deployer check` does
    from deployer.compare import Comparison
    from deployer.plan import Applied

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def render_report(report: Report, command: str = "") -> str:
    """A paragraph a finding, the worst first; then how many there are, and `command` where it can fix some of them."""
    head = f"{click.style(name_model(report.model), bold=True)} for {report.target.name}"
    paragraphs = [
        render_finding(finding) for severity in Severity for finding in report.findings if finding.severity is severity
    ]
    return "\n\n".join([head, *paragraphs, _summarise(report, command)])


def render_finding(finding: Finding, place: str = "") -> str:
    """Severity, rule and place, in the finding's own words if none is given; what is wrong; what to do."""
    label = click.style(finding.severity.value, fg=_COLOURS[finding.severity])
    head = f"{label} {click.style(finding.rule, bold=True)} at {place or finding.where}"
    return f"{head}\n  {finding.message}\n  {finding.help}"


def _summarise(report: Report, command: str) -> str:
    if not report.findings:
        return click.style("nothing found", fg="green")
    counts = {severity: sum(finding.severity is severity for finding in report.findings) for severity in Severity}
    found = ", ".join(count_things(number, severity.value) for severity, number in counts.items() if number)
    fixable = sum(finding.fixable for finding in report.findings)
    if not fixable:
        return f"{found}; none can be fixed here"
    return f"{found}; {fixable} can be fixed" + (f":\n  {command}" if command else "")


def render_fix(
    before: Model, after: Model, rest: Report, path: str, steps: Sequence[Step] = (), *, explain: bool = False
) -> str:
    """What `fix` did: the rules whose fixes were made, sizes and hashes, and what is left; with `explain` each step."""
    made = after.origin.fixes[len(before.origin.fixes) :]
    lines = [
        f"fixed: {', '.join(made)}" if made else "fixed: nothing; the bytes are those that were read",
        f"before: {len(before.content):>12,} bytes  SHA-256 {before.digest}",
        f"after:  {len(after.content):>12,} bytes  SHA-256 {after.digest}",
        f"written to {path}",
    ]
    lines += [f"withheld: {step.rule.name}: {step.withheld}" for step in steps if step.withheld]
    if explain:
        for step in steps:
            lines += [f"\n{step.rule.name}", *(f"  {change}" for change in list_changes(step.before, step.after))]
    return "\n".join(lines) + "\n\n" + render_report(rest)


def render_applied(applied: Applied) -> str:
    stored = "stored" if applied.stored else "was there already, unchanged"
    return f"model {applied.model_id} {stored}; {count_things(applied.statements, 'statement')} ran"


def render_comparison(comparison: Comparison) -> str:
    """The figures, and the worst rows if any are off."""
    verdict = click.style("equal", fg="green") if comparison.equal else click.style("not equal", fg="red")
    figures = [
        ("rows", f"{comparison.rows:,}"),
        ("different", f"{comparison.different:,}"),
        ("missing", f"{comparison.missing:,}"),
        ("unexpected", f"{comparison.unexpected:,}"),
        ("label mismatches", f"{comparison.label_mismatches:,}"),
        ("largest absolute difference", f"{comparison.max_absolute:.3g}"),
        ("largest relative difference", f"{comparison.max_relative:.3g}"),
        ("largest difference in ULP", f"{comparison.max_ulp:,}"),
    ]
    text = f"{verdict} within the tolerance\n{render_table(figures)}"
    if comparison.worst:
        rows = [
            (", ".join(map(str, worst.key)), worst.column, str(worst.expected), str(worst.score))
            for worst in comparison.worst
        ]
        text += f"\n\nworst rows\n{render_table(rows, ('key', 'column', 'expected', 'score'))}"
    return text


def render_rules(rules: Sequence[Rule[Any]]) -> str:
    return render_table([(rule.name, rule.title) for rule in rules])


def render_targets(targets: Sequence[Target]) -> str:
    return render_table([(target.name, target.status, target.title) for target in targets])


def render_target(target: Target) -> str:
    """Every limit and type of a target, with its evidence and source."""
    limits: dict[str, Limit[int]] = {name: getattr(target, name) for name in limit_names()}
    rows = [
        (name, "not known" if limit.value is None else f"{limit.value:,}", limit.evidence, limit.source)
        for name, limit in limits.items()
    ]
    types = [(name, entry.sql, entry.evidence, entry.source) for name, entry in target.types.items()]
    return "\n\n".join(
        [
            f"{click.style(target.name, bold=True)}: {target.title}\n{target.status}: {target.status_note}",
            render_table(rows, ("limit", "value", "evidence", "source")),
            render_table(types, ("ONNX", "T-SQL", "evidence", "source")),
        ]
    )


def render_table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Columns padded to their widest cell, the last one as it is; nothing is cut, so that lines can be searched."""
    lines = [tuple(head), *map(tuple, rows)] if head else [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def name_model(model: Model) -> str:
    return f"{model.name}:{model.version}" if model.version else model.name


def count_things(number: int, thing: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
