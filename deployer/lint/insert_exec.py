"""INSERT … EXEC

```sql
INSERT INTO dbo.scores (trip_id, score) EXEC dbo.score_trips;
```

Evidence: learn.microsoft.com: INSERT for Azure Synapse Analytics; stored procedures in dedicated SQL pool
(documented).

**What to do.** Let the procedure fill a `#temp` table, which lives on after it, and read that.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("INSERT"):
        end = batch.name(at + 1 + (batch.word(at + 1) == "INTO"))[1]
        if batch.word(end) == "(":
            end = batch.close(end) + 1
        if batch.word(end) in {"EXEC", "EXECUTE"}:
            yield report(
                batch,
                at,
                end + 1,
                "INSERT takes no rows from EXEC",
                "let the procedure fill a #temp table, and INSERT … SELECT from that",
            )


RULE = Rule.of(__name__, __doc__, check)
