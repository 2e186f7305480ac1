"""A function that the pool does not have

```sql
BEGIN TRY
    SELECT 1 / 0 AS x;
END TRY
BEGIN CATCH
    SELECT ERROR_LINE() AS line;
END CATCH
```

Evidence: their pages do not list Azure Synapse Analytics (inferred).

**What to do.** ERROR_PROCEDURE() and ERROR_MESSAGE() tell where it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule, Severity
from deployer.script import Script
from deployer.target import Target

_ABSENT = "ERROR_LINE|OPENQUERY|OPENXML|OPENDATASOURCE|CONTAINSTABLE|FREETEXTTABLE"


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find(_ABSENT, "("):
        yield report(
            batch,
            at,
            at + 2,
            f"{batch.word(at)} is not documented for the target",
            "leave it out",
            severity=Severity.WARNING,
        )


RULE = Rule.of(__name__, __doc__, check)
