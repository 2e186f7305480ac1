"""Small models, specs and tables that several tests plan with."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx.parser

from deployer.check import Report
from deployer.model import Model
from deployer.rule import Finding, Severity
from deployer.spec import Spec
from deployer.table import Table, TableColumn

TAXI = """
<ir_version: 6, opset_import: ["": 11]>
taxi (float[N, 1] fareAmount, int64[N, 1] passengerCount, string[N, 1] paymentType)
  => (float[N, 1] score, int64[N, 1] label, string[N, 1] payment)
{
  half = Constant <value = float[1] {0.5}> ()
  score = Mul(fareAmount, half)
  label = Identity(passengerCount)
  payment = Identity(paymentType)
}
"""

TABLE = Table(
    "dbo.nyc_taxi",
    (
        TableColumn("trip_id", "int", None, nullable=False),
        TableColumn("fareAmount", "float", None, nullable=False),
        TableColumn("passengerCount", "int", None, nullable=False),
        TableColumn("paymentType", "varchar", 20, nullable=False),
    ),
)


def make_model(text: str = TAXI, name: str = "nyc_taxi_tip", version: int = 3) -> Model:
    """A model from ONNX text."""
    return Model(name, version, onnx.parser.parse_model(text).SerializeToString(deterministic=True))


def make_spec(**changes: Any) -> Spec:
    """The taxi model's spec with some keys changed."""
    plain: dict[str, Any] = {
        "model": "taxi.onnx",
        "target": "synapse-dedicated",
        "models_table": "ml.models",
        "data": "dbo.nyc_taxi",
        "key": ["trip_id"],
        "statements": [{"view": "ml.nyc_taxi_tip_scores"}],
    }
    return Spec.model_validate(plain | changes)


def refuse_what_is_no_sql(script: str) -> None:
    """Hold a script against Microsoft's grammar, which `maxdop` carries; it names line and column of what is wrong."""
    command = shutil.which("maxdop", path=str(Path(sys.executable).parent)) or "maxdop"
    done = subprocess.run(
        [command, "--parser-version", "2022"], input=script, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr}\n{script}"


def worth_mending(report: Report) -> list[Finding]:
    """The findings that are more than good to know."""
    return [finding for finding in report.findings if finding.severity is not Severity.INFO]
