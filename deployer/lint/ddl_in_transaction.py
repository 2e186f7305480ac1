"""CREATE, ALTER, DROP or TRUNCATE within a transaction

The dedicated pool runs no DDL in a transaction of the user's, temporary tables included.

```sql
BEGIN TRANSACTION;
DROP TABLE dbo.scores;
COMMIT;
```

Evidence: learn.microsoft.com: transactions in dedicated SQL pool (documented).

**What to do.** Define before BEGIN TRANSACTION, or build beside and swap with RENAME OBJECT outside of one.
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
        if step.word == "DDL" and step.is_open:
            words = step.batch.show(step.at, step.at + 2)
            yield report(
                step.batch,
                step.at,
                step.batch.name(step.at + 2)[1],
                f"{words} stands within a transaction, where the target runs no DDL",
                "move it before BEGIN TRANSACTION or behind COMMIT",
            )


RULE = Rule.of(__name__, __doc__, check)
