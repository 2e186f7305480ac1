"""A plan is the same text for the same input, is T-SQL by Microsoft's grammar, and says what it may not do.

`UPDATE_GOLDEN=1 pytest tests/test_plan.py` writes the golden files again; read the difference before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot.tokenizer_core import TokenType

from deployer.errors import ContractError, PlanError
from deployer.model import Model, Origin
from deployer.names import name_problem
from deployer.plan import Plan, Statement, make_plan, split_placeholders
from deployer.table import Table, TableColumn
from deployer.targets import get_target
from tests.cases import TABLE, TAXI, make_model, make_spec, refuse_what_is_no_sql
from tests.test_sql import TEXT, storable

GOLDEN = Path(__file__).parent / "golden"
TIMED = Table(TABLE.name, (*TABLE.columns, TableColumn("pickup_time", "datetime2", None, nullable=True)))
NULLABLE = Table(TABLE.name, tuple(TableColumn(c.name, c.type, c.length, nullable=True) for c in TABLE.columns))


@dataclass(frozen=True)
class Case:
    spec: Mapping[str, Any] = field(default_factory=dict)
    target: str = "synapse-dedicated"
    table: Table | None = TABLE
    model: Model = field(default_factory=make_model)

    def plan(self) -> Plan:
        return make_plan(self.model, make_spec(**self.spec), get_target(self.target), self.table)


CASES = {
    "plain": Case(),
    "alias": Case(
        {
            "alias": "champion",
            "statements": [
                {"view": "ml.nyc_taxi_tip_scores"},
                {"procedure": "ml.score_nyc_taxi_tip", "into": "ml.tips", "mode": "insert"},
                {"procedure": "ml.show_nyc_taxi_tip"},
            ],
        }
    ),
    "sql_edge": Case(target="sql-edge"),
    "without_view": Case({"statements": [], "outputs": {"label": {"as": "tipped"}}}),
    "without_table": Case({"columns": {"fareAmount": {"from": "fare_amount"}}}, table=None),
    "nulls": Case(
        {
            "columns": {
                "fareAmount": {"nulls": {"use": 0.5}},
                "passengerCount": {"nulls": "skip row"},
                "paymentType": {"nulls": {"use": "n'a"}},
            }
        },
        table=NULLABLE,
    ),
    "nulls_refused": Case({"columns": {"paymentType": {"nulls": "skip row"}}}, table=NULLABLE),
    "names_that_clash": Case(
        {"key": ["fareAmount", "score"], "outputs": {"score": {}, "label": {"as": "passengerCount"}}},
        table=Table(TABLE.name, (*TABLE.columns, TableColumn("score", "int"))),
    ),
    "names_in_brackets": Case(
        {
            "models_table": "[my ml].[models]]]",
            "data": "[select].[from]",
            "key": ["order by"],
            "columns": {"fareAmount": {"from": "fare'amount]"}},
            "outputs": {"score": {"as": "score; --"}},
            "statements": [{"view": "[my ml].[O'Brien]"}],
            "name": "it's\nGO\n$(x) /* -- ?",
        },
        table=None,
    ),
    "procedure": Case(
        {
            "statements": [
                {
                    "procedure": "ml.score_trips",
                    "parameters": {
                        "since": {"from": "pickup_time"},
                        "until": {"before": "pickup_time"},
                        "payment": {"equals": "paymentType", "type": "varchar(10)"},
                    },
                }
            ]
        },
        table=TIMED,
    ),
    "replace": Case(
        {
            "statements": [
                {
                    "procedure": "ml.score_trips",
                    "into": "ml.trip_scores",
                    "mode": "replace",
                    "distribution": {"hash": "TRIP_ID"},
                    "index": {"clustered": ["trip_id"]},
                }
            ],
            "columns": {"fareAmount": {"nulls": "refuse"}, "paymentType": {"nulls": {"use": ""}}},
            "outputs": {"score": {}, "payment": {"type": "varchar(20)"}},
        },
        table=NULLABLE,
    ),
    "insert": Case({"statements": [{"procedure": "ml.score", "into": "ml.scores", "mode": "insert"}]}),
    "merge": Case(
        {
            "statements": [
                {"procedure": "ml.score", "into": "ml.scores", "mode": "merge", "distribution": {"hash": "trip_id"}}
            ],
            "outputs": {"score": {}},
        }
    ),
    "delete_and_insert": Case(
        {"statements": [{"procedure": "ml.score", "into": "ml.scores", "mode": "merge"}], "outputs": {"score": {}}}
    ),
    "incremental": Case(
        {
            "statements": [
                {
                    "procedure": "ml.score",
                    "into": "ml.scores",
                    "mode": "incremental",
                    "watermark": "pickup_time",
                    "distribution": "replicate",
                }
            ],
            "columns": {"passengerCount": {"nulls": "skip row"}},
            "outputs": {"score": {"as": "tip"}},
        },
        table=replace(TIMED, columns=(*NULLABLE.columns, TIMED.columns[-1])),
    ),
    "table_and_sample": Case(
        {
            "statements": [{"table": "ml.scores", "index": "columnstore"}, {"sample": 10}],
            "outputs": {"score": {}},
            "log": "dbo.runs",
        }
    ),
    "rights": Case(
        {
            "statements": [
                {"view": "ml.v"},
                {"procedure": "ml.p", "into": "scores.t", "mode": "merge"},
                {"table": "snapshots.u"},
            ],
            "outputs": {"score": {}},
            "roles": {"deploy": "deployers", "score": "who scores", "read": "reader's"},
        }
    ),
    "fixed_model": Case(model=replace(make_model(), origin=Origin(fixes=("wide-input", "version-too-new")))),
}


def script(plan: Plan) -> str:
    runs = (statement for scored in plan.scorings for statement in (scored.run, scored.read) if statement)
    statements = (*plan.statements, *runs, plan.score, plan.rows, plan.stored_digest, plan.stored_model)
    return "\nGO\n".join(statement.script for statement in dict.fromkeys(statements))


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_the_golden_one(name: str) -> None:
    path = GOLDEN / f"{name}.sql"
    plan = CASES[name].plan()
    model = plan.model
    # The bytes depend on the version of onnx; the text holds only where they and their hash stand.
    parts = {
        model.content.hex().upper(): "{content}",
        model.digest: "{sha256}",
        model.digest.upper(): "{SHA256}",
        f"{len(model.content)} bytes": "{size} bytes",
        f"DATALENGTH([model]) = {len(model.content)}": "DATALENGTH([model]) = {size}",
    }
    text = script(plan)
    for part, mark in parts.items():
        assert part in text
        text = text.replace(part, mark)
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_microsoft_s_grammar_takes_every_statement(name: str) -> None:
    refuse_what_is_no_sql(script(CASES[name].plan()))


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.sql")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_same_input_gives_the_same_plan(name: str) -> None:
    assert CASES[name].plan() == CASES[name].plan()


def tokens(plan: Plan) -> list[list[TokenType]]:
    """What kinds of tokens each statement is made of, by sqlglot; comments are none."""
    return [
        [token.token_type for token in sqlglot.tokenize(s.sql, read="tsql")] for s in (*plan.statements, plan.score)
    ]


ONE_LINE = TEXT.filter(
    lambda text: storable(text) and "$(" not in text and not any(ord(c) < 32 or c == "\x7f" for c in text)
)


@given(st.lists(ONE_LINE, min_size=8, max_size=8, unique_by=str.casefold))
@settings(max_examples=50, deadline=None)
def test_no_name_and_no_value_becomes_sql(texts: list[str]) -> None:
    """Hostile text in every place that takes text leaves the same tokens as plain text there."""

    def plan(schema: str, *names: str) -> Plan:
        table, data, view = (f"[{name.replace(']', ']]')}]" for name in names[:3])
        key, column, output, value = names[3:]
        quoted = f"[{schema.replace(']', ']]')}]"
        spec = make_spec(
            models_table=f"{quoted}.{table}",
            data=data,
            key=[key],
            columns={"fareAmount": {"from": column}, "paymentType": {"nulls": {"use": value}}},
            outputs={"score": {"as": output}, "label": {}},
            statements=[
                {"view": f"{quoted}.{view}"},
                {"procedure": f"{quoted}.[p{view[1:]}", "into": f"{quoted}.[t{view[1:]}", "mode": "merge"},
            ],
            roles={"read": key},
            name=value or None,
        )
        return make_plan(make_model(), spec, get_target("synapse-dedicated"))

    plain = ["schema", "table", "data", "view", "key", "column", "output", "value"]
    fit = [
        other if name_problem(text) or text.startswith("#") else text for text, other in zip(texts, plain, strict=True)
    ]
    hostile = plan(*fit[:-1], texts[-1])
    assert tokens(hostile) == tokens(plan(*plain))
    refuse_what_is_no_sql(script(hostile))


@pytest.mark.parametrize(
    ("sql", "parts"),
    [
        ("a ? b", ["a ", " b"]),
        ("?", ["", ""]),
        ("'?' ? N'it''s ?'", ["'?' ", " N'it''s ?'"]),
        ("[?]]?] ?", ["[?]]?] ", ""]),
        ('"?""" ?', ['"?""" ', ""]),
        ("-- ? '\n?", ["-- ? '\n", ""]),
        ("/* ? /* ' */ ? */ ?", ["/* ? /* ' */ ? */ ", ""]),
        ("none", ["none"]),
    ],
)
def test_placeholders_stand_outside_of_text_names_and_comments(sql: str, parts: list[str]) -> None:
    assert split_placeholders(sql) == parts


@pytest.mark.parametrize("sql", ["'", "[a", '"', "/* /* */", "N'it''s"])
def test_what_does_not_end_is_refused(sql: str) -> None:
    with pytest.raises(PlanError, match="does not end"):
        split_placeholders(sql)


def test_a_script_has_literals_in_place_of_parameters() -> None:
    statement = Statement("p", "SELECT ?, '?', ?, ? -- ?", (b"\x01\xff", "it's", 3))
    assert statement.script == "SELECT 0x01FF, '?', N'it''s', 3 -- ?"


def test_only_the_bytes_are_a_parameter() -> None:
    plan = CASES["plain"].plan()
    assert [s.parameters for s in plan.statements if s.parameters] == [(plan.model.content,)]
    assert plan.store.parameters == (plan.model.content,)
    assert plan.model.content.hex().upper() in plan.store.script
    assert "\\xff" not in repr(plan)


def test_name_and_version_of_the_spec_come_first() -> None:
    plan = Case({"name": "tip", "version": 0}).plan()
    assert plan.model_id == "tip:0"
    assert "N'tip:0'" in plan.score.sql + plan.store.sql


def test_a_target_that_is_gone_or_unproven_is_noted() -> None:
    assert "retired on 2025-09-30" in CASES["sql_edge"].plan().notes[0]
    assert "try one PREDICT" in CASES["plain"].plan().notes[0]
    available = replace(get_target("synapse-dedicated"), status="available")
    assert make_plan(make_model(), make_spec(), available).notes == ()


@pytest.mark.parametrize(
    ("spec", "model", "message"),
    [
        ({}, make_model(name=""), "the model has no name"),
        ({"name": "n" * 1023}, make_model(), "the ID is 1025 characters long; the limit is 1024"),
        ({"data": "ML.Models"}, make_model(), "'ml.models' stands for two things in the spec"),
        ({"statements": [{"view": "nyc_taxi"}]}, make_model(), "'dbo.nyc_taxi' stands for two things in the spec"),
        ({"name": "a\0b"}, make_model(), "holds NUL"),
        (
            {"statements": [{"table": "ml.t", "distribution": {"hash": "tripid"}}]},
            make_model(),
            "distribution of ml.t: it has no column 'tripid'; did you mean 'trip_id'?",
        ),
        (
            {"statements": [{"table": "ml.t", "index": {"clustered": ["trip_id", "fareAmount"]}}]},
            make_model(),
            "index of ml.t: it has no column 'fareAmount'; one of: label, payment, score, trip_id",
        ),
        (
            {"statements": [{"table": "ml.t"}, {"procedure": "ml.p", "into": "ML.T", "mode": "merge"}]},
            make_model(),
            "'ml.t' stands for two things in the spec",
        ),
        ({"statements": [{"table": "ml.t"}], "log": "dbo.nyc_taxi"}, make_model(), "stands for two things in the spec"),
    ],
)
def test_what_cannot_be_planned_is_said(spec: Mapping[str, Any], model: Model, message: str) -> None:
    with pytest.raises(PlanError, match=message) as caught:
        Case(spec, model=model).plan()
    assert caught.value.hint


def test_a_model_that_is_too_large_is_refused() -> None:
    small = get_target("synapse-dedicated").with_limit("model_bytes", 100)
    with pytest.raises(PlanError, match="takes 100"):
        make_plan(make_model(), make_spec(), small)


def test_a_target_without_an_engine_for_onnx_is_refused() -> None:
    target = replace(get_target("synapse-dedicated"), status="unsupported", status_note="it has no PREDICT")
    with pytest.raises(PlanError, match="has no engine for ONNX: it has no PREDICT") as caught:
        make_plan(make_model(), make_spec(), target)
    assert "deployer targets" in caught.value.hint


@pytest.mark.parametrize("entry", [{"table": "ml.t"}, {"procedure": "ml.p", "into": "ml.t", "mode": "merge"}])
def test_a_target_that_makes_no_tables_of_queries_is_refused(entry: Mapping[str, Any]) -> None:
    with pytest.raises(PlanError, match="Azure SQL Edge makes no table of scores") as caught:
        Case({"statements": [entry]}, target="sql-edge").plan()
    assert "use a view" in caught.value.hint


def test_a_limit_chooses_between_merge_and_delete() -> None:
    spec = CASES["merge"].spec
    without = get_target("synapse-dedicated").with_limit("merge", 0)
    plans = [
        make_plan(make_model(), make_spec(**spec), target) for target in (get_target("synapse-dedicated"), without)
    ]
    scripts = [script(plan) for plan in plans]
    assert ["MERGE INTO [ml].[scores]" in text for text in scripts] == [True, False]
    assert ["DELETE FROM [ml].[scores]" in text for text in scripts] == [False, True]


def test_rows_that_are_distributed_by_a_score_are_deleted_and_inserted() -> None:
    entry = {"procedure": "ml.p", "into": "ml.scores", "mode": "merge", "distribution": {"hash": "score"}}
    text = script(Case({"statements": [entry]}).plan())
    assert "MERGE INTO [ml].[scores]" not in text
    assert "DELETE FROM [ml].[scores]" in text


def test_a_note_says_where_rights_reach_the_models() -> None:
    statements = [{"procedure": "ml.p", "into": "ml.t", "mode": "replace"}]
    assert not any("schema of its own" in note for note in Case({"statements": statements}).plan().notes)
    plan = Case({"statements": statements, "roles": {"read": "readers"}}).plan()
    assert any("schema of its own" in note for note in plan.notes)


def test_a_wide_model_is_refused_by_the_contract() -> None:
    wide = make_model(TAXI.replace("float[N, 1] fareAmount", "float[N, 3] fareAmount"))
    with pytest.raises(ContractError, match="3 columns wide"):
        Case(model=wide).plan()


def test_a_folder_of_templates_takes_the_place_of_the_project_s(tmp_path: Path) -> None:
    (tmp_path / "catalog_table.sql.j2").write_text(
        '{% extends "common/catalog_table.sql.j2" %}{% block options %} WITH (HEAP, DISTRIBUTION = REPLICATE)'
        "{% endblock %}"
    )
    plan = make_plan(make_model(), make_spec(), get_target("synapse-dedicated"), TABLE, tmp_path)
    assert "DISTRIBUTION = REPLICATE" in plan.statements[1].sql
    assert plan.store == CASES["plain"].plan().store


def test_a_template_that_loses_the_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store_model.sql.j2").write_text("SELECT 1")
    with pytest.raises(PlanError, match=r"has 0 placeholders '\?'; it needs 1"):
        make_plan(make_model(), make_spec(), get_target("synapse-dedicated"), TABLE, tmp_path)
