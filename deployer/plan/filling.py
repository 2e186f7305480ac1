"""Tables of scores: how they are made, checked and filled, and the log of every run that fills one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deployer.errors import PlanError
from deployer.names import NAME_LENGTH, ObjectName, SqlTypeName, beside, nearest
from deployer.plan.records import Kind, Statement
from deployer.plan.scoring import label
from deployer.plan.writer import Condition, Writer
from deployer.spec import Distribution, Index, ProcedureSpec, TableSpec
from deployer.sql import quote_object


@dataclass(frozen=True, slots=True)
class LogColumn:
    """A column of the scoring log, which has a row for each run and output."""

    name: str
    type: SqlTypeName
    required: bool = False


_BIGINT, _FLOAT, _MOMENT = SqlTypeName("bigint"), SqlTypeName("float"), SqlTypeName("datetime2", 7)
LOG_COLUMNS: tuple[LogColumn, ...] = (
    LogColumn("run", SqlTypeName("uniqueidentifier"), required=True),
    # Two names of 128 characters, each of which may be a bracket that is written twice, quoted and joined.
    LogColumn("statement", SqlTypeName("nvarchar", 4 * NAME_LENGTH + 5), required=True),
    LogColumn("output", SqlTypeName("nvarchar", NAME_LENGTH), required=True),
    LogColumn("model_id", SqlTypeName("nvarchar", 1024), required=True),
    LogColumn("model_sha256", SqlTypeName("char", 64), required=True),
    LogColumn("label", SqlTypeName("nvarchar", 255)),
    LogColumn("run_by", SqlTypeName("nvarchar", 128)),
    LogColumn("started", _MOMENT),
    LogColumn("ended", _MOMENT),
    LogColumn("lock", SqlTypeName("uniqueidentifier")),
    LogColumn("rows", _BIGINT),
    LogColumn("nulls", _BIGINT),
    LogColumn("refused", _BIGINT),
    LogColumn("missing", _BIGINT),
    LogColumn("minimum", _FLOAT),
    LogColumn("mean", _FLOAT),
    LogColumn("maximum", _FLOAT),
    LogColumn("error", SqlTypeName("nvarchar", 4000)),
)
"""`rows` were scored, `nulls` of them had a NULL in an input, `refused` were left out for one, or stopped the run;
`missing` scores are NULL. A run without `ended` is still running, or was broken off; `lock` is the run that last wrote
while this one was open."""


def fill_facts(writer: Writer, entry: ProcedureSpec | TableSpec, filled: ObjectName) -> dict[str, Any]:
    """What the templates of a table of scores get. Raises `PlanError` for columns that the table will not have."""
    contract = writer.contract
    watermark = next(
        (key for key in contract.watermarks if key.column.casefold() == (entry.watermark or "").casefold()), None
    )
    passed = contract.keys if watermark is None or watermark in contract.keys else (*contract.keys, watermark)
    columns = [*(key.column for key in passed), *(output.name for output in contract.outputs)]
    distribution, index = _known(filled, entry.distribution, entry.index, columns)
    # Called so that nobody else has a table of that name.
    old, new = beside(filled, "__deployer_old"), beside(filled, "__deployer_new")
    conditions = [*writer.facts["conditions"], *([Condition(watermark=watermark)] if watermark else [])]
    return {
        "filled": filled,
        "old": old,
        "new": new,
        "quoted": {"filled": quote_object(filled), "old": quote_object(old), "new": quote_object(new)},
        # Beside a table of that name, the alias would stand for two things.
        "fresh": "new_scores" if filled.name.casefold() == "new" else "new",
        "mode": entry.mode,
        "by_merge": writes_by_merge(writer, entry),
        "distribution": distribution,
        "index": index,
        "log": writer.spec.log_table,
        "passed": passed,
        "watermark": watermark,
        "conditions": conditions,
        "staged": True,
        "procedural": True,
        "statement": quote_object(filled),
        "label": label(writer, filled),
    }


def writes_by_merge(writer: Writer, entry: ProcedureSpec | TableSpec) -> bool:
    """Whether rows are merged by MERGE; else they are deleted and inserted.

    MERGE wants a hash-distributed table, and nothing can change a column that a row is distributed by: one of the key
    it has to be, which a match leaves as it is.
    """
    if entry.mode not in {"merge", "incremental"} or not writer.target.merge.value:
        return False
    keys = {key.column.casefold() for key in writer.contract.keys}
    return entry.distribution.kind == "hash" and entry.distribution.column.casefold() in keys


def _known(
    filled: ObjectName, distribution: Distribution, index: Index, columns: list[str]
) -> tuple[Distribution, Index]:
    """The same with columns spelled as the table has them."""
    folded = {name.casefold(): name for name in columns}

    def find(what: str, name: str) -> str:
        if name.casefold() not in folded:
            raise PlanError(
                f"{what} of {filled}: it has no column {name!r}{nearest(name, columns)}", hint="correct the spec"
            )
        return folded[name.casefold()]

    return (
        Distribution(distribution.kind, find("distribution", distribution.column) if distribution.column else ""),
        Index(index.kind, tuple(find("index", name) for name in index.columns)),
    )


def create_log(writer: Writer) -> Iterator[Statement]:
    log = writer.spec.log_table
    yield writer.write(
        "create the scoring log",
        "log_table",
        "log",
        creates=log,
        log=log,
        quoted_log=quote_object(log),
        log_columns=LOG_COLUMNS,
    )
    yield _verify_columns(writer, log, [{"name": c.name, "type": c.type.base} for c in LOG_COLUMNS], "log")


def create_table(writer: Writer, facts: dict[str, Any]) -> Iterator[Statement]:
    """The table of scores, empty, unless it is there; then a check that it is one."""
    filled: ObjectName = facts["filled"]
    yield writer.write(f"create table {filled}", "score_table", "table", creates=filled, **facts)
    columns = [{"name": key.column, "type": ""} for key in facts["passed"]]
    columns += [{"name": output.name, "type": output.sql_type.base} for output in writer.contract.outputs]
    yield _verify_columns(writer, filled, columns, "table")


def _verify_columns(writer: Writer, table: ObjectName, columns: list[dict[str, str]], kind: Kind) -> Statement:
    listed = ", ".join(f"{column['name']} {column['type']}".strip() for column in columns)
    message = f"{table} is there and lacks one of these columns, or has it in another type: {listed}"
    return writer.write(
        f"verify the columns of {table}", "verify_columns", kind, table=table, columns=columns, message=message
    )


def fill_table(writer: Writer, facts: dict[str, Any]) -> Statement:
    """Fill a table of scores when the plan is applied."""
    return writer.write(f"fill {facts['filled']}", "fill", "table", **facts)
