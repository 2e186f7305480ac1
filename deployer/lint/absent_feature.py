"""A feature of tables, views and procedures that the pool lacks

Check constraints, computed columns, sparse columns, triggers, synonyms, sequences, types of one's own, and a
columnstore index beside the table; SCHEMABINDING and other options of views, RECOMPILE and ENCRYPTION.

```sql
CREATE TABLE dbo.scores (trip_id bigint NOT NULL, score real CHECK (score >= 0));
```

Evidence: learn.microsoft.com: tables in dedicated SQL pool, features that are not supported (documented).

**What to do.** Leave it out; what a constraint or a computed column would do belongs in the statements that write, or
in a view.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_tables
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target

_OBJECTS = "TRIGGER|SYNONYM|SEQUENCE|TYPE"


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("CREATE", _OBJECTS):
        yield report(batch, at, batch.name(at + 2)[1], f"CREATE {batch.word(at + 1)} is not there", "leave it out")
    for batch, at in script.find("CREATE", "NONCLUSTERED", "COLUMNSTORE"):
        yield report(batch, at, at + 4, "a columnstore beside the rows is not there", "make the table one")
    for batch, at in script.find("WITH", "SCHEMABINDING|VIEW_METADATA|ENCRYPTION|RECOMPILE"):
        if not any(batch.find("FUNCTION")):
            yield report(batch, at, at + 2, f"the option {batch.word(at + 1)} is not there", "leave it out")
    for batch, at in script.find("CHECK", "("):
        yield report(batch, at, batch.close(at + 1) + 1, "check constraints are not there", "check in what writes")
    for table in find_tables(script):
        for part in table.batch.split(table.elements.start, table.elements.stop):
            if table.batch.word(part.start + 1) == "AS":
                yield report(table.batch, part.start, part.stop, "computed columns are not there", "compute in a view")
            if table.batch.word(part.start + 2) == "SPARSE":
                yield report(table.batch, part.start, part.stop, "sparse columns are not there", "leave SPARSE out")


RULE = Rule.of(__name__, __doc__, check)
