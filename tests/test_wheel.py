"""The wheel carries all that the command needs, templates too, and runs where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT], check=True, capture_output=True
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.slow
def test_wheel_holds_the_same_templates_as_the_checkout(wheel: Path) -> None:
    inside = {
        name.removeprefix("deployer/sql_templates/"): content
        for name, content in _files(wheel).items()
        if name.startswith("deployer/sql_templates/")
    }
    outside = {
        path.relative_to(ROOT / "sql_templates").as_posix(): path.read_bytes()
        for path in (ROOT / "sql_templates").rglob("*")
        if path.is_file()
    }
    assert outside
    assert inside == outside


@pytest.mark.slow
def test_wheel_holds_code_and_licence_and_nothing_else(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in _files(wheel)}
    assert tops == {"deployer", wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in _files(wheel))


@pytest.mark.slow
def test_wheel_runs_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    """Checks a model and plans its statements, installed from the wheel alone, in a folder outside the checkout."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True, capture_output=True)

    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(
            [tmp_path / "env" / "bin" / "deployer", *arguments],
            cwd=tmp_path,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    model = ROOT / "fixtures" / "linear_regression"
    assert run("--version").startswith("deployer ")
    assert "version-too-new" in run("check", model, "--json")

    spec = tmp_path / "scoring.yml"
    spec.write_text(
        f"model: {model}\ntarget: synapse-dedicated\nmodels_table: ml.models\ndata: dbo.data\nkey: [id]\n"
        "statements:\n  - view: ml.scores\n"
    )
    assert "PREDICT" in run("plan", spec)


def _files(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
