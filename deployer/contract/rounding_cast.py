"""A cast rounds values to fewer digits

The input's type keeps fewer digits than the column has: a `float` or `decimal` becomes a `real`, a `bigint` a `float`.
A value beside a tree's threshold can end up on its other side.
Where the model was trained on 32-bit floats, its training data was rounded in the same way, and nothing is lost.

Evidence: learn.microsoft.com: float and real; decimal and numeric (documented).

**What to do.** Usually nothing: most models are trained on what the cast gives.
Name the type in the spec, which says that this is known: `columns: {fare: {type: real}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.casts import Effect
from deployer.contract.records import Binding
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target


def check(binding: Binding, _target: Target) -> Iterator[Finding]:
    cast = binding.cast
    if cast is not None and cast.effect is Effect.ROUNDING and binding.said.type is None:
        name = binding.input.name
        yield Finding(
            f"input {name!r}",
            f"column {binding.column!r} is {binding.source.sql}, cast to {binding.sql_type}: {cast.why}",
            f"where the model was trained on such values, say so: columns: {{{name}: {{type: {binding.sql_type}}}}}",
            Severity.WARNING,
        )


RULE = Rule.of(__name__, __doc__, check)
