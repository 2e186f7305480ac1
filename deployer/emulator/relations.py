"""What names mean in a query: relations with their columns, and the scopes in which they can be named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from deployer.emulator.errors import ProgrammingError
from deployer.emulator.typed import Typed
from deployer.emulator.types import SqlColumn

if TYPE_CHECKING:
    from sqlglot import exp


def quote_name(name: str) -> str:
    """A name in DuckDB."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Source:
    """What stands in a FROM under one alias: its columns by lower-case name, each with its written name.

    `schema` is that of a table or view without an alias of its own, which may then stand before its columns too.
    """

    alias: str
    columns: Mapping[str, tuple[str, Typed]]
    schema: str = ""

    def is_called(self, table: str, schema: str = "") -> bool:
        """Whether `schema.table.column` may mean a column of this; without a table, any may be meant."""
        named = not table or self.alias.lower() == table.lower()
        return named and (not schema or self.schema.lower() == schema.lower())

    def shadows(self, other: Source) -> bool:
        """Whether nothing tells the two apart: one name, and not two tables of different schemas."""
        schemas = {self.schema.lower(), other.schema.lower()}
        return self.alias.lower() == other.alias.lower() and (len(schemas) == 1 or "" in schemas)

    def optional(self) -> Source:
        """The same where an outer join may leave its rows out."""
        columns = {key: (name, replace(typed, nullable=True)) for key, (name, typed) in self.columns.items()}
        return replace(self, columns=columns)


@dataclass(frozen=True, slots=True)
class Relation:
    """Something that can stand in a FROM: DuckDB's SQL, and each column with its name within that SQL."""

    sql: str
    columns: tuple[tuple[str, SqlColumn], ...]

    def source(self, alias: str, inner: str, schema: str = "") -> Source:
        """The relation under a T-SQL alias, called `inner` in DuckDB; for `schema` see `Source`."""
        return Source(
            alias,
            {
                column.name.lower(): (column.name, Typed(f"{inner}.{quote_name(name)}", column.type, column.nullable))
                for name, column in self.columns
                if column.name
            },
            schema,
        )

    def renamed(self, names: tuple[str, ...]) -> Relation:
        """With other names for its columns; with none, the same."""
        if not names:
            return self
        if len(names) != len(self.columns):
            raise ProgrammingError(f"There are {len(names)} column names and {len(self.columns)} columns.", 8158)
        pairs = zip(self.columns, names, strict=True)
        return replace(self, columns=tuple((inner, replace(column, name=name)) for (inner, column), name in pairs))

    def need_names(self, alias: str) -> Relation:
        """The same; Msg 8155 or 8156 unless every column has a name of its own, as within `alias` it must."""
        seen: set[str] = set()
        for number, (_, column) in enumerate(self.columns, start=1):
            if not column.name:
                raise ProgrammingError(f"No column name was specified for column {number} of '{alias}'.", 8155)
            if column.name.lower() in seen:
                raise ProgrammingError(f"The column '{column.name}' was specified multiple times for '{alias}'.", 8156)
            seen.add(column.name.lower())
        return self


@dataclass(frozen=True, slots=True)
class View:
    """A view: its query, the names that it gives the columns, if any, and the columns that it had when it was made."""

    query: exp.Expr
    names: tuple[str, ...]
    columns: tuple[SqlColumn, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use: this query's sources, then those around it, and the CTEs in sight.

    `depth` counts the views around. `groups` are the texts that a query is grouped by, as written in DuckDB, each with
    what gives one of its group's spellings, which differ by case and trailing blanks.
    """

    sources: tuple[Source, ...] = ()
    outer: Scope | None = None
    ctes: Mapping[str, Relation] = field(default_factory=dict)
    depth: int = 0
    groups: Mapping[str, str] = field(default_factory=dict)

    def inner(self) -> Scope:
        """What a subquery sees around it."""
        return Scope((), self, self.ctes, self.depth)

    def find(self, table: str, name: str, schema: str = "") -> Typed:
        """The column of that name; Msg 207, 209 or 4104 where there is none, or more than one."""
        sources = [source for source in self.sources if source.is_called(table, schema)]
        found = [source.columns[name.lower()][1] for source in sources if name.lower() in source.columns]
        if len(found) > 1:
            raise ProgrammingError(f"Ambiguous column name '{name}'.", 209)
        if found:
            return found[0]
        if self.outer is not None:
            return self.outer.find(table, name, schema)
        if table:
            parts = ".".join(part for part in (schema, table, name) if part)
            raise ProgrammingError(f'The multi-part identifier "{parts}" could not be bound.', 4104)
        raise ProgrammingError(f"Invalid column name '{name}'.", 207)
