"""A procedure has more parameters than the database takes

```sql
CREATE PROCEDURE dbo.p @a int, @b int, @c int AS SELECT @a AS a, @b AS b, @c AS c;
```

Evidence: learn.microsoft.com: capacity limits for dedicated SQL pool: 2,098 parameters (documented).

**What to do.** Pass the values in a `#temp` table.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_procedures
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, target: Target) -> Iterator[Finding]:
    limit = target.procedure_parameters.value
    for procedure in find_procedures(script):
        batch = procedure.batch
        number = sum(batch.kind(index) == "variable" for index in procedure.parameters)
        if limit is not None and number > limit:
            yield report(
                batch,
                procedure.at,
                procedure.parameters.start,
                f"the procedure has {number:,} parameters; the limit is {limit:,}",
                "pass the values in a #temp table",
            )


RULE = Rule.of(__name__, __doc__, check)
