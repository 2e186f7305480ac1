"""A column of fixed length hands over trailing blanks

A `char(10)` holds 'cash' as 'cash' and six blanks.
T-SQL does not see them when it compares; ONNX does, so the text is none of the model's categories.

Evidence: learn.microsoft.com: char and varchar (documented).

**What to do.** Score from a view with `RTRIM(column)`, or make the column a `varchar`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.contract.records import Binding
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target


def check(binding: Binding, _target: Target) -> Iterator[Finding]:
    # Text of one character has no room for blanks behind it.
    if binding.source.type in {"char", "nchar"} and (binding.source.length or 0) > 1:
        yield Finding(
            f"input {binding.input.name!r}",
            f"column {binding.column!r} is {binding.source.sql}: its values come with trailing blanks",
            f"score from a view with RTRIM({binding.column}), unless every value fills the column",
            Severity.WARNING,
        )


RULE = Rule.of(__name__, __doc__, check)
