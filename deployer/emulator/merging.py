"""MERGE: one statement of DuckDB's, over the source as it was when the statement began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from deployer.emulator import statements as st
from deployer.emulator.changes import find_table, plan_insert, table_source
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.frames import Result
from deployer.emulator.relations import Scope, Source, quote_name
from deployer.emulator.store import convert, insert_columns
from deployer.emulator.syntax import ObjectName
from deployer.emulator.translate import Translator
from deployer.emulator.types import SqlColumn

if TYPE_CHECKING:
    from deployer.emulator.session import Session

_TARGET, _SOURCE = "merge_target", "merge_source"
_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class _Plan:
    """A MERGE in DuckDB's words: what joins the two, and each WHEN with its condition and its action."""

    session: Session
    translator: Translator
    name: ObjectName
    columns: tuple[SqlColumn, ...]
    target: Source
    source: Source
    on: str
    clauses: tuple[st.When, ...]

    def condition(self, clause: st.When) -> str:
        return self.translator.expressions.condition(clause.condition, self._scope(clause)) if clause.condition else ""

    def action(self, clause: st.When) -> str:
        if clause.action == "DELETE":
            return "DELETE"
        listed = tuple(name for name, _ in clause.values if name)
        insertion = plan_insert(self.session, self.translator, self.name, listed)
        chosen = insertion.chosen if clause.action == "INSERT" else insert_columns(self.columns, listed)
        if len(chosen) != len(clause.values):
            more = "more" if len(clause.values) > len(chosen) else "fewer"
            raise ProgrammingError(f"There are {more} values than columns in the INSERT statement.", 213)
        scope = self._scope(clause)
        values = [
            convert(self.translator.expressions.value(value, scope), column, self.name)
            for column, (_, value) in zip(chosen, clause.values, strict=True)
        ]
        if clause.action == "INSERT":
            return f"INSERT ({insertion.names()}) VALUES ({insertion.values(values)})"
        names = [quote_name(column.name) for column in chosen]
        return "UPDATE SET " + ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))

    def _scope(self, clause: st.When) -> Scope:
        """A row that is not matched by one side has no columns of it."""
        sides = {"MATCHED": (self.target, self.source), "TARGET": (self.source,), "SOURCE": (self.target,)}
        return Scope(sides[clause.side])


def run_merge(session: Session, statement: st.Merge) -> Iterator[Result]:
    _need_documented(statement.clauses)
    entry = find_table(session, statement.name)
    table, columns = session.catalog.quoted(entry.name), entry.columns
    if any(clause.action == "INSERT" for clause in statement.clauses) and entry.distribution != "HASH":
        # learn.microsoft.com, MERGE: the table of what each clause supports in Synapse.
        raise NotSupportedError(
            "MERGE … WHEN NOT MATCHED BY TARGET needs a hash-distributed target in a dedicated SQL pool: "
            f"'{statement.name}' is {entry.distribution}.",
            104,
        )
    if entry.identity is not None:
        # learn.microsoft.com, MERGE: the same notes.
        raise NotSupportedError("MERGE into a table with IDENTITY is not supported in a dedicated SQL pool.", 104)
    translator = Translator(session)
    everything = exp.Select(expressions=[exp.Star()]).from_(statement.source)
    relation = translator.query(everything)
    source = relation.source(statement.source.alias_or_name, _SOURCE)
    target = table_source(statement.alias, columns, _TARGET)
    on = translator.expressions.condition(statement.on, Scope((target, source)))
    plan = _Plan(session, translator, statement.name, columns, target, source, on, statement.clauses)
    # Once: what the source holds must not change between the checks and the change, and a model scores it one time.
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {_SOURCE} AS SELECT * FROM ({relation.sql})",
        translator.parameters.used_in(relation.sql),
    )
    try:
        _need_one_match(session, table, plan)
        yield Result(count=_merge(session, table, plan))
    finally:
        session.connection.execute(f"DROP TABLE IF EXISTS {_SOURCE}")


def _need_documented(clauses: tuple[st.When, ...]) -> None:
    """At most one INSERT, two clauses of the other sides, of which the first has a condition and the actions differ."""
    for side, most in (("MATCHED", 2), ("TARGET", 1), ("SOURCE", 2)):
        same = [clause for clause in clauses if clause.side == side]
        if len(same) > most:
            raise ProgrammingError(f"A MERGE statement takes {most} of this WHEN at most: {side}.", 10714, 15)
        if len(same) == 2 and (same[0].condition is None or same[0].action == same[1].action):
            raise ProgrammingError(
                f"Of two WHEN clauses of one kind in a MERGE statement, the first needs a condition, and one must "
                f"UPDATE, the other DELETE: {side}.",
                5324,
                15,
            )


def _need_one_match(session: Session, table: str, plan: _Plan) -> None:
    """Msg 8672 where a row of the target is to be changed twice."""
    matched = [clause for clause in plan.clauses if clause.side == "MATCHED"]
    if not matched:
        return
    chosen = " OR ".join(plan.condition(clause) or "TRUE" for clause in matched)
    sql = (
        f"SELECT 1 FROM {table} AS {_TARGET} JOIN {_SOURCE} ON {plan.on} WHERE {chosen} "
        f"GROUP BY {_TARGET}.rowid HAVING count(*) > 1 LIMIT 1"
    )
    with session.engine():
        twice = session.connection.execute(sql, plan.translator.parameters.used_in(sql)).fetchall()
    if twice:
        raise ProgrammingError(
            "The MERGE statement attempted to UPDATE or DELETE the same row more than once. This happens when a target "
            "row matches more than one source row. A MERGE statement cannot UPDATE/DELETE the same row of the target "
            "table multiple times. Refine the ON clause to ensure a target row matches at most one source row, or use "
            "the GROUP BY clause to group the source rows.",
            8672,
        )


def _merge(session: Session, table: str, plan: _Plan) -> int:
    """Run it; gives the number of rows, of which an updated one counts twice: the pool deletes and inserts it."""
    words = {"MATCHED": "MATCHED", "TARGET": "NOT MATCHED BY TARGET", "SOURCE": "NOT MATCHED BY SOURCE"}
    sql = f"MERGE INTO {table} AS {_TARGET} USING {_SOURCE} ON {plan.on}"
    for clause in plan.clauses:
        condition = plan.condition(clause)
        sql += f" WHEN {words[clause.side]}{f' AND {condition}' if condition else ''} THEN {plan.action(clause)}"
    sql += " RETURNING merge_action"
    count = 0
    with session.engine():
        done = session.connection.execute(sql, dict(plan.translator.parameters.used_in(sql) or {}))
        while actions := done.fetchmany(_ROWS):
            count += len(actions) + actions.count(("UPDATE",))
    return count
