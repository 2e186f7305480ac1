"""A name is longer than the database takes

```sql
CREATE TABLE dbo.predicted_trip_fares (n int);
```

Evidence: learn.microsoft.com: database identifiers (documented).

**What to do.** Shorten it.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, target: Target) -> Iterator[Finding]:
    limit = target.identifier_length.value
    if limit is None:
        return
    for batch in script.batches:
        # A quick look first: a name is written in no fewer code points than half its length.
        for at in batch.find_longer(limit // 2):
            kind = batch.kind(at)
            name = batch.text(at) if kind == "variable" else "".join(batch.name(at)[0][:1])
            length = len(name.encode("utf-16-le")) // 2
            if length > limit:
                message = f"the name has {length} characters; the limit is {limit}"
                yield report(batch, at, at + 1, message, "shorten it")


RULE = Rule.of(__name__, __doc__, check)
