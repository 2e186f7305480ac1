"""Verdicts as text for people and as plain data."""

from __future__ import annotations

from collections.abc import Sequence

import click

from deployer.report.data import Data, describe_finding
from deployer.report.text import count_things, render_finding
from deployer.rule import Finding, Severity
from deployer.verdict import Verdict


def render_verdicts(verdicts: Sequence[Verdict], strict: bool) -> str:
    """A group a file: its findings, the worst first, and what was accepted; then a line that sums up."""
    return "\n\n".join([*(_render(verdict, strict) for verdict in verdicts), _summarise(verdicts, strict)])


def _render(verdict: Verdict, strict: bool) -> str:
    if verdict.error:
        state = click.style("could not run", fg="red")
    elif verdict.fails(strict):
        state = click.style("fails", fg="red")
    else:
        state = click.style("passes", fg="green")
    about = f" ({verdict.model} for {verdict.target})" if verdict.model else ""
    lines = [f"{click.style(verdict.spec, bold=True)}{about}: {state}"]
    if verdict.error:
        lines.append(f"  {verdict.error}")
        lines += [f"  hint: {verdict.hint}"] if verdict.hint else []
    for severity in Severity:
        lines += [
            render_finding(finding, name_place(verdict, finding))
            for finding in verdict.findings
            if finding.severity is severity
        ]
    lines += [
        f"accepted {entry.finding.rule} at {name_place(verdict, entry.finding)}: {entry.reason}"
        for entry in verdict.accepted
    ]
    return "\n".join(lines)


def name_place(verdict: Verdict, finding: Finding) -> str:
    """Where a finding is: in a script `file:line:column`, which editors and terminals follow, and what stands there."""
    if not finding.column:
        return finding.where
    return f"{verdict.spec}:{finding.line}:{finding.column} {finding.where}"


def _summarise(verdicts: Sequence[Verdict], strict: bool) -> str:
    broken = sum(bool(verdict.error) for verdict in verdicts)
    failed = sum(verdict.fails(strict) for verdict in verdicts if not verdict.error)
    passed = len(verdicts) - broken - failed
    return f"{count_things(len(verdicts), 'file')}: {passed} passed, {failed} failed, {broken} could not run"


def describe_verdict(verdict: Verdict, strict: bool, command: str) -> Data:
    """One verdict, ready for JSON."""
    about: Data = {"spec": verdict.spec, "model": verdict.model or None}
    return (about if command == "gate" else {"script": verdict.spec}) | {
        "target": verdict.target or None,
        "passed": not (verdict.error or verdict.fails(strict)),
        "error": {"message": verdict.error, "hint": verdict.hint} if verdict.error else None,
        "findings": [describe_finding(finding) for finding in verdict.findings],
        "accepted": [describe_finding(entry.finding) | {"reason": entry.reason} for entry in verdict.accepted],
    }
