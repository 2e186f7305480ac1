"""The statements of a batch, as `grammar` gives them and `session` runs them. Queries are sqlglot's trees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

    from deployer.emulator.syntax import ObjectName
    from deployer.emulator.types import SqlType


@dataclass(slots=True)
class Statement:
    """One statement; `text` is what was written, `line` where it begins in its batch, from 1."""

    text: str = field(default="", init=False, repr=False)
    line: int = field(default=0, init=False, repr=False)


@dataclass(slots=True)
class Query(Statement):
    query: exp.Expr


@dataclass(slots=True)
class If(Statement):
    condition: exp.Expr
    then: Statement
    otherwise: Statement | None


@dataclass(slots=True)
class While(Statement):
    condition: exp.Expr
    body: Statement


@dataclass(slots=True)
class Break(Statement):
    pass


@dataclass(slots=True)
class Block(Statement):
    body: tuple[Statement, ...]


@dataclass(slots=True)
class Try(Statement):
    body: tuple[Statement, ...]
    handler: tuple[Statement, ...]


@dataclass(slots=True)
class Begin(Statement):
    pass


@dataclass(slots=True)
class Commit(Statement):
    pass


@dataclass(slots=True)
class Rollback(Statement):
    pass


@dataclass(slots=True)
class Declare(Statement):
    variables: tuple[tuple[str, SqlType, exp.Expr | None], ...]


@dataclass(slots=True)
class SetVariable(Statement):
    name: str
    value: exp.Expr


@dataclass(slots=True)
class Setting(Statement):
    name: str
    on: bool


@dataclass(slots=True)
class Print(Statement):
    value: exp.Expr


@dataclass(slots=True)
class Throw(Statement):
    """Without arguments it throws again what a CATCH caught."""

    number: exp.Expr | None
    message: exp.Expr | None
    state: exp.Expr | None


@dataclass(slots=True)
class RaiseError(Statement):
    """RAISERROR. `seterror` sets @@ERROR even where the severity makes it a message only."""

    message: exp.Expr
    severity: exp.Expr
    state: exp.Expr
    arguments: tuple[exp.Expr, ...]
    seterror: bool


@dataclass(slots=True)
class ExecuteText(Statement):
    code: exp.Expr


@dataclass(frozen=True, slots=True)
class Argument:
    """What is given to a procedure, by place where `name` is empty. `output` names the variable that takes it back."""

    name: str
    value: exp.Expr
    output: str = ""


@dataclass(slots=True)
class ExecuteProcedure(Statement):
    name: ObjectName
    arguments: tuple[Argument, ...]


@dataclass(slots=True)
class Truncate(Statement):
    name: ObjectName


@dataclass(slots=True)
class IdentityInsert(Statement):
    """SET IDENTITY_INSERT: whether INSERT gives the values of the table's IDENTITY column."""

    name: ObjectName
    on: bool


@dataclass(slots=True)
class Insert(Statement):
    name: ObjectName
    columns: tuple[str, ...]
    query: exp.Expr


@dataclass(slots=True)
class Update(Statement):
    """`source` is a SELECT of nothing, with the FROM, the joins and the WHERE of the statement."""

    name: ObjectName
    values: tuple[tuple[str, exp.Expr], ...]
    source: exp.Select


@dataclass(slots=True)
class Delete(Statement):
    """`source` is as in `Update`."""

    name: ObjectName
    source: exp.Select


@dataclass(frozen=True, slots=True)
class CopyColumn:
    """A column that COPY fills from a field of the file, from 1, or with `default`'s text where the field is empty."""

    name: str
    field: int
    default: str = ""


@dataclass(slots=True)
class Copy(Statement):
    """COPY INTO; `places` are paths, and `options` texts by their names in capitals."""

    name: ObjectName
    columns: tuple[CopyColumn, ...]
    places: tuple[str, ...]
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class When:
    """One WHEN of MERGE. `side` is MATCHED, TARGET or SOURCE; `action` is UPDATE, DELETE or INSERT.

    An INSERT that lists no columns has `values` without names.
    """

    side: str
    condition: exp.Expr | None
    action: str
    values: tuple[tuple[str, exp.Expr], ...] = ()


@dataclass(slots=True)
class Merge(Statement):
    """`source` is a table of a FROM."""

    name: ObjectName
    alias: str
    source: exp.Expr
    on: exp.Expr
    clauses: tuple[When, ...]
