"""Conditions of T-SQL, which are no values: comparisons, IN, LIKE, EXISTS and what joins them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from deployer.emulator.comparisons import COMPARISONS, comparable, compare
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import once, quote
from deployer.emulator.known import need_known, shown
from deployer.emulator.routines import Stop, like_pattern
from deployer.emulator.texts import text_of
from deployer.emulator.typed import Typed, common

if TYPE_CHECKING:
    from deployer.emulator.relations import Relation, Scope


class Conditions:
    """Writes conditions; the values within are written by the class that is made of this one."""

    subquery: Callable[[exp.Expr, Scope], Relation]

    @abstractmethod
    def value(self, node: exp.Expr, scope: Scope) -> Typed:
        """A value."""

    def condition(self, node: exp.Expr, scope: Scope) -> str:
        """A condition; Msg 4145 for a value, which T-SQL keeps apart from conditions."""
        if isinstance(node, (exp.Column, exp.Literal, exp.Anonymous, exp.Parameter)):
            raise ProgrammingError(
                "An expression of non-boolean type specified in a context where a condition is expected.", 4145, 15
            )
        need_known(node)
        name = type(node).__name__
        if name in COMPARISONS:
            return self._comparison(COMPARISONS[name], node, scope)
        writer = getattr(self, f"_condition_{name.lower()}", None)
        if writer is None:
            raise NotSupportedError(f"The emulator does not know the condition {shown(node)!r}.")
        return f"(NOT {writer(node, scope)})" if node.args.get("negate") else str(writer(node, scope))

    def _comparison(self, operator: str, node: exp.Expr, scope: Scope) -> str:
        left, right = node.this, node.expression
        if isinstance(left, (exp.Any, exp.All)):
            raise ProgrammingError("Incorrect syntax near the keyword 'ANY' or 'ALL'.", 156, 15)
        if not isinstance(right, (exp.Any, exp.All)):
            return compare(operator, self.value(left, scope), self.value(right, scope))
        query = right.this.this if isinstance(right.this, (exp.Subquery, exp.Paren)) else right.this
        relation, inner = self._one_column(query, scope)
        value = self.value(left, scope)
        held = compare(operator, value, inner)
        if isinstance(right, exp.Any):
            return f"(SELECT bool_or({held}) OR (bool_or({held} IS NULL) AND NULL) FROM ({relation.sql}))"
        # Over no rows ALL holds and ANY does not; a comparison that is unknown leaves the whole unknown.
        known = f"NOT coalesce(bool_or({held} IS NULL), false) OR NULL"
        return f"(SELECT coalesce(bool_and({held}), true) AND ({known}) FROM ({relation.sql}))"

    def _one_column(self, query: exp.Expr, scope: Scope) -> tuple[Relation, Typed]:
        relation = self.subquery(query, scope)
        if len(relation.columns) != 1:
            raise ProgrammingError(
                "Only one expression can be specified in the select list when the subquery is not introduced with "
                "EXISTS.",
                116,
            )
        return relation, Typed(relation.columns[0][0], relation.columns[0][1].type)

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
        return f"({compare('>=', value, low)} AND {compare('<=', value, high)})"

    def _condition_in(self, node: exp.Expr, scope: Scope) -> str:
        value = self.value(node.this, scope)
        query = node.args.get("query")
        if query is None:
            return "(" + " OR ".join(compare("=", value, self.value(v, scope)) for v in node.expressions) + ")"
        relation, inner = self._one_column(query.this if isinstance(query, exp.Subquery) else query, scope)
        kind = common([value, inner])
        return f"({comparable(value, kind)} IN (SELECT {comparable(inner, kind)} FROM ({relation.sql})))"

    def _condition_escape(self, node: exp.Expr, scope: Scope) -> str:
        mark = node.expression
        if not isinstance(node.this, exp.Like) or not isinstance(mark, exp.Literal) or len(str(mark.this)) != 1:
            raise NotSupportedError("The emulator knows ESCAPE with one constant character only.")
        need_known(node.this)
        written = self._like(node.this, scope, str(mark.this))
        return f"(NOT {written})" if node.this.args.get("negate") else written

    def _condition_like(self, node: exp.Expr, scope: Scope) -> str:
        return self._like(node, scope, "")

    def _like(self, node: exp.Expr, scope: Scope, escape: str) -> str:
        value, pattern = self.value(node.this, scope), self.value(node.expression, scope)
        if value.type is None or pattern.type is None:
            return "CAST(NULL AS BOOLEAN)"
        cased = value.type.is_cased or pattern.type.is_cased
        if pattern.constant is not None:
            fits = _fits_constant(pattern.constant, escape, cased)
        else:
            written = f"tsql_like({{}}, {text_of(pattern)}, {quote(escape)}, {str(cased).lower()})"
            fits = written.format
        like = fits("v")
        if not pattern.type.is_national and not value.type.is_national:
            # In varchar, blanks at the value's end may be there or not: learn.microsoft.com, LIKE.
            like += f" OR {fits('rtrim(v)')}"
        return f"({once(text_of(value), like)})"


def _fits_constant(pattern: str, escape: str, cased: bool) -> Callable[[str], str]:
    """Whether a text fits a pattern that is known: as DuckDB's LIKE where it means the same, else as an expression."""
    try:
        expression = like_pattern(pattern, escape)
    except Stop as stop:
        raise NotSupportedError(str(stop).partition(": ")[2]) from None
    if not escape and "[" not in pattern and "\\" not in pattern and not cased:
        return lambda text: f"{text} ILIKE {quote(pattern)}"
    flags = "(?s)" if cased else "(?is)"
    return lambda text: f"regexp_full_match({text}, {quote(flags + expression)})"
