"""The catalog views that the emulator knows, over its own tables: what drivers, SQLAlchemy, dbt and DBAs read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from deployer.emulator.information_schema import INFORMATION_SCHEMA
from deployer.emulator.relations import Relation
from deployer.emulator.sys_views import SYS
from deployer.emulator.types import SqlColumn, parse_type

SYSTEM_VIEWS: Mapping[tuple[str, str], tuple[str, str]] = {
    **{("information_schema", name): view for name, view in INFORMATION_SCHEMA.items()},
    **{("sys", name): view for name, view in SYS.items()},
}
"""Schema and name in lower case, to the columns with their types, and DuckDB's SQL that gives them in this order."""


@cache
def system_view(schema: str, name: str) -> Relation | None:
    """A catalog view as a relation; None where there is none of that name."""
    found = SYSTEM_VIEWS.get((schema.lower(), name.lower()))
    if found is None:
        return None
    text, sql = found
    columns = _columns(text)
    if sql == "WHERE FALSE":
        sql = f"SELECT {', '.join('NULL' for _ in columns)} WHERE FALSE"
    inner = ", ".join(f"v{index}" for index in range(len(columns)))
    listed = ", ".join(f"CAST(v{index} AS {column.type.duckdb}) AS c{index}" for index, column in enumerate(columns))
    named = tuple((f"c{index}", column) for index, column in enumerate(columns))
    return Relation(f"SELECT {listed} FROM ({sql}) AS s({inner})", named)


def _columns(text: str) -> list[SqlColumn]:
    """`name type, …`, where a type may have commas in its parentheses."""
    parts: list[str] = []
    for part in text.split(","):
        if parts and parts[-1].count("(") > parts[-1].count(")"):
            parts[-1] += f",{part.strip()}"
        else:
            parts.append(part)
    return [_column(part) for part in parts]


def _column(text: str) -> SqlColumn:
    name, kind = text.split()
    return SqlColumn(name, parse_type(kind))
