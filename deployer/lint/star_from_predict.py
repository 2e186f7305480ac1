"""SELECT * takes whatever PREDICT passes through

All columns of DATA pass through, then come those of WITH: a column added to the table changes the result, and a name
that both have stands there twice.

```sql
SELECT d.*, p.*
FROM PREDICT(
    MODEL = (SELECT model FROM dbo.models WHERE id = 'tip:1'),
    DATA = dbo.trips AS d,
    RUNTIME = ONNX
) WITH (score real) AS p;
```

Evidence: samples of Azure Synapse (sample).

**What to do.** Name the columns.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_predicts
from deployer.rule import Finding, Rule, Severity
from deployer.script import Batch, Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    predicts = {(id(predict.batch), predict.at) for predict in find_predicts(script)}
    for batch, at in script.find("SELECT"):
        end = batch.until(at + 1, "FROM", "SELECT")
        if (id(batch), end + 1) not in predicts:
            continue
        stars = [
            part for part in batch.split(at + 1, end) if batch.word(part.stop - 1) == "*" and _is_whole(batch, part)
        ]
        if stars:
            yield report(
                batch,
                at,
                end,
                "the columns are whatever the table has, and then the model's",
                "name the columns",
                severity=Severity.INFO,
            )


def _is_whole(batch: Batch, part: range) -> bool:
    """`*` and `d.*`, also behind TOP, and no product."""
    return len(part) == 1 or batch.word(part.stop - 2) == "." or batch.word(part.start) == "TOP"


RULE = Rule.of(__name__, __doc__, check)
