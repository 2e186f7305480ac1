"""COMMIT or ROLLBACK with no transaction open

That is error 111214.
Only what is plain from the text is found: nothing behind an IF, a loop or a CATCH, and nothing in a procedure, whose
caller may have begun one.

```sql
DELETE FROM dbo.scores WHERE trip_id = 1;
ROLLBACK;
```

Evidence: learn.microsoft.com: transactions in dedicated SQL pool (documented).

**What to do.** BEGIN TRANSACTION before it; in a CATCH: `IF @@TRANCOUNT > 0 ROLLBACK`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._flow import walk_transactions
from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for step in walk_transactions(script):
        if step.word in {"COMMIT", "ROLLBACK"} and step.is_sure and not step.is_open:
            yield report(
                step.batch,
                step.at,
                step.at + 1,
                f"{step.word} with no transaction open is error 111214",
                "BEGIN TRANSACTION before it, or IF @@TRANCOUNT > 0",
            )


RULE = Rule.of(__name__, __doc__, check)
