"""A CTE feeds INSERT, UPDATE, DELETE or MERGE

In the dedicated pool a CTE stands before a SELECT, also one in a view or a CTAS, and before nothing else.

```sql
WITH d AS (SELECT trip_id, CAST(fare AS real) AS fare FROM dbo.trips)
INSERT INTO dbo.scores (trip_id, score)
SELECT d.trip_id, p.score
FROM PREDICT(
    MODEL = (SELECT model FROM dbo.models WHERE id = 'tip:1'),
    DATA = d AS d,
    RUNTIME = ONNX
) WITH (score real) AS p;
```

Evidence: an older page of Synapse's documentation (documented).

**What to do.** Read from a view, or fill a `#temp` table first.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Batch, Script
from deployer.target import Target

_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("WITH"):
        end = _skip_expressions(batch, at + 1)
        if batch.word(end) in _CHANGES:
            yield report(
                batch,
                at,
                at + 2,
                f"a CTE feeds {batch.word(end)}; the target takes one before SELECT only",
                "read from a view, or fill a #temp table first",
            )


def _skip_expressions(batch: Batch, at: int) -> int:
    """Behind `name (columns) AS (query), …`."""
    while batch.kind(at) in {"word", "name"}:
        at += 1
        if batch.word(at) == "(":
            at = batch.close(at) + 1
        if batch.word(at) != "AS" or batch.word(at + 1) != "(":
            break
        at = batch.close(at + 1) + 1
        if batch.word(at) != ",":
            break
        at += 1
    return at


RULE = Rule.of(__name__, __doc__, check)
