"""What can stand in a FROM: tables, views, and what queries give, with DuckDB's SQL and T-SQL's columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployer.emulator.errors import ProgrammingError
from deployer.emulator.expressions import Source
from deployer.emulator.functions import Typed
from deployer.emulator.types import SqlColumn

if TYPE_CHECKING:
    from sqlglot import exp


def quote_name(name: str) -> str:
    """A name in DuckDB."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Relation:
    """Something that can stand in a FROM: DuckDB's SQL, and each column with its name within that SQL."""

    sql: str
    columns: tuple[tuple[str, SqlColumn], ...]

    def source(self, alias: str, inner: str) -> Source:
        """The relation under a T-SQL alias, called `inner` in DuckDB."""
        return Source(
            alias,
            {
                column.name.lower(): (column.name, Typed(f"{inner}.{quote_name(name)}", column.type, column.nullable))
                for name, column in self.columns
                if column.name
            },
        )


@dataclass(frozen=True, slots=True)
class View:
    """A view's text and the names that it gives its columns, if any."""

    query: exp.Expr
    columns: tuple[str, ...] = ()


def make_optional(source: Source) -> Source:
    """A source whose rows an outer join may leave out."""
    columns = {key: (name, replace(typed, nullable=True)) for key, (name, typed) in source.columns.items()}
    return replace(source, columns=columns)


def rename_columns(relation: Relation, names: list[str] | tuple[str, ...]) -> Relation:
    if not names:
        return relation
    if len(names) != len(relation.columns):
        raise ProgrammingError(f"There are {len(names)} column names and {len(relation.columns)} columns.", 8158)
    pairs = zip(relation.columns, names, strict=True)
    return replace(relation, columns=tuple((inner, replace(column, name=name)) for (inner, column), name in pairs))


def need_names(relation: Relation, alias: str) -> Relation:
    """Columns of a derived relation need names, and each its own."""
    seen: set[str] = set()
    for number, (_, column) in enumerate(relation.columns, start=1):
        if not column.name:
            raise ProgrammingError(f"No column name was specified for column {number} of '{alias}'.", 8155)
        if column.name.lower() in seen:
            raise ProgrammingError(f"The column '{column.name}' was specified multiple times for '{alias}'.", 8156)
        seen.add(column.name.lower())
    return relation
