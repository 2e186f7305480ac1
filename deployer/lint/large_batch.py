"""A batch is larger than the server takes

A batch ends at 65,536 times the size of a packet; text travels in two bytes a character.
A model as a literal takes four bytes a byte in this way.

```sql
SELECT 1 AS one;
```

Evidence: learn.microsoft.com: capacity limits for dedicated SQL pool (documented); two bytes a character (inferred).

**What to do.** Split it with GO; load a model of more than 60 MB otherwise: as a parameter of a driver, or from
storage.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, target: Target) -> Iterator[Finding]:
    limit = target.batch_bytes.value
    for batch in script.batches:
        size = batch.characters * 2
        if limit is not None and size > limit and not batch.is_dynamic:
            yield report(
                batch,
                0,
                4,
                f"the batch has {size:,} bytes; the target takes {limit:,}",
                "split it with GO, and load a large model as a driver's parameter or from storage",
            )


RULE = Rule.of(__name__, __doc__, check)
