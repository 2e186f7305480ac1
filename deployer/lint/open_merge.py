"""MERGE does not end with a semicolon

```sql
MERGE dbo.scores AS t USING dbo.new_scores AS s ON t.trip_id = s.trip_id
WHEN MATCHED THEN UPDATE SET score = s.score
```

Evidence: learn.microsoft.com: MERGE (documented).

**What to do.** Write `;` at its end.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import STATEMENTS
from deployer.rule import Finding, Rule
from deployer.script import Batch, Script
from deployer.target import Target

_PARTS = frozenset({"INSERT", "UPDATE", "DELETE"})
"""What MERGE does, behind THEN."""


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("MERGE"):
        if batch.word(at + 1) not in {"JOIN", "UNION", "RANGE"} and batch.word(_find_end(batch, at + 1)) != ";":
            yield report(
                batch,
                at,
                batch.name(at + 1 + (batch.word(at + 1) == "INTO"))[1],
                "MERGE does not end with a semicolon",
                "write ; at its end",
            )


def _find_end(batch: Batch, start: int) -> int:
    cases = 0
    for index in batch.flat(start):
        word = batch.word(index)
        if word == "CASE":
            cases += 1
        elif word == "END" and cases:
            cases -= 1
        elif (
            word == ";"
            or (word in STATEMENTS - _PARTS - {"SET", "ELSE"})
            or (word == "ELSE" and not cases)
            or (word in _PARTS and batch.word(index - 1) != "THEN")
        ):
            return index
    return len(batch)


RULE = Rule.of(__name__, __doc__, check)
