"""@@ROWCOUNT is asked for

It is not documented for the dedicated pool, so what it says there nobody promises.

```sql
DELETE FROM dbo.scores WHERE score IS NULL;
IF @@ROWCOUNT = 0 PRINT 'nothing';
```

Evidence: the page of @@ROWCOUNT does not list Azure Synapse Analytics (inferred).

**What to do.** Count with SELECT COUNT_BIG(*), or give the statement a label and ask sys.dm_pdw_request_steps.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule, Severity
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in (*script.find("@@ROWCOUNT"), *script.find("ROWCOUNT_BIG", "(")):
        yield report(
            batch,
            at,
            at + 1,
            f"{batch.word(at)} is not documented for the target",
            "count with SELECT COUNT_BIG(*)",
            severity=Severity.WARNING,
        )


RULE = Rule.of(__name__, __doc__, check)
