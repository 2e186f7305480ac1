"""Statements that define things: schemas, tables, views, procedures, indexes, statistics, principals and rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.emulator.statements import Statement

if TYPE_CHECKING:
    from sqlglot import exp

    from deployer.emulator.syntax import ObjectName
    from deployer.emulator.types import SqlColumn, SqlType


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
class CreateSchema(Statement):
    name: str


@dataclass(slots=True)
class CreateView(Statement):
    """CREATE VIEW, or ALTER VIEW where it `replaces`. `definition` is the text of the whole batch, which is what the
    database keeps.
    """

    name: ObjectName
    columns: tuple[str, ...]
    definition: str
    query: exp.Expr
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a procedure, or of the text that sp_executesql runs."""

    name: str
    type: SqlType
    output: bool = False


@dataclass(slots=True)
class CreateProcedure(Statement):
    """CREATE or ALTER PROCEDURE, as in `CreateView`; `body` is what runs."""

    name: ObjectName
    parameters: tuple[Parameter, ...]
    definition: str
    body: tuple[Statement, ...]
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a table is kept: its index with the columns of that, its distribution with the columns of a hash."""

    index: str = "CLUSTERED COLUMNSTORE INDEX"
    index_columns: tuple[str, ...] = ()
    distribution: str = ""
    hash_columns: tuple[str, ...] = ()
    partition_columns: tuple[str, ...] = ()

    @property
    def named_columns(self) -> tuple[str, ...]:
        """All that must be columns of the table."""
        return (*self.index_columns, *self.hash_columns, *self.partition_columns)


@dataclass(frozen=True, slots=True)
class Default:
    """A column's default: the name of the constraint, if one is written, its text and its value."""

    name: str
    text: str
    value: exp.Expr


@dataclass(frozen=True, slots=True)
class Key:
    """PRIMARY KEY or UNIQUE (`kind`), of which none is enforced. `name` is empty where none is written."""

    name: str
    kind: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column of a table. `identity` is its first value and its step."""

    column: SqlColumn
    default: Default | None = None
    identity: tuple[int, int] | None = None


@dataclass(slots=True)
class CreateTable(Statement):
    name: ObjectName
    columns: tuple[ColumnDefinition, ...]
    keys: tuple[Key, ...]
    options: TableOptions


@dataclass(slots=True)
class AddColumns(Statement):
    name: ObjectName
    columns: tuple[ColumnDefinition, ...]


@dataclass(slots=True)
class AlterColumn(Statement):
    name: ObjectName
    column: SqlColumn


@dataclass(slots=True)
class DropColumns(Statement):
    name: ObjectName
    columns: tuple[str, ...]


@dataclass(slots=True)
class AddKey(Statement):
    name: ObjectName
    key: Key


@dataclass(slots=True)
class AddDefault(Statement):
    name: ObjectName
    column: str
    default: Default


@dataclass(slots=True)
class DropConstraints(Statement):
    name: ObjectName
    constraints: tuple[str, ...]


@dataclass(slots=True)
class Transfer(Statement):
    """ALTER SCHEMA … TRANSFER: an object moves to another schema."""

    name: ObjectName
    schema: str


@dataclass(slots=True)
class CreateIndex(Statement):
    """`kind` is NONCLUSTERED INDEX, CLUSTERED INDEX or CLUSTERED COLUMNSTORE INDEX."""

    name: str
    table: ObjectName
    kind: str
    columns: tuple[str, ...]


@dataclass(slots=True)
class DropIndex(Statement):
    name: str
    table: ObjectName


@dataclass(slots=True)
class TouchIndex(Statement):
    """ALTER INDEX and ALTER TABLE … REBUILD: of one index, or of all where `name` is empty."""

    name: str
    table: ObjectName


@dataclass(slots=True)
class CreateStatistics(Statement):
    name: str
    table: ObjectName
    columns: tuple[str, ...]


@dataclass(slots=True)
class UpdateStatistics(Statement):
    """Of one name, or of all where it is empty."""

    table: ObjectName
    name: str


@dataclass(slots=True)
class DropStatistics(Statement):
    table: ObjectName
    name: str


@dataclass(slots=True)
class CreateTableAs(Statement):
    name: ObjectName
    options: TableOptions
    query: exp.Expr


@dataclass(frozen=True, slots=True)
class Securable:
    """What a permission is for: DATABASE, SCHEMA, OBJECT, ROLE or USER (`kind`), its name, the columns of an object."""

    kind: str = "DATABASE"
    name: ObjectName | None = None
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class Permit(Statement):
    """GRANT, DENY or REVOKE (`verb`) of permissions on something to principals."""

    verb: str
    permissions: tuple[str, ...]
    securable: Securable
    principals: tuple[str, ...]
    grant_option: bool


@dataclass(slots=True)
class CreatePrincipal(Statement):
    """CREATE ROLE, USER or LOGIN (`kind`). A user may have a default schema; passwords are not kept."""

    kind: str
    name: str
    external: bool = False
    default_schema: str = "dbo"


@dataclass(slots=True)
class DropPrincipal(Statement):
    kind: str
    name: str


@dataclass(slots=True)
class AlterRole(Statement):
    """ALTER ROLE … ADD or DROP MEMBER."""

    name: str
    member: str
    add: bool
