from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from deployer import open_database
from tests.cli.helpers import LINEAR, SPEC, UNFIXABLE, create_rows


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with `model.onnx`, which can be fixed, and `scoring.yml`, which deploys it."""
    monkeypatch.chdir(tmp_path)
    Path("model.onnx").write_bytes(onnx.parser.parse_model(LINEAR).SerializeToString())
    Path("unfixable.onnx").write_bytes(onnx.parser.parse_model(UNFIXABLE).SerializeToString())
    Path("scoring.yml").write_text(SPEC)
    return tmp_path


@pytest.fixture
def pool(here: Path) -> str:
    """The URL of a pool beside them, with 5 rows in the table that the spec names."""
    url = f"mssql+emulator:///{here / 'pool.duckdb'}"
    with open_database(url) as database:
        create_rows(database, "[a] real NOT NULL, [b] real NOT NULL", [f"{n}, {n}.5, {n}.25" for n in range(5)])
    return url
