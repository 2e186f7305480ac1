"""The table's columns cannot feed the model

An input has no column, or the cast from its column may change a value in silence, or an output cannot be returned.
The message has a line for each.

Evidence: T-SQL's casts (documented); PREDICT matches types exactly (reported).

**What to do.** Name the column, or the type, in the spec: `columns: {fare: {from: fare_amount, type: real}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.errors import ContractError
from deployer.rule import Finding, Rule
from deployer.target import Target


def check(error: ContractError, _target: Target) -> Iterator[Finding]:
    yield Finding("columns", error.message, error.hint)


RULE = Rule.of(__name__, __doc__, check)
