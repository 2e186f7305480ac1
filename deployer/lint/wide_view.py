"""A view has more columns than the database takes

```sql
CREATE VIEW dbo.wide AS SELECT a, b, c FROM dbo.t;
```

Evidence: learn.microsoft.com: capacity limits for dedicated SQL pool: 1,024 columns a view (documented).

**What to do.** Leave out what nobody reads, or make two views with the same key.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, target: Target) -> Iterator[Finding]:
    limit = target.view_columns.value
    for batch, at in script.find("CREATE|ALTER", "VIEW"):
        select = batch.until(at, "SELECT")
        columns = batch.split(select + 1, batch.until(select + 1, "FROM", "SELECT"))
        if limit is not None and len(columns) > limit:
            yield report(
                batch,
                at,
                batch.name(at + 2)[1],
                f"the view has {len(columns):,} columns; the limit is {limit:,}",
                "leave columns out, or make two views with the same key",
            )


RULE = Rule.of(__name__, __doc__, check)
