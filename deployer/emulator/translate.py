"""Queries of T-SQL in DuckDB's SQL: sources, joins, grouping, order, and PREDICT in its place as a relation.

Every derived relation names its columns `c0`, `c1`, …, so that names which T-SQL allows and DuckDB does not (none at
all, or the same twice) never reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from sqlglot import exp

from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.expressions import Expressions, Parameters, Scope, Source, need_no_blanks, ordered
from deployer.emulator.functions import Typed, as_type
from deployer.emulator.relations import Relation, View, make_optional, need_names, rename_columns
from deployer.emulator.syntax import ObjectName, Predict
from deployer.emulator.types import INT, SqlColumn, SqlType, wider

MAX_NESTING = 32
"""Views within views (learn.microsoft.com: 32 levels of nesting)."""


class Environment(Protocol):
    """What a translation asks of its session."""

    def find_object(self, name: ObjectName) -> Relation | View:
        """A table or view; Msg 208 where there is none."""

    def answer(self, name: str, values: list[Typed]) -> tuple[object, SqlType] | None:
        """The value of a function that asks about the session; None for any other function."""

    def variable(self, name: str) -> tuple[object, SqlType]:
        """A variable's value, or the next parameter's for `?`."""

    def predict(
        self,
        model: exp.Expr,
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

    def query(self, node: exp.Expr) -> tuple[str, tuple[SqlColumn, ...]]:
        """A whole query: DuckDB's SQL, and its result's columns."""
        relation = self._query(node, Scope(), {}, 0)
        return relation.sql, tuple(column for _, column in relation.columns)

    def _subquery(self, node: exp.Expr, scope: Scope) -> tuple[str, tuple[tuple[str, Typed], ...]]:
        relation = self._query(node, scope, scope.ctes, 0)
        return relation.sql, tuple((name, Typed(name, column.type)) for name, column in relation.columns)

    # --- Queries ---

    def _query(self, node: exp.Expr, outer: Scope, ctes: Mapping[str, Relation], depth: int) -> Relation:
        if depth > MAX_NESTING:
            raise ProgrammingError(f"Views are nested deeper than {MAX_NESTING} levels.", 217)
        ctes = self._with(node, outer, ctes, depth)
        if isinstance(node, exp.Subquery):
            return self._query(node.this, outer, ctes, depth)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, outer, ctes, depth)
        if isinstance(node, exp.Select):
            return self._select(node, outer, ctes, depth)
        raise NotSupportedError(f"The emulator does not know the query {type(node).__name__}.")

    def _with(self, node: exp.Expr, outer: Scope, ctes: Mapping[str, Relation], depth: int) -> Mapping[str, Relation]:
        found = dict(ctes)
        with_ = node.args.get("with_")
        for cte in with_.expressions if with_ is not None else ():
            relation = self._query(cte.this, outer, found, depth)
            names = [column.name for column in cte.args["alias"].columns]
            found[cte.alias.lower()] = rename_columns(relation, names)
        return found

    def _set_operation(
        self, node: exp.SetOperation, outer: Scope, ctes: Mapping[str, Relation], depth: int
    ) -> Relation:
        left = self._query(node.this, outer, ctes, depth)
        right = self._query(node.expression, outer, ctes, depth)
        if len(left.columns) != len(right.columns):
            raise ProgrammingError(
                "All queries combined using a UNION operator must have an equal number of expressions.", 205
            )
        word = {"Union": "UNION", "Except": "EXCEPT", "Intersect": "INTERSECT"}[type(node).__name__]
        if word == "UNION" and not node.args.get("distinct"):
            word = "UNION ALL"
        columns = []
        sides = [[], []]  # type: list[list[str]]
        for (one, first), (other, second) in zip(left.columns, right.columns, strict=True):
            kind = wider(first.type, second.type)
            columns.append((one, replace(first, type=kind, nullable=first.nullable or second.nullable)))
            for side, (name, column) in zip(sides, ((one, first), (other, second)), strict=True):
                value = Typed(as_type(Typed(name, column.type), kind), kind)
                side.append(f"{value.sql if word == 'UNION ALL' else need_no_blanks(value)} AS {one}")
        sql = " ".join(
            (
                f"SELECT {', '.join(sides[0])} FROM ({left.sql})",
                word,
                f"SELECT {', '.join(sides[1])} FROM ({right.sql})",
            )
        )
        order = node.args.get("order")
        if order is not None:
            places = {column.name.lower(): name for name, column in columns}
            sql += " ORDER BY " + ", ".join(ordered(_place(item, places), item) for item in order.expressions)
        _refuse(node, {"this", "expression", "distinct", "order", "with_", "by_name", "side", "kind", "on"})
        return Relation(sql, tuple(columns))

    def _select(self, node: exp.Select, outer: Scope, ctes: Mapping[str, Relation], depth: int) -> Relation:
        _refuse(node, _SELECT_PARTS)
        scope, tables = self._from(node, outer, ctes, depth)
        write = self.expressions
        projections = self._projections(node, scope)
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on"):
            raise NotSupportedError("The emulator does not know DISTINCT ON.")
        listed = ", ".join(
            f"{typed.sql if distinct is None else need_no_blanks(typed)} AS c{i}"
            for i, (_, typed) in enumerate(projections)
        )
        sql = f"SELECT {'DISTINCT ' if distinct is not None else ''}{listed}"
        if tables:
            sql += f" FROM {tables}"
        conditions = [write.condition(node.args["where"].this, scope)] if node.args.get("where") else []
        grouped: list[Typed] = []
        if node.args.get("group"):
            _refuse(node.args["group"], {"expressions"})
            grouped = [write.value(item, scope) for item in node.args["group"].expressions]
            # What is grouped must stand in the select list as it is written, so its guard stands in the condition.
            guards = [need_no_blanks(typed) for typed in grouped]
            conditions += [
                f"({g}) IS NOT DISTINCT FROM {t.sql}" for g, t in zip(guards, grouped, strict=True) if g != t.sql
            ]
        if conditions:
            sql += f" WHERE {' AND '.join(conditions)}"
        if grouped:
            sql += " GROUP BY " + ", ".join(typed.sql for typed in grouped)
        if node.args.get("having"):
            sql += f" HAVING {write.condition(node.args['having'].this, scope)}"
        if node.args.get("order"):
            sql += " ORDER BY " + self._order(node, scope, projections)
        if node.args.get("limit"):
            sql += f" LIMIT {self._top(node.args['limit'], scope)}"
        columns = tuple(
            (f"c{index}", SqlColumn(name, typed.type or INT, typed.nullable))
            for index, (name, typed) in enumerate(projections)
        )
        return Relation(sql, columns)

    def _projections(self, node: exp.Select, scope: Scope) -> list[tuple[str, Typed]]:
        found: list[tuple[str, Typed]] = []
        for item in node.expressions:
            star = isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))
            if star:
                table = item.table if isinstance(item, exp.Column) else ""
                sources = [s for s in scope.sources if not table or s.alias.lower() == table.lower()]
                if not sources:
                    raise ProgrammingError("Must specify table to select from.", 263)
                found += [column for source in sources for column in source.columns.values()]
            else:
                found.append((_name_of(item), self.expressions.value(item, scope)))
        return found

    def _order(self, node: exp.Select, scope: Scope, projections: list[tuple[str, Typed]]) -> str:
        places = {name.lower(): f"c{index}" for index, (name, _) in enumerate(projections) if name}
        parts = []
        for item in node.args["order"].expressions:
            key = item.this
            plain = isinstance(key, exp.Column) and not key.table and key.name.lower() in places
            if plain:
                parts.append(ordered(places[key.name.lower()], item))
            elif isinstance(key, exp.Literal) and not key.is_string:
                parts.append(ordered(_position(key, len(projections)), item))
            elif node.args.get("distinct") is not None:
                same = [i for i, (_, typed) in enumerate(projections) if typed == self.expressions.value(key, scope)]
                if not same:
                    raise ProgrammingError(
                        "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.", 145
                    )
                parts.append(ordered(f"c{same[0]}", item))
            else:
                parts.append(ordered(self.expressions.value(key, scope).sql, item))
        return ", ".join(parts)

    def _top(self, limit: exp.Expr, scope: Scope) -> str:
        # TOP parses as LIMIT; OFFSET … FETCH, which the pool lacks, as Fetch or Offset.
        if not isinstance(limit, exp.Limit) or limit.args.get("limit_options"):
            raise NotSupportedError("FETCH, TOP … PERCENT and WITH TIES are not supported by the emulated pool.", 104)
        return self.expressions.value(limit.expression, scope).sql

    # --- Sources ---

    def _from(self, node: exp.Select, outer: Scope, ctes: Mapping[str, Relation], depth: int) -> tuple[Scope, str]:
        first = node.args.get("from_")
        if first is None:
            return Scope((), outer, ctes), ""
        wanted = _names_in(node)
        sources, sql = self._source(first.this, outer, ctes, depth, wanted)
        for join in [*(first.this.args.get("joins") or []), *(node.args.get("joins") or [])]:
            _refuse(join, {"this", "side", "kind", "on"})
            more, right = self._source(join.this, outer, ctes, depth, wanted)
            words = f"{join.side} {join.kind}".strip().upper()
            if words.startswith(("RIGHT", "FULL")):
                sources = tuple(map(make_optional, sources))
            if words.startswith(("LEFT", "FULL")):
                more = tuple(map(make_optional, more))
            sources = (*sources, *more)
            on = join.args.get("on")
            if on is None:
                if words not in {"", "CROSS"}:
                    raise ProgrammingError("Incorrect syntax: a join needs ON.", 102, 15)
                sql += f" CROSS JOIN {right}"
            else:
                if words not in _JOINS:
                    raise NotSupportedError(f"The emulator does not know {words} JOIN.")
                sql += f" {words} JOIN {right} ON {self.expressions.condition(on, Scope(sources, outer, ctes))}"
        exposed = [source.alias.lower() for source in sources if source.alias]
        twice = next((alias for alias in exposed if exposed.count(alias) > 1), None)
        if twice is not None:
            raise ProgrammingError(f"The objects or correlation names '{twice}' in the FROM clause are the same.", 1011)
        return Scope(sources, outer, ctes), sql

    def _source(
        self,
        node: exp.Expr,
        outer: Scope,
        ctes: Mapping[str, Relation],
        depth: int,
        wanted: frozenset[str] | None,
    ) -> tuple[tuple[Source, ...], str]:
        self.count += 1
        inner = f"t{self.count}"
        if isinstance(node, Predict):
            return self._predict(node, inner, ctes, depth, wanted)
        if isinstance(node, exp.Subquery):
            if not node.alias:
                raise ProgrammingError("Incorrect syntax near ')': a derived table needs an alias.", 102, 15)
            relation = self._query(node.this, outer, self._with(node, outer, ctes, depth), depth)
            columns = [column.name for column in node.args["alias"].columns]
            relation = need_names(rename_columns(relation, columns), node.alias)
            return (relation.source(node.alias, inner),), f"({relation.sql}) AS {inner}"
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            raise NotSupportedError(f"The emulator does not know {node.sql(dialect='tsql')[:80]!r} as a table.")
        _refuse(node, {"this", "db", "alias", "joins", "hints"})
        if node.args.get("hints"):
            raise NotSupportedError("The emulator does not know table hints.")
        name = table_name(node)
        relation = self._named(name, bool(node.args.get("db")), ctes, depth)
        return (relation.source(node.alias or name.name, inner),), f"({relation.sql}) AS {inner}"

    def _named(self, name: ObjectName, qualified: bool, ctes: Mapping[str, Relation], depth: int) -> Relation:
        """A CTE, a table or a view."""
        if not qualified and name.name.lower() in ctes:
            return need_names(ctes[name.name.lower()], name.name)
        found = self.environment.find_object(name)
        if isinstance(found, Relation):
            return found
        relation = self._query(found.query, Scope(), {}, depth + 1)
        return need_names(rename_columns(relation, found.columns), name.name)

    def _predict(
        self,
        node: Predict,
        inner: str,
        ctes: Mapping[str, Relation],
        depth: int,
        wanted: frozenset[str] | None,
    ) -> tuple[tuple[Source, ...], str]:
        data: ObjectName = node.args["data"]
        relation = self._named(data, data.schema != "dbo", ctes, depth)
        outputs: tuple[SqlColumn, ...] = node.args["columns"]
        scored = self.environment.predict(node.args["model"], relation, outputs, wanted, self.parameters)
        passed = scored.columns[: len(scored.columns) - len(outputs)]
        data_source = replace(scored, columns=passed).source(node.args.get("data_alias") or data.name, inner)
        alias = node.args.get("alias") or ""
        output_source = replace(scored, columns=scored.columns[len(passed) :]).source(alias, inner)
        return (data_source, output_source), f"({scored.sql}) AS {inner}"


_JOINS = frozenset(["", "INNER", "LEFT", "LEFT OUTER", "RIGHT", "RIGHT OUTER", "FULL", "FULL OUTER"])
_SELECT_PARTS = frozenset(
    [
        "with_",
        "expressions",
        "from_",
        "joins",
        "where",
        "group",
        "having",
        "order",
        "limit",
        "distinct",
        "options",
        "into",
    ]
)


def table_name(node: exp.Table) -> ObjectName:
    """The name of a table in a query, in two parts."""
    if node.args.get("catalog"):
        raise NotSupportedError("Cross-database names are not supported in a dedicated SQL pool.", 104)
    temporary = "#" if node.this.args.get("temporary") else ""
    return ObjectName(node.db or "dbo", temporary + node.name)


def _refuse(node: exp.Expr, known: set[str] | frozenset[str]) -> None:
    """Stop at any part of a node that is not known to be taken care of."""
    for name, value in node.args.items():
        if name not in known and value not in (None, [], False, ""):
            word = name.strip("_").upper()
            raise NotSupportedError(
                f"{word} in a {type(node).__name__.upper()} is not supported by the emulated pool.", 104
            )


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
    return str(item.name) if isinstance(item, exp.Column) else ""


def _place(item: exp.Expr, places: Mapping[str, str]) -> str:
    key = item.this
    if isinstance(key, exp.Literal) and not key.is_string:
        return _position(key, len(places))
    if isinstance(key, exp.Column) and key.name.lower() in places:
        return places[key.name.lower()]
    raise ProgrammingError("ORDER BY items must appear in the select list if the statement contains a UNION.", 104)


def _position(key: exp.Expr, count: int) -> str:
    if not str(key.this).isdigit() or not 1 <= int(key.this) <= count:
        raise ProgrammingError(f"The ORDER BY position number {key.this} is out of range.", 108)
    return f"c{int(key.this) - 1}"
