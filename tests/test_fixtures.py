"""The committed fixtures are what they say: they load, score as their source, and the script makes them again."""

from __future__ import annotations

import filecmp
import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from deployer.check import check_model
from deployer.model import Model
from deployer.targets import get_target
from tests.fixtures import BROKEN, FIXTURES, FOLDER, Array, Fixture, read_columns

MAKE = FOLDER / "make.py"
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def load_onnx(folder: Path) -> onnx.ModelProto:
    """The model with its external weights inside."""
    return onnx.load(folder / "model.onnx")


def score_directly(model: onnx.ModelProto, rows: dict[str, Array]) -> dict[str, Array]:
    """Score with ONNX Runtime alone, none of the project's code in between."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) == 1 and inputs[0].shape[1] == len(rows) > 1:
        feed = {inputs[0].name: np.stack(list(rows.values()), axis=1)}
    else:
        feed = {entry.name: rows[entry.name].reshape(-1, 1) for entry in inputs}
    count = len(next(iter(feed.values())))
    step = 1 if inputs[0].shape[0] == 1 else count
    scores: dict[str, list[Any]] = {}
    for at in range(0, count, step):
        values = session.run(None, {name: column[at : at + step] for name, column in feed.items()})
        for output, value in zip(outputs, values, strict=True):
            if isinstance(value, list):
                for row in value:
                    for label, score in row.items():
                        scores.setdefault(f"{output.name}_{label}", []).append(score)
            elif value.ndim == 2 and value.shape[1] > 1:
                for place in range(value.shape[1]):
                    scores.setdefault(f"{output.name}_{place}", []).extend(value[:, place])
            else:
                scores.setdefault(output.name, []).extend(value.ravel())
    return {name: np.array(column) for name, column in scores.items()}


def assert_scores(folder: Path, fixture: Fixture) -> None:
    expected = read_columns(folder / "scores.json")
    scores = score_directly(load_onnx(folder), read_columns(folder / "rows.json"))
    assert set(scores) == set(expected)
    for name, values in expected.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(
                scores[name], values, atol=fixture.tolerance.absolute, rtol=fixture.tolerance.relative, err_msg=name
            )
        else:
            assert scores[name].tolist() == values.tolist(), name


@pytest.mark.parametrize("fixture", FIXTURES, ids=str)
def test_graph_scores_as_its_source(fixture: Fixture) -> None:
    assert_scores(fixture.folder, fixture)


@pytest.mark.parametrize("fixture", FIXTURES, ids=str)
def test_rows_tell_a_wrong_model_from_a_right_one(fixture: Fixture) -> None:
    """A model that gives every row the same answer fails each of these fixtures."""
    for name, values in fixture.scores.items():
        assert len(set(values.tolist())) > 1, name
    assert {len(values) for values in [*fixture.rows.values(), *fixture.scores.values()]} == {40}


def test_fixtures_cover_what_they_are_for() -> None:
    """Types and NULLs that other tests rely on are really there."""
    kinds = {str(values.dtype) for fixture in FIXTURES for values in fixture.rows.values()}
    assert kinds == {"float32", "float64", "int64", "bool", "object"}
    holed = {
        fixture.name
        for fixture in FIXTURES
        for values in fixture.rows.values()
        if values.dtype.kind == "f" and np.isnan(values).any()
    }
    assert holed == {"text_and_numbers", "nan_imputer"}
    weights = next(fixture for fixture in FIXTURES if fixture.name == "external_weights")
    assert [path.stat().st_size for path in weights.folder.glob("*.data")] == [2784]


def test_folders_are_listed() -> None:
    """Each folder on the disk is in the tuple, and the other way round; the README has them all."""
    folders = {path.parent.name for path in FOLDER.glob("*/MLmodel")}
    broken = {path.parent for path in FOLDER.glob("broken/*/MLmodel")}
    assert folders == {fixture.name for fixture in FIXTURES}
    assert broken == set(BROKEN)
    assert set(re.findall(r"(?m)^\| `(\w+)`", README)) == folders | {path.name for path in broken}


@pytest.mark.parametrize("fixture", FIXTURES, ids=str)
def test_findings_are_those_of_the_readme(fixture: Fixture) -> None:
    row = re.search(rf"(?m)^\| `{fixture.name}` \|.*\| (.*) \|$", README)
    assert row is not None
    content = load_onnx(fixture.folder).SerializeToString()
    report = check_model(Model(fixture.name, 1, content), get_target("synapse-dedicated"))
    assert {finding.rule for finding in report.findings} == set(re.findall(r"`([\w-]+)`", row[1]))


def test_fixtures_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()]
    assert max(sizes) < 100_000
    assert sum(sizes) < 1_500_000


@pytest.fixture(scope="module")
def made_twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What two runs of the script make, with two orders of Python's sets."""
    folders = (tmp_path_factory.mktemp("once"), tmp_path_factory.mktemp("again"))
    runs = [
        subprocess.Popen(
            [sys.executable, str(MAKE), "--out", str(folder)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder, seed in zip(folders, "12", strict=True)
    ]
    for run in runs:
        _, errors = run.communicate(timeout=300)
        assert run.returncode == 0, errors
    return folders


def files_of(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_script_gives_the_same_bytes_twice(made_twice: tuple[Path, Path]) -> None:
    once, again = made_twice
    assert files_of(once) == files_of(again)
    assert [path for path in files_of(once) if not filecmp.cmp(once / path, again / path, shallow=False)] == []


@pytest.mark.slow
@pytest.mark.parametrize("fixture", FIXTURES, ids=str)
def test_made_again_scores_as_its_source(fixture: Fixture, made_twice: tuple[Path, Path]) -> None:
    """With whatever versions of the trainers and exporters are installed."""
    assert_scores(made_twice[0] / fixture.name, fixture)


@pytest.mark.slow
def test_script_makes_the_committed_files(made_twice: tuple[Path, Path]) -> None:
    """The same files; and where the versions are the same too, the same text and the same graphs.

    Trained numbers are left out of it: BLAS picks its kernels by the processor, and they round differently.
    """
    made = made_twice[0]
    committed = files_of(FOLDER) - {path for path in files_of(FOLDER) if path.suffix in {".py", ".md", ".pyc"}}
    assert files_of(made) == committed
    versions = json.loads((FOLDER / "versions.json").read_text())
    if versions != {package: version(package) for package in versions}:
        return  # other versions write other graphs, by right; the test above holds them to their scores
    for path in sorted(committed):
        if path.suffix == ".onnx" and path.parts[0] != "broken":
            assert outline(made / path) == outline(FOLDER / path), path
        elif path.suffix not in {".onnx", ".data"} and path.name != "scores.json":
            assert (made / path).read_bytes() == (FOLDER / path).read_bytes(), path


def outline(path: Path) -> object:
    """A graph without its numbers."""
    proto = onnx.load(path, load_external_data=False)
    graph = proto.graph
    return (
        proto.ir_version,
        [(entry.domain, entry.version) for entry in proto.opset_import],
        [str(value) for value in (*graph.input, *graph.output)],
        [(node.op_type, list(node.input), [entry.name for entry in node.attribute]) for node in graph.node],
    )
