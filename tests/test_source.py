"""`read_model` from folders and files: what comes out, and everything that is refused before it is followed or read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from deployer.errors import DeployerError, ModelError, SourceError
from deployer.model import SignatureField
from deployer.names import mask
from deployer.source import read_model
from deployer.source.folder import LocalFolder
from tests.fixtures import FIXTURES, FOLDER, Fixture

EXTERNAL = FOLDER / "external_weights"
PLAIN = FOLDER / "linear_regression"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder whose weights lie in a file of their own, to be spoilt."""
    copy = tmp_path / "net"
    shutil.copytree(EXTERNAL, copy)
    return copy


def change_mlmodel(folder: Path, **changes: Any) -> None:
    file = folder / "MLmodel"
    record = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump(record | changes))


def change_tensor(folder: Path, key: str, value: str) -> None:
    """Say something else of the first tensor that lies outside."""
    file = folder / "model.onnx"
    proto = onnx.load(file, load_external_data=False)
    tensor = next(entry for entry in proto.graph.initializer if entry.external_data)
    entry = next((entry for entry in tensor.external_data if entry.key == key), None) or tensor.external_data.add()
    entry.key, entry.value = key, value
    file.write_bytes(proto.SerializeToString())


def weights_of(folder: Path) -> Path:
    return next(folder.glob("*.data"))


# What comes out


@pytest.mark.parametrize("fixture", [entry for entry in FIXTURES if entry.folder != EXTERNAL], ids=str)
def test_a_folder_gives_the_bytes_of_its_file_unchanged(fixture: Fixture) -> None:
    model = read_model(fixture.folder)
    assert model.content == (fixture.folder / "model.onnx").read_bytes()
    assert (model.name, model.version, model.origin.flavor) == (fixture.name, 1, "onnx")


def test_external_weights_come_inside_and_score_the_same_bit_for_bit() -> None:
    model = read_model(EXTERNAL)
    outside = onnxruntime.InferenceSession(EXTERNAL / "model.onnx", providers=["CPUExecutionProvider"])
    inside = onnxruntime.InferenceSession(model.content, providers=["CPUExecutionProvider"])
    (column,) = model.inputs
    feed = {column.name: np.random.default_rng(1).normal(size=(64, column.width or 0)).astype(np.float32)}
    for expected, score in zip(outside.run(None, feed), inside.run(None, feed), strict=True):
        assert expected.tobytes() == score.tobytes()


def test_the_same_folder_gives_the_same_bytes_wherever_it_lies(folder: Path) -> None:
    assert read_model(folder).digest == read_model(EXTERNAL).digest


def test_a_file_is_read_with_the_weights_beside_it_and_named_after_itself() -> None:
    model = read_model(EXTERNAL / "model.onnx")
    assert model.digest == read_model(EXTERNAL).digest
    assert (model.name, model.version, model.signature, model.origin.flavor) == ("model", 1, None, "")


def test_the_signature_is_read_with_the_kinds_of_its_fields() -> None:
    signature = read_model(FOLDER / "flag_input").signature
    assert signature is not None
    assert signature.inputs == (SignatureField("fareAmount", "float"), SignatureField("byCard", "boolean"))
    assert signature.outputs == (SignatureField(None, "int64", (-1,)),)
    assert read_model(FOLDER / "wide_without_names").signature is None


def test_name_and_version_are_those_given_else_those_mlflow_noted_else_the_folders(folder: Path) -> None:
    assert (read_model(folder).name, read_model(folder).version) == ("net", 1)
    (folder / "registered_model_meta").write_text("model_name: taxi tips\nmodel_version: '12'\n")
    model = read_model(folder)
    assert (model.name, model.version) == ("taxi tips", 12)
    model = read_model(folder, name="other", version=3)
    assert (model.name, model.version) == ("other", 3)


def test_the_run_is_the_one_that_mlmodel_names(folder: Path) -> None:
    change_mlmodel(folder, run_id="0123abc")
    assert read_model(folder).origin.run_id == "0123abc"


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}", "file:{}", "file://localhost{}"])
def test_a_folder_is_a_path_or_a_file_uri(tmp_path: Path, form: str) -> None:
    shutil.copytree(PLAIN, tmp_path / "a b")
    path = str(tmp_path / "a b")
    address = form.format(path.replace(" ", "%20") if form.startswith("file:") else path)
    model = read_model(address)
    assert (model.name, model.origin.uri) == ("a b", address)


def test_the_folder_one_stands_in_has_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert read_model(".").name == "net"
    assert read_model("model.onnx").name == "model"


def test_a_link_that_the_user_names_is_followed(folder: Path, tmp_path: Path) -> None:
    digest = read_model(folder).digest
    (tmp_path / "current").symlink_to(folder)
    (tmp_path / "champion.onnx").symlink_to(folder / "model.onnx")
    assert read_model(tmp_path / "current").digest == digest
    model = read_model(tmp_path / "champion.onnx")
    assert (model.name, model.digest) == ("champion", digest)


def test_a_link_within_the_folder_is_followed(folder: Path) -> None:
    (folder / "deeper").mkdir()
    weights_of(folder).rename(folder / "deeper" / "kept")
    (folder / "model.data").symlink_to(Path("deeper") / "kept")
    change_all_locations(folder, "model.data")
    assert read_model(folder).digest == read_model(EXTERNAL).digest


def change_all_locations(folder: Path, location: str) -> None:
    file = folder / "model.onnx"
    proto = onnx.load(file, load_external_data=False)
    for tensor in proto.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    file.write_bytes(proto.SerializeToString())


def test_a_folder_or_a_file_needs_nothing_heavy() -> None:
    code = (
        "import sys; from deployer import read_model; "
        f"read_model({str(EXTERNAL)!r}).inputs; read_model({str(PLAIN / 'model.onnx')!r}).inputs; "
        "print([name for name in ('mlflow', 'onnxruntime', 'sqlalchemy', 'sklearn', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# Tensors wherever they stand, of whatever type


def outside(array: np.ndarray[Any, Any], name: str, stored: bytearray) -> TensorProto:
    """A tensor whose bytes are appended to `stored` and named there."""
    tensor = numpy_helper.from_array(array, name)
    for key, value in (("location", "w.bin"), ("offset", str(len(stored))), ("length", str(len(tensor.raw_data)))):
        tensor.external_data.add(key=key, value=value)
    stored += tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    return tensor


def save(folder: Path, graph: onnx.GraphProto, stored: bytes, **more: Any) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, **more)
    (folder / "w.bin").write_bytes(stored)
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    return folder / "m.onnx"


def test_tensors_of_attributes_and_inner_graphs_come_inside_too(tmp_path: Path) -> None:
    stored = bytearray()
    constant = helper.make_node("Constant", [], ["c"], value=outside(np.array([10.0], np.float32), "", stored))
    branches = [
        helper.make_graph(
            [helper.make_node("Add", ["c", f"w{number}"], [f"y{number}"])],
            f"branch{number}",
            [],
            [helper.make_tensor_value_info(f"y{number}", TensorProto.FLOAT, [1])],
            [outside(np.array([number], np.float32), f"w{number}", stored)],
        )
        for number in (1, 2)
    ]
    graph = helper.make_graph(
        [constant, helper.make_node("If", ["x"], ["y"], then_branch=branches[0], else_branch=branches[1])],
        "choice",
        [helper.make_tensor_value_info("x", TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    model = read_model(save(tmp_path, graph, bytes(stored)))
    assert b"w.bin" not in model.content
    session = onnxruntime.InferenceSession(model.content, providers=["CPUExecutionProvider"])
    assert [session.run(None, {"x": np.array(x)})[0].tolist() for x in (True, False)] == [[11.0], [12.0]]


@pytest.mark.parametrize(
    ("kind", "count", "length"),
    [("FLOAT", 3, 12), ("DOUBLE", 3, 24), ("BFLOAT16", 3, 6), ("BOOL", 3, 3), ("INT4", 3, 2), ("COMPLEX64", 3, 24)],
)
def test_the_length_of_a_tensor_is_what_its_type_and_shape_take(
    tmp_path: Path, kind: str, count: int, length: int
) -> None:
    """Without a length in the model, exactly these bytes are read, and what follows in the file is left."""
    tensor = TensorProto(name="w", dims=[count], data_type=TensorProto.DataType.Value(kind))
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="w.bin")
    value = helper.make_tensor_value_info("w", tensor.data_type, [count])
    model = read_model(save(tmp_path, helper.make_graph([], "g", [], [value], [tensor]), bytes(range(100))))
    assert model.proto.graph.initializer[0].raw_data == bytes(range(length))
    (tmp_path / "w.bin").write_bytes(bytes(length - 1))
    with pytest.raises(SourceError, match=f"ends at byte {length} of 'w.bin', which has {length - 1}: cut off"):
        read_model(tmp_path / "m.onnx")


@pytest.mark.parametrize(("kind", "dims"), [(TensorProto.STRING, [1]), (TensorProto.FLOAT, [-1]), (999, [1])])
def test_a_tensor_that_cannot_lie_outside_is_refused(tmp_path: Path, kind: int, dims: list[int]) -> None:
    tensor = TensorProto(name="w", dims=dims, data_type=kind, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="w.bin")
    value = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    with pytest.raises(SourceError, match="tensor 'w'"):
        read_model(save(tmp_path, helper.make_graph([], "g", [], [value], [tensor]), bytes(100)))


# What is refused: paths that leave


LEAVING = [
    "../outside.data",
    "deeper/../../outside.data",
    "/etc/passwd",
    "//etc/passwd",
    "..",
    ".",
    "./model.data",
    "",
    "deeper//model.data",
    "deeper/",
    "..\\outside.data",
    "C:\\outside.data",
    "C:outside.data",
    "\\\\server\\share",
    "model.data\0",
    "file:///etc/passwd/",
]


@pytest.mark.parametrize("path", LEAVING)
def test_weights_outside_of_the_folder_are_refused(folder: Path, path: str) -> None:
    shutil.copy(weights_of(folder), folder.parent / "outside.data")
    change_tensor(folder, "location", path)
    with pytest.raises(SourceError, match="does not stay in the model's folder"):
        read_model(folder)


@pytest.mark.parametrize("path", [path for path in LEAVING if "\0" not in path])
def test_a_model_outside_of_the_folder_is_refused(folder: Path, path: str) -> None:
    shutil.copy(folder / "model.onnx", folder.parent / "outside.data")
    change_mlmodel(folder, flavors={"onnx": {"data": path}})
    with pytest.raises(SourceError, match="does not stay in the model's folder"):
        read_model(folder)


@given(path=st.one_of(st.text(), st.lists(st.sampled_from(["..", ".", "", "a", "b", "\\", "C:"])).map("/".join)))
def test_no_path_leads_out_of_a_folder(path: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.getbasetemp() / "root"
    (root / "a" / "b").mkdir(parents=True, exist_ok=True)
    (root / "b").touch()
    (root.parent / "a").touch()
    try:
        found = LocalFolder(root, "root").fetch(path)
    except SourceError:
        return
    assert root.resolve() in found.parents


@pytest.mark.parametrize("name", ["MLmodel", "model.onnx", "weights"])
def test_a_link_that_leaves_is_refused(folder: Path, name: str) -> None:
    file = weights_of(folder) if name == "weights" else folder / name
    moved = file.rename(folder.parent / "moved")
    file.symlink_to(moved)
    with pytest.raises(SourceError, match="is a link that leaves the model's folder") as raised:
        read_model(folder)
    assert "cp -rL" in raised.value.hint


def test_a_linked_folder_that_leaves_is_refused(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    weights_of(folder).rename(elsewhere / "w")
    (folder / "deeper").symlink_to(elsewhere)
    change_all_locations(folder, "deeper/w")
    with pytest.raises(SourceError, match="is a link that leaves the model's folder"):
        read_model(folder)


def test_a_loop_of_links_is_refused(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").symlink_to("model.onnx")
    with pytest.raises(SourceError, match=r"cannot read 'model\.onnx'"):
        read_model(folder)


@pytest.mark.parametrize("name", ["MLmodel", "model.onnx", "weights"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(folder: Path, name: str) -> None:
    file = weights_of(folder) if name == "weights" else folder / name
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(SourceError, match="is not a file"):
        read_model(folder)


# What is refused: sizes


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("offset", "-1", "offset of tensor .* is '-1', not a number"),
        ("offset", "1_0", "not a number"),
        ("offset", "٣", "not a number"),
        ("offset", "9" * 30, "not a number"),
        ("offset", "3000000000", "ends at byte 3,000,00.* of '.*', which has 2,784: cut off"),
        ("length", "12", r"says that it takes 12 bytes; its shape \[.*\] takes"),
        ("length", "99999999999", "says that it takes 99,999,999,999 bytes"),
        ("length", "", "length of tensor .* is '', not a number"),
    ],
)
def test_a_tensor_that_does_not_fit_its_file_is_refused(folder: Path, key: str, value: str, message: str) -> None:
    change_tensor(folder, key, value)
    with pytest.raises(SourceError, match=message):
        read_model(folder)


def test_weights_that_are_cut_off_are_refused(folder: Path) -> None:
    file = weights_of(folder)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(SourceError, match="which has 1,000: cut off"):
        read_model(folder)


def many_tensors(count: int, dims: list[int]) -> onnx.GraphProto:
    tensors = []
    for number in range(count):
        tensor = TensorProto(name=f"w{number}", dims=dims, data_type=TensorProto.FLOAT)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="w.bin")
        tensors.append(tensor)
    return helper.make_graph([], "g", [], [helper.make_tensor_value_info("w0", TensorProto.FLOAT, dims)], tensors)


@pytest.mark.parametrize(("count", "length"), [(1, 2**31), (3000, 2**20)])
def test_more_than_protobuf_holds_is_refused_before_memory_is_taken(tmp_path: Path, count: int, length: int) -> None:
    """One tensor of 2 GiB in a file of holes, and many that all name the same megabyte."""
    path = save(tmp_path, many_tensors(count, [length // 4]), b"")
    os.truncate(tmp_path / "w.bin", length)
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match=r"bytes with its weights; one ONNX file holds 2,147,483,647"):
            read_model(path)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("name", "size"), [("MLmodel", 2**20 + 1), ("model.onnx", 2**31)])
def test_a_file_that_is_too_long_is_not_read(folder: Path, name: str, size: int) -> None:
    os.truncate(folder / name, size)
    with pytest.raises(SourceError, match=f"{name}.* is {size:,} bytes; at most"):
        read_model(folder)


# What is refused: what is not a model


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("cut_off", ModelError, "'model.onnx' in .*cut_off'.* not a model, or cut off"),
        ("empty", ModelError, "'model.onnx' in .*empty'.* is empty"),
        ("not_a_model", ModelError, "'model.onnx' in .*not_a_model'.* not a model"),
        ("missing_model", SourceError, "no file 'model.onnx' in .*missing_model'; there are MLmodel, "),
        ("missing_weights", SourceError, r"no file '.*\.data' in .*missing_weights'; there are "),
        ("leaving_weights", SourceError, r"path '\.\./.* does not stay in the model's folder"),
        ("sklearn_flavor", SourceError, "has no flavor 'onnx'; it has 'sklearn'"),
    ],
)
def test_a_broken_folder_is_refused_with_what_is_wrong(name: str, error: type[DeployerError], message: str) -> None:
    with pytest.raises(error, match=message) as raised:
        read_model(FOLDER / "broken" / name)
    assert raised.value.hint


def test_another_flavor_comes_with_what_makes_onnx_of_it(folder: Path) -> None:
    change_mlmodel(folder, flavors={"python_function": {}, "lightgbm": {}})
    with pytest.raises(SourceError, match="it has 'lightgbm'") as raised:
        read_model(folder)
    assert "mlflow.onnx.log_model(onnxmltools.convert_lightgbm(" in raised.value.hint
    change_mlmodel(folder, flavors={"python_function": {}})
    with pytest.raises(SourceError, match="it has 'python_function'"):
        read_model(folder)


@pytest.mark.parametrize("address", ["nothing/here", "", "a\0b", "x" * 5000, "file:///nothing/here"])
def test_a_path_that_is_not_there_comes_with_the_forms(address: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as raised:
        read_model(address if address.startswith("file:") or not address else f"{tmp_path}/{address}")
    assert not address or "no such file or folder" in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    "address", ["http://ada:s3cret@host/model.onnx?sig=t0ken", "s3://bucket/model", "models:net/1", "file://host/m"]
)
def test_an_address_of_another_kind_is_refused_without_its_secrets(address: str) -> None:
    with pytest.raises(SourceError, match="cannot read a model from") as raised:
        read_model(address)
    assert "models:/name/version" in raised.value.hint
    assert "s3cret" not in raised.value.message
    assert "t0ken" not in raised.value.message


def test_a_folder_without_mlmodel_says_what_it_holds(folder: Path) -> None:
    (folder / "MLmodel").unlink()
    with pytest.raises(SourceError, match=r"no file 'MLmodel' in .*net'; there are .*, conda\.yaml"):
        read_model(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is NoneType, not a mapping"),
        (b"[1, 2]", "is list, not a mapping"),
        (b"a: b: c", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"\x00", "is not YAML"),
        (b"[" * 100_000, "is not YAML"),
        (b"when: 2026-13-45", "is not YAML"),
        (b"{}: 1", "is not YAML: found unhashable key"),
        (b"1: 1", "names no flavors"),
        (b"!!python/object/apply:os.system ['echo']", "is not YAML"),
        (b"flavors: onnx", "names no flavors"),
        (b"flavors: {onnx: null}", "has no flavor 'onnx'; it has 'onnx'"),
        (b"flavors: {onnx: {data: [1]}}", "names no file: data is"),
        (b"flavors: {onnx: {}}", "names no file: data is None"),
    ],
)
def test_an_mlmodel_that_is_none_is_refused(folder: Path, text: bytes, message: str) -> None:
    (folder / "MLmodel").write_bytes(text)
    with pytest.raises(SourceError, match=message):
        read_model(folder)


@pytest.mark.parametrize(
    "inputs",
    ["", "{", "1", '["a"]', '[{"name": "a"}]', '[{"type": 1}]', '[{"type": "tensor"}]', "[" * 100_000]
    + [json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": shape}}]) for shape in ("x", None)],
)
def test_a_signature_that_is_none_is_refused(folder: Path, inputs: str) -> None:
    change_mlmodel(folder, signature={"inputs": inputs, "outputs": None})
    with pytest.raises(SourceError, match=r"the signature of MLmodel in .* is not as MLflow writes it"):
        read_model(folder)


def test_fields_of_other_kinds_keep_their_name(folder: Path) -> None:
    inputs = [{"type": "array", "items": {"type": "long"}, "name": "ids", "required": False}]
    change_mlmodel(folder, signature={"inputs": json.dumps(inputs), "outputs": None})
    signature = read_model(folder).signature
    assert signature is not None
    assert signature.inputs == (SignatureField("ids", "array"),)
    assert signature.outputs == ()


# Secrets


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://ada:s3@cr/et@host:5000/api", "http://***@host:5000/api"),
        ("https://t0ken@host", "https://***@host"),
        ("mssql+pyodbc://host/db?PWD=s3cret&driver=x failed", "mssql+pyodbc://host/db?*** failed"),
        ("asked 'http://a:b@c/d?sig=e' twice", "asked 'http://***@c/d?***' twice"),
        ("sqlite:////folder/mlflow.db", "sqlite:////folder/mlflow.db"),
        ("models:/net@champion is fine; is it?", "models:/net@champion is fine; is it?"),
    ],
)
def test_secrets_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
