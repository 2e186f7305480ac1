"""A procedure's parameter has a default

```sql
CREATE PROCEDURE dbo.score_trips @day date, @limit int = 100 AS
SELECT trip_id FROM dbo.trips WHERE trip_id < @limit;
```

Evidence: learn.microsoft.com: CREATE PROCEDURE for Azure Synapse Analytics; stored procedures in dedicated SQL pool
(documented).

**What to do.** Have the caller give every value; take NULL for what is not given, and replace it in the body.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_procedures
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target

_TYPE_ENDS = frozenset({"NULL", "NOT", "VARYING"})


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for procedure in find_procedures(script):
        batch = procedure.batch
        for at in procedure.parameters:
            if batch.kind(at) != "variable":
                continue
            end = batch.name(at + 1 + (batch.word(at + 1) == "AS"))[1]
            if batch.word(end) == "(":
                end = batch.close(end) + 1
            while batch.word(end) in _TYPE_ENDS:
                end += 1
            if batch.word(end) == "=":
                name = batch.text(at)
                yield report(
                    batch,
                    at,
                    end + 2,
                    f"parameter {name} has a default, which the target does not take",
                    f"let the caller give it, and in the body: IF {name} IS NULL SET {name} = …",
                )


RULE = Rule.of(__name__, __doc__, check)
