"""What stands in a FROM: tables, views, CTEs, derived tables, joins, APPLY, STRING_SPLIT, and PREDICT as a relation."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from dataclasses import replace
from typing import Protocol

from sqlglot import exp

from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.expressions import Expressions
from deployer.emulator.known import need_known, shown
from deployer.emulator.relations import Relation, Scope, Source, View
from deployer.emulator.syntax import ObjectName, Predict, object_name
from deployer.emulator.texts import text_of
from deployer.emulator.typed import Typed
from deployer.emulator.types import MAX, VARCHAR, SqlColumn, SqlType
from deployer.emulator.values import Parameters


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


class Sources:
    """Writes them; the queries within are written by the class that is made of this one."""

    environment: Environment
    expressions: Expressions
    parameters: Parameters
    count: int

    @abstractmethod
    def _query(self, node: exp.Expr, around: Scope, ordered_result: bool = False) -> Relation:
        """A query."""

    def _with(self, node: exp.Expr, around: Scope) -> Scope:
        with_ = node.args.get("with_")
        if with_ is None:
            return around
        found = dict(around.ctes)
        own: set[str] = set()
        for cte in with_.expressions:
            if cte.alias.lower() in own:
                raise ProgrammingError(f"Duplicate common table expression name '{cte.alias}' was specified.", 239)
            own.add(cte.alias.lower())
            relation = self._query(cte.this, replace(around, ctes=dict(found)))
            names = tuple(column.name for column in cte.args["alias"].columns)
            found[cte.alias.lower()] = relation.renamed(names).need_names(cte.alias)
        return replace(around, ctes=found)

    def _from(self, node: exp.Select, around: Scope) -> tuple[Scope, str]:
        """The scope of a SELECT, with its sources, and the text of its FROM."""
        first = node.args.get("from_")
        if first is None:
            return replace(around, sources=(), outer=around), ""
        wanted = _names_in(node)
        sources, sql = self._source(first.this, around, wanted)
        for join in [*(first.this.args.get("joins") or []), *(node.args.get("joins") or [])]:
            need_known(join, frozenset(["this", "side", "kind", "on"]))
            if isinstance(join.this, exp.Lateral):
                source, applied = self._apply(join.this, replace(around, sources=sources, outer=around))
                sources, sql = (*sources, source), f"{sql} {applied}"
                continue
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
        pairs = itertools.combinations([source for source in sources if source.alias], 2)
        twice = next((one.alias.lower() for one, other in pairs if one.shadows(other)), None)
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
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Anonymous):
            need_known(node, frozenset(["this", "alias", "joins"]))
            relation = self._function(node.this, around.inner())
            return (relation.source(node.alias, inner),), f"({relation.sql}) AS {inner}"
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            raise NotSupportedError(f"The emulator does not know {shown(node)!r} as a table.")
        for hint in [name for hints in node.args.get("hints") or () for name in hints.expressions]:
            if hint.name.upper() not in _IDLE_HINTS:
                raise NotSupportedError(f"The emulator does not know the table hint {hint.name}.")
        need_known(node, frozenset(["this", "db", "catalog", "alias", "joins", "hints"]))
        if node.args.get("alias") is not None and node.args["alias"].columns:
            raise ProgrammingError("Incorrect syntax near '(': a table's columns take no other names.", 102, 15)
        name = table_name(node)
        relation = self._named(name, bool(node.args.get("db")), around)
        schema = node.meta.get("schema", "" if node.alias else name.schema)
        source = relation.source(node.alias or name.name, inner, schema)
        return (source,), f"({relation.sql}) AS {inner}"

    def _apply(self, node: exp.Lateral, beside: Scope) -> tuple[Source, str]:
        """CROSS APPLY and OUTER APPLY: what is applied sees the tables before it."""
        need_known(node, frozenset(["this", "alias", "cross_apply"]))
        self.count += 1
        inner = f"t{self.count}"
        if not node.alias:
            raise ProgrammingError("Incorrect syntax near ')': what is applied needs an alias.", 102, 15)
        names = tuple(column.name for column in node.args["alias"].columns)
        if isinstance(node.this, exp.Subquery):
            need_known(node.this, frozenset(["this"]))
            relation = self._query(node.this.this, beside.inner())
        else:
            relation = self._function(node.this, beside)
        source = relation.renamed(names).need_names(node.alias).source(node.alias, inner)
        if node.args.get("cross_apply"):
            return source, f"CROSS JOIN LATERAL ({relation.sql}) AS {inner}"
        return source.optional(), f"LEFT JOIN LATERAL ({relation.sql}) AS {inner} ON true"

    def _function(self, node: exp.Expr, scope: Scope) -> Relation:
        """A function that gives a table: STRING_SPLIT is the only one."""
        if not isinstance(node, exp.Anonymous) or str(node.this).upper() != "STRING_SPLIT":
            raise NotSupportedError(f"The emulator does not know {shown(node)!r} as a table.")
        if len(node.expressions) != 2:
            raise NotSupportedError("The emulator knows STRING_SPLIT with a text and a separator only.")
        text, separator = (self.expressions.value(item, scope) for item in node.expressions)
        if separator.constant is None or len(separator.constant) != 1:
            raise ProgrammingError("Procedure expects parameter 'separator' of type 'nchar(1)/nvarchar(1)'.", 214)
        if separator.constant.isalpha():
            raise NotSupportedError("The emulator knows no letter as the separator of STRING_SPLIT: it may mind case.")
        kind = text.type if text.type is not None and text.type.is_text else VARCHAR
        made = SqlType("nvarchar" if kind.is_national else "varchar", kind.length or MAX, collation=kind.collation)
        sql = f"SELECT unnest(string_split({text_of(text)}, {separator.sql})) AS c0"
        return Relation(sql, (("c0", SqlColumn("value", made)),))

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


_IDLE_HINTS = frozenset(["NOLOCK", "READUNCOMMITTED", "READPAST"])
"""Hints about rows that others have locked: nobody locks rows here, and the pool reads uncommitted ones by itself."""

_JOINS = frozenset(["", "INNER", "LEFT", "LEFT OUTER", "RIGHT", "RIGHT OUTER", "FULL", "FULL OUTER"])


def table_name(node: exp.Table) -> ObjectName:
    """The name of a table in a query, in two parts."""
    name = ("#" if node.this.args.get("temporary") else "") + node.name
    return object_name([node.catalog, node.db, name] if node.catalog else [node.db, name])


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
