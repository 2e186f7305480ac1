"""A real MLflow registry in a folder: SQLite for the entries, files for the artifacts."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

from deployer.demo.training import TrainedModel
from deployer.errors import need
from deployer.source.quiet import quiet_mlflow, set_environment

ALIAS = "champion"
DATABASE, ARTIFACTS = "mlflow.db", "artifacts"


def registry_uri(folder: Path) -> str:
    return f"sqlite:///{folder / DATABASE}"


def register_models(models: Sequence[TrainedModel], folder: Path) -> None:
    """Log each model in a run of its own, register it, and give its version the alias `champion`."""
    uri = registry_uri(folder)
    with (
        quiet_mlflow(),
        # MLflow says there what it registered, and that its own pyfunc cannot feed a model of one input a column.
        contextlib.redirect_stderr(io.StringIO()),
        set_environment({"MLFLOW_TRACKING_URI": uri, "MLFLOW_REGISTRY_URI": uri}),
    ):
        mlflow = need("mlflow", "demo")
        need("mlflow.onnx", "demo")
        client = mlflow.MlflowClient()
        experiment = client.create_experiment("nyc_taxi", artifact_location=str((folder / ARTIFACTS).resolve()))
        for model in models:
            with mlflow.start_run(experiment_id=experiment, run_name=model.name, tags={"kind": model.kind}):
                info = mlflow.onnx.log_model(
                    model.exported,
                    name="model",
                    registered_model_name=model.name,
                    signature=mlflow.models.infer_signature(model.example, model.example_scores),
                    input_example=model.example,
                )
            client.set_registered_model_alias(model.name, ALIAS, str(info.registered_model_version))
