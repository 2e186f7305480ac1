"""A columnstore with a (max) column

A table is a clustered columnstore unless it says otherwise, and a columnstore cannot hold `varbinary(max)`, which is
what a model is stored in.
SELECT … INTO always makes one.

```sql
CREATE TABLE dbo.models (id nvarchar(100) NOT NULL, model varbinary(max))
WITH (DISTRIBUTION = ROUND_ROBIN);
```

Evidence: learn.microsoft.com: indexing dedicated SQL pool tables; SELECT INTO (documented).

**What to do.** `WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)`; a CTAS with HEAP in place of SELECT … INTO.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_tables
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for table in find_tables(script):
        rows = table.has(table.options, "HEAP") or table.has(table.options, "CLUSTERED", "INDEX")
        if not rows and (table.has(table.elements, "(", "MAX", ")") or table.has(table.select, "(", "MAX", ")")):
            yield report(
                table.batch,
                table.at,
                table.batch.name(table.at + 2)[1],
                "the table has a (max) column and is a columnstore, which cannot hold it",
                "WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)",
            )
    for batch, at in script.find("SELECT"):
        into = batch.until(at + 1, "FROM", "INTO", "SELECT")
        if batch.word(into) == "INTO" and any(True for _ in batch.find("(", "MAX", ")", within=range(at, into))):
            yield report(
                batch,
                into,
                batch.name(into + 1)[1],
                "SELECT … INTO makes a columnstore, which cannot hold the (max) column that is selected",
                "CREATE TABLE … WITH (HEAP, DISTRIBUTION = ROUND_ROBIN) AS SELECT …",
            )


RULE = Rule.of(__name__, __doc__, check)
