"""The aggregates that the emulator knows, alone or with OVER."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deployer.emulator.comparisons import sort_key
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import once, raise_error
from deployer.emulator.typed import Typed, as_type, finite
from deployer.emulator.types import BIGINT, FLOAT, INT, MAX, SqlType


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
        called = kind.base if kind else "NULL"
        raise ProgrammingError(f"Operand data type {called} is invalid for {name} operator.", 8117)
    return kind


def _sum(sql: str, value: Typed) -> Aggregate:
    kind = _number("sum", value.type)
    if kind.is_integer:
        # A sum of integers is one, and may overflow.
        result = BIGINT if kind == BIGINT else INT
    elif kind.is_money:
        result = SqlType("money")
    elif kind.base == "decimal":
        result = SqlType("decimal", None, 38, kind.scale)
    else:
        return Aggregate((f"sum({sql})",), finite("{0}", FLOAT).sql, FLOAT)
    return Aggregate((f"sum({sql})",), _held("{0}", result), result)


def _held(sql: str, kind: SqlType) -> str:
    """A sum that its type can hold."""
    called = "numeric" if kind.base == "decimal" else kind.base
    fail = raise_error(8115, f"Arithmetic overflow error converting expression to data type {called}.")
    made = f"TRY_CAST(v AS {kind.duckdb})"
    return once(sql, f"CASE WHEN v IS NOT NULL AND {made} IS NULL THEN {fail} ELSE {made} END")


def _average(sql: str, value: Typed) -> Aggregate:
    kind = _number("avg", value.type)
    if kind.is_integer:
        # An average of integers loses its fraction, and its sum may overflow.
        result = BIGINT if kind == BIGINT else INT
        whole = f"{_held('{0}', result)} // nullif({{1}}, 0)"
        return Aggregate((f"sum({sql})", f"count({sql})"), f"CAST({whole} AS {result.duckdb})", result)
    if kind.is_money:
        raise NotSupportedError("The emulator does not know how the server rounds AVG of money; cast to decimal first.")
    if kind.base == "decimal":
        # learn.microsoft.com, AVG: decimal(38, max(s, 6)); a quotient's further digits are cut off.
        result = SqlType("decimal", None, 38, max(kind.scale or 0, 6))
        texts = "CAST({0} AS VARCHAR), CAST({1} AS VARCHAR)"
        quotient = f"CASE WHEN {{1}} > 0 THEN tsql_divide({texts}, 38, {result.scale}) END"
        return Aggregate((f"sum({sql})", f"count({sql})"), f"CAST({quotient} AS {result.duckdb})", result)
    return Aggregate((f"avg({sql})",), finite("{0}", FLOAT).sql, FLOAT)


def _deviation(name: str, called: str) -> Callable[[str, Typed], Aggregate]:
    def build(sql: str, value: Typed) -> Aggregate:
        _number(called, value.type)
        return Aggregate((f"{name}({sql})",), finite("{0}", FLOAT).sql, FLOAT)

    return build


def _extreme(name: str) -> Callable[[str, Typed], Aggregate]:
    def build(sql: str, value: Typed) -> Aggregate:
        kind = value.type
        if kind is None or kind.base in {"bit", "uniqueidentifier"}:
            called = kind.base if kind else "NULL"
            raise ProgrammingError(f"Operand data type {called} is invalid for {name} operator.", 8117)
        if kind.is_text:
            plain = sql.removeprefix("DISTINCT ")
            return Aggregate((f"arg_{name}({plain}, {sort_key(value)})",), "{0}", kind)
        return Aggregate((f"{name}({sql})",), "{0}", kind)

    return build


AGGREGATES: Mapping[str, Callable[[str, Typed], Aggregate]] = {
    "COUNT": lambda sql, _: Aggregate((f"count({sql})",), _held("{0}", INT), INT),
    "COUNT_BIG": lambda sql, _: Aggregate((f"count({sql})",), "{0}", BIGINT),
    "APPROX_COUNT_DISTINCT": lambda sql, _: Aggregate((f"count(DISTINCT {sql})",), "{0}", BIGINT),
    "SUM": _sum,
    "AVG": _average,
    "MIN": _extreme("min"),
    "MAX": _extreme("max"),
    "STDEV": _deviation("stddev_samp", "stdev"),
    "STDEVP": _deviation("stddev_pop", "stdevp"),
    "VAR": _deviation("var_samp", "var"),
    "VARP": _deviation("var_pop", "varp"),
}
"""Name to what builds it from the argument's text, which may begin with DISTINCT, and the argument's type.

APPROX_COUNT_DISTINCT counts exactly, which is within the two percent that the server promises.
"""


def argument(value: Typed, name: str) -> str:
    """The argument's text: numbers of 32 bits are added up in 64, as on the server."""
    if name in {"SUM", "AVG", "STDEV", "STDEVP", "VAR", "VARP"} and value.type is not None:
        if value.type.base == "real":
            return f"CAST({value.sql} AS DOUBLE)"
        if name not in {"SUM", "AVG"} and value.type.is_number:
            return as_type(value, FLOAT)
    return sort_key(value) if name == "APPROX_COUNT_DISTINCT" else value.sql


def string_agg(text: str, kind: SqlType, separator: str, order: str) -> Typed:
    """STRING_AGG: text of the argument's kind; Msg 9829 where it grows beyond 8,000 bytes and is not (max)."""
    base = "nvarchar" if kind.is_national or not kind.is_text else "varchar"
    limit = 4000 if base == "nvarchar" else 8000
    joined = f"string_agg({text}, {separator}{f' ORDER BY {order}' if order else ''})"
    if kind.length == MAX:
        return Typed(joined, SqlType(base, MAX, collation=kind.collation))
    fail = raise_error(
        9829,
        "STRING_AGG aggregation result exceeded the limit of 8000 bytes. Use LOB types to avoid result truncation.",
    )
    held = once(joined, f"CASE WHEN length(v) > {limit} THEN {fail} ELSE v END")
    return Typed(held, SqlType(base, limit, collation=kind.collation))
