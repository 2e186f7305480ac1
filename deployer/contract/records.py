"""What a contract is made of: every column bound to its input, key or output."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from deployer.casts import Cast, judge_cast
from deployer.model import Column
from deployer.names import ObjectName, SqlTypeName
from deployer.spec import ColumnSpec, NullPolicy
from deployer.table import TableColumn


@dataclass(frozen=True)
class Binding:
    """One input and the column that feeds it, cast to `sql_type`. On a column that takes no NULL, `nulls` is `keep`."""

    input: Column
    source: TableColumn
    """The column as the table has it; only its name where no table is known."""
    sql_type: SqlTypeName
    nulls: NullPolicy
    said: ColumnSpec
    """What the spec says of it: a type or a policy that is named there is accepted."""

    @property
    def column(self) -> str:
        return self.source.name

    @cached_property
    def cast(self) -> Cast | None:
        """What the cast can do to a value; None where the column's type is not known."""
        return judge_cast(self.source, self.sql_type) if self.source.type else None


@dataclass(frozen=True, slots=True)
class Key:
    """A column that passes through; `inner` is its name in the DATA of PREDICT, which no input or output has."""

    column: str
    inner: str


@dataclass(frozen=True, slots=True)
class Returned:
    """One output that is returned: read as `sql_type`, called `name` in the result."""

    output: Column
    name: str
    sql_type: SqlTypeName


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter of a procedure, and the column by which it chooses rows."""

    procedure: ObjectName
    name: str
    column: str
    operator: Literal["=", ">=", "<"]
    sql_type: SqlTypeName


@dataclass(frozen=True, slots=True)
class Contract:
    """All columns bound, in the order of the graph and of the spec's key."""

    bindings: tuple[Binding, ...]
    keys: tuple[Key, ...]
    outputs: tuple[Returned, ...]
    watermarks: tuple[Key, ...] = ()
    """Columns that pass through like a key where a statement has them as its watermark."""
    choices: tuple[Choice, ...] = ()
    flag: str = "deployer_nulls"
    """A name within PREDICT's DATA that no other column has: 1 where one of the row's inputs was NULL."""
