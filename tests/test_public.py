"""`import deployer` gives the names of the story, and costs next to nothing."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

import deployer

PUBLIC = [
    "Column",
    "Comparison",
    "Contract",
    "Database",
    "DeployerError",
    "Finding",
    "Fix",
    "Limit",
    "Model",
    "Plan",
    "Report",
    "Rule",
    "Scorer",
    "Script",
    "Severity",
    "Spec",
    "Statement",
    "Table",
    "Target",
    "__version__",
    "apply_plan",
    "bind_columns",
    "check_model",
    "compare_scores",
    "fix_model",
    "get_target",
    "lint_script",
    "make_plan",
    "open_database",
    "parse_script",
    "read_model",
    "read_script",
    "read_spec",
    "read_table",
    "score_rows",
    "write_bundle",
]

HEAVY = {
    "duckdb",
    "jinja2",
    "mlflow",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "pyarrow",
    "pydantic",
    "rich",
    "sklearn",
    "sqlalchemy",
    "sqlglot",
    "yaml",
}


def test_public_names_are_these() -> None:
    """To add or to drop one is a decision, and is made here."""
    assert deployer.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name_is_what_its_module_calls_so(name: str) -> None:
    value = getattr(deployer, name)
    assert getattr(value, "__name__", "__version__") == name


def test_public_names_are_listed() -> None:
    assert set(PUBLIC) <= set(dir(deployer))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'deployer' has no attribute 'check_modle'"):
        deployer.check_modle  # noqa: B018 - the access is the test


def test_type_checkers_see_the_same_names() -> None:
    """The imports under TYPE_CHECKING, which never run, give what the lazy ones give."""
    tree = ast.parse(Path(str(deployer.__file__)).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name: getattr(importlib.import_module(str(node.module)), alias.name)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {name: getattr(deployer, name) for name in PUBLIC if name != "__version__"}


def test_version_is_the_distribution_s() -> None:
    assert deployer.__version__ == importlib.metadata.version("onnx-sql-deployer")


def test_import_is_light() -> None:
    assert imported("import deployer") == set()


def imported(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has imported after some code."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return HEAVY & {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
