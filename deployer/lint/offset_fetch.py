"""OFFSET … FETCH

```sql
SELECT trip_id FROM dbo.trips ORDER BY trip_id OFFSET 10 ROWS FETCH NEXT 10 ROWS ONLY;
```

Evidence: learn.microsoft.com: ORDER BY clause, for Azure Synapse Analytics (documented).

**What to do.** TOP (n), or number the rows with ROW_NUMBER() in a CTE and select between two numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("OFFSET"):
        amount = batch.close(at + 1) if batch.word(at + 1) == "(" else at + 1
        is_amount = amount > at + 1 or batch.kind(amount) != "mark"
        if is_amount and batch.word(amount + 1) in {"ROW", "ROWS"}:
            yield report(batch, at, amount + 2, "OFFSET … FETCH is not there", "TOP (n), or ROW_NUMBER() in a CTE")


RULE = Rule.of(__name__, __doc__, check)
