"""Values side by side: how they are compared, ordered and grouped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deployer.emulator.collations import compared
from deployer.emulator.fragments import once
from deployer.emulator.known import need_known
from deployer.emulator.typed import Typed, implicit
from deployer.emulator.types import SqlType, wider

if TYPE_CHECKING:
    from sqlglot import exp

COMPARISONS: Mapping[str, str] = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}


def compare(operator: str, left: Typed, right: Typed) -> str:
    """A comparison as a condition of DuckDB's; of texts by their collation, of numbers by the wider type."""
    if left.type is None or right.type is None:
        # Nothing is equal to NULL, nor different from it.
        return "CAST(NULL AS BOOLEAN)"
    kind = wider(left.type, right.type)
    sides = [comparable(side, kind) for side in (left, right)]
    if kind.base == "uniqueidentifier" and operator not in {"=", "<>"}:
        sides = [_guid_key(side) for side in sides]
    return f"({sides[0]} {operator} {sides[1]})"


def comparable(value: Typed, kind: SqlType) -> str:
    """A value as it is compared: of the common type, text without its trailing blanks."""
    if value.type is not None and value.type.is_text and kind.is_text:
        return compared(value.sql, kind)
    if value.type is not None and value.type.is_number and kind.is_number and kind.base not in {"real", "float", "bit"}:
        # Exact numbers compare by their values, whatever their types.
        return f"CAST({value.sql} AS INTEGER)" if value.type.base == "bit" else value.sql
    return compared(implicit(value, kind), kind) if kind.is_text else implicit(value, kind)


def sort_key(value: Typed) -> str:
    """A value as it is grouped and ordered by: text without its trailing blanks."""
    return compared(value.sql, value.type) if value.type is not None and value.type.is_text else value.sql


def order_key(value: Typed) -> str:
    """A value as it is ordered by."""
    kind = value.type
    return _guid_key(value.sql) if kind is not None and kind.base == "uniqueidentifier" else sort_key(value)


def _guid_key(sql: str) -> str:
    """Identifiers are ordered by their last bytes first (learn.microsoft.com: compare GUID and uniqueidentifier)."""
    places = [(25, 12), (20, 4), *((at, 2) for at in (17, 15, 12, 10, 7, 5, 3, 1))]
    return once(f"CAST({sql} AS VARCHAR)", " || ".join(f"substr(v, {at}, {size})" for at, size in places))


def ordered(sql: str, item: exp.Expr) -> str:
    """One entry of an ORDER BY: NULL is the lowest value, whichever way the order goes."""
    need_known(item)
    return f"{sql} DESC NULLS LAST" if item.args.get("desc") else f"{sql} ASC NULLS FIRST"
