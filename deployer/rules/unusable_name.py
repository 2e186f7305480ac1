"""A name cannot be used in T-SQL

PREDICT binds inputs to columns, and outputs to the columns of WITH, by name.
A name that T-SQL cannot have, even in brackets, can be bound to nothing: one that is empty, longer than 128 characters,
or that holds a control character.
The same is true of two inputs, or two outputs, that differ by case only: the default collation minds no case, and
nobody documents which one would be meant.
An output that is returned twice under one name cannot be listed in WITH, where each name stands once.
An output called as an input is returned beside the column of that name, and a query that names it means either.

Evidence: Microsoft's page about database identifiers gives length and characters (documented); that names are matched
without regard to case follows from the default collation (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] fare, float[N, 1] Fare) => (float[N, 1] total)
{
    total = Add(fare, Fare)
}
```

**What to do.** `deployer fix` gives it another name: `Fare` beside `fare` is `Fare_2`, an output `fare` is `fare_out`.
A spec that names the column goes by the new name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import onnx

from deployer.graph import import_operators
from deployer.model import Column, Model
from deployer.names import NAME_LENGTH, name_problem, shorten
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.target import Target


def check(model: Model, target: Target) -> Iterator[Finding]:
    counts = Counter(column.name for column in model.outputs)
    for name, count in counts.items():
        if count > 1:
            where = f"output {shorten(name)}"
            yield Finding(where, f"{where} is returned {count} times", "deployer fix returns it once")
    # What is wide is bound and returned under other names, its columns'.
    inputs, outputs = _scalar_names(model.inputs), _scalar_names(model.outputs)
    for kind, names in (("input", inputs), ("output", outputs)):
        yield from _check_names(kind, names, target)
    fed = {column.name.casefold() for column in model.inputs}
    for name in outputs:
        if name.casefold() in fed:
            where = f"output {shorten(name)}"
            help_ = f"deployer fix calls it {shorten(f'{name}_out')}"
            yield Finding(where, f"{where} is called as an input is", help_, Severity.WARNING)


def _scalar_names(columns: Sequence[Column]) -> list[str]:
    """The names of what is one column wide, each once: an input that is there twice is `invalid-graph`'s."""
    return list(dict.fromkeys(column.name for column in columns if column.width == 1))


def _check_names(kind: str, names: Sequence[str], target: Target) -> Iterator[Finding]:
    new = _find_names(names, target, set())
    seen: dict[str, str] = {}
    for name in names:
        where, twin = f"{kind} {shorten(name)}", seen.get(name.casefold())
        problem = name_problem(name) or _too_long(name, target)
        if not problem and twin is not None:
            problem = f"differs from {kind} {shorten(twin)} by case only, which T-SQL ignores"
        if problem:
            yield Finding(where, f"the name of {where} {problem}", f"deployer fix calls it {shorten(new[name])}")
        seen.setdefault(name.casefold(), name)


def _too_long(name: str, target: Target) -> str:
    limit, length = target.identifier_length.value, len(name)
    return f"is {length} characters long; the target takes {limit}" if limit is not None and length > limit else ""


def _find_names(names: Sequence[str], target: Target, taken: set[str]) -> dict[str, str]:
    """Old name to new, for those that need one; none of the new ones is taken, without regard to case."""
    kept: dict[str, str] = {}
    for name in names:
        if not (name_problem(name) or _too_long(name, target)) and name.casefold() not in taken:
            kept.setdefault(name.casefold(), name)
    taken = taken | kept.keys()
    return {name: _free(_clean(name), taken, target) for name in names if kept.get(name.casefold()) != name}


def _clean(name: str) -> str:
    text = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "_", name).replace("$(", "(").strip()
    return text or "unnamed"


def _free(name: str, taken: set[str], target: Target) -> str:
    longest = min(NAME_LENGTH, target.identifier_length.value or NAME_LENGTH)
    count, free = 1, name
    while free.casefold() in taken or name_problem(free) or len(free) > longest:
        count += 1
        # A character may take two units, and a name is measured in those.
        free = f"{name[: longest // 2]}_{count}" if len(name) > longest // 2 else f"{name}_{count}"
    taken.add(free.casefold())
    return free


def rename(model: Model, target: Target, _columns: tuple[str, ...]) -> Model:
    """The model with a node before each such input, and after each such output, that hands the value on."""
    proto = model.edit()
    once: dict[str, onnx.ValueInfoProto] = {}
    for value in proto.graph.output:
        once.setdefault(value.name, value)
    del proto.graph.output[:]
    proto.graph.output.extend(once.values())
    inputs, outputs = _scalar_names(model.inputs), _scalar_names(model.outputs)
    fed = _find_names(inputs, target, set())
    taken = {fed.get(column.name, column.name).casefold() for column in model.inputs}
    clash = {name: f"{name}_out" for name in outputs if name.casefold() in taken and not name_problem(name)}
    told = _find_names([clash.get(name, name) for name in outputs], target, taken)
    given = {name: told.get(clash.get(name, name), clash.get(name, name)) for name in outputs}
    before = [onnx.helper.make_node("Identity", [new], [old]) for old, new in fed.items()]
    after = [onnx.helper.make_node("Identity", [old], [new]) for old, new in given.items() if old != new]
    nodes = [*before, *proto.graph.node, *after]
    _rename_values(proto.graph.input, fed)
    _rename_values(proto.graph.output, given)
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    import_operators(proto)
    return model.with_proto(proto)


def _rename_values(values: Sequence[onnx.ValueInfoProto], names: Mapping[str, str]) -> None:
    for value in values:
        value.name = names.get(value.name, value.name)


RULE = Rule.of(__name__, __doc__, check, Fix("names that T-SQL takes", rename, exact=True, renames=True))
