"""Every input gets a column, a cast and a NULL policy, or the contract says why it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deployer.contract import COLUMN_RULES, Contract, Key, bind_columns, check_columns
from deployer.errors import ContractError
from deployer.model import Model
from deployer.rule import Rule
from deployer.spec import NullPolicy
from deployer.table import Table, TableColumn
from deployer.targets import get_target
from tests.cases import TABLE, TAXI, make_model, make_spec

TARGET = get_target("synapse-dedicated")


def bind(model: Model | None = None, table: Table | None = TABLE, **spec: Any) -> Contract:
    return bind_columns(model or make_model(), make_spec(**spec), TARGET, table)


def refuse(model: Model | None = None, table: Table | None = TABLE, **spec: Any) -> list[str]:
    """The problems that are told."""
    with pytest.raises(ContractError) as caught:
        bind(model, table, **spec)
    assert caught.value.hint
    first, *problems = caught.value.message.split("\n  - ")
    assert first == f"model 'nyc_taxi_tip' and data {str(make_spec(**spec).data)!r} do not fit:"
    return problems


def with_column(name: str, kind: str, length: int | None = None, nullable: bool = False) -> Table:
    """The taxi's table with one column changed."""
    columns = [TableColumn(name, kind, length, nullable) if c.name == name else c for c in TABLE.columns]
    return Table(TABLE.name, tuple(columns))


def one_column(inputs: str, outputs: str = "float[N, 1] y") -> Model:
    """A model whose shape alone matters; it need not run."""
    return make_model(f'<ir_version: 6, opset_import: ["": 11]> g ({inputs}) => ({outputs}) {{ y = Identity(x) }}')


def test_same_name_and_exact_type() -> None:
    contract = bind()
    assert [(b.input.name, b.column, str(b.sql_type), b.nulls.kind) for b in contract.bindings] == [
        ("fareAmount", "fareAmount", "real", "keep"),
        ("passengerCount", "passengerCount", "bigint", "keep"),
        ("paymentType", "paymentType", "varchar(20)", "keep"),
    ]
    assert contract.keys == (Key("trip_id", "trip_id"),)
    assert [(o.output.name, o.name, str(o.sql_type)) for o in contract.outputs] == [
        ("score", "score", "real"),
        ("label", "label", "bigint"),
        ("payment", "payment", "varchar(8000)"),
    ]


def test_without_a_table_columns_are_taken_to_be_there_and_to_hold_null() -> None:
    contract = bind(table=None, columns={"fareAmount": {"from": "fare"}})
    assert [(b.column, str(b.sql_type), b.nulls.kind) for b in contract.bindings] == [
        ("fare", "real", "refuse"),
        ("passengerCount", "bigint", "refuse"),
        ("paymentType", "varchar(8000)", "refuse"),
    ]


def test_the_table_spells_its_columns() -> None:
    table = Table("dbo.t", (*TABLE.columns[1:], TableColumn("Trip_ID", "int"), TableColumn("FareAmount", "int")))
    contract = bind(table=table, columns={"passengerCount": {"from": "FAREAMOUNT"}})
    assert [binding.column for binding in contract.bindings] == ["fareAmount", "FareAmount", "paymentType"]
    assert contract.keys[0].column == "Trip_ID"


@pytest.mark.parametrize(
    ("kind", "length", "sql_type"),
    [
        ("varchar", 20, "varchar(20)"),
        ("char", 3, "varchar(3)"),
        ("nvarchar", 4000, "nvarchar(4000)"),
        ("nchar", 3, "nvarchar(3)"),
    ],
)
def test_text_is_cast_with_the_length_of_its_column(kind: str, length: int, sql_type: str) -> None:
    assert str(bind(table=with_column("paymentType", kind, length)).bindings[2].sql_type) == sql_type


@pytest.mark.parametrize(
    ("name", "kind", "length", "problem"),
    [
        ("fareAmount", "datetime2", None, "column 'fareAmount' is datetime2, which cannot become real"),
        ("fareAmount", "varbinary", -1, "column 'fareAmount' is varbinary(max), which cannot become real"),
        (
            "fareAmount",
            "varchar",
            9,
            "column 'fareAmount' is varchar(9), cast to real: text that is no number makes the statement fail",
        ),
        (
            "passengerCount",
            "float",
            None,
            "column 'passengerCount' is float, cast to bigint: what stands behind the point is lost",
        ),
        (
            "passengerCount",
            "decimal",
            None,
            "column 'passengerCount' is decimal, cast to bigint: a value beyond bigint makes the statement fail",
        ),
        (
            "paymentType",
            "real",
            None,
            "column 'paymentType' is real, cast to varchar(8000): "
            "a number as text may not read as it did in training (1.50 or 1.5)",
        ),
        (
            "paymentType",
            "varchar",
            -1,
            "column 'paymentType' is varchar(max), cast to varchar(8000): text beyond 8000 characters is cut",
        ),
        (
            "paymentType",
            "uniqueidentifier",
            None,
            "column 'paymentType' is uniqueidentifier, which cannot become varchar",
        ),
    ],
)
def test_a_cast_that_may_change_a_value_is_refused(name: str, kind: str, length: int | None, problem: str) -> None:
    table = with_column(name, kind, length)
    assert refuse(table=table) == [f"input {name!r}: {problem}"]
    if "cannot" not in problem:
        said = {"fareAmount": "real", "passengerCount": "bigint", "paymentType": "varchar(50)"}[name]
        contract = bind(table=table, columns={name: {"type": said}})
        assert said in [str(binding.sql_type) for binding in contract.bindings]


@pytest.mark.parametrize("kind", ["bit", "tinyint", "int", "bigint", "decimal", "money", "real", "float"])
def test_every_number_becomes_a_float(kind: str) -> None:
    assert str(bind(table=with_column("fareAmount", kind)).bindings[0].sql_type) == "real"


def test_a_type_that_is_not_the_model_s_is_refused() -> None:
    assert refuse(columns={"fareAmount": {"type": "float"}}) == [
        "input 'fareAmount': the spec says type 'float', the model takes 'real'"
    ]


def test_null_policies() -> None:
    table = Table(TABLE.name, tuple(TableColumn(c.name, c.type, c.length, nullable=True) for c in TABLE.columns))
    contract = bind(table=table, columns={"fareAmount": {"nulls": "keep"}, "paymentType": {"nulls": {"use": "none"}}})
    assert [binding.nulls for binding in contract.bindings] == [
        NullPolicy("keep"),
        NullPolicy("refuse"),
        NullPolicy("use", "none"),
    ]


@pytest.mark.parametrize(
    ("name", "nulls", "problem"),
    [
        ("passengerCount", "keep", ": is bigint: ONNX has NaN for a NULL only in floats; nulls cannot be keep"),
        ("paymentType", "keep", ": is varchar(20): ONNX has NaN for a NULL only in floats; nulls cannot be keep"),
        ("fareAmount", {"use": "0"}, ": nulls: {use: '0'} is no number; the input takes real"),
        ("fareAmount", {"use": float("nan")}, ": nulls: {use: nan} is outside of real: up to 3.40282e+38"),
        ("fareAmount", {"use": 10**400}, None),
        ("passengerCount", {"use": 0.5}, ": nulls: {use: 0.5} is no whole number; the input takes bigint"),
        ("passengerCount", {"use": 2**63}, None),
        ("paymentType", {"use": 0}, ": nulls: {use: 0} is no text; the input takes varchar(20)"),
        (
            "paymentType",
            {"use": "long" * 6},
            f": nulls: {{use: {'long' * 6!r}}} is 24 characters long; the input takes varchar(20)",
        ),
    ],
)
def test_a_policy_that_cannot_be_is_refused(name: str, nulls: Any, problem: str | None) -> None:
    told = refuse(columns={name: {"nulls": nulls}})
    assert len(told) == 1
    assert told[0].startswith(f"input {name!r}")
    assert "is outside of" in told[0] if problem is None else told[0] == f"input {name!r}{problem}"


def test_a_key_that_is_an_input_too_gets_a_name_of_its_own_within() -> None:
    contract = bind(key=["fareAmount", "trip_id"])
    assert contract.keys == (Key("fareAmount", "fareAmount_key"), Key("trip_id", "trip_id"))


def test_a_key_that_is_an_output_too_keeps_its_name_and_the_output_gets_another() -> None:
    table = Table(TABLE.name, (*TABLE.columns, TableColumn("Score", "int"), TableColumn("score_score", "int")))
    contract = bind(table=table, key=["Score", "score_score"])
    assert contract.keys == (Key("Score", "Score_key"), Key("score_score", "score_score"))
    assert [output.name for output in contract.outputs] == ["score_score_2", "label", "payment"]


def test_outputs_are_those_of_the_spec_in_its_order() -> None:
    contract = bind(outputs={"label": {"as": "tipped"}, "score": {"type": "float"}, "payment": {"type": "nvarchar(9)"}})
    assert [(o.output.name, o.name, str(o.sql_type)) for o in contract.outputs] == [
        ("label", "tipped", "bigint"),
        ("score", "score", "float"),
        ("payment", "payment", "nvarchar(9)"),
    ]


def test_all_problems_are_told_at_once() -> None:
    assert refuse(
        key=["trip", "trip_id"],
        columns={"fareAmount": {"from": "fare_amount"}, "fareAmont": {}},
        outputs={
            "scores": {},
            "label": {"type": "real", "as": "TRIP_ID"},
            "score": {"as": "same"},
            "payment": {"as": "Same"},
        },
    ) == [
        "input 'fareAmont': the spec names it, and the model has not; did you mean 'fareAmount'?",
        "input 'fareAmount': 'dbo.nyc_taxi' has no column 'fare_amount'; did you mean 'fareAmount'?",
        "key 'trip': 'dbo.nyc_taxi' has no column 'trip'; did you mean 'trip_id'?",
        "output 'scores': the spec names it, and the model has not; did you mean 'score'?",
        "outputs: result column 'TRIP_ID' is named twice, by outputs, key or watermark",
        "outputs: result column 'Same' is named twice, by outputs, key or watermark",
        "output 'label': the spec says type 'real', the model gives 'bigint'",
    ]


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ("float[N, 4] x", "input 'x': is float[N, 4], 4 columns wide; synapse-dedicated binds 1 column to one name"),
        ("float[N, M] x", "input 'x': is float[N, M], of unknown width; synapse-dedicated binds 1 column to one name"),
        ("bool[N, 1] x", "input 'x': is bool[N, 1]; synapse-dedicated takes float, double, int64, int32, string"),
        ("float[N, 1] x, float[N, 1] X", "inputs: 'x' and 'X' differ by case only, which T-SQL does not see"),
    ],
)
def test_inputs_that_no_column_can_feed_are_refused(inputs: str, problem: str) -> None:
    assert refuse(one_column(inputs), None, key=["id"]) == [problem]


def test_a_wide_model_is_pointed_to_its_fix() -> None:
    with pytest.raises(ContractError) as caught:
        bind(one_column("float[N, 4] x"), None)
    assert "deployer fix" in caught.value.hint


def test_outputs_that_no_row_can_return_are_left_out_or_refused() -> None:
    outputs = "float[N, 1] y, float[N, 3] p, seq(map(int64, float)) z"
    model = one_column("float[N, 1] x", outputs)
    assert [output.name for output in bind(model, None).outputs] == ["y"]
    assert refuse(model, None, outputs={"p": {}, "z": {}}) == [
        "output 'p': is float[N, 3], 3 columns wide; synapse-dedicated binds 1 column to one name",
        "output 'z': is seq(map(int64, tensor(float))); synapse-dedicated takes float, double, int64, int32, string",
    ]
    assert refuse(one_column("float[N, 1] x", "float[N, 3] y"), None) == [
        "outputs: none can be returned: 'y' float[N, 3]"
    ]


def test_a_width_that_the_user_knows_is_believed() -> None:
    model = one_column("float[N, 1] x", "float[N, 3] y")
    target = TARGET.with_limit("output_width", 3)
    assert bind_columns(model, make_spec(), target, None).outputs[0].name == "y"


def test_names_that_brackets_cannot_hold_are_refused() -> None:
    model = make_model(TAXI.replace("fareAmount", "f" * 129))
    assert refuse(model, None) == [
        f"input {'f' * 129!r}: the name is 129 characters long; a T-SQL name takes 128",
    ]


def findings(table: Table | None, model: Model | None = None, **spec: Any) -> list[tuple[str, str, str]]:
    _, found = check_columns(model or make_model(), make_spec(**spec), TARGET, table)
    return [(finding.rule, finding.severity.value, finding.where) for finding in found]


EXACT = {"fareAmount": {"type": "real"}}
"""The taxi's fares are `float`, the model's `real`; here that is known."""


@pytest.mark.parametrize("rule", COLUMN_RULES, ids=lambda rule: rule.name)
def test_page_says_what_why_and_what_to_do(rule: Rule[Any]) -> None:
    assert rule.title
    assert "\nEvidence: " in rule.doc
    assert "\n**What to do.** " in rule.doc


def test_a_table_that_fits_is_silent() -> None:
    assert findings(TABLE, columns=EXACT) == []


def test_rounding_warns_until_the_spec_names_the_type() -> None:
    table = with_column("fareAmount", "float")
    assert findings(table) == [("rounding-cast", "warning", "input 'fareAmount'")]
    assert findings(table, columns={"fareAmount": {"type": "real"}}) == []


def test_cutting_is_an_error_until_the_spec_names_the_type() -> None:
    table = with_column("passengerCount", "real")
    assert findings(table, columns=EXACT) == [("cutting-cast", "error", "input 'passengerCount'")]
    assert findings(table, columns=EXACT | {"passengerCount": {"type": "bigint"}}) == []


def test_a_column_that_may_hold_null_asks_for_a_word() -> None:
    table = with_column("fareAmount", "real", nullable=True)
    assert findings(table) == [("unstated-nulls", "warning", "input 'fareAmount'")]
    for policy in ("refuse", "keep", "skip row", {"use": 0}):
        assert findings(table, columns={"fareAmount": {"nulls": policy}}) == []


def test_text_of_fixed_length_comes_with_blanks() -> None:
    found = findings(with_column("paymentType", "char", 10), columns=EXACT)
    assert found == [("padded-text", "warning", "input 'paymentType'")]
    assert findings(with_column("paymentType", "char", 1), columns=EXACT) == []


def test_without_a_table_nothing_is_judged_and_that_is_said() -> None:
    assert findings(None) == [("unknown-table", "info", "data")]


def test_integers_read_as_text_as_they_are() -> None:
    contract = bind(table=with_column("paymentType", "int"))
    assert str(contract.bindings[2].sql_type) == "varchar(11)"


STATEMENTS = [
    {"procedure": "ml.p", "parameters": {"since": {"from": "TRIP_ID"}, "kind": {"equals": "paymentType"}}},
    {"procedure": "ml.q", "into": "ml.t", "mode": "incremental", "watermark": "FAREAMOUNT"},
    {"table": "ml.u", "mode": "incremental", "watermark": "trip_id"},
]


def test_parameters_and_watermarks_are_bound() -> None:
    contract = bind_columns(make_model(), make_spec(statements=STATEMENTS), get_target("synapse-dedicated"), TABLE)
    assert [(c.name, c.column, c.operator, str(c.sql_type)) for c in contract.choices] == [
        ("since", "trip_id", ">=", "int"),
        ("kind", "paymentType", "=", "varchar(20)"),
    ]
    # An input has the name of the first, and the second is the key.
    assert [(w.column, w.inner) for w in contract.watermarks] == [
        ("fareAmount", "fareAmount_watermark"),
        ("trip_id", "trip_id"),
    ]


def test_parameters_and_watermarks_that_are_not_there_are_told() -> None:
    statements = [
        {"procedure": "ml.p", "parameters": {"since": {"from": "tripid"}}},
        {"table": "ml.t", "mode": "incremental", "watermark": "fare"},
    ]
    with pytest.raises(ContractError) as caught:
        bind_columns(make_model(), make_spec(statements=statements), get_target("synapse-dedicated"), TABLE)
    assert "parameter 'since': 'dbo.nyc_taxi' has no column 'tripid'; did you mean 'trip_id'?" in caught.value.message
    assert "watermark 'fare': 'dbo.nyc_taxi' has no column 'fare'" in caught.value.message


def test_a_parameter_of_an_unknown_type_needs_one() -> None:
    with pytest.raises(ContractError, match="the type of column 'TRIP_ID' is not known") as caught:
        bind_columns(make_model(), make_spec(statements=STATEMENTS[:1]), get_target("synapse-dedicated"))
    assert "type: TYPE" in caught.value.hint


def test_an_output_is_not_called_like_a_watermark() -> None:
    table = replace(TABLE, columns=(*TABLE.columns, TableColumn("score", "datetime2")))
    statements = [{"table": "ml.t", "mode": "incremental", "watermark": "score"}]
    contract = bind_columns(make_model(), make_spec(statements=statements), get_target("synapse-dedicated"), table)
    assert next((output.output.name, output.name) for output in contract.outputs) == ("score", "score_score")
    assert contract.watermarks[0].inner == "score_watermark"
