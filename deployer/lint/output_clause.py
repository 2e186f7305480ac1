"""The OUTPUT clause

INSERT, UPDATE, DELETE and MERGE of the dedicated pool return no rows.
An OUTPUT parameter of a procedure is another thing, and is there.

```sql
DELETE FROM dbo.scores OUTPUT deleted.trip_id WHERE score IS NULL;
```

Evidence: learn.microsoft.com: OUTPUT clause, which does not list Azure Synapse Analytics (documented).

**What to do.** SELECT the rows before they are changed, or after.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("OUTPUT"):
        # Behind a parameter stands a comma, AS or an end; behind the clause's word an expression.
        word = batch.word(at + 1)
        follows = batch.kind(at + 1) in {"name", "text", "number", "variable"} or word in {"(", "INSERTED", "DELETED"}
        if follows or word.startswith("$") or batch.word(at + 2) == ".":
            yield report(
                batch,
                at,
                batch.name(at + 1)[1],
                "the OUTPUT clause is not there",
                "SELECT the rows before they are changed, or after",
            )


RULE = Rule.of(__name__, __doc__, check)
