"""A name leads to another database

A query of the dedicated pool sees its own database and no other.

```sql
SELECT trip_id FROM archive.dbo.trips;
```

Evidence: learn.microsoft.com: migrate your SQL code to dedicated SQL pool (documented).

**What to do.** `schema.table`; bring the other data in with COPY or as an external table.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Batch, Script
from deployer.target import Target

_BEFORE_NAMES = (
    "FROM|JOIN|INTO|UPDATE|TABLE|VIEW|PROC|PROCEDURE|EXEC|EXECUTE|USING|MERGE|DELETE|INSERT|OBJECT|REFERENCES"
)


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find(_BEFORE_NAMES):
        if batch.word(at - 1) != "DISTINCT":  # IS DISTINCT FROM column
            yield from _check_name(batch, at + 1)
    for batch, at in script.find("DATA", "="):
        yield from _check_name(batch, at + 2)


def _check_name(batch: Batch, at: int) -> Iterator[Finding]:
    parts, end = batch.name(at)
    if len(parts) > 2:
        message = f"the name has {len(parts)} parts; the target knows schema.name, within its own database"
        local = parts[-1] if parts[-1].startswith("#") else f"{parts[-2] or 'dbo'}.{parts[-1]}"
        yield report(batch, at, end, message, f"write {local}, or bring the data in with COPY")


RULE = Rule.of(__name__, __doc__, check)
