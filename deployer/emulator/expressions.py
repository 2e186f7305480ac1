"""Values and conditions of T-SQL in DuckDB's SQL, each value with its type. What is not listed is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from deployer.emulator.arithmetic import OPERATORS, invert, join_texts, negate, operate
from deployer.emulator.casts import cast
from deployer.emulator.collations import find_collation
from deployer.emulator.comparisons import compare
from deployer.emulator.conditions import Conditions
from deployer.emulator.dates import DATE_PARTS, read_part
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import quote
from deployer.emulator.functions import SCALARS
from deployer.emulator.known import ABSENT_FUNCTIONS, BARE_FUNCTIONS, SESSION_FUNCTIONS, need_known, shown
from deployer.emulator.syntax import DATABASE, Cast, qualifier
from deployer.emulator.typed import Typed, as_type, common, implicit
from deployer.emulator.types import FLOAT, INT, MAX, VARBINARY_MAX, SqlType
from deployer.emulator.values import Parameters, literal
from deployer.emulator.windows import Calls

if TYPE_CHECKING:
    from deployer.emulator.relations import Relation, Scope


class Expressions(Conditions, Calls):
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
        return replace(typed, sql=scope.groups[typed.sql]) if typed.sql in scope.groups else typed

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
            return Typed(f"CAST({text} AS INTEGER)", INT, False, max(len(text.lstrip("0")), 1))
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
        return Typed(quote(text), kind, False, constant=text)

    def _value_hexstring(self, node: exp.Expr, _scope: Scope) -> Typed:
        digits = str(node.this)
        try:
            content = bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
        except ValueError:
            raise ProgrammingError(f"Incorrect syntax near '0x{digits[:20]}'.", 102, 15) from None
        length = max(1, len(content)) if len(content) <= 8000 else MAX
        return Typed(literal(content, VARBINARY_MAX, self.parameters), SqlType("varbinary", length), False)

    def _value_neg(self, node: exp.Expr, scope: Scope) -> Typed:
        return negate(self.value(node.this, scope))

    def _value_bitwisenot(self, node: exp.Expr, scope: Scope) -> Typed:
        return invert(self.value(node.this, scope))

    def _value_collate(self, node: exp.Expr, scope: Scope) -> Typed:
        inner = self.value(node.this, scope)
        if inner.type is None or not inner.type.is_text:
            raise ProgrammingError(f"Expression type {inner.type or 'NULL'} is invalid for COLLATE clause.", 447)
        return replace(inner, type=replace(inner.type, collation=find_collation(str(node.expression.name))))

    def _value_column(self, node: exp.Expr, scope: Scope) -> Typed:
        table = qualifier(node)
        if isinstance(node.this, exp.Literal):
            raise NotSupportedError(f"The emulator does not know the constant {shown(node)!r}; write CAST(… AS money).")
        if node.args.get("catalog") is not None and node.text("catalog").lower() != DATABASE:
            raise NotSupportedError("Cross-database names are not supported in a dedicated SQL pool.", 104)
        if not table and not node.this.args.get("quoted") and node.name.upper() in BARE_FUNCTIONS:
            return self._value_anonymous(exp.Anonymous(this=node.name), scope)
        return scope.find(table, node.name, node.text("db"))

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
        if kind.is_text and inner.type is not None and inner.type.is_text:
            kind = replace(kind, collation=inner.type.collation)
        return Typed(cast(inner.sql, inner.type, kind, bool(node.args.get("safe")), node.args.get("style")), kind)

    def _value_case(self, node: exp.Expr, scope: Scope) -> Typed:
        tested = node.args.get("this")
        branches = []
        for branch in node.args["ifs"]:
            if tested is None:
                condition = self.condition(branch.this, scope)
            else:
                condition = compare("=", self.value(tested, scope), self.value(branch.this, scope))
            branches.append((condition, self.value(branch.args["true"], scope)))
        default = node.args.get("default")
        otherwise = self.value(default, scope) if default is not None else Typed("NULL", None)
        return self._choose(branches, otherwise)

    def _choose(self, branches: list[tuple[str, Typed]], otherwise: Typed) -> Typed:
        kind = common([*(value for _, value in branches), otherwise])
        text = " ".join(f"WHEN {condition} THEN {implicit(value, kind)}" for condition, value in branches)
        return Typed(f"(CASE {text} ELSE {implicit(otherwise, kind)} END)", kind)

    def _value_subquery(self, node: exp.Expr, scope: Scope) -> Typed:
        relation = self.subquery(node.this, scope)
        if len(relation.columns) != 1:
            raise ProgrammingError(
                "Only one expression can be specified in the select list when the subquery is not introduced with "
                "EXISTS.",
                116,
            )
        return Typed(f"({relation.sql})", relation.columns[0][1].type)

    def _value_anonymous(self, node: exp.Expr, scope: Scope) -> Typed:
        name = str(node.this).upper()
        found = self.call(name, node, scope)
        if found is not None:
            return found
        if name in DATE_PARTS:
            count, build, _ = DATE_PARTS[name]
            _need_count(name, len(node.expressions), count, count)
            part = node.expressions[0]
            if not isinstance(part, exp.Column) or part.table:
                raise ProgrammingError(f"Invalid parameter 1 specified for {name.lower()}.", 1023, 15)
            return build(read_part(name, part.name), [self.value(item, scope) for item in node.expressions[1:]])
        if name == "IIF":
            _need_count(name, len(node.expressions), 3, 3)
            condition, yes, no = node.expressions
            return self._choose([(self.condition(condition, scope), self.value(yes, scope))], self.value(no, scope))
        if name in ABSENT_FUNCTIONS:
            raise NotSupportedError(f"{name} is not supported in a dedicated SQL pool.", 104)
        if name == "CHOOSE":
            _need_count(name, len(node.expressions), 2, 255)
            index, *values = (self.value(item, scope) for item in node.expressions)
            place = as_type(index, INT)
            branches = [(f"({place} = {number})", value) for number, value in enumerate(values, start=1)]
            return self._choose(branches, Typed("NULL", None))
        if name not in SCALARS and name not in SESSION_FUNCTIONS:
            raise NotSupportedError(f"The emulator does not know the function {name}.")
        fewest, most = SESSION_FUNCTIONS[name] if name in SESSION_FUNCTIONS else SCALARS[name][:2]
        _need_count(name, len(node.expressions), fewest, most)
        values = [self.value(argument, scope) for argument in node.expressions]
        if name in SCALARS:
            return SCALARS[name][2](values)
        answer, kind = self.session(name, values)
        return Typed(literal(answer, kind, self.parameters), kind)


def _need_count(name: str, given: int, fewest: int, most: int) -> None:
    if not fewest <= given <= most:
        wanted = fewest if fewest == most else f"{fewest} to {most}"
        raise ProgrammingError(f"The {name.lower()} function requires {wanted} argument(s).", 174, 15)
