"""A spec is read whole or refused whole, with a line for each problem."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.errors import SpecError
from deployer.names import NAME_LENGTH, ObjectName, SqlTypeName, parse_column_type, parse_name, parse_type
from deployer.spec import (
    Distribution,
    Index,
    NullPolicy,
    ProcedureSpec,
    SampleSpec,
    Spec,
    TableSpec,
    Tolerance,
    ViewSpec,
    read_spec,
)

FULL = """\
model: models:/nyc_taxi_tip@champion
target: synapse-dedicated
models_table: ml.models
data: dbo.nyc_taxi                 # table or view
key: [trip_id]
columns:
  fareAmount: {from: fare_amount, nulls: {use: 0}}
  paymentType: {nulls: skip row, type: varchar(20)}
  tripDistance: {nulls: keep}
outputs:
  output_label: {as: tipped, type: bigint}
  output_probability_1: {}
statements:
  - view: ml.nyc_taxi_tip_scores
tolerance: {absolute: 1e-6, relative: 1e-5}
name: tip
version: 7
limits: {opset: 15}
wide: [a, b, c]
"""

SHORT = "model: m.onnx\ntarget: synapse-dedicated\nmodels_table: ml.models\ndata: t\nkey: [id]\n"


def read(folder: Path, text: str) -> Spec:
    path = folder / "scoring.yml"
    path.write_text(text, encoding="utf-8")
    return read_spec(path)


def refuse(folder: Path, text: str) -> str:
    """What is said of a spec that is refused, without the folder's name."""
    with pytest.raises(SpecError) as caught:
        read(folder, text)
    assert caught.value.hint
    return caught.value.message.replace(f"{folder}/", "")


def test_everything_is_read(tmp_path: Path) -> None:
    spec = read(tmp_path, FULL)
    assert spec.model == "models:/nyc_taxi_tip@champion"
    assert spec.models_table == ObjectName("ml", "models")
    assert spec.data == ObjectName("dbo", "nyc_taxi")
    assert spec.key == ("trip_id",)
    assert spec.columns["fareAmount"].column == "fare_amount"
    assert spec.columns["fareAmount"].nulls == NullPolicy("use", 0)
    assert spec.columns["paymentType"].nulls == NullPolicy("skip row")
    assert spec.columns["paymentType"].type == SqlTypeName("varchar", 20)
    assert spec.columns["tripDistance"].nulls == NullPolicy("keep")
    assert spec.outputs["output_label"].name == "tipped"
    assert spec.outputs["output_label"].type == SqlTypeName("bigint")
    assert list(spec.outputs) == ["output_label", "output_probability_1"]
    assert spec.statements == (ViewSpec(view=ObjectName("ml", "nyc_taxi_tip_scores")),)
    assert spec.tolerance == Tolerance(absolute=1e-6, relative=1e-5)
    assert (spec.name, spec.version, spec.limits, spec.wide) == ("tip", 7, {"opset": 15}, ("a", "b", "c"))


def test_a_relative_model_starts_at_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, SHORT).model == str(tmp_path / "m.onnx")
    assert read(tmp_path, SHORT.replace("m.onnx", "/models/m.onnx")).model == "/models/m.onnx"
    assert read(tmp_path, SHORT.replace("m.onnx", "runs:/1f/model")).model == "runs:/1f/model"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("columns: {a: {form: b}}", "unknown key 'columns.a.form'; did you mean 'from'?"),
        ("colums: {}", "unknown key 'colums'; did you mean 'columns'?"),
        ("columns: {a: {from: 3}}", "columns.a.from: expected text, found 3"),
        ("columns: {a: }", "columns.a: expected keys and values, found None"),
        ("columns: {a: {from: ''}}", "columns.a.from: name '' is empty"),
        (
            "columns: {a: {nulls: drop}}",
            "columns.a.nulls: 'drop' is no way to treat NULL; expected keep, refuse, skip row or {use: VALUE}",
        ),
        (
            "columns: {a: {nulls: {use: yes}}}",
            "columns.a.nulls: {'use': True} is no way to treat NULL; expected keep, refuse, skip row or {use: VALUE}",
        ),
        (
            "columns: {a: {type: varchar}}",
            "columns.a.type: 'varchar' has no length, and T-SQL would cut the text at 30 characters; write varchar(n)",
        ),
        (
            "columns: {a: {type: varchar(9000)}}",
            "columns.a.type: 'varchar(9000)': the length of varchar is from 1 to 8000",
        ),
        (
            "columns: {a: {type: date}}",
            "columns.a.type: 'date' is not a type that PREDICT takes; one of: real, float, bigint, int, char(n)",
        ),
        ("outputs: {a: {name: b}}", "unknown key 'outputs.a.name'; one of: as, type"),
        ("outputs: [a]", "outputs: expected keys and values, found ['a']"),
        ("wide: a", "wide: expected a list, found 'a'"),
        ("wide: [a, A]", "wide: 'a' is named twice (T-SQL does not mind case)"),
        ("tolerance: {absolute: -1}", "tolerance.absolute: -1: input should be greater than or equal to 0"),
        ("tolerance: {relative: .nan}", "tolerance.relative: expected a finite number, found nan"),
        ("limits: {opst: 15}", "limits.opst: unknown limit 'opst'; did you mean 'opset'?"),
        ("limits: {opset: '15'}", "limits.opset: expected a whole number, found '15'"),
        ("version: 1.5", "version: expected a whole number, found 1.5"),
        ("name: ''", "name is empty"),
        ("model: again.onnx", "key 'model' stands here for the second time; first on line 1"),
        ("3: a", "key 3 is not text; write it in quotes"),
        ("name: !!python/object:os.system x", "'x': could not determine a constructor"),
        ("name: [a, ]]", "not YAML: expected <block end>"),
        ("name: '\x01'", "not YAML: character 0x1 is not allowed"),
    ],
)
def test_a_problem_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    told = refuse(tmp_path, SHORT + line + "\n")
    assert f"scoring.yml:6: {message}" in told


STATEMENTS = """\
statements:
  - view: ml.v
  - procedure: ml.read
    parameters:
      since: {from: pickup time, type: datetime2(0)}
      until: {before: pickup time}
      vendor: {equals: vendor}
  - procedure: ml.score
    into: ml.scores
    mode: incremental
    watermark: pickup time
    distribution: {hash: id}
    index: {clustered: [id, score]}
  - table: ml.all
    index: columnstore
    distribution: replicate
  - table: ml.new
    mode: insert
  - sample: 10
log: ml.runs
roles: {deploy: deployers, score: scorers, read: readers}
"""


def test_every_statement_is_read(tmp_path: Path) -> None:
    spec = read(tmp_path, SHORT + STATEMENTS)
    view, read_only, incremental, whole, new, sample = spec.statements
    assert view == ViewSpec(view=ObjectName("ml", "v"))
    assert isinstance(read_only, ProcedureSpec)
    assert read_only.filled is None
    assert {name: (said.operator, said.column) for name, said in read_only.parameters.items()} == {
        "since": (">=", "pickup time"),
        "until": ("<", "pickup time"),
        "vendor": ("=", "vendor"),
    }
    assert read_only.parameters["since"].type == SqlTypeName("datetime2", 0)
    assert isinstance(incremental, ProcedureSpec)
    assert (incremental.filled, incremental.mode) == (ObjectName("ml", "scores"), "incremental")
    assert incremental.watermark == "pickup time"
    assert incremental.distribution == Distribution("hash", "id")
    assert incremental.index == Index("clustered", ("id", "score"))
    assert isinstance(whole, TableSpec)
    assert (whole.filled, whole.mode, whole.index) == (ObjectName("ml", "all"), "replace", Index("columnstore"))
    assert isinstance(new, TableSpec)
    assert (new.mode, new.distribution, new.index) == ("insert", Distribution("round_robin"), Index("heap"))
    assert sample == SampleSpec(sample=10)
    assert spec.log_table == ObjectName("ml", "runs")
    assert (spec.roles.deploy, spec.roles.score, spec.roles.read) == ("deployers", "scorers", "readers")


def test_the_log_stands_beside_the_models_table(tmp_path: Path) -> None:
    assert read(tmp_path, SHORT).log_table == ObjectName("ml", "scoring_log")


@pytest.mark.parametrize(
    ("entry", "line", "message"),
    [
        ("proc: ml.p", 7, "statements.0: {'proc': 'ml.p'} is no statement; did you mean 'procedure'?"),
        ("ml.p", 7, "statements.0: 'ml.p' is no statement; one of: view, procedure, table, sample"),
        ("{}", 7, "statements.0: {} is no statement; one of: view, procedure, table, sample"),
        ("view: ml.v\n    mode: merge", 8, "unknown key 'statements.0.mode'; one of: view"),
        (
            "view: ml.v\n    procedure: ml.p",
            8,
            "'statements.0.procedure' is a statement of its own; let it begin an entry: - procedure: NAME",
        ),
        ("view: a.b.c", 7, "statements.0.view: 'a.b.c' is not a name; expected table, schema.table"),
        (
            "procedure: ml.p\n    into: ml.t",
            7,
            "statements.0: into needs a mode: replace, insert, merge or incremental",
        ),
        (
            "procedure: ml.p\n    mode: merge",
            7,
            "statements.0: mode says how a table is filled; name the table: into: TABLE",
        ),
        (
            "procedure: ml.p\n    index: heap",
            7,
            "statements.0: index says how a table is filled; name the table: into: TABLE",
        ),
        (
            "procedure: ml.p\n    into: ml.t\n    mode: merg",
            9,
            "statements.0.mode: 'merg' is not known; did you mean 'merge'?",
        ),
        (
            "procedure: ml.p\n    into: ml.t\n    mode: merge\n    watermark: t",
            10,
            "statements.0.watermark: only mode: incremental has one",
        ),
        (
            "procedure: ml.p\n    into: ml.t\n    mode: incremental",
            7,
            "statements.0: mode incremental needs a watermark: the column that grows with time",
        ),
        (
            "procedure: p\n    into: t\n    mode: incremental\n    watermark: t\n    parameters: {a: {equals: b}}",
            7,
            "statements.0: mode incremental takes no parameters: the watermark chooses the rows",
        ),
        ("procedure: ml.p\n    into:", 8, "statements.0.into: None is not a name"),
        (
            "procedure: ml.p\n    parameters: {a: {equal: b}}",
            8,
            "unknown key 'statements.0.parameters.a.equal'; did you mean 'equals'?",
        ),
        (
            "procedure: ml.p\n    parameters: {a: {from: b, before: c}}",
            8,
            "statements.0.parameters.a: expected one of equals, from and before, with the name of a column",
        ),
        (
            "procedure: ml.p\n    parameters: {'a b': {from: b}}",
            8,
            "statements.0.parameters.a b: 'a b' is no name of a parameter",
        ),
        (
            "procedure: ml.p\n    parameters: {deployer_x: {from: b}}",
            8,
            "statements.0.parameters.deployer_x: 'deployer_x' is no name of a parameter",
        ),
        (
            "procedure: ml.p\n    parameters: {a: {from: b}, A: {before: b}}",
            7,
            "statements.0: parameter 'a' is named twice (T-SQL does not mind case)",
        ),
        (
            "procedure: ml.p\n    parameters: {a: {from: b, type: datetim2}}",
            8,
            "statements.0.parameters.a.type: 'datetim2' is not a type that rows can be chosen by",
        ),
        (
            "table: ml.t\n    into: ml.u",
            8,
            "unknown key 'statements.0.into'; one of: distribution, index, mode, table, watermark",
        ),
        (
            "table: ml.t\n    distribution: hash",
            8,
            "statements.0.distribution: 'hash' is no distribution; expected round_robin, replicate or {hash: COLUMN}",
        ),
        (
            "table: ml.t\n    index: {clustered: []}",
            8,
            "statements.0.index: {'clustered': []} is no index; expected heap, columnstore or {clustered: [COLUMN, …]}",
        ),
        ("sample: 0", 7, "statements.0.sample: 0: input should be greater than or equal to 1"),
        ("sample: all", 7, "statements.0.sample: expected a whole number, found 'all'"),
    ],
)
def test_a_statement_that_is_wrong_is_told(tmp_path: Path, entry: str, line: int, message: str) -> None:
    told = refuse(tmp_path, SHORT + f"statements:\n  - {entry}\n")
    assert f"scoring.yml:{line}: {message}" in told


def test_a_role_that_is_not_known_is_told(tmp_path: Path) -> None:
    told = refuse(tmp_path, SHORT + "roles: {reed: x}\n")
    assert "scoring.yml:6: unknown key 'roles.reed'; did you mean 'read'?" in told


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("datetime2(3)", SqlTypeName("datetime2", 3)),
        (" DECIMAL ( 10 , 2 ) ", SqlTypeName("decimal", 10, 2)),
        ("date", SqlTypeName("date")),
        ("nvarchar(4000)", SqlTypeName("nvarchar", 4000)),
    ],
)
def test_types_that_choose_rows(text: str, type_: SqlTypeName) -> None:
    assert parse_column_type(text) == type_
    assert parse_column_type(str(type_)) == type_


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("xml", "'xml' is not a type that rows can be chosen by"),
        ("varchar", "'varchar' has no length, and T-SQL would cut the text; write varchar(n)"),
        ("varchar(max)", "'varchar(max)' is not a type"),
        ("datetime2(8)", "'datetime2(8)': the numbers of datetime2 are 0 to 7"),
        ("decimal(10, 2, 1)", "is not a type"),
        ("int(4)", "'int(4)': the numbers of int are none"),
        ("int; DROP TABLE x", "is not a type"),
    ],
)
def test_types_that_choose_no_rows(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_column_type(text)


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "model: m.onnx\ntarget: 3\ndata: a.b.c\nkey: []\nkey: [id]\ntolerance: {absolute: x}\n"
    assert refuse(tmp_path, text).splitlines() == [
        "6 problems in 'scoring.yml':",
        "  scoring.yml:1: key 'models_table' is missing",
        "  scoring.yml:2: target: expected text, found 3",
        "  scoring.yml:3: data: 'a.b.c' is not a name; expected table, schema.table or [schema].[table]",
        "  scoring.yml:4: key is empty",
        "  scoring.yml:5: key 'key' stands here for the second time; first on line 4",
        "  scoring.yml:6: tolerance.absolute: expected a number, found 'x'",
    ]


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="No such file"):
        read_spec(tmp_path / "none.yml")
    with pytest.raises(SpecError, match="Is a directory"):
        read_spec(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "key 'model' is missing"),
        (b"- a", "expected keys and values, found ['a']"),
        (b"a: \xff", "byte 0xff is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"a: " + b"x" * 2_000_000, "is larger than 1,000,000 bytes"),
        (
            b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 40)),
            "stands for more than 100,000 values",
        ),
    ],
)
def test_files_that_are_no_spec_are_refused_at_once(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "scoring.yml"
    path.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert message in caught.value.message


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_content_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_bytes(content)
    with pytest.raises(SpecError):
        read_spec(path)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("t", ObjectName("dbo", "t")),
        ("ml.models", ObjectName("ml", "models")),
        ("[my schema].[a.b]", ObjectName("my schema", "a.b")),
        ("[a]]b].c", ObjectName("a]b", "c")),
        ("[" + "x" * NAME_LENGTH + "]", ObjectName("dbo", "x" * NAME_LENGTH)),
    ],
)
def test_names_of_one_and_two_parts(text: str, name: ObjectName) -> None:
    assert parse_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            ".",
            "a.",
            ".b",
            "a.b.c",
            "a b",
            "[a",
            "a]",
            "[a]b",
            "[]",
            "[ ]",
            "a'b.c]d",
            '"a"',
            "[a\nb]",
            "[a$(b)]",
            "#t",
        ),
        *("x" * (NAME_LENGTH + 1), "\U0001f600" * 65),
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="name"):
        parse_name(text)


@given(st.text())
def test_a_type_is_read_back_or_refused(text: str) -> None:
    try:
        read = parse_type(text)
    except ValueError:
        return
    assert parse_type(str(read)) == read
