"""A spec is read whole or refused whole, with a line for each problem."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.errors import SpecError
from deployer.names import NAME_LENGTH, ObjectName, SqlTypeName, parse_name, parse_type
from deployer.spec import NullPolicy, Spec, Tolerance, read_spec

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
    assert [entry.view for entry in spec.statements] == [ObjectName("ml", "nyc_taxi_tip_scores")]
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


def test_a_statement_that_is_not_known_is_told(tmp_path: Path) -> None:
    told = refuse(tmp_path, SHORT + "statements:\n  - view: ml.v\n  - procedure: ml.p\n")
    assert "scoring.yml:8: unknown key 'statements.1.procedure'; one of: view" in told


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
