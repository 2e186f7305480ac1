"""Queries of T-SQL in DuckDB's SQL: sources, joins, grouping, order, and PREDICT in its place as a relation.

Every derived relation names its columns `c0`, `c1`, …, so that names which T-SQL allows and DuckDB does not (none at
all, or the same twice) never reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import Protocol

from sqlglot import exp

from deployer.emulator.comparisons import ordered, sort_key
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.expressions import Expressions
from deployer.emulator.known import BARE_FUNCTIONS, need_known, shown
from deployer.emulator.relations import Relation, Scope, Source, View
from deployer.emulator.syntax import ObjectName, Predict, qualifier
from deployer.emulator.typed import Typed, as_type
from deployer.emulator.types import INT, SqlColumn, SqlType, wider
from deployer.emulator.values import Parameters

MAX_NESTING = 32
"""Views within views (learn.microsoft.com: 32 levels of nesting)."""


class Environment(Protocol):
    """What a translation asks of its session."""

    def find_object(self, name: ObjectName) -> Relation | View:
        """A table or view; Msg 208 where there is none."""

    def answer(self, name: str, values: list[Typed]) -> tuple[object, SqlType]:
        """The value of a function that asks about the session."""

    def variable(self, name: str) -> tuple[object, SqlType]:
        """A variable's value, or the first parameter's for `?0`."""

    def predict(
        self,
        model: Typed,
        source: Relation,
        outputs: tuple[SqlColumn, ...],
        wanted: frozenset[str] | None,
        parameters: Parameters,
    ) -> Relation:
        """Score a relation: its columns (those `wanted`, in lower case, or all), then the outputs."""


class Translator:
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
        around = self._with(node, around)
        if isinstance(node, exp.Subquery):
            need_known(node, frozenset(["this", "with_"]))
            return self._query(node.this, around, ordered_result)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, around)
        if isinstance(node, exp.Select):
            return self._select(node, around)
        raise NotSupportedError(f"The emulator does not know the query {type(node).__name__}.")

    def _with(self, node: exp.Expr, around: Scope) -> Scope:
        with_ = node.args.get("with_")
        if with_ is None:
            return around
        found = dict(around.ctes)
        for cte in with_.expressions:
            relation = self._query(cte.this, replace(around, ctes=dict(found)))
            names = tuple(column.name for column in cte.args["alias"].columns)
            found[cte.alias.lower()] = relation.renamed(names).need_names(cte.alias)
        return replace(around, ctes=found)

    def _set_operation(self, node: exp.SetOperation, around: Scope) -> Relation:
        arms = [self._query(arm, around) for arm in _arms(node)]
        if len({len(arm.columns) for arm in arms}) > 1:
            raise ProgrammingError(
                "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of "
                "expressions in their target lists.",
                205,
            )
        columns = tuple(
            (name, SqlColumn(first.name, reduce(wider, (c.type for c in same)), any(c.nullable for c in same)))
            for (name, first), same in (
                (arms[0].columns[i], [arm.columns[i][1] for arm in arms]) for i in range(len(arms[0].columns))
            )
        )
        texts = []
        for arm in arms:
            pairs = zip(arm.columns, columns, strict=True)
            listed = (f"{as_type(Typed(inner, own.type), c.type)} AS {name}" for (inner, own), (name, c) in pairs)
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
        if node.args.get("order"):
            # Beside the sources, `c0` within an expression may be theirs; above a DISTINCT it is the result's.
            places = results if distinct is not None else projections
            entries = (
                self._order(item, scope, projections, places, distinct is not None)
                for item in node.args["order"].expressions
            )
            sql += f" ORDER BY {', '.join(entries)}"
        if node.args.get("limit"):
            sql += f" LIMIT {self._top(node.args['limit'], scope)}"
        columns = tuple((typed.sql, SqlColumn(name, typed.type or INT, typed.nullable)) for name, typed in results)
        return Relation(sql, columns)

    def _group(self, group: exp.Expr, scope: Scope) -> tuple[Scope, str]:
        need_known(group, frozenset(["expressions"]))
        keys = [self.expressions.value(item, scope) for item in group.expressions]
        if any(item.find(exp.Column) is None for item in group.expressions):
            raise ProgrammingError(
                "Each GROUP BY expression must contain at least one column that is not an outer reference.", 164, 15
            )
        texts = frozenset(key.sql for key in keys if sort_key(key) != key.sql)
        return replace(scope, groups=texts), f" GROUP BY {', '.join(map(sort_key, keys))}"

    def _projections(self, node: exp.Select, scope: Scope) -> list[tuple[str, Typed]]:
        found: list[tuple[str, Typed]] = []
        for item in node.expressions:
            star = item.this if isinstance(item, exp.Column) else item
            if not isinstance(star, exp.Star):
                found.append((_name_of(item), self.expressions.value(item, scope)))
                continue
            need_known(star)
            table = qualifier(item) if isinstance(item, exp.Column) else ""
            sources = [s for s in scope.sources if not table or s.alias.lower() == table.lower()]
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
        return ordered(sort_key(typed), item)

    def _top(self, limit: exp.Expr, scope: Scope) -> str:
        # TOP parses as LIMIT; OFFSET … FETCH, which the pool lacks, as Fetch or Offset.
        if not isinstance(limit, exp.Limit) or limit.args.get("limit_options"):
            raise NotSupportedError("FETCH, TOP … PERCENT and WITH TIES are not supported by the emulated pool.", 104)
        need_known(limit, frozenset(["expression"]))
        return self.expressions.value(limit.expression, scope).sql

    # --- Sources ---

    def _from(self, node: exp.Select, around: Scope) -> tuple[Scope, str]:
        """The scope of a SELECT, with its sources, and the text of its FROM."""
        first = node.args.get("from_")
        if first is None:
            return replace(around, sources=(), outer=around), ""
        wanted = _names_in(node)
        sources, sql = self._source(first.this, around, wanted)
        for join in [*(first.this.args.get("joins") or []), *(node.args.get("joins") or [])]:
            need_known(join, frozenset(["this", "side", "kind", "on"]))
            more, right = self._source(join.this, around, wanted)
            words = f"{join.side} {join.kind}".strip().upper()
            if words.startswith(("RIGHT", "FULL")):
                sources = tuple(source.optional() for source in sources)
            if words.startswith(("LEFT", "FULL")):
                more = tuple(source.optional() for source in more)
            sources = (*sources, *more)
            on = join.args.get("on")
            if on is None:
                if words not in {"", "CROSS"}:
                    raise ProgrammingError("Incorrect syntax: a join needs ON.", 102, 15)
                sql += f" CROSS JOIN {right}"
            else:
                if words not in _JOINS:
                    raise NotSupportedError(f"The emulator does not know {words} JOIN.")
                joined = replace(around, sources=sources, outer=around)
                sql += f" {words} JOIN {right} ON {self.expressions.condition(on, joined)}"
        exposed = [source.alias.lower() for source in sources if source.alias]
        twice = next((alias for alias in exposed if exposed.count(alias) > 1), None)
        if twice is not None:
            raise ProgrammingError(f"The objects or correlation names '{twice}' in the FROM clause are the same.", 1011)
        return replace(around, sources=sources, outer=around), sql

    def _source(self, node: exp.Expr, around: Scope, wanted: frozenset[str] | None) -> tuple[tuple[Source, ...], str]:
        self.count += 1
        inner = f"t{self.count}"
        if isinstance(node, Predict):
            return self._predict(node, inner, around, wanted)
        if isinstance(node, exp.Subquery):
            need_known(node, frozenset(["this", "alias", "joins", "with_"]))
            if not node.alias:
                raise ProgrammingError("Incorrect syntax near ')': a derived table needs an alias.", 102, 15)
            # A derived table sees what is around the query that it stands in, not the tables beside it.
            relation = self._query(node.this, self._with(node, around))
            names = tuple(column.name for column in node.args["alias"].columns)
            relation = relation.renamed(names).need_names(node.alias)
            return (relation.source(node.alias, inner),), f"({relation.sql}) AS {inner}"
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            raise NotSupportedError(f"The emulator does not know {shown(node)!r} as a table.")
        if node.args.get("hints"):
            raise NotSupportedError("The emulator does not know table hints.")
        need_known(node, frozenset(["this", "db", "alias", "joins"]))
        if node.args.get("alias") is not None and node.args["alias"].columns:
            raise ProgrammingError("Incorrect syntax near '(': a table's columns take no other names.", 102, 15)
        name = table_name(node)
        relation = self._named(name, bool(node.args.get("db")), around)
        return (relation.source(node.alias or name.name, inner),), f"({relation.sql}) AS {inner}"

    def _named(self, name: ObjectName, qualified: bool, around: Scope) -> Relation:
        """A CTE, a table or a view."""
        if not qualified and name.name.lower() in around.ctes:
            return around.ctes[name.name.lower()]
        found = self.environment.find_object(name)
        if isinstance(found, Relation):
            return found
        relation = self._query(found.query, Scope(depth=around.depth + 1)).renamed(found.names).need_names(name.name)
        if [(c.name, c.type) for _, c in relation.columns] != [(c.name, c.type) for c in found.columns]:
            # The server keeps the columns that a view had when it was made, and answers with them.
            raise ProgrammingError(
                f"View '{name}' was made when its tables had other columns; drop it and make it again.", 4502
            )
        return relation

    def _predict(
        self, node: Predict, inner: str, around: Scope, wanted: frozenset[str] | None
    ) -> tuple[tuple[Source, ...], str]:
        data: ObjectName = node.args["data"]
        relation = self._named(data, bool(node.args.get("qualified")), around)
        outputs: tuple[SqlColumn, ...] = node.args["columns"]
        model = self.expressions.value(node.args["model"], Scope(ctes=around.ctes, depth=around.depth))
        scored = self.environment.predict(model, relation, outputs, wanted, self.parameters)
        passed = scored.columns[: len(scored.columns) - len(outputs)]
        data_source = replace(scored, columns=passed).source(node.args.get("data_alias") or data.name, inner)
        alias = node.args.get("alias") or ""
        output_source = replace(scored, columns=scored.columns[len(passed) :]).source(alias, inner)
        return (data_source, output_source), f"({scored.sql}) AS {inner}"


_JOINS = frozenset(["", "INNER", "LEFT", "LEFT OUTER", "RIGHT", "RIGHT OUTER", "FULL", "FULL OUTER"])
_SELECT_PARTS = frozenset(
    ["with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "distinct", "options"]
)


def table_name(node: exp.Table) -> ObjectName:
    """The name of a table in a query, in two parts."""
    if node.args.get("catalog"):
        raise NotSupportedError("Cross-database names are not supported in a dedicated SQL pool.", 104)
    temporary = "#" if node.this.args.get("temporary") else ""
    return ObjectName(node.db or "dbo", temporary + node.name)


def _arms(node: exp.SetOperation) -> list[exp.Expr]:
    """The queries of a set operation: two, or all of a chain of UNION ALL, one within the other."""
    arms = []
    inner: exp.Expr = node
    while True:
        need_known(inner, frozenset(["this", "expression", "distinct", "order", "with_"]))
        arms.append(inner.expression)
        inner = inner.this
        chained = isinstance(node, exp.Union) and isinstance(inner, exp.Union) and not node.args.get("distinct")
        if not chained or any(inner.args.get(part) for part in ("distinct", "order", "with_")):
            return [inner, *reversed(arms)]


def _distinct(sql: str, keys: list[str]) -> str:
    """One row of those whose keys are the same: text may differ by case and trailing blanks."""
    return f"SELECT DISTINCT ON ({', '.join(keys)}) * FROM ({sql})"


def _names_in(node: exp.Select) -> frozenset[str] | None:
    """Every column name that a query mentions, in lower case; None where it asks for all."""
    names = set()
    for column in node.find_all(exp.Column, exp.Star):
        if isinstance(column, exp.Star) or isinstance(column.this, exp.Star):
            counted = isinstance(column.parent, exp.Anonymous)
            if not counted:
                return None
        else:
            names.add(column.name.lower())
    return frozenset(names)


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
        return ordered(sort_key(places[int(key.this) - 1][1]), item)
    named = [typed for name, typed in places if isinstance(key, exp.Column) and name.lower() == key.name.lower()]
    if not named:
        raise ProgrammingError(
            "ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT "
            "operator.",
            104,
        )
    if len({typed.type for typed in named}) > 1:
        raise ProgrammingError(f"Ambiguous column name '{key.name}'.", 209)
    return ordered(sort_key(named[0]), item)
