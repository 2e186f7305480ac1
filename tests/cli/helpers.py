"""Runs the command line, and makes what its tests work with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from deployer import Database, Statement
from deployer.cli.app import cli

FIXTURES = Path(__file__).parents[2] / "fixtures"
DEPLOYER = str(Path(sys.executable).with_name("deployer"))
"""The installed command."""

LINEAR = """<ir_version: 10, opset_import: ["": 18, "ai.onnx.ml": 1], metadata_props: ["columns": "a,b"]>
agraph (float[N, 2] X) => (float[N, 1] score)
{
    score = ai.onnx.ml.LinearRegressor <coefficients = [1.5, -2.0], intercepts = [0.5]> (X)
}
"""
UNFIXABLE = """<ir_version: 6, opset_import: ["": 9]>
agraph (complex64[N, 1] x) => (complex64[N, 1] score)
{
    score = Identity(x)
}
"""
SPEC = """model: model.onnx
target: synapse-dedicated
models_table: ml.models
data: dbo.rows
key: [id]
statements:
  - view: ml.scores
"""


def run(*arguments: str | Path) -> Result:
    """The command in this process; fails for whatever is no exit, since that would be a traceback."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="deployer")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def run_process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own."""
    return subprocess.run([DEPLOYER, *arguments], check=False, capture_output=True, text=True)


def refused(result: Result) -> str:
    """What a command said that could not run: exit 2, nothing on stdout, an error and a hint on stderr."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    _, error, rest = result.stderr.rpartition("error: ")
    assert error, result.stderr
    _, _, hint = rest.partition("\nhint: ")
    assert hint.strip(), result.stderr
    return result.stderr


def create_rows(database: Database, columns: str, rows: list[str]) -> None:
    """The table `dbo.rows`: `id`, and columns with these rows."""
    options = "WITH (HEAP, DISTRIBUTION = ROUND_ROBIN)"
    database.run(Statement("create", f"CREATE TABLE [dbo].[rows] ([id] bigint NOT NULL, {columns}) {options};"))
    for row in rows:
        database.run(Statement("insert", f"INSERT INTO [dbo].[rows] SELECT {row};"))
