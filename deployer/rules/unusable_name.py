"""A name cannot be used in T-SQL

PREDICT binds inputs to columns, and outputs to the columns of WITH, by name.
A name that T-SQL cannot have, even in brackets, can be bound to nothing: one that is empty, longer than 128 characters,
or that holds a control character.
The same is true of two inputs, or two outputs, that differ by case only: the default collation minds no case, and
nobody documents which one would be meant.

Evidence: Microsoft's page about database identifiers gives length and characters (documented); that names are matched
without regard to case follows from the default collation (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] fare, float[N, 1] Fare) => (float[N, 1] total)
{
    total = Add(fare, Fare)
}
```

**What to do.** Rename the input or output before the export; in skl2onnx the names are those of `initial_types`.
There is no fix, since whoever feeds the model has to know the new name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deployer.model import Column, Model
from deployer.names import name_problem, shorten
from deployer.rule import Finding, Rule
from deployer.target import Target

_HELP = "rename it before the export"


def check(model: Model, target: Target) -> Iterator[Finding]:
    for kind, columns in (("input", model.inputs), ("output", model.outputs)):
        # What is wide is bound and returned under other names, its columns'.
        yield from _check_names(kind, [column for column in columns if column.width == 1], target)


def _check_names(kind: str, columns: Sequence[Column], target: Target) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for column in columns:
        where = f"{kind} {shorten(column.name)}"
        problem = name_problem(column.name) or _too_long(column.name, target)
        if problem:
            yield Finding(where, f"the name of {where} {problem}", _HELP)
        twin = seen.setdefault(column.name.casefold(), column.name)
        if twin != column.name:
            yield Finding(where, f"{where} and {kind} {shorten(twin)} differ by case only, which T-SQL ignores", _HELP)


def _too_long(name: str, target: Target) -> str:
    limit, length = target.identifier_length.value, len(name)
    return f"is {length} characters long; the target takes {limit}" if limit is not None and length > limit else ""


RULE = Rule.of(__name__, __doc__, check)
