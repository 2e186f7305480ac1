"""The table's columns cannot feed the model

An input has no column, a column is of a type that cannot become the input's, or an output cannot be returned.

Evidence: learn.microsoft.com: CAST and CONVERT, implicit and explicit conversions (documented); PREDICT matches names
and types exactly (reported).

**What to do.** Name the column, or the type, in the spec: `columns: {fare: {from: fare_amount, type: real}}`.
"""

from __future__ import annotations

from collections.abc import Iterable

from deployer.rule import Finding, Rule
from deployer.target import Target


def check(problems: Iterable[Finding], _target: Target) -> Iterable[Finding]:
    return problems


RULE = Rule.of(__name__, __doc__, check)
