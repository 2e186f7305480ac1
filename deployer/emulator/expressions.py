"""Values and conditions of T-SQL in DuckDB's SQL, each value with its type. What is not listed is refused by name."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from deployer.emulator.casts import cast, quote, raise_error
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.functions import AGGREGATES, OPERATORS, RANKINGS, SCALARS, Typed, as_type, common, operate
from deployer.emulator.syntax import Cast
from deployer.emulator.types import BIGINT, FLOAT, INT, NVARCHAR, VARBINARY_MAX, SqlType, wider


@dataclass(frozen=True, slots=True)
class Source:
    """What stands in a FROM under one alias: its columns by lower-case name, each with its written name."""

    alias: str
    columns: Mapping[str, tuple[str, Typed]]


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use: this query's sources, then those around it; and the CTEs that it sees."""

    sources: tuple[Source, ...] = ()
    outer: Scope | None = None
    ctes: Mapping[str, Any] = field(default_factory=dict)
    """Relations by lower-case name, as `translate` keeps them."""

    def find(self, table: str, name: str) -> Typed:
        """The column of that name; Msg 207, 209 or 4104 where there is none, or more than one."""
        sources = [source for source in self.sources if not table or source.alias.lower() == table.lower()]
        found = [source.columns[name.lower()][1] for source in sources if name.lower() in source.columns]
        if len(found) > 1:
            raise ProgrammingError(f"Ambiguous column name '{name}'.", 209)
        if found:
            return found[0]
        if self.outer is not None:
            return self.outer.find(table, name)
        if table:
            raise ProgrammingError(f'The multi-part identifier "{table}.{name}" could not be bound.', 4104)
        raise ProgrammingError(f"Invalid column name '{name}'.", 207)


@dataclass(slots=True)
class Parameters:
    """Values that travel beside the text: by `$p0`, `$p1`, …"""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"


_INLINE_BYTES = 64
"""Bytes longer than this are a parameter: a model's literal would be parsed for nothing."""


def literal(value: object, kind: SqlType, parameters: Parameters) -> str:
    """A value of Python as an expression of that type."""
    match value:
        case None:
            return f"CAST(NULL AS {kind.duckdb})"
        case bytes() | bytearray() | memoryview():
            content = bytes(value)
            return f"unhex('{content.hex()}')" if len(content) <= _INLINE_BYTES else parameters.add(content)
        case bool() | int():
            text = str(int(value))
        case float():
            text = quote(repr(value))
        case decimal.Decimal():
            text = str(value)
        case dt.date() | dt.time():
            text = quote(value.isoformat())
        case _:
            text = quote(str(value))
            if kind.is_text:
                return text
    return f"CAST({text} AS {kind.duckdb})"


class Expressions:
    """Writes the expressions of one statement. Queries within are handed to `subquery`, session values to `session`."""

    def __init__(
        self,
        subquery: Callable[[exp.Expr, Scope], tuple[str, tuple[tuple[str, Typed], ...]]],
        session: Callable[[str, list[Typed]], tuple[object, SqlType] | None],
        variable: Callable[[str], tuple[object, SqlType]],
        parameters: Parameters,
    ) -> None:
        self.subquery = subquery
        self.session = session
        self.variable = variable
        self.parameters = parameters

    # --- Values ---

    def value(self, node: exp.Expr, scope: Scope) -> Typed:
        """A value; Msg 102 for a condition, which T-SQL keeps apart from values."""
        writer = getattr(self, f"_value_{type(node).__name__.lower()}", None)
        if writer is not None:
            typed: Typed = writer(node, scope)
            return typed
        if type(node).__name__ in OPERATORS:
            left, right = self.value(node.this, scope), self.value(node.expression, scope)
            return operate(OPERATORS[type(node).__name__], left, right)
        if isinstance(node, (exp.Predicate, exp.Connector, exp.Not)):
            raise ProgrammingError("An expression of non-boolean type was expected: a condition is no value.", 102, 15)
        raise NotSupportedError(f"The emulator does not know the expression {node.sql(dialect='tsql')[:80]!r}.")

    def _value_paren(self, node: exp.Expr, scope: Scope) -> Typed:
        inner = self.value(node.this, scope)
        return Typed(f"({inner.sql})", inner.type)

    def _value_alias(self, node: exp.Expr, scope: Scope) -> Typed:
        return self.value(node.this, scope)

    def _value_null(self, _node: exp.Expr, _scope: Scope) -> Typed:
        return Typed("NULL", None)

    def _value_literal(self, node: exp.Expr, _scope: Scope) -> Typed:
        text = str(node.this)
        if node.is_string:
            return Typed(quote(text), SqlType("varchar", max(1, min(len(text), 8000))))
        if "e" in text.lower():
            return Typed(f"CAST('{text}' AS DOUBLE)", FLOAT)
        if text.isdigit():
            if int(text) < 2**31:
                return Typed(f"CAST({text} AS INTEGER)", INT)
            # A whole number that is no int is a decimal, never a bigint: learn.microsoft.com, constants.
            return self._decimal(text)
        return self._decimal(text)

    def _decimal(self, text: str) -> Typed:
        scale = len(text.partition(".")[2])
        digits = max(len(text.replace(".", "").lstrip("0")), scale, 1)
        if digits > 38:
            raise ProgrammingError(
                f"The number '{text[:50]}' is out of the range for numeric representation.", 1007, 15
            )
        kind = SqlType("decimal", None, digits, scale)
        return Typed(f"CAST({quote(text)} AS {kind.duckdb})", kind)

    def _value_national(self, node: exp.Expr, _scope: Scope) -> Typed:
        text = str(node.this)
        return Typed(quote(text), SqlType("nvarchar", max(1, min(len(text), 4000))))

    def _value_hexstring(self, node: exp.Expr, _scope: Scope) -> Typed:
        # sqlglot keeps the number; the text it came from may have begun with zeros.
        digits = str(node.this)
        try:
            content = bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
        except ValueError:
            raise ProgrammingError(f"Incorrect syntax near '0x{digits[:20]}'.", 102, 15) from None
        return Typed(
            literal(content, VARBINARY_MAX, self.parameters), SqlType("varbinary", max(1, min(len(content), 8000)))
        )

    def _value_neg(self, node: exp.Expr, scope: Scope) -> Typed:
        inner = self.value(node.this, scope)
        if inner.type is None or not inner.type.is_number:
            raise ProgrammingError(f"Operand data type {inner.type} is invalid for minus operator.", 8117)
        return Typed(f"(-{inner.sql})", inner.type)

    def _value_column(self, node: exp.Expr, scope: Scope) -> Typed:
        table = str(node.text("table"))
        if node.args.get("db"):
            raise NotSupportedError("The emulator knows columns as alias.column only.")
        if not table and not node.this.args.get("quoted"):
            known = self.session(node.name.upper(), [])
            if known is not None and node.name.upper() in {"CURRENT_USER", "SYSTEM_USER", "SESSION_USER", "USER"}:
                return Typed(literal(*known, self.parameters), known[1])
        return scope.find(table, node.name)

    def _value_parameter(self, node: exp.Expr, _scope: Scope) -> Typed:
        value, kind = self.variable(f"@{node.name or node.this}".lower())
        return Typed(literal(value, kind, self.parameters), kind)

    def _value_placeholder(self, _node: exp.Expr, _scope: Scope) -> Typed:
        value, kind = self.variable("?")
        return Typed(literal(value, kind, self.parameters), kind if value is not None else None)

    def _value_cast(self, node: exp.Expr, scope: Scope) -> Typed:
        if not isinstance(node, Cast):
            raise NotSupportedError("The emulator knows casts as CAST and CONVERT only.")
        inner = self.value(node.this, scope)
        kind: SqlType = node.args["to"]
        return Typed(cast(inner.sql, inner.type, kind, bool(node.args.get("safe")), node.args.get("style")), kind)

    def _value_case(self, node: exp.Expr, scope: Scope) -> Typed:
        tested = node.args.get("this")
        branches = []
        for branch in node.args["ifs"]:
            if tested is None:
                condition = self.condition(branch.this, scope)
            else:
                condition = self._compare("=", self.value(tested, scope), self.value(branch.this, scope))
            branches.append((condition, self.value(branch.args["true"], scope)))
        default = node.args.get("default")
        otherwise = self.value(default, scope) if default is not None else Typed("NULL", None)
        return self._choose(branches, otherwise)

    def _choose(self, branches: list[tuple[str, Typed]], otherwise: Typed) -> Typed:
        kind = common([*(value for _, value in branches), otherwise])
        text = " ".join(f"WHEN {condition} THEN {as_type(value, kind)}" for condition, value in branches)
        return Typed(f"(CASE {text} ELSE {as_type(otherwise, kind)} END)", kind)

    def _value_subquery(self, node: exp.Expr, scope: Scope) -> Typed:
        sql, columns = self.subquery(node.this, scope)
        if len(columns) != 1:
            raise ProgrammingError(
                "Only one expression can be specified in the select list when the subquery is not introduced with "
                "EXISTS.",
                116,
            )
        return Typed(f"({sql})", columns[0][1].type)

    def _value_window(self, node: exp.Expr, scope: Scope) -> Typed:
        function = node.this
        name = str(function.this).upper() if isinstance(function, exp.Anonymous) else ""
        if node.args.get("spec"):
            raise NotSupportedError("The emulator does not know ROWS and RANGE of a window.")
        values = [self.value(part, scope) for part in node.args.get("partition_by") or []]
        parts = [f"rtrim({v.sql})" if v.type is not None and v.type.is_text else v.sql for v in values]
        order = node.args.get("order")
        over = f"PARTITION BY {', '.join(parts)} " if parts else ""
        over += f"ORDER BY {self.order(order, scope)}" if order is not None else ""
        if name in RANKINGS:
            if order is None:
                raise ProgrammingError(f"The function '{name}' must have an OVER clause with ORDER BY.", 4112)
            return Typed(f"{RANKINGS[name]}() OVER ({over})", BIGINT)
        if name not in AGGREGATES:
            raise NotSupportedError(f"The emulator does not know the window function {name}.")
        inner = self._aggregate(name, function, scope)
        return Typed(_over(inner.sql, over), inner.type)

    def _value_anonymous(self, node: exp.Expr, scope: Scope) -> Typed:
        name = str(node.this).upper()
        if name in AGGREGATES:
            return self._aggregate(name, node, scope)
        if name == "IIF":
            condition, yes, no = node.expressions
            return self._choose([(self.condition(condition, scope), self.value(yes, scope))], self.value(no, scope))
        values = [self.value(argument, scope) for argument in node.expressions]
        answer = self.session(name, values)
        if answer is not None:
            return Typed(literal(*answer, self.parameters), answer[1])
        if name not in SCALARS:
            raise NotSupportedError(f"The emulator does not know the function {name}.")
        fewest, most, build = SCALARS[name]
        if not fewest <= len(values) <= most:
            raise ProgrammingError(f"The {name.lower()} function requires {fewest} to {most} argument(s).", 174)
        return build(values)

    def _aggregate(self, name: str, node: exp.Expr, scope: Scope) -> Typed:
        arguments = node.expressions
        if len(arguments) != 1:
            raise ProgrammingError(f"The {name.lower()} function requires 1 argument(s).", 174)
        argument = arguments[0]
        if isinstance(argument, exp.Star):
            if name not in {"COUNT", "COUNT_BIG"}:
                raise ProgrammingError("Incorrect syntax near '*'.", 102, 15)
            return AGGREGATES[name](Typed("*", INT))
        if isinstance(argument, exp.Distinct):
            inner = self.value(argument.expressions[0], scope)
            if inner.type is not None and inner.type.is_text:
                inner = Typed(f"rtrim({inner.sql})", inner.type)
            return AGGREGATES[name](Typed(f"DISTINCT {inner.sql}", inner.type))
        return AGGREGATES[name](self.value(argument, scope))

    # --- Conditions ---

    def condition(self, node: exp.Expr, scope: Scope) -> str:
        """A condition; Msg 4145 for a value, which T-SQL keeps apart from conditions."""
        writer = getattr(self, f"_condition_{type(node).__name__.lower()}", None)
        if writer is not None:
            return str(writer(node, scope))
        if type(node).__name__ in _COMPARISONS:
            left, right = self.value(node.this, scope), self.value(node.expression, scope)
            return self._compare(_COMPARISONS[type(node).__name__], left, right)
        if isinstance(node, (exp.Column, exp.Literal, exp.Anonymous, exp.Parameter)):
            raise ProgrammingError(
                "An expression of non-boolean type specified in a context where a condition is expected.", 4145, 15
            )
        raise NotSupportedError(f"The emulator does not know the condition {node.sql(dialect='tsql')[:80]!r}.")

    def _condition_paren(self, node: exp.Expr, scope: Scope) -> str:
        return f"({self.condition(node.this, scope)})"

    def _condition_and(self, node: exp.Expr, scope: Scope) -> str:
        return f"({self.condition(node.this, scope)} AND {self.condition(node.expression, scope)})"

    def _condition_or(self, node: exp.Expr, scope: Scope) -> str:
        return f"({self.condition(node.this, scope)} OR {self.condition(node.expression, scope)})"

    def _condition_not(self, node: exp.Expr, scope: Scope) -> str:
        return f"(NOT {self.condition(node.this, scope)})"

    def _condition_is(self, node: exp.Expr, scope: Scope) -> str:
        if not isinstance(node.expression, exp.Null):
            raise NotSupportedError("The emulator knows IS NULL and IS NOT NULL only.")
        return f"({self.value(node.this, scope).sql} IS NULL)"

    def _condition_exists(self, node: exp.Expr, scope: Scope) -> str:
        query = node.this.this if isinstance(node.this, exp.Subquery) else node.this
        return f"EXISTS ({self.subquery(query, scope)[0]})"

    def _condition_between(self, node: exp.Expr, scope: Scope) -> str:
        value, low, high = (self.value(node.args[name], scope) for name in ("this", "low", "high"))
        return f"({self._compare('>=', value, low)} AND {self._compare('<=', value, high)})"

    def _condition_in(self, node: exp.Expr, scope: Scope) -> str:
        value = self.value(node.this, scope)
        query = node.args.get("query")
        if query is None:
            return "(" + " OR ".join(self._compare("=", value, self.value(v, scope)) for v in node.expressions) + ")"
        sql, columns = self.subquery(query.this if isinstance(query, exp.Subquery) else query, scope)
        if len(columns) != 1:
            raise ProgrammingError("Only one expression can be specified in the select list of IN.", 116)
        inner = Typed("c0", columns[0][1].type)
        kind = common([value, inner])
        left, right = _comparable(value, kind), _comparable(inner, kind)
        return f"({left} IN (SELECT {right} FROM ({sql})))"

    def _condition_like(self, node: exp.Expr, scope: Scope) -> str:
        value, pattern = self.value(node.this, scope), self.value(node.expression, scope)
        if not isinstance(node.expression, (exp.Literal, exp.National)) or "[" in pattern.sql:
            raise NotSupportedError("The emulator knows LIKE with a literal pattern of % and _ only.")
        return f"({as_type(value, NVARCHAR)} ILIKE {pattern.sql})"

    def _compare(self, operator: str, left: Typed, right: Typed) -> str:
        if left.type is None or right.type is None:
            return f"({left.sql} {operator} {right.sql})"
        kind = wider(left.type, right.type)
        return f"({_comparable(left, kind)} {operator} {_comparable(right, kind)})"

    def order(self, node: exp.Expr, scope: Scope) -> str:
        """The list of an ORDER BY within OVER. NULL comes first, as the lowest value."""
        return ", ".join(ordered(self.value(item.this, scope).sql, item) for item in node.expressions)


_COMPARISONS: Mapping[str, str] = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}


def ordered(sql: str, item: exp.Expr) -> str:
    """One entry of an ORDER BY: NULL is the lowest value, whichever way the order goes."""
    return f"{sql} DESC NULLS LAST" if item.args.get("desc") else f"{sql} ASC NULLS FIRST"


def need_no_blanks(value: Typed) -> str:
    """Text that is grouped or told apart: the server takes 'a' and 'a ' for one, DuckDB for two, so a blank at the end
    stops the query. The blanks of char and nchar are the type's own and always as many.
    """
    if value.type is None or value.type.base not in {"varchar", "nvarchar"}:
        return value.sql
    message = "The emulator does not group text that ends in a blank; use RTRIM."
    return f"(CASE WHEN right({value.sql}, 1) = ' ' THEN {raise_error(50000, message)} ELSE {value.sql} END)"


def _comparable(value: Typed, kind: SqlType) -> str:
    """A value as it is compared: of the common type, text without its trailing blanks."""
    sql = as_type(value, kind) if value.type is None or value.type.is_text != kind.is_text else value.sql
    return f"rtrim({sql})" if kind.is_text else sql


def _over(sql: str, over: str) -> str:
    """`OVER` behind the aggregate itself, inside of the casts around it."""
    start = sql.index("(") if not sql.startswith("CAST(") else sql.index("(", len("CAST("))
    if sql.startswith("CAST(trunc("):
        start = sql.index("(", len("CAST(trunc("))
    depth = 0
    for at in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[at], 0)
        if depth == 0:
            return f"{sql[: at + 1]} OVER ({over}){sql[at + 1 :]}"
    raise NotSupportedError("The emulator does not know this window.")
