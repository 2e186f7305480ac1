"""`Verdict`: what the gate says of one spec, the linter of one script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from deployer.acceptance import Acceptance
from deployer.rule import Finding, Severity


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that somebody has taken responsibility for, and why."""

    finding: Finding
    reason: str
    in_spec: bool
    """Whether a comment in the file says so, and not the baseline."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was found in one file; `Finding.line` is a line of that file, 0 where none is to blame."""

    spec: str
    """The file's path as it was given."""
    model: str
    """`name:version`; empty where the model could not be read, and for a script."""
    target: str
    findings: tuple[Finding, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    error: str = ""
    """Why the gate could not come to a verdict; empty where it did."""
    hint: str = ""
    error_line: int = 0
    finished: bool = True
    """Whether every step was taken: nothing is planned for a model or columns with errors."""

    def fails(self, strict: bool) -> bool:
        """Whether a finding stands in the way: an error, or with `strict` also a warning."""
        bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
        return any(finding.severity in bad for finding in self.findings)


def accept_findings(
    path: str,
    findings: Iterable[Finding],
    comments: Sequence[Acceptance],
    baseline: Sequence[Acceptance],
    today: date,
) -> tuple[tuple[Finding, ...], tuple[Accepted, ...]]:
    """The findings that are left, and those that comments in the file or the baseline accept."""
    left, accepted = [], []
    for finding in findings:
        for entry in (*comments, *baseline):
            if entry.covers(path, finding, today):
                accepted.append(Accepted(finding, entry.reason, in_spec=entry in comments))
                break
        else:
            left.append(finding)
    return tuple(left), tuple(accepted)
