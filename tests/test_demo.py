"""The demo: it walks the whole way, its closing commands work, it spares what is not its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from deployer.cli.app import cli
from deployer.demo.folder import claim_folder
from deployer.demo.trips import TABLE_COLUMNS, make_trips
from deployer.errors import DeployerError

ROWS = 2_000


def run_shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command line as a user pastes it, with the installed `deployer` on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a blank in its name in which a demo of few rows ran, and what it printed."""
    folder = tmp_path_factory.mktemp("a folder")
    done = run_shell(f"deployer demo --rows {ROWS} --out 'my demo'", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    # No word of MLflow's, alembic's or scikit-learn's; no bar where there is no terminal.
    assert done.stderr == ""
    return folder, done.stdout


def test_demo_finds_fixes_and_compares(demo: tuple[Path, str]) -> None:
    text = demo[1]
    for rule in ("zipmap-output", "wide-input", "version-too-new"):
        assert re.search(rf"nyc_taxi_tip +{rule} .*yes", text), rule
    assert not re.search(r" no *$", text, re.MULTILINE)
    for name in ("nyc_taxi_tip", "nyc_taxi_fare"):
        assert re.search(rf"^{name} +2,000 +[\d,]+ +0 +0 +\d\.\de-\d\d +equal", text, re.MULTILINE), text
    assert "Every score is what scikit-learn said" in text


def test_demo_writes_into_its_folder_alone(demo: tuple[Path, str]) -> None:
    folder = demo[0]
    assert [path.name for path in folder.iterdir()] == ["my demo"]
    assert sorted(path.name for path in (folder / "my demo").iterdir()) == [
        ".deployer-demo",
        "artifacts",
        "mlflow.db",
        "nyc_taxi.sql",
        "nyc_taxi_fare.yml",
        "nyc_taxi_tip.yml",
        "pool.duckdb",
        "sql",
    ]
    script = (folder / "my demo" / "sql" / "nyc_taxi_tip" / "deploy.sql").read_text()
    assert "CREATE VIEW [ml].[nyc_taxi_tip_scores]" in script


def test_commands_at_the_end_work(demo: tuple[Path, str]) -> None:
    """Pasted one after the other into one shell; `check` finds something, and the others are fine."""
    folder, text = demo
    commands = [line.strip() for line in text.partition("What to type next:")[2].splitlines() if line.strip()]
    assert [command.split()[1] for command in commands[1:]] == ["check", "plan", "score", "compare"]
    done = run_shell("\n".join([commands[0], *(f"{command}\necho code=$?" for command in commands[1:])]), folder)
    assert re.findall(r"^code=(\d)", done.stdout, re.MULTILINE) == ["1", "0", "0", "0"], done.stderr
    assert "trip_id,tipped,tip_probability\n1," in done.stdout
    assert "equal within the tolerance" in done.stdout


def test_demo_exits_1_where_a_score_is_off(demo: tuple[Path, str], tmp_path: Path) -> None:
    """With a tolerance of nothing, 32 bits are not what scikit-learn computed in 64."""
    code = (
        "import deployer.demo.training as training, sys\n"
        "spec = training.TrainedModel.spec.fget\n"
        "training.TrainedModel.spec = property(lambda model: spec(model).partition('tolerance')[0])\n"
        "from deployer.cli.app import cli\n"
        f"cli(['demo', '--rows', '1000', '--out', {str(tmp_path / 'demo')!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "not equal" in done.stdout
    assert "Some scores are not what scikit-learn said" in done.stdout


def test_demo_runs_again_and_spares_what_is_not_its_own(demo: tuple[Path, str]) -> None:
    folder = demo[0]
    note = folder / "my demo" / "note.txt"
    note.write_text("mine")
    done = run_shell("deployer demo --rows 1000 --out 'my demo'", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert note.read_text() == "mine"
    note.unlink()


# --- The folder ------------------------------------------------------------------------------------------------------


def test_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("mine")
    result = CliRunner().invoke(cli, ["demo", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty, and no demo made it" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]
    assert (tmp_path / "mlflow.db").read_text() == "mine"


def test_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """What an earlier demo made and somebody replaced by a link is taken away as a link."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("mine")
    claim_folder(tmp_path / "demo")
    (tmp_path / "demo" / "artifacts").symlink_to(kept)
    claim_folder(tmp_path / "demo")
    assert not (tmp_path / "demo" / "artifacts").exists()
    assert (kept / "file").read_text() == "mine"


def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeployerError, match="cannot make the demo's folder"):
        claim_folder(tmp_path / "file" / "demo")


def test_missing_package_is_named_with_the_command(tmp_path: Path) -> None:
    """As after `pip install onnx-sql-deployer` alone: nothing is made."""
    code = (
        "import sys; sys.modules['skl2onnx'] = None\n"
        "from deployer.cli.app import cli\n"
        f"cli(['demo', '--out', {str(tmp_path / 'demo')!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "package 'skl2onnx' is not installed" in done.stderr
    assert "pip install 'onnx-sql-deployer[demo]'" in done.stderr
    assert not (tmp_path / "demo").exists()


# --- The data --------------------------------------------------------------------------------------------------------


def test_trips_are_the_same_each_time_and_those_of_the_table() -> None:
    first, second = make_trips(500), make_trips(500)
    assert list(first) == list(TABLE_COLUMNS)
    for name, values in first.items():
        assert len(values) == 500
        assert (values == second[name]).all(), name


def test_values_are_further_apart_than_a_threshold_is_off() -> None:
    """So no tree goes another way in 32 bits than in 64: thresholds lie midway between values, rounded to a float.

    Distances and fares have two decimals; below 1,024 a 32-bit float is good for 6e-5, and midway is 5e-3 away.
    """
    trips = make_trips(200_000)
    for name in ("fareAmount", "tripDistance", "tripTimeSecs"):
        values = np.unique(trips[name].astype(np.float32))
        middles = (values[:-1].astype(np.float64) + values[1:]) / 2
        assert (values[:-1] <= middles.astype(np.float32)).all()
        assert (middles.astype(np.float32) < values[1:]).all()
