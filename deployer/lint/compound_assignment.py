"""UPDATE adds to a column with +=

The UPDATE of the dedicated pool gives a column a value with `=` alone.

```sql
UPDATE dbo.runs SET tries += 1;
```

Evidence: the grammar on the page of UPDATE for Azure Synapse Analytics; no script is known that tried (inferred).

**What to do.** `SET tries = tries + 1`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule, Severity
from deployer.script import Script
from deployer.target import Target

_COMPOUND = "+=|-=|*=|/=|%=|&=|^="


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find(_COMPOUND):
        # A variable may be changed so, in SET and DECLARE.
        if batch.kind(at - 1) in {"word", "name"}:
            column, sign = batch.text(at - 1), batch.word(at)
            yield report(
                batch,
                at - 1,
                at + 2,
                f"UPDATE does not know {sign}",
                f"SET {column} = {column} {sign[0]} …",
                severity=Severity.WARNING,
            )


RULE = Rule.of(__name__, __doc__, check)
