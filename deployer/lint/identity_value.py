"""The last identity value is asked for

```sql
SELECT SCOPE_IDENTITY() AS run_id;
```

Evidence: learn.microsoft.com: IDENTITY in dedicated SQL pool (documented).

**What to do.** Give the key yourself, and you know it.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in (*script.find("SCOPE_IDENTITY|IDENT_CURRENT", "("), *script.find("@@IDENTITY")):
        yield report(batch, at, at + 1, f"{batch.word(at)} is not there", "give the key yourself in the INSERT")


RULE = Rule.of(__name__, __doc__, check)
