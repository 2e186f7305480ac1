"""GO within a text that is run

GO belongs to the client; the server does not know it, and a text in EXEC never passes the client.

```sql
EXEC('SELECT 1 AS one;
GO
SELECT 2 AS two;');
```

Evidence: learn.microsoft.com: SQL Server utilities statements, GO (documented).

**What to do.** One EXEC for each batch.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("GO"):
        if batch.is_dynamic and batch.kind(at) == "go":
            yield report(batch, at, at + 1, "GO goes to the server, which does not know it", "one EXEC a batch")


RULE = Rule.of(__name__, __doc__, check)
