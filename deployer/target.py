"""`Target`: what one database takes, as plain data; each limit with its evidence and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Generic, Literal, TypeVar

from deployer.errors import TargetError

T = TypeVar("T")

Evidence = Literal["documented", "sample", "reported", "inferred", "override"]
"""How well a limit is known: the maker's docs, grammar or source; a published script known to have run; users' reports;
reasoning that nobody documents; or the user's own word."""


@dataclass(frozen=True, slots=True)
class Limit(Generic[T]):
    """One limit. A `value` of None means that it is not known, and the rule that asks for it stays silent."""

    value: T | None
    evidence: Evidence
    source: str


@dataclass(frozen=True, slots=True)
class SqlType:
    """The T-SQL type that carries an ONNX element type, and how well that is known."""

    sql: str
    evidence: Evidence
    source: str


@dataclass(frozen=True, slots=True)
class Target:
    """One database, or a service of one. Differences between databases are here and in templates, never in code."""

    name: str
    title: str
    status: Literal["available", "unproven", "retired", "unsupported"]
    """`unsupported`: it has no engine for ONNX, so nothing can be planned for it."""
    status_note: str
    templates: str
    """The folder of `sql_templates/` whose templates are looked up before the common ones."""

    opset: Limit[int]
    """Newest version of the domain `ai.onnx` that is known to run."""
    opset_unproven: Limit[int]
    """Newest version of `ai.onnx` that may run; from `opset` up to here is a warning, above is an error."""
    ml_opset: Limit[int]
    """Newest version of the domain `ai.onnx.ml`."""
    ir_version: Limit[int]
    """Newest version of the file format."""
    input_width: Limit[int]
    """Values that one input may take from one row."""
    output_width: Limit[int]
    """Values that one output may give for one row."""
    model_bytes: Limit[int]
    """Largest model, in bytes."""
    literal_bytes: Limit[int]
    """Largest model that a `0x…` literal in a script can carry, in bytes."""
    identifier_length: Limit[int]
    """Longest name, in characters."""
    create_table_as: Limit[int]
    """1 where `CREATE TABLE … AS SELECT` and `RENAME OBJECT` make tables of scores, 0 where they do not."""
    merge: Limit[int]
    """1 where `MERGE` writes into a hash-distributed table, 0 where rows are deleted and inserted instead."""
    batch_bytes: Limit[int]
    """Largest batch, in bytes of UTF-16."""
    view_columns: Limit[int]
    """Columns that one view may have."""
    procedure_parameters: Limit[int]
    """Parameters that one procedure may have."""
    types: Mapping[str, SqlType]
    """ONNX element type to T-SQL type; a type that is not listed can be neither bound nor returned."""
    tsql: Mapping[str, Evidence]
    """What its T-SQL is held to: the rules of `deployer lint` that count for it, and how well each is known."""

    def with_limit(self, name: str, value: int) -> Target:
        """The same target with one limit replaced on the user's word.

        Raises `TargetError` for a name that is not a limit.
        """
        limits = limit_names()
        if name not in limits:
            raise TargetError(f"unknown limit {name!r}", hint=f"one of: {', '.join(limits)}")
        changed: Target = replace(self, **{name: Limit(value, "override", "set by the user")})  # type: ignore[arg-type]
        return changed


def limit_names() -> tuple[str, ...]:
    """The limits of a target, by the name that `--limit NAME=VALUE` takes."""
    return tuple(entry.name for entry in fields(Target) if str(entry.type).startswith("Limit["))
