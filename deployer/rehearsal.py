"""`rehearse`: a whole deployment on an emulator in memory, on rows made for the model; nothing is left behind."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np

from deployer.compare import Comparison, compare_scores
from deployer.contract import Binding
from deployer.database import Database, apply_plan, open_database, read_rows, score_rows
from deployer.deployment import Deployment, expect_scores
from deployer.plan import Plan, Statement
from deployer.rows import make_rows
from deployer.runtime import Array, Scorer, keep_scorable
from deployer.spec import NullPolicy
from deployer.sql import quote_name, quote_object

_MOST_ROWS = 2_000
_NUMBER = "number of the row"
_EVERY = 7
"""Of a column whose NULLs have a policy, every seventh row is NULL: 7 has no factor in common with most patterns."""


def rehearse(deployment: Deployment, plan: Plan) -> Comparison:
    """Create the data's table, fill it with rows made for the model, apply the plan, score, and compare.

    Expected is what the model as it was read says. Rows with infinity are left out, which a column cannot hold; so are
    those that the model refuses. Raises `DatabaseError` where the emulator refuses what the pool would refuse.
    """
    with open_database(f"mssql+emulator://?{urlencode(deployment.spec.limits)}") as database:
        _load(database, plan, _make(deployment, plan))
        apply_plan(plan, database)
        expected = expect_scores(deployment, plan, read_rows(plan, database))
        return compare_scores(expected, score_rows(plan, database), deployment.spec.key, deployment.spec.tolerance)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows by the name of the input, and where each column is NULL instead."""

    values: Mapping[str, Array]
    nulls: Mapping[str, Array]


def _make(deployment: Deployment, plan: Plan) -> _Rows:
    """Rows that the model scores, and with finite numbers or NaN."""
    scorer = Scorer(deployment.model)
    made = {name: values[:_MOST_ROWS] for name, values in make_rows(deployment.model, count=_MOST_ROWS).items()}
    nulls = {}
    for binding in plan.contract.bindings:
        name = binding.input.name
        made[name], nulls[name] = _apply_policy(_fit(made[name], binding), binding.nulls)
    numbered = made | {_NUMBER: np.arange(len(next(iter(made.values()))))}
    kept = keep_scorable(scorer, numbered)
    finite = np.ones(len(kept[_NUMBER]), dtype=bool)
    for values in (*kept.values(), *scorer.score(kept).values()):
        if values.dtype.kind == "f":
            finite &= ~np.isinf(values)
    number = kept[_NUMBER][finite]
    return _Rows(
        {name: values[number] for name, values in made.items()}, {name: where[number] for name, where in nulls.items()}
    )


def _apply_policy(values: Array, policy: NullPolicy) -> tuple[Array, Array]:
    """The values that the model gets, and where the table has NULL for them: as often as the policy has a say."""
    missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
    if policy.kind == "keep":
        return values, missing
    nulls = np.zeros(len(values), dtype=bool)
    if policy.kind != "refuse":
        nulls = missing.copy()
        nulls[::_EVERY] = True
    stand_in = "" if values.dtype.kind == "O" else 0
    values = values.copy()
    values[missing | nulls] = stand_in if policy.value is None else policy.value
    return values, nulls


def _fit(values: Array, binding: Binding) -> Array:
    """Text as its column can hold it: a varchar has characters of a code page, and every text a length."""
    if values.dtype.kind != "O":
        return values
    wide, length = binding.sql_type.base.startswith("n"), binding.sql_type.length
    texts = [text if wide else text.encode("ascii", "replace").decode() for text in values]
    return np.array([text[:length] for text in texts], dtype=object)


def _load(database: Database, plan: Plan, rows: _Rows) -> None:
    """The table of the spec's `data`, of the types that the columns are cast to, filled."""
    import pyarrow as pa

    columns: dict[str, tuple[str, Any]] = {}
    for binding in plan.contract.bindings:
        name = binding.input.name
        columns[binding.column] = (str(binding.sql_type), pa.array(rows.values[name], mask=rows.nulls[name]))
    count = len(next(iter(rows.values.values())))
    for key in plan.contract.keys:
        columns.setdefault(key.column, ("bigint", pa.array(np.arange(count))))
    data = plan.spec.data
    if data.schema.casefold() != "dbo":
        database.run(Statement("create the schema", f"CREATE SCHEMA {quote_name(data.schema)};"))
    listed = ", ".join(f"{quote_name(name)} {kind} NULL" for name, (kind, _) in columns.items())
    create = f"CREATE TABLE {quote_object(data)} ({listed}) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);"
    database.run(Statement("create the data", create))
    with closing(database.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.bulkcopy(quote_object(data), pa.table({name: values for name, (_, values) in columns.items()}))
