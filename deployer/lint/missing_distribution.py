"""CTAS does not say how its rows are distributed

In CREATE TABLE … AS SELECT the option is mandatory.

```sql
CREATE TABLE dbo.cheap_trips WITH (HEAP) AS
SELECT trip_id FROM dbo.trips WHERE fare < 10;
```

Evidence: learn.microsoft.com: CREATE TABLE AS SELECT (documented).

**What to do.** `WITH (DISTRIBUTION = ROUND_ROBIN, HEAP)`; `HASH(column)` for what is joined or merged by a key.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_tables
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for table in find_tables(script):
        if table.select and not table.has(table.options, "DISTRIBUTION", "="):
            yield report(
                table.batch,
                table.at,
                table.batch.name(table.at + 2)[1],
                "CREATE TABLE … AS SELECT has no DISTRIBUTION, which is mandatory",
                "WITH (DISTRIBUTION = ROUND_ROBIN, HEAP), or HASH(column)",
            )


RULE = Rule.of(__name__, __doc__, check)
