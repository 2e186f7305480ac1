"""SELECT gives a variable its value

```sql
DECLARE @rows int;
SELECT @rows = COUNT(*) FROM dbo.trips;
```

Evidence: learn.microsoft.com: assigning variables in dedicated SQL pool (documented).

**What to do.** `SET @rows = (SELECT COUNT(*) FROM dbo.trips)`, or in its DECLARE.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Batch, Script
from deployer.target import Target

_ASSIGNS = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="})


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("SELECT"):
        for part in batch.split(at + 1, batch.until(at + 1, "FROM", "WHERE", "INTO", "SELECT")):
            start = _skip_top(batch, part.start)
            if batch.kind(start) == "variable" and batch.word(start + 1) in _ASSIGNS:
                name = batch.text(start)
                yield report(
                    batch,
                    at,
                    start + 2,
                    f"SELECT cannot give {name} a value",
                    f"SET {name} = (SELECT …)",
                )
                break


def _skip_top(batch: Batch, at: int) -> int:
    if batch.word(at) in {"ALL", "DISTINCT"}:
        at += 1
    if batch.word(at) == "TOP":
        at = batch.close(at + 1) + 1 if batch.word(at + 1) == "(" else at + 2
    return at


RULE = Rule.of(__name__, __doc__, check)
