"""A cast can lose part of a value, or fail on it

PREDICT matches types exactly, so every column is cast to its input's type.
Here that type holds less: digits behind the point, long text, or numbers beyond its range are lost, or the statement
stops at the first row that has them.

Evidence: learn.microsoft.com: CAST and CONVERT, truncating and rounding results (documented).

**What to do.** Score from a view that makes the value fit.
Where the loss is meant, name the type in the spec, which accepts it: `columns: {rooms: {type: bigint}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.casts import Effect
from deployer.contract.records import Binding
from deployer.rule import Finding, Rule
from deployer.target import Target


def check(binding: Binding, _target: Target) -> Iterator[Finding]:
    cast = binding.cast
    if cast is not None and cast.effect is Effect.CUTTING and binding.said.type is None:
        name = binding.input.name
        yield Finding(
            f"input {name!r}",
            f"column {binding.column!r} is {binding.source.sql}, cast to {binding.sql_type}: {cast.why}",
            f"where that is meant, say so: columns: {{{name}: {{type: {binding.sql_type}}}}}",
        )


RULE = Rule.of(__name__, __doc__, check)
