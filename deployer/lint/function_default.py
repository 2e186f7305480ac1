"""A column's default is computed

The dedicated pool takes constants as defaults, and no functions or expressions.

```sql
CREATE TABLE dbo.runs (run_id int NOT NULL, started datetime2(7) DEFAULT SYSUTCDATETIME());
```

Evidence: learn.microsoft.com: CREATE TABLE for Azure Synapse Analytics (documented).

**What to do.** Leave the default out and give the value in the INSERT.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target

_NILADIC = frozenset({"CURRENT_TIMESTAMP", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER", "USER", "NEXT"})

_CONSTANTS, _OPERATORS = frozenset({"number", "text", "binary"}), frozenset({"+", "-", "*", "/", "%"})


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("DEFAULT"):
        value = at + 1
        while batch.word(value) == "(":
            value += 1
        after = batch.name(value)[1]
        called = after > value and batch.word(after) == "("
        reckoned = batch.kind(value) in _CONSTANTS and batch.word(value + 1) in _OPERATORS
        if batch.word(value) in _NILADIC or called or reckoned:
            yield report(
                batch,
                at,
                max(after, value + 1),
                "the default is computed; the target takes constants only",
                "leave it out and give the value in the INSERT",
            )


RULE = Rule.of(__name__, __doc__, check)
