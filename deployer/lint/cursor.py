"""A cursor

```sql
DECLARE trips CURSOR FOR SELECT trip_id FROM dbo.trips;
```

Evidence: learn.microsoft.com: T-SQL features in Synapse SQL; loops in dedicated SQL pool (documented).

**What to do.** One statement for all rows; where that cannot be, number the rows in a `#temp` table and WHILE over
them.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Batch, Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("CURSOR"):
        yield _say(batch, at, at + 1)
    for batch, at in script.find("FETCH", "NEXT|PRIOR|FIRST|LAST", "FROM"):
        if not any(batch.find("CURSOR")):
            yield _say(batch, at, at + 4)


def _say(batch: Batch, start: int, end: int) -> Finding:
    return report(
        batch,
        start,
        end,
        "cursors are not there",
        "write one statement for all rows, or WHILE over a numbered #temp table",
    )


RULE = Rule.of(__name__, __doc__, check)
