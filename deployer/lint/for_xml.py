"""FOR XML, FOR JSON

```sql
SELECT trip_id FROM dbo.trips FOR JSON AUTO;
```

Evidence: learn.microsoft.com: T-SQL features in Synapse SQL (documented).

**What to do.** STRING_AGG builds lists; write JSON and XML where the rows are read.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("FOR", "XML|JSON|BROWSE"):
        yield report(
            batch,
            at,
            at + 2,
            f"FOR {batch.word(at + 1)} is not there",
            "STRING_AGG for lists; write JSON and XML where the rows are read",
        )


RULE = Rule.of(__name__, __doc__, check)
