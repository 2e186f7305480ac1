"""The statements of a batch, as `grammar` gives them and `session` runs them. Queries are sqlglot's trees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

    from deployer.emulator.syntax import ObjectName
    from deployer.emulator.types import SqlColumn, SqlType


@dataclass(slots=True)
class Statement:
    """One statement; `text` is what was written."""

    text: str = field(default="", init=False, repr=False)


@dataclass(slots=True)
class Query(Statement):
    query: exp.Expr


@dataclass(slots=True)
class If(Statement):
    condition: exp.Expr
    then: Statement
    otherwise: Statement | None


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
class ExecuteText(Statement):
    code: exp.Expr


@dataclass(slots=True)
class ExecuteProcedure(Statement):
    name: ObjectName
    arguments: tuple[tuple[str, exp.Expr], ...]


@dataclass(slots=True)
class Rename(Statement):
    old: ObjectName
    new: str


@dataclass(slots=True)
class Drop(Statement):
    """`kind` is TABLE, VIEW, PROCEDURE or SCHEMA; a schema's name stands in `schema`."""

    kind: str
    names: tuple[ObjectName, ...]


@dataclass(slots=True)
class Truncate(Statement):
    name: ObjectName


@dataclass(slots=True)
class CreateSchema(Statement):
    name: str


@dataclass(slots=True)
class CreateView(Statement):
    """`definition` is the query's text, which is what the database keeps."""

    name: ObjectName
    columns: tuple[str, ...]
    definition: str
    query: exp.Expr


@dataclass(slots=True)
class CreateProcedure(Statement):
    name: ObjectName
    parameters: tuple[tuple[str, SqlType], ...]
    definition: str


@dataclass(frozen=True, slots=True)
class TableOptions:
    index: str = "CLUSTERED COLUMNSTORE INDEX"
    distribution: str = ""
    keys: tuple[str, ...] = ()
    """Columns that the distribution or the index names."""


@dataclass(slots=True)
class CreateTable(Statement):
    name: ObjectName
    columns: tuple[SqlColumn, ...]
    options: TableOptions


@dataclass(slots=True)
class CreateTableAs(Statement):
    name: ObjectName
    options: TableOptions
    query: exp.Expr


@dataclass(slots=True)
class Insert(Statement):
    name: ObjectName
    columns: tuple[str, ...]
    query: exp.Expr


@dataclass(slots=True)
class Update(Statement):
    name: ObjectName
    values: tuple[tuple[str, exp.Expr], ...]
    where: exp.Expr | None


@dataclass(slots=True)
class Delete(Statement):
    name: ObjectName
    where: exp.Expr | None
