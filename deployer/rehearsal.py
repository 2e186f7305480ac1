"""`rehearse`: a whole deployment on an emulator in memory, on rows made for the model; nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import numpy as np

from deployer.apply import apply_plan
from deployer.compare import Comparison, compare_scores
from deployer.contract import Binding
from deployer.database import Database, open_database, read_rows, score_rows
from deployer.deployment import Deployment, expect_scores
from deployer.plan import Plan, Scoring, Statement
from deployer.rows import make_rows
from deployer.runtime import Array, Scorer, keep_scorable
from deployer.sql import quote_name, quote_object
from deployer.table import Table

_MOST_ROWS = 2_000
_NUMBER = "number of the row"
_DTYPES = {"float": "f4", "double": "f8", "int64": "i8", "int32": "i4"}
_EVERY = 7
"""Of a column whose NULLs have a policy, every seventh row is NULL: 7 has no factor in common with most patterns."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came out one way, against what the model says."""

    through: str
    """`view ml.scores`; empty where nothing was deployed to score through."""
    comparison: Comparison


def rehearse(deployment: Deployment, plan: Plan) -> tuple[Rehearsed, ...]:
    """Create the data's table, fill it with rows made for the model, apply the plan, score each way, and compare.

    Every view is read, every procedure run, every table of scores looked at. Expected is what the model as it was read
    says. Rows with infinity are left out, which a column cannot hold; so are
    those that the model refuses. Raises `DatabaseError` where the emulator refuses what the pool would refuse.
    """
    with open_database(f"mssql+emulator://?{urlencode(deployment.spec.limits)}") as database:
        _load(database, plan, _make(deployment, plan), deployment.table)
        apply_plan(plan, database)
        expected = list(expect_scores(deployment, plan, read_rows(plan, database)))

        def compare(scoring: Scoring | None) -> Comparison:
            scores = score_rows(plan, database, scoring=scoring)
            return compare_scores(iter(expected), scores, deployment.spec.key, deployment.spec.tolerance)

        if not plan.scorings:
            return (Rehearsed("", compare(None)),)
        return tuple(Rehearsed(f"{scoring.kind} {scoring.name}", compare(scoring)) for scoring in plan.scorings)


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """One column of the data: its values, where it is NULL instead, and the inputs that it feeds."""

    values: Array
    nulls: Array
    bindings: tuple[Binding, ...]
    """The first of them gives the column its type."""


def _make(deployment: Deployment, plan: Plan) -> list[_Column]:
    """Columns whose rows the model scores, with finite numbers or NaN."""
    scorer = Scorer(deployment.model)
    made = make_rows(deployment.model, count=_MOST_ROWS)
    keys = [key.column for key in plan.contract.keys]
    columns = [
        _fill(bindings, made[bindings[0].input.name][:_MOST_ROWS], is_key=bindings[0].column in keys)
        for bindings in _group(plan.contract.bindings)
    ]
    bound = {column.bindings[0].column: column for column in columns}
    if all(key in bound for key in keys):
        # No column of its own tells the rows apart: one that feeds the model has to.
        columns[columns.index(bound[keys[0]])] = _number(bound[keys[0]])
    fed = {binding.input.name: _feed(column, binding) for column in columns for binding in column.bindings}
    numbered = fed | {_NUMBER: np.arange(len(columns[0].values))}
    kept = keep_scorable(scorer, numbered)
    finite = np.ones(len(kept[_NUMBER]), dtype=bool)
    for values in (*kept.values(), *scorer.score(kept).values()):
        if values.dtype.kind == "f":
            finite &= ~np.isinf(values)
    number = kept[_NUMBER][finite]
    return [replace(column, values=column.values[number], nulls=column.nulls[number]) for column in columns]


def _group(bindings: Sequence[Binding]) -> Iterator[tuple[Binding, ...]]:
    """The bindings by column, whole numbers first: they can be cast to anything, text to little."""
    kinds = {"int": 0, "bigint": 1, "real": 2, "float": 3}
    for name in dict.fromkeys(binding.column for binding in bindings):
        same = [binding for binding in bindings if binding.column == name]
        yield tuple(sorted(same, key=lambda binding: kinds.get(binding.sql_type.base, 4)))


def _fill(bindings: tuple[Binding, ...], values: Array, *, is_key: bool) -> _Column:
    """A column that suits all its inputs, NULL as often as their policies have a say; a key never is."""
    missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
    policies = {binding.nulls.kind for binding in bindings}
    nulls = missing.copy()
    if is_key or "refuse" in policies:
        nulls[:] = False
    elif policies != {"keep"}:
        nulls[::_EVERY] = True
    values = _fit(values, bindings)
    values[missing & ~nulls] = 0
    return _Column(values, nulls, bindings)


def _number(column: _Column) -> _Column:
    """The same column with a value of its own in each row, and no NULL."""
    numbers = np.arange(len(column.values))
    values = numbers.astype(str).astype("O") if column.values.dtype.kind == "O" else numbers.astype(column.values.dtype)
    return replace(column, values=values, nulls=np.zeros(len(numbers), dtype=bool))


def _fit(values: Array, bindings: tuple[Binding, ...]) -> Array:
    """Text as all its casts can hold it: a varchar has characters of a code page, and every text a length."""
    if values.dtype.kind != "O":
        return values.copy()
    length = min(binding.sql_type.length or 0 for binding in bindings)
    wide = all(binding.sql_type.base.startswith("n") for binding in bindings)
    texts = [text if wide else text.encode("ascii", "replace").decode() for text in values]
    return np.array([text[:length] for text in texts], dtype=object)


def _feed(column: _Column, binding: Binding) -> Array:
    """What the input gets of its column; of a NULL, what its policy puts in its place."""
    kind = _DTYPES.get(binding.input.type, "O")
    values = column.values.astype(str).astype("O") if kind == "O" else column.values.astype(kind)
    if binding.nulls.kind == "keep":
        return values
    stand_in = "" if kind == "O" else 0
    values[column.nulls] = stand_in if binding.nulls.value is None else binding.nulls.value
    return values


def _load(database: Database, plan: Plan, made: Sequence[_Column], table: Table | None) -> None:
    """The table of the spec's `data`, of the types that the columns are cast to, filled.

    A column that feeds nothing and only chooses rows is NULL, which no parameter and no watermark leaves out here.
    """
    import pyarrow as pa

    types = {column.name: column.sql for column in table.columns} if table else {}
    columns: dict[str, tuple[str, Any]] = {}
    for column in made:
        first = column.bindings[0]
        columns[first.column] = (str(first.sql_type), pa.array(column.values, mask=column.nulls))
    count = len(made[0].values)
    for key in plan.contract.keys:
        columns.setdefault(key.column, ("bigint", pa.array(np.arange(count))))
    idle = {choice.column: str(choice.sql_type) for choice in plan.contract.choices}
    idle |= {watermark.column: types.get(watermark.column) or "bigint" for watermark in plan.contract.watermarks}
    idle = {name: kind for name, kind in idle.items() if name not in columns}
    data = plan.spec.data
    if data.schema.casefold() != "dbo":
        database.run(Statement("create the schema", f"CREATE SCHEMA {quote_name(data.schema)};"))
    written = {name: kind for name, (kind, _) in columns.items()} | idle
    listed = ", ".join(f"{quote_name(name)} {kind} NULL" for name, kind in written.items())
    create = f"CREATE TABLE {quote_object(data)} ({listed}) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);"
    database.run(Statement("create the data", create))
    with closing(database.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.bulkcopy(quote_object(data), pa.table({name: values for name, (_, values) in columns.items()}))
