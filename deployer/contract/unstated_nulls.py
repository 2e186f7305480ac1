"""A column may hold NULL, and nobody has said what then

What PREDICT makes of a NULL is documented nowhere.
So none is sent without a word of yours: a NULL in this column stops the scoring with an error.

Evidence: learn.microsoft.com has no word on NULL in PREDICT's input (inferred).

**What to do.** Say it in the spec: `columns: {fare: {nulls: {use: 0}}}`, or `skip row`, `keep` (floats: NaN), `refuse`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.contract.records import Binding
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target


def check(binding: Binding, _target: Target) -> Iterator[Finding]:
    if binding.source.type and binding.source.nullable and binding.said.nulls is None:
        name = binding.input.name
        yield Finding(
            f"input {name!r}",
            f"column {binding.column!r} may hold NULL, and the spec says nothing: the scoring would stop there",
            f"say it: columns: {{{name}: {{nulls: refuse}}}}, or skip row, or {{use: VALUE}}",
            Severity.WARNING,
        )


RULE = Rule.of(__name__, __doc__, check)
