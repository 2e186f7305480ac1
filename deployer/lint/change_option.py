"""TOP or a hint in a statement that changes rows

INSERT, UPDATE, DELETE and MERGE of the dedicated pool have no TOP, and no hints for the table that they change.

```sql
DELETE TOP (1000) FROM dbo.scores;
```

Evidence: the grammars on the pages of these statements for Azure Synapse Analytics; no script is known that tried
(inferred).

**What to do.** Choose the rows with WHERE, and leave the hint out.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule, Severity
from deployer.script import Script
from deployer.target import Target

_CHANGES = "INSERT|UPDATE|DELETE|MERGE"


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find(_CHANGES):
        if batch.word(at + 1) == "TOP":
            message, help_ = f"{batch.word(at)} has no TOP", "choose the rows with WHERE"
            yield report(batch, at, at + 2, message, help_, severity=Severity.WARNING)
            continue
        name = at + 2 if batch.word(at + 1) in {"INTO", "FROM"} else at + 1
        end = batch.name(name)[1]
        if end > name and (batch.word(end), batch.word(end + 1)) == ("WITH", "("):
            message = f"{batch.word(at)} has no hints for the table that it changes"
            yield report(batch, at, batch.close(end + 1) + 1, message, "leave the hint out", severity=Severity.WARNING)


RULE = Rule.of(__name__, __doc__, check)
