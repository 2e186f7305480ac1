"""A real MLflow registry in a folder: SQLite for the entries, files for the artifacts."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from deployer.demo.training import TrainedModel
from deployer.errors import need

ALIAS = "champion"
DATABASE, ARTIFACTS = "mlflow.db", "artifacts"


def registry_uri(folder: Path) -> str:
    return f"sqlite:///{folder / DATABASE}"


def register_models(models: Sequence[TrainedModel], folder: Path) -> None:
    """Log each model in a run of its own, register it, and give its version the alias `champion`."""
    with _silence(), _tracking(registry_uri(folder)):
        mlflow = need("mlflow", "demo")
        need("mlflow.onnx", "demo")
        client = mlflow.MlflowClient()
        experiment = client.create_experiment("nyc_taxi", artifact_location=str((folder / ARTIFACTS).resolve()))
        for model in models:
            with mlflow.start_run(experiment_id=experiment, run_name=model.name, tags={"model": model.title}):
                info = mlflow.onnx.log_model(
                    model.exported,
                    name="model",
                    registered_model_name=model.name,
                    signature=mlflow.models.infer_signature(model.example),
                    input_example=model.example,
                )
            client.set_registered_model_alias(model.name, ALIAS, str(info.registered_model_version))


@contextlib.contextmanager
def _tracking(uri: str) -> Iterator[None]:
    """MLflow logs to the URI in its environment variables, and only there."""
    names = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, uri))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """MLflow tells of every table that it creates, and warns of a model that its own pyfunc cannot feed."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            yield
    finally:
        logging.disable(before)
