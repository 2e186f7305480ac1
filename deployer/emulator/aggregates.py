"""The aggregates that the emulator knows, alone or with OVER."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.functions import Typed, as_type, finite
from deployer.emulator.types import BIGINT, FLOAT, INT, SqlType


@dataclass(frozen=True, slots=True)
class Aggregate:
    """DuckDB's calls, and the form that makes one value of theirs: `{0}` stands for the first, `{1}` for the second."""

    calls: tuple[str, ...]
    form: str
    type: SqlType

    def write(self, over: str | None = None) -> Typed:
        """The value; with `over`, what stands in the parentheses of OVER."""
        calls = self.calls if over is None else tuple(f"{call} OVER ({over})" for call in self.calls)
        return Typed(self.form.format(*calls), self.type)


def _number(name: str, kind: SqlType | None) -> SqlType:
    if kind is None or not kind.is_number or kind.base == "bit":
        raise ProgrammingError(f"Operand data type {kind or 'NULL'} is invalid for {name} operator.", 8117)
    return kind


def _sum(sql: str, value: Typed) -> Aggregate:
    kind = _number("sum", value.type)
    if kind.is_integer:
        # A sum of integers is one, and may overflow.
        result = BIGINT if kind == BIGINT else INT
        return Aggregate((f"sum({sql})",), f"CAST({{0}} AS {result.duckdb})", result)
    if kind.base == "decimal":
        result = SqlType("decimal", None, 38, kind.scale)
        return Aggregate((f"sum({sql})",), f"CAST({{0}} AS {result.duckdb})", result)
    return Aggregate((f"sum({sql})",), finite("{0}", FLOAT).sql, FLOAT)


def _average(sql: str, value: Typed) -> Aggregate:
    kind = _number("avg", value.type)
    if kind.is_integer:
        # An average of integers loses its fraction, and its sum may overflow.
        result = BIGINT if kind == BIGINT else INT
        whole = f"CAST({{0}} AS {result.duckdb}) // nullif({{1}}, 0)"
        return Aggregate((f"sum({sql})", f"count({sql})"), f"CAST({whole} AS {result.duckdb})", result)
    if kind.base == "decimal":
        raise NotSupportedError("The emulator does not know AVG of decimals; cast to float.")
    return Aggregate((f"avg({sql})",), finite("{0}", FLOAT).sql, FLOAT)


def _deviation(name: str, called: str) -> Callable[[str, Typed], Aggregate]:
    def build(sql: str, value: Typed) -> Aggregate:
        _number(called, value.type)
        return Aggregate((f"{name}({sql})",), finite("{0}", FLOAT).sql, FLOAT)

    return build


def _extreme(name: str) -> Callable[[str, Typed], Aggregate]:
    def build(sql: str, value: Typed) -> Aggregate:
        if value.type is None or value.type.base == "bit":
            raise ProgrammingError(f"Operand data type {value.type or 'NULL'} is invalid for {name} operator.", 8117)
        return Aggregate((f"{name}({sql})",), "{0}", value.type)

    return build


AGGREGATES: Mapping[str, Callable[[str, Typed], Aggregate]] = {
    "COUNT": lambda sql, _: Aggregate((f"count({sql})",), "CAST({0} AS INTEGER)", INT),
    "COUNT_BIG": lambda sql, _: Aggregate((f"count({sql})",), "{0}", BIGINT),
    "SUM": _sum,
    "AVG": _average,
    "MIN": _extreme("min"),
    "MAX": _extreme("max"),
    "STDEV": _deviation("stddev_samp", "stdev"),
    "STDEVP": _deviation("stddev_pop", "stdevp"),
    "VAR": _deviation("var_samp", "var"),
    "VARP": _deviation("var_pop", "varp"),
}
"""Name to what builds it from the argument's text, which may begin with DISTINCT, and the argument's type."""

RANKINGS: Mapping[str, str] = {"ROW_NUMBER": "row_number", "RANK": "rank", "DENSE_RANK": "dense_rank"}
"""Window functions without an argument; they need OVER with ORDER BY, and give bigint."""


def argument(value: Typed, name: str) -> str:
    """The argument's text: numbers of 32 bits are added up in 64, as on the server."""
    if name in {"SUM", "AVG", "STDEV", "STDEVP", "VAR", "VARP"} and value.type is not None:
        if value.type.base == "real":
            return f"CAST({value.sql} AS DOUBLE)"
        if name not in {"SUM", "AVG"} and value.type.is_number:
            return as_type(value, FLOAT)
    return value.sql
