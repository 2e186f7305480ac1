"""PREDICT reads a query where it wants a name

DATA names a table, a view, a `#temp` table or a CTE; a derived table does not parse there.

```sql
SELECT p.score
FROM PREDICT(
    MODEL = (SELECT model FROM dbo.models WHERE id = 'tip:1'),
    DATA = (SELECT CAST(fare AS real) AS fare FROM dbo.trips) AS d,
    RUNTIME = ONNX
) WITH (score real) AS p;
```

Evidence: Microsoft's grammar, ScriptDom (documented).

**What to do.** Give the query a name: `WITH d AS (SELECT …) SELECT … FROM PREDICT(…, DATA = d AS d, …)`, a view, or a
`#temp` table.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_predicts
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for predict in find_predicts(script):
        data = predict.arguments.get("DATA")
        if data and predict.batch.word(data.start) == "(":
            yield report(
                predict.batch,
                data.start - 2,
                data.stop,
                "DATA is a query; it takes the name of a table, view, #temp table or CTE",
                "name the query: WITH d AS (SELECT …) SELECT … FROM PREDICT(…, DATA = d AS d, …)",
            )


RULE = Rule.of(__name__, __doc__, check)
