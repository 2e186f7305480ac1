"""PREDICT does not say RUNTIME = ONNX

Samples of 2020 leave it out; today the dedicated pool requires it, and without it every ONNX model is refused.

```sql
SELECT d.trip_id, p.score
FROM PREDICT(
    MODEL = (SELECT model FROM dbo.models WHERE id = 'tip:1'),
    DATA = dbo.trips AS d
) WITH (score real) AS p;
```

Evidence: learn.microsoft.com: PREDICT (Transact-SQL) (documented).

**What to do.** Write `RUNTIME = ONNX` as the last argument.
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
        runtime = predict.arguments.get("RUNTIME")
        if runtime is None:
            message = "PREDICT has no RUNTIME; the target requires it"
        elif predict.batch.word(runtime.start) != "ONNX":
            message = f"the runtime is {predict.batch.show(runtime.start, runtime.stop)}; the target knows ONNX"
        else:
            continue
        yield report(predict.batch, predict.at, predict.at + 1, message, "write RUNTIME = ONNX as the last argument")


RULE = Rule.of(__name__, __doc__, check)
