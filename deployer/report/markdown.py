"""Verdicts as Markdown, for a job's summary or a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deployer.report.text import count_things
from deployer.rule import Severity
from deployer.verdict import Verdict


def render_markdown(verdicts: Sequence[Verdict], strict: bool, command: str) -> str:
    """A table of the files, then a table of findings for each that has some."""
    passed = sum(not verdict.error and not verdict.fails(strict) for verdict in verdicts)
    lines = [
        f"### deployer {command}: {passed} of {count_things(len(verdicts), 'file')} passed",
        "",
        "| file | model | target | verdict |",
        "|---|---|---|---|",
    ]
    for verdict in verdicts:
        state = "could not run" if verdict.error else "**fails**" if verdict.fails(strict) else "passes"
        lines.append(f"| {_cell(verdict.spec)} | {_cell(verdict.model)} | {_cell(verdict.target)} | {state} |")
    for verdict in verdicts:
        if not (verdict.error or verdict.findings or verdict.accepted):
            continue
        lines += ["", f"#### {_cell(verdict.spec)}", ""]
        if verdict.error:
            lines += [_cell(verdict.error), "", f"*{_cell(verdict.hint)}*" if verdict.hint else "", ""]
        if verdict.findings:
            lines += ["| | rule | line | where | what is wrong | what to do |", "|---|---|---|---|---|---|"]
            for severity in Severity:
                lines += [
                    f"| {severity.value} | `{finding.rule}` | {finding.line or ''} | {_cell(finding.where)} "
                    f"| {_cell(finding.message)} | {_cell(finding.help)} |"
                    for finding in verdict.findings
                    if finding.severity is severity
                ]
        lines += [
            f"- accepted `{entry.finding.rule}` at {_cell(entry.finding.where)}: {_cell(entry.reason)}"
            for entry in verdict.accepted
        ]
    return "\n".join(lines).replace("\n\n\n", "\n\n")


def _cell(text: str) -> str:
    """Text that no Markdown and no HTML is made of: names and messages may hold anything."""
    text = text.replace("&", "&amp;")
    escaped = re.sub(r"([\\`*_\[\]<>#|~@])", r"\\\1", re.sub(r"[ \t]*\n[ \t]*", "\n", text.strip()))
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", " ", escaped).replace("\n", "<br>")
