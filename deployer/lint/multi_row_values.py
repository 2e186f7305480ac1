"""VALUES with several rows

```sql
INSERT INTO dbo.limits (name, value) VALUES ('fare', 500), ('distance', 100);
```

Evidence: learn.microsoft.com: INSERT for Azure Synapse Analytics; table value constructor (documented).

**What to do.** One INSERT a row, or `INSERT … SELECT … UNION ALL SELECT …`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("VALUES", "("):
        rows, end = 1, batch.close(at + 1)
        while batch.word(end + 1) == "," and batch.word(end + 2) == "(":
            rows, end = rows + 1, batch.close(end + 2)
        if rows > 1:
            yield report(
                batch,
                at,
                end + 1,
                f"VALUES has {rows:,} rows; the target takes one",
                "one INSERT a row, or INSERT … SELECT … UNION ALL SELECT …",
            )


RULE = Rule.of(__name__, __doc__, check)
