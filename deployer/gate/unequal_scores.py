"""The scores in the database are not the model's own

The whole deployment was rehearsed on the emulator: table, upload, views, procedures, tables of scores, PREDICT.
What came out differs from what the model, as it was read, says for the same rows by more than the spec's tolerance.

Evidence: measured, on rows made from the model's own thresholds and categories; the emulator is held to what is known
of the server, and where that is little, it is inferred.

**What to do.** Look at the worst rows: `deployer compare` shows them.
A cast that rounds or cuts, or a NULL that is replaced, is the usual cause.
A tolerance that is too narrow for 32-bit arithmetic is the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deployer.rehearsal import Rehearsed
from deployer.rule import Finding, Rule
from deployer.target import Target


def check(rehearsed: Iterable[Rehearsed], _target: Target) -> Iterator[Finding]:
    for entry in rehearsed:
        comparison = entry.comparison
        if comparison.equal:
            continue
        through = f" through {entry.through}" if entry.through else ""
        wrong = comparison.different + comparison.missing + comparison.unexpected
        worst = next(iter(comparison.worst), None)
        shown = f"; {worst.column!r} is {worst.score} where the model says {worst.expected}" if worst else ""
        total = comparison.rows + comparison.missing
        yield Finding(
            "scores",
            f"{wrong:,} of {total:,} rehearsed rows score otherwise{through}{shown}"
            if total
            else "no row could be rehearsed: the model scores none of the rows made for it",
            "look for a cast that rounds or cuts, or widen the tolerance",
        )


RULE = Rule.of(__name__, __doc__, check)
