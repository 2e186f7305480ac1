"""DROP … IF EXISTS, CREATE … IF NOT EXISTS

Neither is in the dedicated pool's grammar.

```sql
DROP TABLE IF EXISTS dbo.scores;
```

Evidence: learn.microsoft.com: DROP TABLE, CREATE TABLE for Azure Synapse Analytics (documented).

**What to do.** Ask first: `IF OBJECT_ID(N'dbo.scores', N'U') IS NOT NULL DROP TABLE dbo.scores;`; create what may be
there with `IF … IS NULL EXEC('CREATE …')`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target

_OBJECTS = (
    "TABLE|VIEW|PROC|PROCEDURE|SCHEMA|FUNCTION|INDEX|STATISTICS|COLUMN|CONSTRAINT|USER|ROLE|SYNONYM|TRIGGER|TYPE|"
    "DATABASE|SEQUENCE"
)


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("DROP", _OBJECTS, "IF", "EXISTS"):
        kind = batch.word(at + 1)
        yield report(
            batch,
            at,
            batch.name(at + 4)[1],
            f"DROP {kind} IF EXISTS is not in the target's grammar",
            f"IF OBJECT_ID(N'…') IS NOT NULL DROP {kind} …",
        )
    for batch, at in script.find("CREATE", _OBJECTS, "IF", "NOT", "EXISTS"):
        kind = batch.word(at + 1)
        yield report(
            batch,
            at,
            batch.name(at + 5)[1],
            f"CREATE {kind} IF NOT EXISTS is not in the target's grammar",
            f"IF OBJECT_ID(N'…') IS NULL EXEC('CREATE {kind} …')",
        )


RULE = Rule.of(__name__, __doc__, check)
