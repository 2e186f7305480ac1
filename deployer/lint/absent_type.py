"""A type that the pool does not have

```sql
CREATE TABLE dbo.notes (trip_id bigint, note text);
```

Evidence: learn.microsoft.com: table data types in dedicated SQL pool (documented).

**What to do.** `varchar(max)` for text, `nvarchar(max)` for ntext and xml, `varbinary(max)` for image, a typed column
for sql_variant.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.lint._grammar import find_types
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target

_INSTEAD = {
    "text": "varchar(max)",
    "ntext": "nvarchar(max)",
    "image": "varbinary(max)",
    "xml": "nvarchar(max)",
    "sql_variant": "a column for each type",
    "geography": "varbinary(max)",
    "geometry": "varbinary(max)",
    "hierarchyid": "nvarchar(4000)",
    "timestamp": "datetime2(7)",
    "rowversion": "datetime2(7)",
}


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for written in find_types(script):
        name = written.name
        if name in _INSTEAD:
            yield report(
                written.batch, written.begin, written.end, f"type {name} is not there", f"use {_INSTEAD[name]}"
            )


RULE = Rule.of(__name__, __doc__, check)
