"""Another isolation level than the pool has

The dedicated pool reads uncommitted rows; a database may be set to read the last committed ones, a script may not.

```sql
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
```

Evidence: learn.microsoft.com: transactions in dedicated SQL pool, isolation level (documented).

**What to do.** Leave it out, and write so that readers may see rows at any time: new ones beside, then one small step.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("ISOLATION", "LEVEL"):
        level = batch.show(at + 2, at + 4).rstrip(";").strip()
        if batch.word(at + 2) != "READ" or batch.word(at + 3) != "UNCOMMITTED":
            yield report(batch, at, at + 4, f"the level is {level}; the target has READ UNCOMMITTED", "leave it out")


RULE = Rule.of(__name__, __doc__, check)
