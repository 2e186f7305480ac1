"""THROW with a number that is not free

The dedicated pool keeps 100,000 to 150,000 for itself; below 50,000 no server takes one.

```sql
THROW 120000, N'no row of this version', 1;
```

Evidence: learn.microsoft.com: THROW, for Azure Synapse Analytics (documented).

**What to do.** A number from 50,000 to 99,999.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("THROW"):
        if batch.kind(at + 1) == "number" and batch.text(at + 1).isdecimal():
            number = int(batch.text(at + 1))
            if number < 50_000 or 100_000 <= number <= 150_000:
                yield report(
                    batch,
                    at,
                    at + 2,
                    f"{number:,} is not free; the target takes 50,000 to 99,999 and what is above 150,000",
                    "THROW 51000, …",
                )


RULE = Rule.of(__name__, __doc__, check)
