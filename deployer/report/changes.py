"""`list_changes`: what became of a model, for people: its inputs, outputs, versions, operators and size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from deployer.graph import nodes
from deployer.model import Column, Model


def list_changes(before: Model, after: Model) -> tuple[str, ...]:
    """One line a change, in the order of importance to a caller; empty where the two are the same."""
    return (
        *_columns("input", before.inputs, after.inputs),
        *_columns("output", before.outputs, after.outputs),
        *_versions(before, after),
        *_counts("node", _operators(before), _operators(after)),
        *_counts("initializer", _weights(before), _weights(after)),
        *_size(before, after),
    )


def _columns(kind: str, before: tuple[Column, ...], after: tuple[Column, ...]) -> Iterator[str]:
    old, new = ({column.name: str(column) for column in columns} for columns in (before, after))
    for name, described in old.items():
        if name not in new:
            yield f"{kind} {name!r} {described} is gone"
        elif new[name] != described:
            yield f"{kind} {name!r} {described} is now {new[name]}"
    for name, described in new.items():
        if name not in old:
            yield f"{kind} {name!r} {described} is new"


def _versions(before: Model, after: Model) -> Iterator[str]:
    for domain in sorted({*before.opsets, *after.opsets}):
        old, new = before.opsets.get(domain), after.opsets.get(domain)
        if old != new:
            yield f"opset {domain or 'ai.onnx'} {old or 'none'} is now {new or 'none'}"
    if before.proto.ir_version != after.proto.ir_version:
        yield f"IR {before.proto.ir_version} is now {after.proto.ir_version}"


def _operators(model: Model) -> Counter[str]:
    return Counter(node.op_type for node in nodes(model.proto.graph))


def _weights(model: Model) -> Counter[str]:
    return Counter({"tensor": len(model.proto.graph.initializer)})


def _counts(kind: str, before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        difference = after.get(name, 0) - before.get(name, 0)
        if difference:
            yield f"{difference:+d} {kind} {name}"


def _size(before: Model, after: Model) -> Iterator[str]:
    if len(before.content) != len(after.content):
        yield f"{len(before.content):,} bytes are now {len(after.content):,}"
