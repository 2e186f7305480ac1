"""XACT_STATE() is compared with -1

In the dedicated pool a transaction that can only be rolled back has the state -2; -1 never comes.

```sql
IF XACT_STATE() = -1 ROLLBACK;
```

Evidence: learn.microsoft.com: transactions in dedicated SQL pool (documented).

**What to do.** `IF @@TRANCOUNT > 0 ROLLBACK`, or compare with -2.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target

_COMPARES = frozenset({"=", "<>", "!="})


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("XACT_STATE", "(", ")"):
        sign = at + 3
        while batch.word(sign) == ")":
            sign += 1
        value = sign + 1 + (batch.word(sign + 1) == "(")
        if batch.word(sign) in _COMPARES and batch.word(value) == "-" and batch.show(value + 1, value + 2) == "1":
            yield report(
                batch,
                at,
                value + 2,
                "XACT_STATE() is -2 where a transaction has failed, never -1",
                "IF @@TRANCOUNT > 0 ROLLBACK, or compare with -2",
            )


RULE = Rule.of(__name__, __doc__, check)
