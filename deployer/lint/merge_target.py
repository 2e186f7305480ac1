"""MERGE into a table that cannot be merged into

A target of INSERT must be distributed by HASH, and none may have an IDENTITY column.
Only tables are known that the same script creates.

```sql
CREATE TABLE dbo.scores (trip_id bigint, score real) WITH (DISTRIBUTION = ROUND_ROBIN);
MERGE dbo.scores AS t USING dbo.new_scores AS s ON t.trip_id = s.trip_id
WHEN NOT MATCHED THEN INSERT (trip_id, score) VALUES (s.trip_id, s.score);
```

Evidence: learn.microsoft.com: MERGE, for Azure Synapse Analytics (documented).

**What to do.** `DISTRIBUTION = HASH(key)`, or DELETE and INSERT in one transaction, which is safer.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_tables
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    tables = {table.name[-1].lower(): table for table in find_tables(script) if table.name}
    for batch, at in script.find("MERGE"):
        name, end = batch.name(at + 1 + (batch.word(at + 1) == "INTO"))
        table = tables.get(name[-1].lower()) if name else None
        if table is None:
            continue
        inserts = any(True for _ in batch.find("THEN", "INSERT", within=range(at, batch.until(at))))
        if table.has(table.elements, "IDENTITY"):
            message = "the table has an IDENTITY column, and MERGE takes none"
        elif inserts and not table.has(table.options, "DISTRIBUTION", "=", "HASH"):
            message = "MERGE inserts into a table that is not distributed by HASH"
        else:
            continue
        yield report(batch, at, end, message, "DISTRIBUTION = HASH(key), or DELETE and INSERT in one transaction")


RULE = Rule.of(__name__, __doc__, check)
