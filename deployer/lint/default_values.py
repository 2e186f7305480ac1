"""INSERT … DEFAULT VALUES

```sql
INSERT INTO dbo.runs DEFAULT VALUES;
```

Evidence: learn.microsoft.com: INSERT for Azure Synapse Analytics (documented).

**What to do.** Name the columns and their values.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("DEFAULT", "VALUES"):
        yield report(batch, at, at + 2, "DEFAULT VALUES is not there", "name the columns and give their values")


RULE = Rule.of(__name__, __doc__, check)
