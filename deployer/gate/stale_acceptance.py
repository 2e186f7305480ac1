"""A baseline or a comment accepts what is no longer found

Its day is over, or the finding has gone.
An entry that covers nothing hides the next finding of its kind.

Evidence: nothing in this run is covered by it (documented in the baseline or the spec itself).
Of a spec that was not judged to its end nothing is called stale.

**What to do.** Take it out, or give it a new day and reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.acceptance import Acceptance
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target


def check(subject: tuple[Acceptance, str], _target: Target | None = None) -> Iterator[Finding]:
    entry, why = subject
    place = f" in {entry.spec}" if entry.spec else ""
    yield Finding(
        f"acceptance of {entry.rule!r}{place}",
        f"the acceptance of {entry.rule!r}{place} is stale: {why}",
        "take it out",
        Severity.WARNING,
        line=entry.line,
    )


RULE = Rule.of(__name__, __doc__, check)
