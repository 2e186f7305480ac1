"""Verdicts as annotations on lines of the file: GitHub's workflow commands, GitLab's code quality report."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence

from deployer.rule import Finding, Severity
from deployer.verdict import Verdict

_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_GITLAB = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render_github(verdicts: Sequence[Verdict]) -> str:
    """A line a finding, as GitHub's runner reads it from stdout (docs.github.com: workflow commands)."""
    lines = []
    for verdict in verdicts:
        for finding in _list_findings(verdict):
            column = f",col={finding.column}" if finding.column else ""
            place = f"file={_property(verdict.spec)},line={finding.line or 1}{column},title={_property(finding.rule)}"
            text = _data(f"{finding.where}: {finding.message}\n{finding.help}")
            lines.append(f"::{_GITHUB[finding.severity]} {place}::{text}")
    return "\n".join(lines)


def _data(text: str) -> str:
    # A line that starts with `::` is a command: a message must not end its own.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_gitlab(verdicts: Sequence[Verdict]) -> str:
    """A JSON list, as GitLab reads it from an artifact (docs.gitlab.com: code quality report format)."""
    issues = []
    seen: Counter[str] = Counter()
    for verdict in verdicts:
        for finding in _list_findings(verdict):
            same = f"{verdict.spec}\0{finding.rule}\0{finding.where}\0{finding.message}"
            # Unique within a report, and the same for the same finding on another line.
            fingerprint = hashlib.sha256(f"{same}\0{seen[same]}".encode()).hexdigest()
            seen[same] += 1
            issues.append(
                {
                    "description": f"{finding.where}: {finding.message}. {finding.help}",
                    "check_name": finding.rule,
                    "fingerprint": fingerprint,
                    "severity": _GITLAB[finding.severity],
                    "location": {"path": verdict.spec, "lines": {"begin": finding.line or 1}},
                }
            )
    return json.dumps(issues, indent=2, ensure_ascii=False)


def _list_findings(verdict: Verdict) -> Iterator[Finding]:
    """What stopped the judging is one more finding here."""
    if verdict.error:
        yield Finding("file", verdict.error, verdict.hint, rule="could-not-run", line=verdict.error_line)
    yield from verdict.findings
