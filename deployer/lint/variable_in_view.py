"""PREDICT in a view takes its model from a variable

A view has no variables; only the subquery form of MODEL can stand in one.

```sql
CREATE VIEW dbo.scores AS
SELECT d.trip_id, p.score
FROM PREDICT(MODEL = @model, DATA = dbo.trips AS d, RUNTIME = ONNX) WITH (score real) AS p;
```

Evidence: learn.microsoft.com: PREDICT (Transact-SQL), CREATE VIEW (documented).

**What to do.** `MODEL = (SELECT [model] FROM … WHERE [ID] = …)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_predicts
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    views = {id(batch) for batch, _ in script.find("CREATE|ALTER", "VIEW")}
    for predict in find_predicts(script):
        model = predict.arguments.get("MODEL")
        if model and id(predict.batch) in views and predict.batch.kind(model.start) == "variable":
            yield report(
                predict.batch,
                model.start - 2,
                model.stop,
                "MODEL is a variable, and a view has none",
                "write a subquery: MODEL = (SELECT [model] FROM … WHERE [ID] = …)",
            )


RULE = Rule.of(__name__, __doc__, check)
