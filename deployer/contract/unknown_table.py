"""No table is known, so casts and NULLs were not judged

Without the table's types, each column is taken to be there under its name, to fit, and to hold NULL.

Evidence: neither `schema` in the spec nor a database was given (documented in the spec itself).

**What to do.** Keep the table's CREATE TABLE beside the spec and name it: `schema: table.sql`; or give `--database`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.rule import Finding, Rule, Severity
from deployer.spec import Spec
from deployer.table import Table
from deployer.target import Target


def check(subject: tuple[Spec, Table | None], _target: Target) -> Iterator[Finding]:
    spec, table = subject
    if table is None:
        yield Finding(
            "data",
            f"nothing is known of the columns of {spec.data}: neither casts nor NULLs were judged",
            "schema: a .sql file with its CREATE TABLE, or a .json file",
            Severity.INFO,
        )


RULE = Rule.of(__name__, __doc__, check)
