"""A bundle is what the plan would run, as files: it deploys, verifies and reverts with nothing but a client."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.bundle import FILES, write_bundle, write_deploy
from deployer.bundle.model_bytes import LINE_BYTES, PART_BYTES
from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from deployer.errors import DeployerError
from deployer.plan import Plan, Statement, make_plan, split_placeholders
from deployer.sql import quote_name, quote_object
from deployer.table import Table, TableColumn
from deployer.targets import get_target
from tests.cases import TABLE, TAXI, make_model, make_spec, refuse_what_is_no_sql
from tests.test_plan import CASES

SCRIPTS = ("deploy.sql", "verify.sql", "revert.sql")
ON_THE_POOL = sorted(name for name, case in CASES.items() if case.target == "synapse-dedicated")


class Pool:
    """A pool in memory on which scripts are run as a client runs them: what stands between two lines of GO."""

    def __init__(self) -> None:
        self.connection = dbapi.connect(":memory:", autocommit=True, memory_limit="2GB")
        self.cursor = self.connection.cursor()

    def run(self, script: str) -> None:
        for batch in script.split("\nGO\n"):
            self.cursor.execute(batch)
            while self.cursor.nextset():
                pass

    def ask(self, sql: str) -> object:
        row = self.cursor.execute(sql).fetchone()
        return row[0] if row else None


@pytest.fixture
def pool() -> Iterator[Pool]:
    opened = Pool()
    yield opened
    opened.connection.close()


def write(plan: Plan, folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in write_bundle(plan, folder)}


def create_data(plan: Plan) -> str:
    """The table of the plan's data, with a column for each that the plan reads."""
    data = plan.spec.data
    kinds = {binding.column: str(binding.sql_type) for binding in plan.contract.bindings}
    kinds |= {key.column: "int" for key in plan.contract.keys if key.column not in kinds}
    kinds |= {mark.column: "int" for mark in plan.contract.watermarks if mark.column not in kinds}
    kinds |= {choice.column: str(choice.sql_type) for choice in plan.contract.choices if choice.column not in kinds}
    listed = ", ".join(f"{quote_name(name)} {kind}" for name, kind in kinds.items())
    schema = "" if data.schema == "dbo" else f"CREATE SCHEMA {quote_name(data.schema)};\nGO\n"
    return f"{schema}CREATE TABLE {quote_object(data)} ({listed}) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);"


# --- The files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_each_script_is_t_sql_and_each_statement_a_batch(name: str, tmp_path: Path) -> None:
    plan = CASES[name].plan()
    bundle = write(plan, tmp_path)
    for script in SCRIPTS:
        refuse_what_is_no_sql(bundle[script])
        assert "$(" not in bundle[script]  # sqlcmd would replace it
        assert all(note in bundle[script] for note in plan.notes)
    batches = bundle["deploy.sql"].split("\nGO\n")
    assert batches[-1] == ""
    for batch, statement in zip(batches, plan.statements, strict=False):
        assert batch.endswith(_as_written(statement).rstrip("\n"))
    assert len(batches) == len(plan.statements) + 1


def _as_written(statement: Statement) -> str:
    return "@deployer_model".join(split_placeholders(statement.sql))


def test_the_manifest_says_what_it_is_and_what_was_accepted(tmp_path: Path) -> None:
    table = Table(TABLE.name, tuple(TableColumn(c.name, c.type, c.length, nullable=True) for c in TABLE.columns))
    spec = make_spec(
        columns={"fareAmount": {"type": "real", "nulls": {"use": 0.5}}, "passengerCount": {"nulls": "skip row"}},
        outputs={"score": {"as": "tip"}},
    )
    plan = make_plan(CASES["fixed_model"].model, spec, get_target("synapse-dedicated"), table)
    bundle = write(plan, tmp_path / "new" / "folder")
    manifest = json.loads(bundle["manifest.json"])
    assert manifest["model"] == {
        "name": "nyc_taxi_tip",
        "version": 3,
        "sha256": hashlib.sha256(plan.model.content).hexdigest(),
        "bytes": len(plan.model.content),
        "source": "",
        "run_id": "",
        "fixes": ["wide-input", "version-too-new"],
    }
    fare, passengers, payment = manifest["contract"]
    assert fare == {
        "input": "fareAmount",
        "column": "fareAmount",
        "type": "real",
        "cast": "rounding",
        "accepted": True,
        "nulls": {"use": 0.5},
    }
    assert (passengers["cast"], passengers["accepted"], passengers["nulls"]) == ("widening", False, "skip row")
    assert payment["nulls"] == "refuse"
    assert manifest["outputs"] == [{"output": "score", "as": "tip", "type": "real"}]
    assert manifest["makes"] == [
        *("ml.models", "ml.models_aliases", "ml.models_history", "ml.models_lock", "ml.models_before"),
        "ml.nyc_taxi_tip_scores",
    ]
    assert manifest["files"] == {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in bundle.items() if name != "manifest.json"
    }


def test_the_readme_names_every_other_file(tmp_path: Path) -> None:
    text = write(CASES["plain"].plan(), tmp_path)["README.txt"]
    assert all(name in text for name in FILES if name != "README.txt")


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write(CASES["procedure"].plan(), tmp_path)
    assert write(CASES["procedure"].plan(), tmp_path) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    assert "".join(write_deploy(CASES["procedure"].plan())) == first["deploy.sql"]


def test_a_folder_that_cannot_be_written_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DeployerError, match="cannot write"):
        write_bundle(CASES["plain"].plan(), tmp_path / "file")
    (tmp_path / "deploy.sql").mkdir()
    with pytest.raises(DeployerError, match="cannot write"):
        write_bundle(CASES["plain"].plan(), tmp_path)
    assert not (tmp_path / "manifest.json").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert (tmp_path / "file").read_text() == "mine"


# --- On a pool -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ON_THE_POOL)
def test_it_deploys_verifies_and_reverts_and_each_can_be_run_twice(name: str, tmp_path: Path, pool: Pool) -> None:
    plan = CASES[name].plan()
    bundle = write(plan, tmp_path)
    pool.run(create_data(plan))
    objects = "SELECT COUNT(*) FROM sys.objects WHERE type IN ('U', 'V', 'P');"
    for _ in range(2):
        pool.run(bundle["deploy.sql"])
        pool.run(bundle["verify.sql"])
    for _ in range(2):
        pool.run(bundle["revert.sql"])
        assert pool.ask(f"SELECT COUNT(*) FROM {quote_object(plan.spec.models_table)};") == 0
        kept = [made.creates for made in plan.statements if made.creates is not None and made.kind in _KEPT]
        assert pool.ask(objects) == len(kept) + 1  # and the data


_KEPT = {"models table", "before", "log"}


@pytest.mark.parametrize(
    ("harm", "number"),
    [
        ("DELETE FROM ml.models;", 51001),
        ("INSERT INTO ml.models SELECT * FROM ml.models;", 51001),
        ("UPDATE ml.models SET [model] = [model] + 0x00;", 51002),
        ("UPDATE ml.models SET [model] = NULL;", 51002),
        ("DROP VIEW ml.nyc_taxi_tip_scores;", 51009),
    ],
)
def test_verify_fails_loudly(harm: str, number: int, tmp_path: Path, pool: Pool) -> None:
    plan = CASES["plain"].plan()
    bundle = write(plan, tmp_path)
    pool.run(create_data(plan))
    pool.run(bundle["deploy.sql"])
    pool.run(bundle["verify.sql"])
    pool.run(harm)
    with pytest.raises(DatabaseError, match=str(number)):
        pool.run(bundle["verify.sql"])


@pytest.mark.parametrize(
    ("before", "after", "output"),
    [("{0.5}", "{0.501}", "score"), ("Identity(passengerCount)", "Neg(passengerCount)", "label")],
)
def test_verify_finds_an_engine_that_scores_otherwise(
    before: str, after: str, output: str, tmp_path: Path, pool: Pool
) -> None:
    """What is stored is a model that scores otherwise, and its row is believed: the known row tells."""
    plan = CASES["plain"].plan()
    other = replace(plan, model=make_model(TAXI.replace(before, after)))
    pool.run(create_data(plan))
    pool.run(write(plan, tmp_path)["deploy.sql"])
    cursor = pool.connection.cursor()
    cursor.execute("UPDATE ml.models SET [model] = ?;", [other.model.content])
    verify = write(plan, tmp_path)["verify.sql"]
    known = verify[verify.index("-- clear what an earlier run left") :]
    with pytest.raises(DatabaseError, match=f"51010.*output {output} "):
        pool.run(known)


def test_a_row_that_the_tolerance_allows_passes(tmp_path: Path, pool: Pool) -> None:
    plan = make_plan(
        make_model(), make_spec(tolerance={"relative": 0.01}), get_target("synapse-dedicated"), CASES["plain"].table
    )
    pool.run(create_data(plan))
    bundle = write(plan, tmp_path)
    pool.run(bundle["deploy.sql"])
    cursor = pool.connection.cursor()
    cursor.execute("UPDATE ml.models SET [model] = ?;", [make_model(TAXI.replace("{0.5}", "{0.501}")).content])
    pool.run(bundle["verify.sql"][bundle["verify.sql"].index("-- clear what an earlier run left") :])


# --- Back to what was there ------------------------------------------------------------------------------------------


def plan_version(version: int, **changes: object) -> Plan:
    return make_plan(make_model(version=version), make_spec(**changes), get_target("synapse-dedicated"), TABLE)


VIEW = "SELECT [definition] FROM sys.sql_modules WHERE [object_id] = OBJECT_ID(N'[ml].[nyc_taxi_tip_scores]');"


def test_revert_brings_back_the_version_before(tmp_path: Path, pool: Pool) -> None:
    first, second = (write(plan_version(version), tmp_path) for version in (3, 4))
    pool.run(create_data(plan_version(3)))
    pool.run(first["deploy.sql"])
    view = pool.ask(VIEW)
    pool.run(second["deploy.sql"])
    assert "nyc_taxi_tip:4" in str(pool.ask(VIEW))
    pool.run(second["revert.sql"])
    assert pool.ask(VIEW) == view
    pool.run(first["verify.sql"])
    assert pool.ask("SELECT COUNT(*) FROM ml.models;") == 1
    pool.run(first["revert.sql"])
    assert pool.ask(VIEW) is None


def test_revert_brings_back_what_a_person_had_made(tmp_path: Path, pool: Pool) -> None:
    bundle = write(plan_version(3), tmp_path)
    pool.run(create_data(plan_version(3)))
    pool.run("CREATE SCHEMA ml;\nGO\nCREATE VIEW ml.nyc_taxi_tip_scores AS SELECT 1 AS mine;")
    for _ in range(2):
        pool.run(bundle["deploy.sql"])
        pool.run(bundle["deploy.sql"])
        pool.run(bundle["revert.sql"])
        assert pool.ask("SELECT mine FROM ml.nyc_taxi_tip_scores;") == 1


def test_only_the_last_version_can_be_reverted(tmp_path: Path, pool: Pool) -> None:
    first, second = (write(plan_version(version), tmp_path) for version in (3, 4))
    pool.run(create_data(plan_version(3)))
    for script in (first, second):
        pool.run(script["deploy.sql"])
    view = pool.ask(VIEW)
    with pytest.raises(DatabaseError, match=r"51009.*revert that one first"):
        pool.run(first["revert.sql"])
    assert pool.ask(VIEW) == view
    pool.run(first["deploy.sql"])  # back by deploying again
    pool.run(first["revert.sql"])
    assert pool.ask(VIEW) == view


@pytest.mark.parametrize("script", ["deploy.sql", "revert.sql"])
def test_broken_off_after_any_batch_it_can_be_run_again(script: str, tmp_path: Path) -> None:
    first, second = (write(plan_version(version), tmp_path) for version in (3, 4))
    batches = second[script].split("\nGO\n")
    for stop in range(len(batches)):
        pool = Pool()
        pool.run(create_data(plan_version(3)))
        pool.run(first["deploy.sql"])
        view = pool.ask(VIEW)
        if script == "revert.sql":
            pool.run(second["deploy.sql"])
        pool.run("\nGO\n".join(batches[:stop]))
        pool.run(second[script])
        if script == "deploy.sql":
            pool.run(second["verify.sql"])
            pool.run(second["revert.sql"])
        assert pool.ask(VIEW) == view
        assert pool.ask("SELECT COUNT(*) FROM ml.models;") == 1
        pool.connection.close()


def test_an_alias_that_the_deployment_made_goes_with_it_and_the_history_stays(tmp_path: Path, pool: Pool) -> None:
    first, second = (write(plan_version(version, alias="champion"), tmp_path) for version in (3, 4))
    alias = "SELECT [model_id] FROM ml.models_aliases WHERE [alias] = N'champion';"
    pool.run(create_data(plan_version(3)))
    for _ in range(2):
        pool.run(first["deploy.sql"])
        pool.run(first["verify.sql"])
        pool.run(second["deploy.sql"])
        assert pool.ask(alias) == "nyc_taxi_tip:3"  # promoting is a step of its own
        pool.run(second["revert.sql"])
        assert pool.ask(alias) == "nyc_taxi_tip:3"
        pool.run(first["revert.sql"])
        assert pool.ask(alias) is None
        assert pool.ask("SELECT COUNT(*) FROM ml.models;") == 0
    assert pool.ask("SELECT COUNT(*) FROM ml.models_history WHERE [action] = N'store';") == 4
    assert pool.ask("SELECT COUNT(*) FROM ml.models_history WHERE [action] = N'remove';") == 4


def test_a_model_that_is_still_used_is_not_removed(tmp_path: Path, pool: Pool) -> None:
    bundle = write(plan_version(3), tmp_path)
    pool.run(create_data(plan_version(3)))
    pool.run(bundle["deploy.sql"])
    pool.run("CREATE VIEW dbo.mine AS SELECT [model] FROM ml.models WHERE [ID] = 'nyc_taxi_tip:3';")
    with pytest.raises(DatabaseError, match="51008"):
        pool.run(bundle["revert.sql"])
    assert pool.ask("SELECT COUNT(*) FROM ml.models;") == 1
    pool.run("DROP VIEW dbo.mine;")
    pool.run(bundle["revert.sql"])
    assert pool.ask("SELECT COUNT(*) FROM ml.models;") == 0


def test_a_table_that_was_there_keeps_its_rows(tmp_path: Path, pool: Pool) -> None:
    plan = CASES["insert"].plan()
    filled = next(made.creates for made in plan.statements if made.kind == "table" and made.creates)
    bundle = write(plan, tmp_path)
    pool.run(create_data(plan))
    pool.run(bundle["deploy.sql"])
    pool.run(bundle["revert.sql"])
    assert pool.ask(f"SELECT OBJECT_ID(N'{quote_object(filled)}');") is None
    pool.run(bundle["deploy.sql"])
    pool.run(f"DELETE FROM {quote_object(plan.spec.before_table)};")  # as if the table were older than the version
    pool.run(bundle["deploy.sql"])
    pool.run(bundle["revert.sql"])
    assert pool.ask(f"SELECT COUNT(*) FROM {quote_object(filled)};") == 0


# --- Large models ----------------------------------------------------------------------------------------------------


def large_model(size: int) -> bytes:
    """The taxi model with so many bytes of text in it that nothing reads."""
    proto = make_model().edit()
    proto.doc_string = "x" * size
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


@pytest.mark.parametrize(
    ("size", "limit"),
    [
        (0, 60_000_000),
        (2 * LINE_BYTES, 60_000_000),
        (PART_BYTES + LINE_BYTES, 60_000_000),
        (2 * LINE_BYTES, 7_000),
        (PART_BYTES, PART_BYTES),
    ],
)
def test_bytes_arrive_whole_whatever_the_size(size: int, limit: int, tmp_path: Path, pool: Pool) -> None:
    model = replace(make_model(), content=large_model(size))
    target = get_target("synapse-dedicated", {"literal_bytes": limit})
    plan = make_plan(model, make_spec(), target, TABLE)
    bundle = write(plan, tmp_path)
    pool.run(create_data(plan))
    pool.run(bundle["deploy.sql"])
    pool.run(bundle["verify.sql"])
    assert pool.ask("SELECT [model] FROM ml.models;") == model.content
    refuse_what_is_no_sql(bundle["deploy.sql"])
    assert max(map(len, bundle["deploy.sql"].splitlines())) < 20_000
    in_parts = len(model.content) > limit
    assert ("#deployer_parts" in bundle["deploy.sql"]) == in_parts
    assert ("do not fit one batch" in bundle["deploy.sql"]) == in_parts
