"""Fills an MLflow store with what `read_model` is asked for, in a process of its own: MLflow warns and logs a lot.

    python -m tests.source_store TRACKING_URI FOLDER [TRACKING_URI FOLDER …]

Prints one JSON object a store: ids and what the source models say. FOLDER takes the artifacts where there is no server.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any


def fill_store(uri: str, folder: Path) -> dict[str, Any]:
    """Two versions of `net` (weights over 1 KiB), `forest` without versions, `taxes` of another flavor."""
    import mlflow
    import numpy as np
    import onnx
    from onnx import numpy_helper
    from skl2onnx import to_onnx
    from sklearn.linear_model import LinearRegression
    from sklearn.neural_network import MLPRegressor

    rows = np.random.default_rng(7).normal(size=(50, 4)).astype(np.float32)
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    location = None if uri.startswith("http") else (folder / "artifacts of it").as_uri()
    experiment = client.create_experiment("scoring", artifact_location=location)
    facts: dict[str, Any] = {"rows": rows.tolist(), "models": []}
    for factor in (1.0, 2.0):
        target = factor * rows.sum(axis=1)
        source = MLPRegressor(hidden_layer_sizes=(128, 16), max_iter=30, random_state=0).fit(rows, target)
        model = to_onnx(source, rows[:1])
        for tensor in model.graph.initializer:  # as torch writes them; onnx puts no others in a file of their own
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))
        content = model.SerializeToString()  # before MLflow moves the weights out of this very object
        with mlflow.start_run(experiment_id=experiment) as run:
            info = mlflow.onnx.log_model(
                model,
                name="net",
                signature=mlflow.models.infer_signature(rows, target),
                registered_model_name="net",
                pip_requirements=["onnx"],
                metadata={"factor": factor},
            )
        facts["models"].append(
            {"id": info.model_id, "run": run.info.run_id, "scores": source.predict(rows).ravel().tolist()}
        )
    # What runs kept before MLflow 3, and what people put there by hand.
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "by hand.onnx").write_bytes(content)
        mlflow.onnx.save_model(
            onnx.load_model_from_string(content), f"{scratch}/older/model", pip_requirements=["onnx"]
        )
        client.log_artifacts(run.info.run_id, scratch, "kept")
    client.set_registered_model_alias("net", "champion", "1")
    client.set_model_version_tag("net", "1", "approved by", "Ada")
    client.set_model_version_tag("net", "1", "mlflow.noise", "left out")
    client.create_registered_model("forest")
    with mlflow.start_run(experiment_id=experiment):
        mlflow.sklearn.log_model(
            LinearRegression().fit(rows, target),
            name="taxes",
            registered_model_name="taxes",
            pip_requirements=["scikit-learn"],
        )
    return facts


def main() -> None:
    """Only the JSON reaches stdout: MLflow prints there too."""
    printed, sys.stdout = sys.stdout, io.StringIO()
    os.environ.update(MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_DISABLE_TELEMETRY="true")
    stores = zip(sys.argv[1::2], sys.argv[2::2], strict=True)
    json.dump([fill_store(uri, Path(folder)) for uri, folder in stores], printed)


if __name__ == "__main__":
    main()
