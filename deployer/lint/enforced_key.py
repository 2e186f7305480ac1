"""A key that the pool would have to enforce

The dedicated pool enforces no keys: it takes `PRIMARY KEY NONCLUSTERED … NOT ENFORCED` and `UNIQUE … NOT ENFORCED`,
and refuses every other, foreign keys and unique indexes among them.

```sql
CREATE TABLE dbo.scores (trip_id bigint NOT NULL PRIMARY KEY, score real);
```

Evidence: learn.microsoft.com: primary, foreign and unique keys in dedicated SQL pool (documented).

**What to do.** `PRIMARY KEY NONCLUSTERED (trip_id) NOT ENFORCED`, and see to it in the statements that write: a
duplicate gives wrong results.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Batch, Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("PRIMARY", "KEY"):
        if batch.word(at + 2) != "NONCLUSTERED" or not _is_left_alone(batch, at + 3):
            yield report(
                batch,
                at,
                at + 2,
                "the primary key is enforced; the target takes only those that are not",
                "PRIMARY KEY NONCLUSTERED (…) NOT ENFORCED, and let the statements that write see to it",
            )
    for batch, at in script.find("UNIQUE"):
        if batch.word(at - 1) == "CREATE":
            message, cure = "a unique index is not there", "CREATE INDEX, and UNIQUE … NOT ENFORCED on the table"
        elif not _is_left_alone(batch, at + 1 + (batch.word(at + 1) == "NONCLUSTERED")):
            message, cure = "UNIQUE is enforced; the target takes only what is not", "UNIQUE (…) NOT ENFORCED"
        else:
            continue
        yield report(batch, at, at + 1, message, cure)
    for batch, at in script.find("REFERENCES"):
        if batch.word(at - 1) not in {"GRANT", "DENY", "REVOKE", ","}:
            yield report(batch, at, batch.name(at + 1)[1], "foreign keys are not there", "leave it out")


def _is_left_alone(batch: Batch, at: int) -> bool:
    """Whether NOT ENFORCED follows, behind the list of columns."""
    if batch.word(at) == "(":
        at = batch.close(at) + 1
    return (batch.word(at), batch.word(at + 1)) == ("NOT", "ENFORCED")


RULE = Rule.of(__name__, __doc__, check)
