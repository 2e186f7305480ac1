"""A procedure leaves its temporary table behind

In the dedicated pool `#t` lives as long as the connection, also after the procedure that made it: the second call
finds it there, and fails.

```sql
CREATE PROCEDURE dbo.score_trips AS
CREATE TABLE #rows (trip_id bigint) WITH (HEAP);
```

Evidence: learn.microsoft.com: temporary tables in dedicated SQL pool (documented).

**What to do.** `IF OBJECT_ID(N'tempdb..#rows') IS NOT NULL DROP TABLE #rows` first, DROP TABLE #rows last; where the
caller reads it, accept the finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_procedures
from deployer.rule import Finding, Rule, Severity
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    # A procedure is alone in its batch.
    for batch in {id(procedure.batch): procedure.batch for procedure in find_procedures(script)}.values():
        dropped = {part.lower() for at in batch.find("DROP", "TABLE") for part in batch.name(at + 2)[0][-1:]}
        made = [at + 2 for at in batch.find("CREATE", "TABLE")]
        # INSERT INTO reads on; SELECT … INTO makes a table.
        made += [at + 1 for at in batch.find("INTO") if batch.word(at - 1) not in {"INSERT", "MERGE", ")"}]
        for at in sorted(made):
            name = "".join(batch.name(at)[0][-1:])
            if name.startswith("#") and name.lower() not in dropped:
                yield report(
                    batch,
                    at,
                    at + 1,
                    f"the procedure never drops {name}, which lives on after it: a second call fails",
                    f"DROP TABLE {name} first where it is there, and last",
                    severity=Severity.WARNING,
                )


RULE = Rule.of(__name__, __doc__, check)
