"""The files for CI servers are valid, and do what they say: every command in them is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import onnx.parser
import pytest
import yaml

from deployer.report.formats import FORMATS
from tests.cli.helpers import LINEAR, SPEC, UNFIXABLE

ROOT = Path(__file__).parents[1]
FILES = ROOT / "docs" / "ci"
SCHEMAS = {
    "github.yml": "vendor.github-workflows",
    "azure-pipelines.yml": "vendor.azure-pipelines",
    "gitlab-ci.yml": "vendor.gitlab-ci",
}
EXTRAS = "mlflow,emulator,ci"


def read(name: str) -> Any:
    return yaml.safe_load((FILES / name).read_text(encoding="utf-8"))


def find_commands(value: object) -> Iterator[str]:
    """Every command of a file, in order: GitHub's `run`, the others' `script`, which may be a list."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            if key in {"run", "script"}:
                yield from [entry] if isinstance(entry, str) else entry
            else:
                yield from find_commands(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from find_commands(entry)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a spec that passes."""
    scoring = tmp_path / "scoring"
    scoring.mkdir()
    (scoring / "model.onnx").write_bytes(onnx.parser.parse_model(LINEAR).SerializeToString())
    (scoring / "unfixable.onnx").write_bytes(onnx.parser.parse_model(UNFIXABLE).SerializeToString())
    (scoring / "passes.yml").write_text(SPEC, encoding="utf-8")
    (scoring / "passes.sql").write_text("SELECT a FROM dbo.t;\n", encoding="utf-8")
    return tmp_path


def call(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command as a CI server runs it: in bash, which stops at the first error."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")} | variables
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_file_is_what_its_server_takes(name: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--regex-variant",
            "python",
            "--builtin-schema",
            SCHEMAS[name],
            FILES / name,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SCHEMAS)
def test_commands_pass_a_good_spec_and_fail_a_bad_one(name: str, project: Path) -> None:
    install, judge = find_commands(read(name))
    assert install == 'python -m pip install "$DEPLOYER"'
    done = call(judge, project)
    assert done.returncode == 0, done.stderr
    assert "1 file: 1 passed" in done.stdout
    written = {path.name for path in project.iterdir()} - {"scoring"}
    text = (FILES / name).read_text(encoding="utf-8")
    assert written
    assert all(file in text or file == "summary.md" for file in written)

    (project / "scoring" / "fails.yml").write_text(SPEC.replace("model.onnx", "unfixable.onnx"), encoding="utf-8")
    done = call(judge, project)
    assert done.returncode == 1, done.stderr
    assert "unsupported-type" in done.stdout
    assert all("unsupported-type" in (project / file).read_text(encoding="utf-8") for file in written)


@pytest.mark.parametrize("name", SCHEMAS)
def test_formats_are_installed_with_the_named_extras(name: str) -> None:
    text = (FILES / name).read_text(encoding="utf-8")
    assert f"DEPLOYER: onnx-sql-deployer[{EXTRAS}]" in text
    assert any(f"--format {entry} " in text for entry in FORMATS)


@pytest.mark.slow
def test_what_is_installed_is_enough(project: Path, tmp_path: Path) -> None:
    """Into an environment of its own, from this source in place of the package index."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    for command in find_commands(read("github.yml")):
        done = call(command, project, PATH=path, DEPLOYER=f"{ROOT}[{EXTRAS}]")
        assert done.returncode == 0, done.stderr
    assert (project / "gate.sarif").exists()


@pytest.mark.slow
def test_pre_commit_hook(project: Path) -> None:
    """pre-commit itself clones this repository, installs both hooks and runs them on the commit's files."""

    def git(*arguments: str) -> None:
        name = ["-c", "user.name=tester", "-c", "user.email=tester@example.com"]
        subprocess.run(["git", *name, *arguments], cwd=project, check=True, capture_output=True)

    source = project / "source"
    source.mkdir()
    for entry in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "deployer", "sql_templates"):
        copy = shutil.copytree if (ROOT / entry).is_dir() else shutil.copy
        copy(ROOT / entry, source / entry)
    git("-C", "source", "init", "--quiet")
    git("-C", "source", "add", ".")
    git("-C", "source", "commit", "--quiet", "-m", "as it is")
    git("-C", "source", "tag", "v0.1.0")
    config = read("pre-commit.yaml")
    assert config["repos"][0]["rev"] == "v0.1.0"
    config["repos"][0]["repo"] = str(source)
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    git("init", "--quiet")
    git("add", "scoring", ".pre-commit-config.yaml")
    command = f"{sys.executable} -m pre_commit run --all-files --verbose"
    home = {"PRE_COMMIT_HOME": str(project / "cache")}
    done = call(command, project, **home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 file: 1 passed") == 2
    (project / "scoring" / "fails.yml").write_text(SPEC.replace("model.onnx", "unfixable.onnx"), encoding="utf-8")
    (project / "scoring" / "fails.sql").write_text("DROP TABLE IF EXISTS dbo.t;\n", encoding="utf-8")
    git("add", "scoring")
    done = call(command, project, **home)
    assert done.returncode == 1
    assert "unsupported-type" in done.stdout
    assert "if-exists at scoring/fails.sql:1:1" in done.stdout
