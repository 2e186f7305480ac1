"""A transaction within another, a savepoint, a mark or a name

The dedicated pool has one transaction at a time, without savepoints, marks, names and distributed ones.

```sql
BEGIN TRANSACTION;
DELETE FROM dbo.scores WHERE trip_id = 1;
SAVE TRANSACTION before_second;
DELETE FROM dbo.scores WHERE trip_id = 2;
COMMIT;
```

Evidence: learn.microsoft.com: transactions in dedicated SQL pool, limitations (documented).

**What to do.** One BEGIN TRANSACTION, one COMMIT; a part that may be undone alone is a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._flow import walk_transactions
from deployer.lint._found import report
from deployer.lint._grammar import STATEMENTS
from deployer.rule import Finding, Rule
from deployer.script import Batch, Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for step in walk_transactions(script):
        batch, at = step.batch, step.at
        if step.word == "SAVE":
            message = "savepoints are not there"
        elif step.word == "DDL":
            continue
        elif batch.word(at + 1) == "DISTRIBUTED":
            message = "distributed transactions are not there"
        elif step.word == "BEGIN" and "MARK" in {batch.word(index) for index in range(at + 2, at + 5)}:
            message = "marks are not there"
        elif _is_named(batch, at + 1):
            message = "transactions have no names"
        elif step.word != "BEGIN":
            continue
        elif step.is_open:
            message = "a transaction is open already, and they do not nest"
        else:
            continue
        yield report(batch, at, at + 2, message, "one BEGIN TRANSACTION, then one COMMIT or ROLLBACK")


_BEGIN_NO_NAME = STATEMENTS | {"WITH", "RENAME", "COPY", "EXPLAIN", "FETCH", "DBCC", "BREAK", "CONTINUE", "KILL"}


def _is_named(batch: Batch, at: int) -> bool:
    """Whether TRANSACTION is followed by a name, or by a variable that holds one."""
    if batch.word(at) not in {"TRAN", "TRANSACTION"}:
        return False
    kind = batch.kind(at + 1)
    return kind in {"name", "variable"} or (kind == "word" and batch.word(at + 1) not in _BEGIN_NO_NAME)


RULE = Rule.of(__name__, __doc__, check)
