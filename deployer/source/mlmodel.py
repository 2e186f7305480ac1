"""MLmodel: the YAML file that MLflow puts beside a model. Read with PyYAML, so that a folder needs no mlflow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.errors import SourceError
from deployer.model import Signature, SignatureField
from deployer.names import shorten

MLMODEL_BYTES = 1 << 20
"""Longest MLmodel that is read. One column of a signature takes about 60 bytes."""

_EXPORTS: Mapping[str, str] = {
    "sklearn": "skl2onnx.to_onnx(model, X[:1])",
    "lightgbm": "onnxmltools.convert_lightgbm(model, initial_types=…)",
    "xgboost": "onnxmltools.convert_xgboost(model, initial_types=…)",
    "catboost": "model.save_model(path, format='onnx')",
    "pytorch": "torch.onnx.export(model, inputs, dynamo=True).model_proto",
    "tensorflow": "tf2onnx.convert.from_keras(model)[0]",
    "keras": "tf2onnx.convert.from_keras(model)[0]",
    "spark": "onnxmltools.convert_sparkml(model, initial_types=…)",
}
"""MLflow's flavor to what makes an ONNX model of it."""


@dataclass(frozen=True, slots=True)
class Description:
    """What MLmodel says. `data` is the path of the ONNX file within the folder."""

    data: str
    run_id: str
    signature: Signature | None
    example: str = ""
    """The path of the input example within the folder, as JSON; empty where there is none that can be read."""


def read_description(content: bytes, where: str) -> Description:
    """The description of an ONNX model; `SourceError` where MLmodel is broken or describes a model of another kind."""
    record = load_yaml(content, f"MLmodel in {where}")
    flavors = record.get("flavors")
    if not isinstance(flavors, dict):
        raise SourceError(f"MLmodel in {where} names no flavors", hint="log the model again with mlflow.onnx.log_model")
    onnx = flavors.get("onnx")
    if not isinstance(onnx, dict):
        names = sorted(str(name) for name in flavors if name != "python_function") or ["python_function"]
        export = next((_EXPORTS[name] for name in names if name in _EXPORTS), "onnx_model")
        raise SourceError(
            f"the model in {where} has no flavor 'onnx'; it has {', '.join(map(repr, names))}",
            hint=f"log it as ONNX: mlflow.onnx.log_model({export}, name='model')",
        )
    data = onnx.get("data")
    if not isinstance(data, str):
        raise SourceError(
            f"flavor 'onnx' of MLmodel in {where} names no file: data is {shorten(data)}",
            hint="log the model again with mlflow.onnx.log_model",
        )
    run_id = record.get("run_id")
    return Description(
        data,
        run_id if isinstance(run_id, str) else "",
        _read_signature(record.get("signature"), where),
        _find_example(record.get("saved_input_example_info")),
    )


def _find_example(record: Any) -> str:
    path = record.get("artifact_path") if isinstance(record, dict) else None
    return path if isinstance(path, str) and path.endswith(".json") else ""


def load_yaml(content: bytes, where: str) -> Mapping[Any, Any]:
    """A YAML mapping; `SourceError` for anything else."""
    import yaml

    # Not libyaml's loader: deep nesting overflows its stack, and the process dies.

    try:
        record = yaml.load(content, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-13-01
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise SourceError(f"{where} is not YAML: {problem}", hint="save the model again") from error
    if not isinstance(record, dict):
        raise SourceError(f"{where} is {type(record).__name__}, not a mapping", hint="save the model again")
    return record


def _read_signature(record: Any, where: str) -> Signature | None:
    if record is None:
        return None
    try:
        return Signature(_read_fields(record.get("inputs")), _read_fields(record.get("outputs")))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise SourceError(
            f"the signature of MLmodel in {where} is not as MLflow writes it: {shorten(str(error))}",
            hint="log the model again with mlflow.models.infer_signature, or without a signature",
        ) from error


def _read_fields(text: Any) -> tuple[SignatureField, ...]:
    """MLflow keeps each side of a signature as JSON inside of the YAML."""
    return tuple(map(_read_field, json.loads(text))) if text is not None else ()


def _read_field(entry: Any) -> SignatureField:
    name, kind = entry.get("name"), entry["type"]
    if not (isinstance(name, str | None) and isinstance(kind, str)):
        raise TypeError(f"name {name!r} of type {kind!r}")
    if kind != "tensor":
        return SignatureField(name, kind)
    tensor = entry["tensor-spec"]
    shape = tuple(tensor["shape"])
    if not (isinstance(tensor["dtype"], str) and all(isinstance(length, int) for length in shape)):
        raise TypeError(f"tensor {tensor!r}")
    return SignatureField(name, tensor["dtype"], shape)
