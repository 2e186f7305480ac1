"""Values and conditions of T-SQL in DuckDB's SQL, each value with its type. What is not listed is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from deployer.emulator.aggregates import AGGREGATES, RANKINGS, Aggregate, argument
from deployer.emulator.casts import cast, once, quote
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.functions import OPERATORS, SCALARS, Typed, as_type, common, join_texts, operate
from deployer.emulator.known import ABSENT_FUNCTIONS, BARE_FUNCTIONS, SESSION_FUNCTIONS, need_known, shown
from deployer.emulator.syntax import Cast, qualifier
from deployer.emulator.types import BIGINT, FLOAT, INT, MAX, NVARCHAR, VARBINARY_MAX, SqlType, wider
from deployer.emulator.values import Parameters, literal

if TYPE_CHECKING:
    from deployer.emulator.relations import Relation, Scope


class Expressions:
    """Writes the expressions of one statement. Queries within are handed to `subquery`, session values to `session`."""

    def __init__(
        self,
        subquery: Callable[[exp.Expr, Scope], Relation],
        session: Callable[[str, list[Typed]], tuple[object, SqlType]],
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
        if isinstance(node, (exp.Predicate, exp.Connector, exp.Not)) and not isinstance(node, exp.Subquery):
            raise ProgrammingError("An expression of non-boolean type was expected: a condition is no value.", 102, 15)
        need_known(node)
        name = type(node).__name__
        if name in OPERATORS:
            typed = self._operation(node, scope)
        else:
            writer = getattr(self, f"_value_{name.lower()}", None)
            if writer is None:
                raise NotSupportedError(f"The emulator does not know the expression {shown(node)!r}.")
            typed = writer(node, scope)
        return self.grouped(typed, scope)

    def grouped(self, typed: Typed, scope: Scope) -> Typed:
        """The value, or where the query is grouped by this text, one of the group's spellings."""
        return replace(typed, sql=f"min({typed.sql})") if typed.sql in scope.groups else typed

    def _operation(self, node: exp.Expr, scope: Scope) -> Typed:
        """Arithmetic. A chain of one operator leans to the left, deeper than Python may call: text in many parts."""
        right = []
        while type(node).__name__ in OPERATORS:
            need_known(node)
            right.append((OPERATORS[type(node).__name__], node.expression))
            node = node.this
        first = self.value(node, scope)
        rest = [(operator, self.value(operand, scope)) for operator, operand in reversed(right)]
        values = [first, *(value for _, value in rest)]
        if len(rest) > 1 and all(
            operator == "+" and value.type is not None and value.type.is_text
            for operator, value in [("+", first), *rest]
        ):
            return join_texts(values)
        for operator, value in rest:
            first = operate(operator, first, value)
        return first

    def _value_paren(self, node: exp.Expr, scope: Scope) -> Typed:
        inner = self.value(node.this, scope)
        return replace(inner, sql=f"({inner.sql})")

    def _value_alias(self, node: exp.Expr, scope: Scope) -> Typed:
        return self.value(node.this, scope)

    def _value_null(self, _node: exp.Expr, _scope: Scope) -> Typed:
        return Typed("NULL", None)

    def _value_literal(self, node: exp.Expr, _scope: Scope) -> Typed:
        text = str(node.this)
        if node.is_string:
            try:
                length = len(text.encode("cp1252"))
            except UnicodeEncodeError:
                raise NotSupportedError(
                    f"The literal {text[:40]!r} holds characters that code page 1252 lacks; write N'…'."
                ) from None
            return self._text(text, SqlType("varchar", max(1, length) if length <= 8000 else MAX))
        if "e" in text.lower():
            if float(text) - float(text) != 0:
                raise ProgrammingError(f"The floating point value '{text}' is out of the range of float.", 168, 15)
            return Typed(f"CAST('{text}' AS DOUBLE)", FLOAT, False)
        if text.isdigit() and int(text) < 2**31:
            return Typed(f"CAST({text} AS INTEGER)", INT, False)
        # A whole number that is no int is numeric(n, 0), not bigint: learn.microsoft.com, constants.
        whole, _, fraction = text.partition(".")
        digits = max(len(whole.lstrip("0")) + len(fraction), 1)
        if digits > 38:
            raise ProgrammingError(
                f"The number '{text}' is out of the range for numeric representation (maximum precision 38).", 1007, 15
            )
        kind = SqlType("decimal", None, digits, len(fraction))
        return Typed(f"CAST({quote(text)} AS {kind.duckdb})", kind, False)

    def _value_national(self, node: exp.Expr, _scope: Scope) -> Typed:
        text = str(node.this)
        length = len(text.encode("utf-16-le")) // 2
        return self._text(text, SqlType("nvarchar", max(1, length) if length <= 4000 else MAX))

    def _text(self, text: str, kind: SqlType) -> Typed:
        if "\\\n" in text or "\\\r\n" in text:
            # It continues the line in SQL Server; the pool is not listed there (learn.microsoft.com: Backslash).
            raise NotSupportedError(
                "A backslash at the end of a line of a literal means one thing here, another there."
            )
        return Typed(quote(text), kind, False)

    def _value_hexstring(self, node: exp.Expr, _scope: Scope) -> Typed:
        digits = str(node.this)
        try:
            content = bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
        except ValueError:
            raise ProgrammingError(f"Incorrect syntax near '0x{digits[:20]}'.", 102, 15) from None
        length = max(1, len(content)) if len(content) <= 8000 else MAX
        return Typed(literal(content, VARBINARY_MAX, self.parameters), SqlType("varbinary", length), False)

    def _value_neg(self, node: exp.Expr, scope: Scope) -> Typed:
        inner = self.value(node.this, scope)
        if inner.type is None or not inner.type.is_number:
            raise ProgrammingError(f"Operand data type {inner.type} is invalid for minus operator.", 8117)
        kind = SqlType("smallint") if inner.type.base == "tinyint" else inner.type
        return Typed(f"(-{as_type(inner, kind)})", kind, inner.nullable)

    def _value_column(self, node: exp.Expr, scope: Scope) -> Typed:
        table = qualifier(node)
        if node.args.get("db"):
            raise NotSupportedError("The emulator knows columns as alias.column only.")
        if not table and not node.this.args.get("quoted") and node.name.upper() in BARE_FUNCTIONS:
            return self._value_anonymous(exp.Anonymous(this=node.name), scope)
        return scope.find(table, node.name)

    def _value_parameter(self, node: exp.Expr, _scope: Scope) -> Typed:
        value, kind = self.variable(f"@{node.name or node.this}".lower())
        return Typed(literal(value, kind, self.parameters), kind)

    def _value_placeholder(self, node: exp.Expr, _scope: Scope) -> Typed:
        value, kind = self.variable(f"?{node.this}")
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
        relation = self.subquery(node.this, scope)
        if len(relation.columns) != 1:
            raise ProgrammingError(
                "Only one expression can be specified in the select list when the subquery is not introduced with "
                "EXISTS.",
                116,
            )
        return Typed(f"({relation.sql})", relation.columns[0][1].type)

    def _value_window(self, node: exp.Expr, scope: Scope) -> Typed:
        if node.args.get("spec"):
            raise NotSupportedError("The emulator does not know ROWS and RANGE of a window.")
        function = node.this
        name = str(function.this).upper() if isinstance(function, exp.Anonymous) else ""
        parts = [sort_key(self.value(part, scope)) for part in node.args.get("partition_by") or []]
        order = node.args.get("order")
        over = f"PARTITION BY {', '.join(parts)} " if parts else ""
        if order is not None:
            keys = (ordered(sort_key(self.value(item.this, scope)), item) for item in order.expressions)
            over += f"ORDER BY {', '.join(keys)}"
        if name in RANKINGS:
            if order is None:
                raise ProgrammingError(f"The function '{name}' must have an OVER clause with ORDER BY.", 4112)
            return Typed(f"{RANKINGS[name]}() OVER ({over})", BIGINT)
        if name not in AGGREGATES:
            raise NotSupportedError(f"The emulator does not know the window function {name}.")
        if any(isinstance(inner, exp.Distinct) for inner in function.expressions):
            raise ProgrammingError("Use of DISTINCT is not allowed with the OVER clause.", 10759, 15)
        return self._aggregate(name, function, scope).write(over)

    def _value_anonymous(self, node: exp.Expr, scope: Scope) -> Typed:
        name = str(node.this).upper()
        if name in AGGREGATES:
            return self._aggregate(name, node, replace(scope, groups=frozenset())).write()
        if name in RANKINGS:
            raise ProgrammingError(f"The function '{name}' must have an OVER clause.", 10753, 15)
        if name == "IIF":
            if len(node.expressions) != 3:
                raise ProgrammingError("The iif function requires 3 argument(s).", 174, 15)
            condition, yes, no = node.expressions
            return self._choose([(self.condition(condition, scope), self.value(yes, scope))], self.value(no, scope))
        if name in ABSENT_FUNCTIONS:
            raise NotSupportedError(f"{name} is not supported in a dedicated SQL pool.", 104)
        if name not in SCALARS and name not in SESSION_FUNCTIONS:
            raise NotSupportedError(f"The emulator does not know the function {name}.")
        fewest, most = SESSION_FUNCTIONS[name] if name in SESSION_FUNCTIONS else SCALARS[name][:2]
        if not fewest <= len(node.expressions) <= most:
            wanted = fewest if fewest == most else f"{fewest} to {most}"
            raise ProgrammingError(f"The {name.lower()} function requires {wanted} argument(s).", 174, 15)
        values = [self.value(argument, scope) for argument in node.expressions]
        if name in SCALARS:
            return SCALARS[name][2](values)
        answer, kind = self.session(name, values)
        return Typed(literal(answer, kind, self.parameters), kind)

    def _aggregate(self, name: str, node: exp.Expr, scope: Scope) -> Aggregate:
        arguments = node.expressions
        if len(arguments) != 1:
            raise ProgrammingError(f"The {name.lower()} function requires 1 argument(s).", 174, 15)
        inner = arguments[0]
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

    # --- Conditions ---

    def condition(self, node: exp.Expr, scope: Scope) -> str:
        """A condition; Msg 4145 for a value, which T-SQL keeps apart from conditions."""
        if isinstance(node, (exp.Column, exp.Literal, exp.Anonymous, exp.Parameter)):
            raise ProgrammingError(
                "An expression of non-boolean type specified in a context where a condition is expected.", 4145, 15
            )
        need_known(node)
        name = type(node).__name__
        if name in _COMPARISONS:
            sides = (node.this, node.expression)
            if any(isinstance(side, (exp.Any, exp.All)) for side in sides):
                raise NotSupportedError("The emulator does not know ANY, SOME and ALL.")
            return self._compare(_COMPARISONS[name], *(self.value(side, scope) for side in sides))
        writer = getattr(self, f"_condition_{name.lower()}", None)
        if writer is None:
            raise NotSupportedError(f"The emulator does not know the condition {shown(node)!r}.")
        return f"(NOT {writer(node, scope)})" if node.args.get("negate") else str(writer(node, scope))

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
        return f"EXISTS ({self.subquery(query, scope).sql})"

    def _condition_between(self, node: exp.Expr, scope: Scope) -> str:
        value, low, high = (self.value(node.args[name], scope) for name in ("this", "low", "high"))
        return f"({self._compare('>=', value, low)} AND {self._compare('<=', value, high)})"

    def _condition_in(self, node: exp.Expr, scope: Scope) -> str:
        value = self.value(node.this, scope)
        query = node.args.get("query")
        if query is None:
            return "(" + " OR ".join(self._compare("=", value, self.value(v, scope)) for v in node.expressions) + ")"
        relation = self.subquery(query.this if isinstance(query, exp.Subquery) else query, scope)
        if len(relation.columns) != 1:
            raise ProgrammingError("Only one expression can be specified in the select list of IN.", 116)
        inner = Typed("c0", relation.columns[0][1].type)
        kind = common([value, inner])
        left, right = _comparable(value, kind), _comparable(inner, kind)
        return f"({left} IN (SELECT {right} FROM ({relation.sql})))"

    def _condition_like(self, node: exp.Expr, scope: Scope) -> str:
        value, pattern = self.value(node.this, scope), self.value(node.expression, scope)
        if not isinstance(node.expression, (exp.Literal, exp.National)) or pattern.type is None or "[" in pattern.sql:
            raise NotSupportedError("The emulator knows LIKE with a literal pattern of % and _ only.")
        text = as_type(value, NVARCHAR) if value.type is None or not value.type.is_text else value.sql
        like = f"v ILIKE {pattern.sql}"
        if not pattern.type.is_national and not (value.type is not None and value.type.is_national):
            # In varchar, blanks at the value's end may be there or not: learn.microsoft.com, LIKE.
            like += f" OR rtrim(v) ILIKE {pattern.sql}"
        return f"({once(text, like)})"

    def _compare(self, operator: str, left: Typed, right: Typed) -> str:
        if left.type is None or right.type is None:
            # Nothing is equal to NULL, nor different from it.
            return "CAST(NULL AS BOOLEAN)"
        kind = wider(left.type, right.type)
        return f"({_comparable(left, kind)} {operator} {_comparable(right, kind)})"


_COMPARISONS: Mapping[str, str] = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}


def ordered(sql: str, item: exp.Expr) -> str:
    """One entry of an ORDER BY: NULL is the lowest value, whichever way the order goes."""
    need_known(item)
    return f"{sql} DESC NULLS LAST" if item.args.get("desc") else f"{sql} ASC NULLS FIRST"


def sort_key(value: Typed) -> str:
    """A value as it is grouped and ordered by: text without its trailing blanks."""
    return f"rtrim({value.sql})" if value.type is not None and value.type.is_text else value.sql


def _comparable(value: Typed, kind: SqlType) -> str:
    """A value as it is compared: of the common type, text without its trailing blanks."""
    sql = as_type(value, kind) if value.type is None or value.type.is_text != kind.is_text else value.sql
    return f"rtrim({sql})" if kind.is_text else sql
