"""RENAME OBJECT gives a name with a schema

RENAME OBJECT keeps an object in its schema: the new name is one word.

```sql
RENAME OBJECT dbo.scores_new TO dbo.scores;
```

Evidence: learn.microsoft.com: RENAME (documented).

**What to do.** `RENAME OBJECT dbo.scores_new TO scores`; to another schema with `ALTER SCHEMA … TRANSFER`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("RENAME", "OBJECT"):
        to = batch.name(at + 2 + (batch.word(at + 2) == "::"))[1]
        name, end = batch.name(to + 1)
        if batch.word(to) == "TO" and len(name) > 1:
            yield report(batch, at, end, "the new name has a schema", f"RENAME OBJECT … TO {name[-1]}")


RULE = Rule.of(__name__, __doc__, check)
