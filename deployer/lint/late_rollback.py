"""The error is read before ROLLBACK

In the dedicated pool a failed transaction must be rolled back before ERROR_NUMBER(), ERROR_MESSAGE() and their like
are
read, the other way round than on SQL Server.

```sql
BEGIN TRY
    BEGIN TRANSACTION;
    DELETE FROM dbo.scores WHERE trip_id = 1;
    COMMIT;
END TRY
BEGIN CATCH
    DECLARE @message nvarchar(4000) = ERROR_MESSAGE();
    IF @@TRANCOUNT > 0 ROLLBACK;
    PRINT @message;
END CATCH
```

Evidence: learn.microsoft.com: transactions in dedicated SQL pool, its example (documented).

**What to do.** ROLLBACK first in the CATCH.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.lint._found import report
from deployer.rule import Finding, Rule
from deployer.script import Script
from deployer.target import Target

_READS = "ERROR_NUMBER|ERROR_MESSAGE|ERROR_SEVERITY|ERROR_STATE|ERROR_PROCEDURE|ERROR_LINE"


def check(script: Script, _target: Target) -> Iterator[Finding]:
    for batch, at in script.find("BEGIN", "CATCH"):
        end = next(batch.find("END", "CATCH", within=range(at, len(batch))), len(batch))
        rollback = next(batch.find("ROLLBACK", within=range(at, end)), None)
        first = next(batch.find(_READS, "(", within=range(at, end)), None)
        if rollback is not None and first is not None and first < rollback:
            yield report(
                batch,
                first,
                first + 3,
                f"{batch.word(first)}() is read before ROLLBACK",
                "ROLLBACK first, then read the error",
            )


RULE = Rule.of(__name__, __doc__, check)
