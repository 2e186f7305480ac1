"""`report`: a finding at a place of a script."""

from __future__ import annotations

from deployer.rule import Finding, Severity
from deployer.script import Batch

_SHOWN = 60


def report(
    batch: Batch,
    start: int,
    end: int,
    message: str,
    cure: str,
    *,
    severity: Severity = Severity.ERROR,
) -> Finding:
    """A finding about the tokens from `start` up to `end`, which are shown as its place."""
    shown = batch.show(start, min(end, start + _SHOWN))
    where = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
    line, column = batch.place(start)
    return Finding(where, message, cure, severity, line=line, column=column)
