"""CREATE VIEW, PROCEDURE or SCHEMA with something else in its batch

Each must be the first statement of a batch; for a view and a schema it must also be the only one.

```sql
SET NOCOUNT ON;
CREATE VIEW dbo.cheap_trips AS
SELECT trip_id FROM dbo.trips WHERE fare < 10;
```

Evidence: learn.microsoft.com: CREATE VIEW, CREATE PROCEDURE, CREATE SCHEMA (documented).

**What to do.** Put GO before and after, or make it within a batch with `EXEC('CREATE …')`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Batch, Script
from deployer.target import Target

_NO_STATEMENT = frozenset({"GRANT", "DENY", "REVOKE", ","})


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("CREATE|ALTER", "VIEW|PROC|PROCEDURE|SCHEMA|FUNCTION|TRIGGER"):
        start = at - 2 if batch.word(at - 1) == "OR" else at
        if batch.word(start - 1) in _NO_STATEMENT:
            continue
        kind = batch.word(at + 1)
        end = batch.name(at + 2)[1]
        if any(batch.word(index) != ";" for index in range(start)):
            yield _say(batch, start, end, f"{kind} is not created first in its batch")
        elif kind in {"VIEW", "SCHEMA"}:
            rest = range(batch.until(at), len(batch))
            after = next((index for index in rest if batch.word(index) != ";"), None)
            if after is not None:
                yield _say(batch, start, end, f"{kind} is created with more behind it: {batch.show(after, after + 4)}")


def _say(batch: Batch, start: int, end: int, message: str) -> Finding:
    return report(batch, start, end, message, "put GO before and after it, or run it with EXEC('CREATE …')")


RULE = Rule.of(__name__, __doc__, check)
