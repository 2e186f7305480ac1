"""`read_model` from real MLflow stores: a database, a folder, and a server that MLflow itself runs on loopback."""

from __future__ import annotations

import http.server
import json
import logging
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from deployer.errors import MissingPackage, SourceError
from deployer.model import SignatureField
from deployer.source import read_model
from deployer.source.quiet import SETTINGS

KINDS = ("sqlite", "file", "http")


@dataclass(frozen=True)
class Store:
    """A store that `tests.source_store` filled, its folder, and what it said."""

    uri: str
    folder: Path
    facts: dict[str, Any]

    @property
    def run(self) -> str:
        """The run of version 2, which also keeps artifacts of its own."""
        return str(self.facts["models"][1]["run"])


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Store]]:
    """One store of each kind."""
    folders = {kind: tmp_path_factory.mktemp(kind) for kind in KINDS}
    with run_server(folders["http"]) as server:
        (folders["file"] / "mlruns").mkdir()
        uris = {
            "sqlite": f"sqlite:///{folders['sqlite']}/mlflow.db",
            "file": (folders["file"] / "mlruns").as_uri(),
            "http": server,
        }
        arguments = [argument for kind in KINDS for argument in (uris[kind], str(folders[kind]))]
        command = [sys.executable, "-W", "ignore", "-m", "tests.source_store", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr + (folders["http"] / "server.log").read_text()
        facts = dict(zip(KINDS, json.loads(done.stdout), strict=True))
        yield {kind: Store(uris[kind], folders[kind], facts[kind]) for kind in KINDS}


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, stores: dict[str, Store]) -> Store:
    return stores[request.param]


@contextmanager
def run_server(folder: Path) -> Iterator[str]:
    """`mlflow server` over a database, with the artifacts behind it. It takes seconds to come up; MLflow asks again."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        f"{folder}/artifacts",
    ]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
            env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # asked politely, it takes four seconds
        process.wait(timeout=30)


def list_files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


# What is found


@pytest.mark.parametrize("suffix", ["/1", "@champion", "/2", "/latest", "/LATEST"])
def test_a_registered_version_scores_as_its_source_by_whatever_name(store: Store, suffix: str) -> None:
    model = read_model(f"models:/net{suffix}", tracking_uri=store.uri)
    version = 1 if suffix in {"/1", "@champion"} else 2
    fact = store.facts["models"][version - 1]
    assert (model.name, model.version) == ("net", version)
    assert model.origin.run_id == fact["run"]
    assert model.origin.uri == f"models:/net{suffix}"
    assert model.origin.flavor == "onnx"
    rows = np.array(store.facts["rows"], np.float32)
    session = onnxruntime.InferenceSession(model.content, providers=["CPUExecutionProvider"])
    scores = session.run(None, {"X": rows})[0].ravel()
    np.testing.assert_allclose(scores, fact["scores"], rtol=1e-5, atol=1e-5)


def test_weights_that_mlflow_put_beside_are_inside(store: Store) -> None:
    model = read_model("models:/net/1", tracking_uri=store.uri)
    assert len(list(store.folder.rglob("*.data"))) >= 2, "the store was to hold external data"
    assert not any(tensor.external_data for tensor in model.proto.graph.initializer)
    assert len(model.content) > 128 * 16 * 4


def test_the_signature_and_the_tags_that_people_set_come_along(store: Store) -> None:
    model = read_model("models:/net/1", tracking_uri=store.uri)
    assert model.signature is not None
    assert model.signature.inputs == (SignatureField(None, "float32", (-1, 4)),)
    assert model.origin.tags == {"approved by": "Ada"}


def test_a_logged_model_has_its_own_name_and_version_1(store: Store) -> None:
    fact = store.facts["models"][1]
    model = read_model(f"models:/{fact['id']}", tracking_uri=store.uri)
    assert (model.name, model.version, model.origin.run_id) == ("net", 1, fact["run"])
    assert model.digest == read_model("models:/net/2", tracking_uri=store.uri).digest


@pytest.mark.parametrize(
    ("path", "name", "flavor"),
    [("net", "net", "onnx"), ("kept/older/model", "model", "onnx"), ("kept/by hand.onnx", "by hand", "")],
)
def test_a_run_gives_logged_models_folders_and_files(store: Store, path: str, name: str, flavor: str) -> None:
    model = read_model(f"runs:/{store.run}/{path}", tracking_uri=store.uri)
    assert (model.name, model.version, model.origin.run_id, model.origin.flavor) == (name, 1, store.run, flavor)
    registered = read_model("models:/net/2", tracking_uri=store.uri)
    assert model.proto.graph == registered.proto.graph


def test_name_and_version_may_be_given(store: Store) -> None:
    model = read_model("models:/net@champion", tracking_uri=store.uri, name="other", version=7)
    assert (model.name, model.version) == ("other", 7)


def test_mlflows_environment_variables_are_heeded(stores: dict[str, Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", stores["sqlite"].uri)
    read = read_model("models:/net/1")
    assert read.origin.run_id == stores["sqlite"].facts["models"][0]["run"]
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", stores["file"].uri)
    read = read_model("models:/net/1")
    assert read.origin.run_id == stores["file"].facts["models"][0]["run"]
    read = read_model("models:/net/1", registry_uri=stores["http"].uri, tracking_uri=stores["http"].uri)
    assert read.origin.run_id == stores["http"].facts["models"][0]["run"]


# What is left as it was


def test_nothing_is_left_behind(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, scratch = tmp_path / "here", tmp_path / "scratch"
    here.mkdir()
    scratch.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    for name in (*SETTINGS, "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    environment, files, disabled = dict(os.environ), list_files(store.folder), logging.root.manager.disable
    read_model("models:/net@champion", registry_uri=store.uri)
    with pytest.raises(SourceError):
        read_model("models:/net@nobody", tracking_uri=store.uri)
    assert list_files(tmp_path) == {here, scratch}
    assert list_files(store.folder) == files
    assert dict(os.environ) == environment
    assert logging.root.manager.disable == disabled


def test_the_first_use_of_mlflow_in_a_process_prints_nothing(store: Store) -> None:
    code = "import sys; from deployer import read_model; read_model('models:/net@champion', tracking_uri=sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, store.uri], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "3")
    with pytest.raises(SourceError, match="time-out 3 s, retries 1"):
        read_model("models:/net/1", tracking_uri="http://127.0.0.1:1")
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "3"


@pytest.mark.parametrize("uri", ["sqlite:///{}/none/mlflow.db", "sqlite://", "file://{}/mlruns", "{}/mlruns"])
def test_a_store_that_is_not_there_is_not_made(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for address in ("models:/net/1", "models:/m-1", "runs:/1/net"):
        with pytest.raises(SourceError, match="no registry at"):
            read_model(address, tracking_uri=uri.format(tmp_path))
    assert not list_files(tmp_path)


def test_without_any_address_mlflows_own_default_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)
    with pytest.raises(SourceError, match=r"no registry at .*mlflow\.db") as raised:
        read_model("models:/net/1")
    assert "MLFLOW_TRACKING_URI" in raised.value.hint
    assert not list_files(tmp_path)


def test_a_database_of_something_else_stays_so(tmp_path: Path) -> None:
    file = tmp_path / "taxis.db"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE rides (fare real)")
    before = file.read_bytes()
    with pytest.raises(SourceError, match="no MLflow tables"):
        read_model("models:/net/1", tracking_uri=f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.write_text("not a database, and long enough to have a header " * 10)
    started = time.monotonic()
    with pytest.raises(SourceError, match="file is not a database"):
        read_model("models:/net/1", tracking_uri=f"sqlite:///{file}")
    assert time.monotonic() - started < 10


def test_a_registry_of_an_older_mlflow_is_not_upgraded(stores: dict[str, Store], tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    shutil.copy(stores["sqlite"].folder / "mlflow.db", file)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
        database.execute("DROP TABLE logged_model_params")
    before = file.read_bytes()
    with pytest.raises(SourceError, match="out-of-date database schema"):
        read_model("models:/net/1", tracking_uri=f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_folder_of_something_else_stays_so(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    with pytest.raises(SourceError, match="neither models nor experiments"):
        read_model("models:/net/1", tracking_uri=str(tmp_path))
    assert list_files(tmp_path) == {tmp_path / "notes"}


# What is not there


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("models:/nett/1", r"no model 'nett' in the registry at .*; did you mean 'net'\?"),
        ("models:/zzz@champion", "no model 'zzz' .*; one of: forest, net, taxes"),
        ("models:/a'b\"c/1", "no model"),
        ("models:/net@champions", r"model 'net' has no alias 'champions'; did you mean 'champion'\?"),
        ("models:/taxes@champion", "model 'taxes' has no alias 'champion'; it has none"),
        ("models:/net/3", "model 'net' has no version 3; it has 1, 2"),
        ("models:/net/99999999999999999999", "is no version of model 'net'; it has 1, 2"),
        ("models:/net/Production", "'Production' is no version of model 'net'; it has 1, 2"),
        ("models:/net/1/model.onnx", "'1/model.onnx' is no version of model 'net'; it has 1, 2"),
        ("models:/forest/latest", "model 'forest' has no versions"),
        ("models:/forest/1", "model 'forest' has no version 1; it has none"),
        ("models:/m-00000000000000000000000000000000", "no logged model 'm-0+'"),
        ("models:/net", "'models:/net' names no version"),
        ("models:/net@", "names no version"),
        ("models:/", "names no version"),
        ("models://scope@databricks/net/1", "names no version"),
        ("runs:/", "names no artifact"),
        ("runs:/0123456789abcdef0123456789abcdef", "names no artifact"),
        ("runs:/0123456789abcdef0123456789abcdef/net", "no run '0123456789abcdef0123456789abcdef'"),
        ("models:/taxes/1", "has no flavor 'onnx'; it has 'sklearn'"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(store: Store, uri: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as raised:
        read_model(uri, tracking_uri=store.uri)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nett", r"has no artifact 'nett'; did you mean 'net'\?"),
        ("kept/older/modell", r"has no artifact 'kept/older/modell'; did you mean 'kept/older/model'\?"),
        ("kept", "no file 'MLmodel' in .*; there are by hand.onnx, older"),
        ("net/net.onnx", "no file 'net.onnx' in"),
        ("kept/../../../net", "does not stay in the model's folder"),
        ("/etc", "does not stay in the model's folder"),
    ],
)
def test_an_artifact_that_is_not_there_is_named_with_those_that_are(store: Store, path: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_model(f"runs:/{store.run}/{path}", tracking_uri=store.uri)


def test_artifacts_that_are_gone_are_said_to_be(stores: dict[str, Store], tmp_path: Path) -> None:
    """A registry that was copied without its artifacts, or that lies on another machine."""
    source = stores["sqlite"]
    file = tmp_path / "mlflow.db"
    shutil.copy(source.folder / "mlflow.db", file)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE model_versions SET storage_location = ?", (f"{tmp_path}/gone",))
    with pytest.raises(SourceError, match=r"no file 'MLmodel' in .*gone'; it is empty or not there"):
        read_model("models:/net/1", tracking_uri=f"sqlite:///{file}")


@pytest.mark.parametrize("target", ["outside", "loop"])
def test_a_link_among_the_artifacts_is_not_followed_out(stores: dict[str, Store], tmp_path: Path, target: str) -> None:
    store = stores["sqlite"]
    kept = next(store.folder.rglob("kept"))
    link = kept / "linked"
    outside = tmp_path / "outside"
    shutil.copytree(kept / "older" / "model", outside)
    link.symlink_to(outside if target == "outside" else link)
    try:
        with pytest.raises(SourceError, match=r"leaves the model's folder|Too many levels"):
            read_model(f"runs:/{store.run}/kept/linked", tracking_uri=store.uri)
    finally:
        link.unlink()


# Servers that do not help


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a socket that takes connections and never says a word."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("uri", ["models:/net/1", "models:/m-1", "runs:/1/net"])
def test_a_server_that_never_answers_is_given_up(silent: int, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    started = time.monotonic()
    with pytest.raises(SourceError, match="does not answer; time-out 1 s, retries 1") as raised:
        read_model(uri, tracking_uri=f"http://ada:s3cret@127.0.0.1:{silent}")
    assert time.monotonic() - started < 6
    assert f"127.0.0.1:{silent}" in raised.value.message
    assert "MLFLOW_HTTP_REQUEST_TIMEOUT" in raised.value.hint
    assert "s3cret" not in raised.value.message + raised.value.hint


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_server_that_refuses_is_quoted(status: int) -> None:
    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"go away")

        def log_message(self, *_args: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(SourceError) as raised:
            read_model("models:/net/1", tracking_uri=f"http://ada:s3cret@127.0.0.1:{server.server_port}")
        server.shutdown()
    assert str(status) in raised.value.message
    assert ("MLFLOW_TRACKING_TOKEN" in raised.value.hint) == (status == 401)
    assert "s3cret" not in raised.value.message + raised.value.hint


def test_a_database_with_no_driver_names_the_package() -> None:
    with pytest.raises(MissingPackage, match=r"package 'psycopg2?' is not installed") as raised:
        read_model("models:/net/1", tracking_uri="postgresql://ada:s3cret@127.0.0.1:1/mlflow")
    assert "s3cret" not in raised.value.message + raised.value.hint


@pytest.mark.parametrize(
    "uri",
    ["http://[::1", "http://host:port", "http://", "postgresql://ada:s3cret@host:port/mlflow", "nonsense", "foo://bar"],
)
def test_an_address_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_model("models:/net/1", tracking_uri=uri)
    assert raised.value.hint
    assert "s3cret" not in raised.value.message


@pytest.mark.parametrize("driver", ["pyodbc", "mssqlpython"])
def test_a_database_server_that_is_not_there_is_refused_at_once(driver: str) -> None:
    """Without the system's ODBC libraries the driver itself cannot load, which is no traceback either."""
    started = time.monotonic()
    with pytest.raises(SourceError, match="cannot read the registry at 'mssql") as raised:
        read_model("models:/net/1", tracking_uri=f"mssql+{driver}://ada:s3cret@127.0.0.1:1/mlflow")
    assert time.monotonic() - started < 40
    assert "s3cret" not in raised.value.message + raised.value.hint


def test_databricks_is_left_to_mlflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Words that MLflow knows are no folders; without credentials MLflow says so."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises((SourceError, MissingPackage), match=r"(?i)databricks") as raised:
        read_model("models:/a.b.net@champion", tracking_uri="databricks")
    assert "no folder" not in raised.value.message


def test_without_mlflow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingPackage) as raised:
        read_model("models:/net/1", tracking_uri="http://127.0.0.1:1")
    assert raised.value.hint == "pip install 'onnx-sql-deployer[mlflow]'"
