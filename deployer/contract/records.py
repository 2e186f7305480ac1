"""What a contract is made of: every column bound to its input, key or output."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from deployer.casts import Cast, judge_cast
from deployer.model import Column
from deployer.names import SqlTypeName
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
    """One column of the key. `inner` is its name within PREDICT's DATA, where no input or output has that name."""

    column: str
    inner: str


@dataclass(frozen=True, slots=True)
class Returned:
    """One output that is returned: read as `sql_type`, called `name` in the result."""

    output: Column
    name: str
    sql_type: SqlTypeName


@dataclass(frozen=True, slots=True)
class Contract:
    """All columns bound, in the order of the graph and of the spec's key."""

    bindings: tuple[Binding, ...]
    keys: tuple[Key, ...]
    outputs: tuple[Returned, ...]
