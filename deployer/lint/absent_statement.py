"""RETURN, GOTO, USE, WAITFOR and CONTINUE

The dedicated pool has none of them; procedures give no value back either, so `EXEC @x = …` has nothing to take.
In a function RETURN is there, and is not found.

```sql
USE taxi;
```

Evidence: learn.microsoft.com: T-SQL language elements of dedicated SQL pool; migrate your SQL code to it
(documented).

**What to do.** IF … ELSE in place of RETURN and GOTO; connect to the database in place of USE; wait in whatever calls
the script.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target

_INSTEAD = {
    "RETURN": "put the rest under IF … ELSE",
    "GOTO": "use IF … ELSE or WHILE",
    "USE": "connect to the database: sqlcmd -d NAME",
    "WAITFOR": "wait in whatever calls the script",
    "CONTINUE": "put the rest of the loop under IF … ELSE",
}
_HINTS = frozenset({"HINT", "PLAN"})
"""`OPTION (USE HINT (…))` is no statement."""


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("|".join(_INSTEAD)):
        word = batch.word(at)
        if batch.word(at - 1) == "." or (word == "USE" and batch.word(at + 1) in _HINTS):
            continue
        if word == "RETURN" and any(batch.find("FUNCTION")):
            continue
        yield report(batch, at, at + 2, f"{word} is not there", _INSTEAD[word])
    for batch, at in script.find("EXEC|EXECUTE"):
        if batch.kind(at + 1) == "variable" and batch.word(at + 2) == "=":
            end = batch.name(at + 3)[1]
            yield report(batch, at, end, "a procedure gives no value back", "give it an OUTPUT parameter")


RULE = Rule.of(__name__, __doc__, check)
