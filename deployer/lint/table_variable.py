"""A variable that is a table

```sql
DECLARE @cheap TABLE (trip_id bigint);
```

Evidence: learn.microsoft.com: T-SQL features in Synapse SQL (documented).

**What to do.** A `#temp` table; drop it at the end, since it lives as long as the connection.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("TABLE"):
        name = at - 1 - (batch.word(at - 1) == "AS")
        if batch.kind(name) == "variable":
            yield report(batch, name, at + 1, "table variables are not there", "use a #temp table")
    for batch, at in script.find("READONLY"):
        yield report(batch, at, at + 1, "parameters that are tables are not there", "use a #temp table")


RULE = Rule.of(__name__, __doc__, check)
