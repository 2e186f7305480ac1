"""CREATE OR ALTER

The dedicated pool's grammar has CREATE and ALTER, and not both in one.

```sql
CREATE OR ALTER VIEW dbo.cheap_trips AS
SELECT trip_id FROM dbo.trips WHERE fare < 10;
```

Evidence: learn.microsoft.com: CREATE VIEW, CREATE PROCEDURE for Azure Synapse Analytics (documented).

**What to do.** Drop first, in a batch of its own: `IF OBJECT_ID(N'dbo.cheap_trips', N'V') IS NOT NULL DROP VIEW
dbo.cheap_trips;`, then GO and CREATE.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("CREATE", "OR", "ALTER"):
        kind = batch.word(at + 3) or "VIEW"
        yield report(
            batch,
            at,
            batch.name(at + 4)[1],
            "CREATE OR ALTER is not in the target's grammar",
            f"IF OBJECT_ID(N'…') IS NOT NULL DROP {kind} …; then GO and CREATE {kind}",
        )


RULE = Rule.of(__name__, __doc__, check)
