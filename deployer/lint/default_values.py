"""INSERT or UPDATE takes a default

`DEFAULT VALUES`, `VALUES (DEFAULT)` and `SET a = DEFAULT` are not in the dedicated pool's grammar.
A column that INSERT leaves out gets its default.

```sql
INSERT INTO dbo.runs DEFAULT VALUES;
```

Evidence: learn.microsoft.com: INSERT and UPDATE for Azure Synapse Analytics (documented).

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
    for batch, at in script.find("VALUES", "("):
        for index in batch.flat(at + 2):
            if batch.word(index) == "DEFAULT":
                yield report(batch, index, index + 1, "DEFAULT is no value here", "leave the column out")
    for batch, at in script.find("=", "DEFAULT"):
        if batch.kind(at - 1) in {"word", "name"}:
            yield report(batch, at - 1, at + 2, "DEFAULT is no value here", "write the value")


RULE = Rule.of(__name__, __doc__, check)
