"""A text or binary type has no length

`CAST(x AS varchar)` is `varchar(30)` and cuts longer text without a word; in a declaration it is even `varchar(1)`.
A category that was cut is another category to the model, so beside a PREDICT this is an error.

```sql
WITH d AS (SELECT CAST(payment AS varchar) AS payment FROM dbo.trips)
SELECT p.score
FROM PREDICT(
    MODEL = (SELECT model FROM dbo.models WHERE id = 'tip:1'),
    DATA = d AS d,
    RUNTIME = ONNX
) WITH (score real) AS p;
```

Evidence: learn.microsoft.com: char and varchar (documented).

**What to do.** Write the length: `varchar(20)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_predicts, find_types
from deployer.rule import Finding, Rule, Severity
from deployer.script import Script
from deployer.target import Target

_SIZED = {"char", "varchar", "nchar", "nvarchar", "binary", "varbinary", "character"}


def check(script: Script, _target: Target) -> Iterator[Finding]:
    scoring = {id(predict.batch) for predict in find_predicts(script)}
    for written in find_types(script):
        batch, name = written.batch, written.name
        if name in _SIZED and batch.word(written.at + 1) != "(":
            length = 30 if written.is_cast else 1
            yield report(
                batch,
                written.begin,
                written.end + written.is_cast,
                f"{name} has no length and is {name}({length}): longer values are cut without a word",
                f"write the length: {name}(20)",
                severity=Severity.ERROR if id(batch) in scoring else Severity.WARNING,
            )


RULE = Rule.of(__name__, __doc__, check)
