"""Bad input: each gets a message with value, limit and what to do, exit 2, and leaves nothing half-written."""

from __future__ import annotations

import socket
from pathlib import Path

import onnx
import pytest

from deployer import open_database, read_table
from deployer.demo.registry import registry_uri
from deployer.errors import DatabaseError
from tests.cli.helpers import FIXTURES, LINEAR, SPEC, create_rows, refused, run

# --- The model -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["check"], ["fix", "--out", "fixed.onnx"]], ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty (0 bytes)"),
        (b"this is no model at all", "23 bytes"),
        (onnx.parser.parse_model(LINEAR).SerializeToString()[:100], "100 bytes"),
    ],
    ids=["empty", "not-a-model", "cut-off"],
)
def test_file_that_is_no_model(here: Path, command: list[str], content: bytes, message: str) -> None:
    Path("bad.onnx").write_bytes(content)
    before = sorted(here.iterdir())
    assert message in refused(run(*command, "bad.onnx"))
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize(
    "folder", sorted(path for path in (FIXTURES / "broken").iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_broken_folder(here: Path, folder: Path) -> None:
    refused(run("check", folder))
    refused(run("fix", folder, "--out", "fixed.onnx"))
    assert not Path("fixed.onnx").exists()


def test_wrong_flavor_is_named() -> None:
    assert "sklearn" in refused(run("check", FIXTURES / "broken" / "sklearn_flavor"))


def test_file_that_is_not_there(here: Path) -> None:
    assert "'no-such.onnx'" in refused(run("check", "no-such.onnx"))
    assert "'no-such.yml'" in refused(run("check", "no-such.yml"))
    assert "'no-such.yml'" in refused(run("plan", "no-such.yml"))


# --- The registry ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A real registry with `linear`, version 1, alias `champion`, in a database of its own."""
    import mlflow
    from mlflow.store.artifact.utils.models import get_model_name_and_version  # noqa: F401 - the client needs it loaded

    folder = tmp_path_factory.mktemp("registry")
    uri = registry_uri(folder)
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.create_registered_model("linear")
    source = str(FIXTURES / "linear_regression")
    version = client.create_model_version("linear", source)
    client.set_registered_model_alias("linear", "champion", version.version)
    return uri


@pytest.mark.parametrize(
    ("uri", "known"),
    [
        ("models:/linaer/1", "linear"),
        ("models:/linear/7", "1"),
        ("models:/linear@challenger", "champion"),
        ("runs:/0123456789abcdef0123456789abcdef/model", ""),
        ("models:/m-0123456789abcdef0123456789abcdef", ""),
        ("models:/", ""),
    ],
)
def test_model_that_the_registry_has_not(registry: str, uri: str, known: str) -> None:
    """What there is instead is said."""
    assert known in refused(run("check", uri, "--tracking-uri", registry))


def test_registry_that_does_not_answer(here: Path) -> None:
    """A port that takes connections and says nothing; the time that was waited is said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        text = refused(run("check", "models:/x/1", "--tracking-uri", f"http://127.0.0.1:{server.getsockname()[1]}"))
    assert "seconds" in text or " s" in text


# --- The spec --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("statements:", "statments:", "scoring.yml:6: unknown key 'statments'; did you mean 'statements'?"),
        ("key: [id]", "key: id", "scoring.yml:5: key: expected a list, found 'id'"),
        ("key: [id]", "key: [id", "scoring.yml:6: not YAML"),
        ("target: synapse-dedicated", "target: synapse", "unknown target 'synapse'"),
        ("data: dbo.rows", "data: a.b.c", "scoring.yml:4: data: 'a.b.c' is not a name"),
    ],
)
@pytest.mark.parametrize("command", ["check", "plan", "apply"])
def test_spec_with_a_typo(here: Path, command: str, old: str, new: str, message: str) -> None:
    Path("scoring.yml").write_text(SPEC.replace(old, new))
    options = ["--database", f"mssql+emulator:///{here / 'pool.duckdb'}"] if command == "apply" else []
    assert message in refused(run(command, "scoring.yml", *options))
    assert not Path("pool.duckdb").exists()


def test_spec_names_what_the_model_has_not(here: Path) -> None:
    Path("scoring.yml").write_text(SPEC + "columns: {aa: {from: x}}\noutputs: {scores: {as: y}}\n")
    text = refused(run("plan", "scoring.yml", "--bundle", "sql"))
    assert "input 'aa': the spec names it, and the model has not" in text
    assert "output 'scores': the spec names it, and the model has not; did you mean 'score'?" in text
    assert not Path("sql").exists()


# --- The table -------------------------------------------------------------------------------------------------------


@pytest.fixture
def empty_pool(here: Path) -> str:
    return f"mssql+emulator:///{here / 'pool.duckdb'}"


@pytest.mark.parametrize("command", ["plan", "apply", "score", "compare"])
def test_table_without_the_column(empty_pool: str, command: str) -> None:
    with open_database(empty_pool) as database:
        create_rows(database, "[a] real NOT NULL, [bb] real NOT NULL", [])
    text = refused(run(command, "scoring.yml", "--database", empty_pool))
    assert "input 'b': 'dbo.rows' has no column 'b'; did you mean 'bb'?" in text


def test_type_that_does_not_fit(empty_pool: str) -> None:
    with open_database(empty_pool) as database:
        create_rows(database, "[a] real NOT NULL, [b] varchar(20) NOT NULL", [])
    text = refused(run("apply", "scoring.yml", "--database", empty_pool))
    assert "column 'b' is varchar(20), cast to real: text that is no number makes" in text
    with open_database(empty_pool) as database, pytest.raises(DatabaseError, match="no table or view"):
        read_table(database, "ml.models")


@pytest.mark.parametrize("command", ["apply", "score", "compare"])
def test_null_where_the_policy_says_no(empty_pool: str, command: str) -> None:
    with open_database(empty_pool) as database:
        create_rows(database, "[a] real NOT NULL, [b] real NULL", ["1, 1, 1"])
    assert run("apply", "scoring.yml", "--database", empty_pool).exit_code == 0
    with open_database(empty_pool) as database:
        from deployer import Statement

        database.run(Statement("insert", "INSERT INTO [dbo].[rows] SELECT 2, 2, NULL;"))
    text = refused(run(command, "scoring.yml", "--database", empty_pool))
    assert "dbo.rows has NULL in column b; input b refuses it" in text
    assert "nulls: skip row" in text


# --- The database ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no url", "the database URL cannot be read"),
        ("postgresql://host/db", "no driver for 'postgresql'"),
        ("mssql+emulator:////no/such/folder/pool.duckdb", "Cannot open database"),
    ],
)
def test_database_that_cannot_be_opened(here: Path, url: str, message: str) -> None:
    assert message in refused(run("apply", "scoring.yml", "--database", url))


def test_database_that_refuses(here: Path) -> None:
    """A port where nobody listens, by the real driver; the password of the URL is not in the message."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    text = refused(run("apply", "scoring.yml", "--database", f"mssql+mssqlpython://user:secret@127.0.0.1:{port}/db"))
    assert "secret" not in text


def test_scores_before_apply(empty_pool: str) -> None:
    with open_database(empty_pool) as database:
        create_rows(database, "[a] real NOT NULL, [b] real NOT NULL", ["1, 1, 1"])
    text = refused(run("score", "scoring.yml", "--database", empty_pool, "--out", "scores.csv"))
    assert "ml.scores" in text
    assert not Path("scores.csv").exists()
