"""Queries of T-SQL in DuckDB's SQL: sources, joins, grouping, order, and PREDICT in its place as a relation.

Every derived relation names its columns `c0`, `c1`, …, so that names which T-SQL allows and DuckDB does not (none at
all, or the same twice) never reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

from sqlglot import exp

from deployer.emulator.comparisons import order_key, ordered, sort_key
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.expressions import Expressions
from deployer.emulator.fragments import once, raise_error
from deployer.emulator.known import BARE_FUNCTIONS, need_known
from deployer.emulator.relations import Relation, Scope
from deployer.emulator.sources import Environment, Sources
from deployer.emulator.syntax import qualifier
from deployer.emulator.typed import Typed, as_type
from deployer.emulator.types import INT, SqlColumn, wider
from deployer.emulator.values import Parameters

MAX_NESTING = 32
"""Views within views (learn.microsoft.com: 32 levels of nesting)."""


class Translator(Sources):
    """Translates one statement; `parameters` are bound when it runs."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.parameters = Parameters()
        self.expressions = Expressions(self._subquery, environment.answer, environment.variable, self.parameters)
        self.count = 0

    def query(
        self, node: exp.Expr, ordered_result: bool = False, ctes: Mapping[str, Relation] | None = None
    ) -> Relation:
        """A whole query. Only a result that goes to the client may be ordered without TOP.

        `ctes` are relations that the query may name, by their names in lower case.
        """
        return self._query(node, Scope(ctes=ctes or {}), ordered_result)

    def _subquery(self, node: exp.Expr, scope: Scope) -> Relation:
        return self._query(node, scope.inner())

    # --- Queries ---

    def _query(self, node: exp.Expr, around: Scope, ordered_result: bool = False) -> Relation:
        if around.depth > MAX_NESTING:
            raise ProgrammingError(f"Views are nested deeper than {MAX_NESTING} levels.", 217)
        if node.args.get("order") is not None and not ordered_result and node.args.get("limit") is None:
            raise ProgrammingError(
                "The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common "
                "table expressions, unless TOP, OFFSET or FOR XML is also specified.",
                1033,
                15,
            )
        _need_options(node)
        around = self._with(node, around)
        if isinstance(node, exp.Subquery):
            need_known(node, frozenset(["this", "with_"]))
            return self._query(node.this, around, ordered_result)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, around)
        if isinstance(node, exp.Select):
            return self._select(node, around)
        raise NotSupportedError(f"The emulator does not know the query {type(node).__name__}.")

    def _set_operation(self, node: exp.SetOperation, around: Scope) -> Relation:
        arms = [self._query(arm, around) for arm in _arms(node)]
        if len({len(arm.columns) for arm in arms}) > 1:
            raise ProgrammingError(
                "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of "
                "expressions in their target lists.",
                205,
            )
        columns = tuple(
            (name, _united([arm.columns[i][1] for arm in arms])) for i, (name, _) in enumerate(arms[0].columns)
        )
        texts = []
        for arm in arms:
            pairs = zip(arm.columns, columns, strict=True)
            listed = (
                f"{as_type(Typed(inner, None if own.is_null else own.type), c.type)} AS {name}"
                for (inner, own), (name, c) in pairs
            )
            texts.append(f"SELECT {', '.join(listed)} FROM ({arm.sql})")
        if isinstance(node, exp.Union):
            sql = " UNION ALL ".join(texts)
        else:
            same_row = " AND ".join(
                f"{sort_key(Typed(f'l.{name}', c.type))} IS NOT DISTINCT FROM {sort_key(Typed(f'r.{name}', c.type))}"
                for name, c in columns
            )
            word = "NOT EXISTS" if isinstance(node, exp.Except) else "EXISTS"
            sql = f"SELECT * FROM ({texts[0]}) AS l WHERE {word} (SELECT 1 FROM ({texts[1]}) AS r WHERE {same_row})"
        if node.args.get("distinct"):
            sql = _distinct(sql, [sort_key(Typed(name, column.type)) for name, column in columns])
        order = node.args.get("order")
        if order is not None:
            places = [(column.name, Typed(name, column.type)) for name, column in columns]
            sql = f"SELECT * FROM ({sql}) ORDER BY {', '.join(_place(item, places) for item in order.expressions)}"
        return Relation(sql, columns)

    def _select(self, node: exp.Select, around: Scope) -> Relation:
        need_known(node, _SELECT_PARTS)
        if not node.expressions:
            raise ProgrammingError("Incorrect syntax near 'SELECT'.", 102, 15)
        scope, tables = self._from(node, around)
        write = self.expressions
        grouping = ""
        where = f" WHERE {write.condition(node.args['where'].this, scope)}" if node.args.get("where") else ""
        if node.args.get("group"):
            scope, grouping = self._group(node.args["group"], scope)
        projections = self._projections(node, scope)
        results = [(name, replace(typed, sql=f"c{i}")) for i, (name, typed) in enumerate(projections)]
        listed = ", ".join(f"{typed.sql} AS c{i}" for i, (_, typed) in enumerate(projections))
        sql = f"SELECT {listed}{f' FROM {tables}' if tables else ''}{where}{grouping}"
        if node.args.get("having"):
            sql += f" HAVING {write.condition(node.args['having'].this, scope)}"
        distinct = node.args.get("distinct")
        if distinct is not None:
            need_known(distinct, frozenset())
            sql = _distinct(sql, [sort_key(typed) for _, typed in results])
        order = ""
        if node.args.get("order"):
            # Beside the sources, `c0` within an expression may be theirs; above a DISTINCT it is the result's.
            places = results if distinct is not None else projections
            entries = (
                self._order(item, scope, projections, places, distinct is not None)
                for item in node.args["order"].expressions
            )
            order = f" ORDER BY {', '.join(entries)}"
        if node.args.get("limit"):
            count, ties = self._top(node.args["limit"], scope)
            if ties and not order:
                raise ProgrammingError(
                    "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.", 1062, 15
                )
            if distinct is not None:
                sql = f"SELECT * FROM ({sql})"
            order = f" QUALIFY rank() OVER ({order}) <= {count}{order}" if ties else f"{order} LIMIT {count}"
        sql += order
        columns = tuple(
            (typed.sql, SqlColumn(name, typed.type or INT, typed.nullable, typed.type is None))
            for name, typed in results
        )
        return Relation(sql, columns)

    def _group(self, group: exp.Expr, scope: Scope) -> tuple[Scope, str]:
        """The scope within the groups, and the clause. ROLLUP is the one grouping set that the pool documents."""
        need_known(group, frozenset(["expressions"]))
        spellings: dict[str, str] = {}
        entries = []
        for item in group.expressions:
            rolled = isinstance(item, exp.Rollup)
            keys = [self._group_key(key, scope) for key in (item.expressions if rolled else [item])]
            for key in keys:
                if sort_key(key) != key.sql:
                    spelling = f"min({key.sql})"
                    # In the rows of a subtotal the key is NULL, not one of its spellings.
                    spellings[key.sql] = (
                        f"CASE WHEN grouping({sort_key(key)}) = 0 THEN {spelling} END" if rolled else spelling
                    )
            texts = ", ".join(map(sort_key, keys))
            entries.append(f"ROLLUP ({texts})" if rolled else texts)
        return replace(scope, groups=spellings), f" GROUP BY {', '.join(entries)}"

    def _group_key(self, item: exp.Expr, scope: Scope) -> Typed:
        if isinstance(item, (exp.Cube, exp.GroupingSets)):
            # learn.microsoft.com, GROUP BY: the pool's syntax has ROLLUP and neither of these.
            raise NotSupportedError("CUBE and GROUPING SETS are not supported in a dedicated SQL pool.", 104)
        if item.find(exp.Column) is None:
            raise ProgrammingError(
                "Each GROUP BY expression must contain at least one column that is not an outer reference.", 164, 15
            )
        return self.expressions.value(item, scope)

    def _projections(self, node: exp.Select, scope: Scope) -> list[tuple[str, Typed]]:
        found: list[tuple[str, Typed]] = []
        for item in node.expressions:
            star = item.this if isinstance(item, exp.Column) else item
            if not isinstance(star, exp.Star):
                found.append((_name_of(item), self.expressions.value(item, scope)))
                continue
            need_known(star)
            table = qualifier(item) if isinstance(item, exp.Column) else ""
            sources = [s for s in scope.sources if s.is_called(table, item.text("db"))]
            if not sources:
                raise ProgrammingError("Must specify table to select from.", 263)
            found += [
                (name, self.expressions.grouped(typed, scope))
                for source in sources
                for name, typed in source.columns.values()
            ]
        return found

    def _order(
        self,
        item: exp.Expr,
        scope: Scope,
        projections: list[tuple[str, Typed]],
        places: list[tuple[str, Typed]],
        distinct: bool,
    ) -> str:
        """One entry of an ORDER BY: a column of the result by its name or number, or else any expression."""
        key = item.this
        named = isinstance(key, exp.Column) and not key.table and key.name.lower() in {n.lower() for n, _ in places}
        if named or (isinstance(key, exp.Literal) and not key.is_string):
            return _place(item, places)
        typed = self.expressions.value(key, scope)
        if distinct:
            same = [place for (_, one), (_, place) in zip(projections, places, strict=True) if one == typed]
            if not same:
                raise ProgrammingError(
                    "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.", 145, 15
                )
            typed = same[0]
        return ordered(order_key(typed), item)

    def _top(self, limit: exp.Expr, scope: Scope) -> tuple[str, bool]:
        """How many rows, and whether those that tie with the last come along."""
        # TOP parses as LIMIT; OFFSET … FETCH, which the pool lacks, as Fetch or Offset.
        if not isinstance(limit, exp.Limit):
            raise NotSupportedError("OFFSET and FETCH are not supported in a dedicated SQL pool.", 104)
        need_known(limit, frozenset(["expression", "limit_options"]))
        options = limit.args.get("limit_options")
        if options is not None and options.args.get("percent"):
            # learn.microsoft.com, TOP: the pool's syntax has no PERCENT.
            raise NotSupportedError("TOP … PERCENT is not supported in a dedicated SQL pool.", 104)
        count = self.expressions.value(limit.expression, scope)
        if count.type is None or not count.type.is_integer:
            raise ProgrammingError(
                "The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.",
                1060,
                15,
            )
        fail = raise_error(127, "A TOP N or FETCH rowcount value may not be negative.")
        plain = count.digits is not None and "-" not in count.sql
        rows = count.sql if plain else once(count.sql, f"CASE WHEN v < 0 THEN {fail} ELSE v END")
        return f"({rows})", bool(options is not None and options.args.get("with_ties"))


_SELECT_PARTS = frozenset(
    ["with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "distinct", "options"]
)


_HINTS = frozenset(["LABEL", "HASH JOIN", "LOOP JOIN", "MERGE JOIN", "FORCE ORDER"])
"""What OPTION takes in the pool and what changes no answer (learn.microsoft.com: OPTION clause)."""


def _need_options(node: exp.Expr) -> None:
    for option in node.args.get("options") or []:
        if option.name.upper() not in _HINTS:
            raise NotSupportedError(f"The emulator does not know OPTION ({option.name}).")


def _united(same: list[SqlColumn]) -> SqlColumn:
    """The column that a set operation makes of one column of each arm, with the first one's name."""
    kinds = [column.type for column in same if not column.is_null]
    kind = reduce(wider, kinds) if kinds else INT
    return SqlColumn(same[0].name, kind, any(column.nullable for column in same), not kinds)


def _arms(node: exp.SetOperation) -> list[exp.Expr]:
    """The queries of a set operation: two, or all of a chain of UNION ALL, one within the other."""
    arms = []
    inner: exp.Expr = node
    while True:
        need_known(inner, frozenset(["this", "expression", "distinct", "order", "with_", "options"]))
        arms.append(inner.expression)
        inner = inner.this
        chained = isinstance(node, exp.Union) and isinstance(inner, exp.Union) and not node.args.get("distinct")
        if not chained or any(inner.args.get(part) for part in ("distinct", "order", "with_")):
            return [inner, *reversed(arms)]


def _distinct(sql: str, keys: list[str]) -> str:
    """One row of those whose keys are the same: text may differ by case and trailing blanks."""
    return f"SELECT DISTINCT ON ({', '.join(keys)}) * FROM ({sql})"


def _name_of(item: exp.Expr) -> str:
    if isinstance(item, exp.Alias):
        return str(item.alias)
    bare = isinstance(item, exp.Column) and not item.this.args.get("quoted") and item.name.upper() in BARE_FUNCTIONS
    return str(item.name) if isinstance(item, exp.Column) and not bare else ""


def _place(item: exp.Expr, places: list[tuple[str, Typed]]) -> str:
    """An entry of an ORDER BY that names a column of the result, or gives its number."""
    key = item.this
    if isinstance(key, exp.Literal) and not key.is_string:
        if not str(key.this).isdigit() or not 1 <= int(key.this) <= len(places):
            raise ProgrammingError(f"The ORDER BY position number {key.this} is out of range.", 108, 15)
        return ordered(order_key(places[int(key.this) - 1][1]), item)
    named = [typed for name, typed in places if isinstance(key, exp.Column) and name.lower() == key.name.lower()]
    if not named:
        raise ProgrammingError(
            "ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT "
            "operator.",
            104,
        )
    if len({typed.type for typed in named}) > 1:
        raise ProgrammingError(f"Ambiguous column name '{key.name}'.", 209)
    return ordered(order_key(named[0]), item)
