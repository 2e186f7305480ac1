"""MODEL reads every row of a table

The subquery must give one row; nothing in the pool keeps a table to one, and a second version makes it fail.

```sql
SELECT p.score
FROM PREDICT(
    MODEL = (SELECT model FROM dbo.models),
    DATA = dbo.trips AS d,
    RUNTIME = ONNX
) WITH (score real) AS p;
```

Evidence: a scalar subquery takes one value; no key is enforced: learn.microsoft.com, primary, foreign and unique keys
in dedicated SQL pool (documented).

**What to do.** Name the version: `WHERE [ID] = N'tip:1'`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_predicts
from deployer.rule import Finding, Rule, Severity
from deployer.script import Script
from deployer.target import Target

_NARROWS = frozenset({"WHERE", "TOP", "MAX", "MIN", "HAVING"})


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for predict in find_predicts(script):
        batch, model = predict.batch, predict.arguments.get("MODEL", range(0))
        if model and batch.word(model.start) == "(" and batch.word(model.start + 1) == "SELECT":
            inside = range(model.start + 1, batch.close(model.start))
            if not any(batch.word(index) in _NARROWS for index in inside):
                yield report(
                    batch,
                    model.start - 2,
                    model.stop,
                    "MODEL reads a whole table; the subquery fails as soon as there are two rows",
                    "name the version: WHERE [ID] = N'name:1'",
                    severity=Severity.WARNING,
                )


RULE = Rule.of(__name__, __doc__, check)
