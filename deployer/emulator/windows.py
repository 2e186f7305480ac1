"""Aggregates and window functions where they stand in a query: alone, with OVER, with WITHIN GROUP."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from deployer.emulator.aggregates import AGGREGATES, Aggregate, argument, string_agg
from deployer.emulator.comparisons import order_key, ordered, sort_key
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.known import need_known
from deployer.emulator.texts import text_of
from deployer.emulator.typed import Typed, as_type
from deployer.emulator.types import BIGINT, FLOAT, INT, NVARCHAR, SqlType

if TYPE_CHECKING:
    from deployer.emulator.relations import Scope

RANKINGS: Mapping[str, tuple[str, SqlType]] = {
    "ROW_NUMBER": ("row_number()", BIGINT),
    "RANK": ("rank()", BIGINT),
    "DENSE_RANK": ("dense_rank()", BIGINT),
    "PERCENT_RANK": ("percent_rank()", FLOAT),
    "CUME_DIST": ("cume_dist()", FLOAT),
}
"""Window functions without an argument; they need OVER with ORDER BY, and take no frame."""

OFFSETS: Mapping[str, str] = {"LAG": "lag", "LEAD": "lead"}
"""Window functions that look at a row some places away; they take no frame."""

ENDS: Mapping[str, str] = {"FIRST_VALUE": "first_value", "LAST_VALUE": "last_value"}
"""Window functions of the frame's first or last row."""

PERCENTILES = ("PERCENTILE_CONT", "PERCENTILE_DISC")
"""Functions with WITHIN GROUP and OVER (PARTITION BY …)."""

WINDOWS = (*RANKINGS, "NTILE", *OFFSETS, *ENDS, *PERCENTILES)


class Calls:
    """Writes them; values within are written by the class that is made of this one."""

    @abstractmethod
    def value(self, node: exp.Expr, scope: Scope) -> Typed:
        """A value."""

    def call(self, name: str, node: exp.Expr, scope: Scope) -> Typed | None:
        """An aggregate without OVER; None for a function of another kind."""
        if name == "STRING_AGG":
            return self._string_agg(node, scope, "")
        if name == "GROUPING":
            (of,) = _arguments(name, node, 1, 1)
            key = self.value(of, replace(scope, groups={}))
            return Typed(f"CAST(grouping({sort_key(key)}) AS UTINYINT)", SqlType("tinyint"), False)
        if name in WINDOWS:
            raise ProgrammingError(f"The function '{name}' must have an OVER clause.", 10753, 15)
        if name not in AGGREGATES:
            return None
        return self._aggregate(name, node, replace(scope, groups={})).write()

    def _string_agg(self, node: exp.Expr, scope: Scope, order: str) -> Typed:
        of, separator = _arguments("STRING_AGG", node, 2, 2)
        value = self.value(of, replace(scope, groups={}))
        return string_agg(text_of(value), value.type or NVARCHAR, self.value(separator, scope).sql, order)

    def _value_withingroup(self, node: exp.Expr, scope: Scope) -> Typed:
        name, inner = _name_of(node), node.this
        if name in PERCENTILES:
            raise ProgrammingError(f"The function '{name}' must have an OVER clause.", 10753, 15)
        if name != "STRING_AGG":
            raise ProgrammingError(f"The function '{name}' may not have a WITHIN GROUP clause.", 10757, 15)
        inside = replace(scope, groups={})
        return self._string_agg(inner, scope, self._order(node.expression, inside))

    def _aggregate(self, name: str, node: exp.Expr, scope: Scope) -> Aggregate:
        (inner,) = _arguments(name, node, 1, 1)
        need_known(inner)
        if isinstance(inner, exp.Star):
            if name not in {"COUNT", "COUNT_BIG"}:
                raise ProgrammingError("Incorrect syntax near '*'.", 102, 15)
            return AGGREGATES[name]("*", Typed("*", INT))
        if not isinstance(inner, exp.Distinct):
            value = self.value(inner, scope)
            return AGGREGATES[name](argument(value, name), value)
        value = self.value(inner.expressions[0], scope)
        distinct = sort_key(value) if name.startswith("COUNT") else argument(value, name)
        return AGGREGATES[name](f"DISTINCT {distinct}", value)

    # --- OVER ---

    def _order(self, order: exp.Expr, scope: Scope) -> str:
        entries = []
        for item in order.expressions:
            if isinstance(item.this, exp.Literal):
                raise ProgrammingError(
                    "Windowed functions, aggregates and NEXT VALUE FOR functions do not support integer indices as "
                    "ORDER BY clause expressions.",
                    5308,
                )
            entries.append(ordered(order_key(self.value(item.this, scope)), item))
        return ", ".join(entries)

    def _value_window(self, node: exp.Expr, scope: Scope) -> Typed:
        function, name = node.this, _name_of(node.this)
        order = node.args.get("order")
        parts = [sort_key(self.value(part, scope)) for part in node.args.get("partition_by") or []]
        over = f"PARTITION BY {', '.join(parts)} " if parts else ""
        if name in PERCENTILES:
            return self._percentile(name, function, over, order, scope)
        if isinstance(function, exp.WithinGroup) or name == "STRING_AGG":
            raise ProgrammingError(f"The function '{name}' is not a valid windowing function.", 4113)
        if order is not None:
            over += f"ORDER BY {self._order(order, scope)}"
        frame = node.args.get("spec")
        if frame is not None:
            if order is None:
                raise ProgrammingError("Window frame with ROWS or RANGE must have an ORDER BY clause.", 10756, 15)
            if name in RANKINGS or name in OFFSETS or name == "NTILE":
                raise ProgrammingError(f"The function '{name}' may not have a window frame.", 10752, 15)
            over += _frame(frame)
        if name in AGGREGATES:
            if any(isinstance(inner, exp.Distinct) for inner in function.expressions) or name.startswith("APPROX"):
                raise ProgrammingError("Use of DISTINCT is not allowed with the OVER clause.", 10759, 15)
            return self._aggregate(name, function, scope).write(over)
        if name not in WINDOWS:
            raise NotSupportedError(f"The emulator does not know the window function {name}.")
        if order is None:
            raise ProgrammingError(f"The function '{name}' must have an OVER clause with ORDER BY.", 4112)
        return self._window(name, function, over, scope)

    def _window(self, name: str, function: exp.Expr, over: str, scope: Scope) -> Typed:
        if name in RANKINGS:
            _arguments(name, function, 0, 0)
            written, kind = RANKINGS[name]
            return Typed(f"{written} OVER ({over})", kind)
        most = 3 if name in OFFSETS else 1
        first, *rest = (self.value(item, scope) for item in _arguments(name, function, 1, most))
        if name == "NTILE":
            return Typed(f"ntile({as_type(first, BIGINT)}) OVER ({over})", BIGINT)
        if name in ENDS:
            return Typed(f"{ENDS[name]}({first.sql}) OVER ({over})", first.type)
        kind = first.type or INT
        others = [as_type(rest[0], BIGINT), *(as_type(value, kind) for value in rest[1:])] if rest else []
        return Typed(f"{OFFSETS[name]}({', '.join([as_type(first, kind), *others])}) OVER ({over})", kind)

    def _percentile(self, name: str, function: exp.Expr, over: str, order: exp.Expr | None, scope: Scope) -> Typed:
        if not isinstance(function, exp.WithinGroup):
            raise ProgrammingError(f"The function '{name}' must have a WITHIN GROUP clause.", 10754, 15)
        (share,) = _arguments(name, function.this, 1, 1)
        items = function.expression.expressions
        if order is not None or len(items) != 1 or not isinstance(share, exp.Literal) or share.is_string:
            raise NotSupportedError(
                f"The emulator knows {name} of a constant, ordered by one value, with no ORDER BY in OVER."
            )
        if not 0 <= float(share.this) <= 1:
            raise ProgrammingError("The percentile value should be between 0 and 1.", 10751)
        need_known(items[0])
        value = self.value(items[0].this, scope)
        if value.type is None or not value.type.is_number:
            raise NotSupportedError(f"The emulator knows {name} of numbers only.")
        place = str(share.this)
        if items[0].args.get("desc"):
            if name == "PERCENTILE_DISC":
                raise NotSupportedError("The emulator does not know PERCENTILE_DISC with a descending order.")
            place = f"1 - {place}"
        if name == "PERCENTILE_DISC":
            return Typed(f"quantile_disc({value.sql}, {place}) OVER ({over})", value.type)
        return Typed(f"quantile_cont({as_type(value, FLOAT)}, {place}) OVER ({over})", FLOAT)


def _name_of(function: exp.Expr) -> str:
    if isinstance(function, exp.WithinGroup):
        function = function.this
    return str(function.this).upper() if isinstance(function, exp.Anonymous) else type(function).__name__.upper()


def _arguments(name: str, node: exp.Expr, fewest: int, most: int) -> list[exp.Expr]:
    found: list[exp.Expr] = node.expressions
    if not fewest <= len(found) <= most:
        wanted = fewest if fewest == most else f"{fewest} to {most}"
        raise ProgrammingError(f"The {name.lower()} function requires {wanted} argument(s).", 174, 15)
    return found


def _frame(spec: exp.Expr) -> str:
    need_known(spec)
    kind = str(spec.args.get("kind")).upper()
    bounds = [_bound(spec, side, kind) for side in ("start", "end") if spec.args.get(side) is not None]
    return f" {kind} {' AND '.join(bounds)}" if len(bounds) == 1 else f" {kind} BETWEEN {' AND '.join(bounds)}"


def _bound(spec: exp.Expr, side: str, kind: str) -> str:
    value = spec.args[side]
    direction = str(spec.args.get(f"{side}_side") or "")
    if isinstance(value, str):
        return f"{value} {direction}".strip()
    if kind == "RANGE":
        raise ProgrammingError("RANGE is only supported with UNBOUNDED and CURRENT ROW window frame delimiters.", 4194)
    if not isinstance(value, exp.Literal) or not str(value.this).isdigit():
        raise NotSupportedError("The emulator knows frames whose borders are constants only.")
    return f"{value.this} {direction}"
