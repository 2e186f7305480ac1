"""`read_model`: from MLflow, a model folder or a file to one `Model`. A folder or a file needs no mlflow."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deployer.errors import ModelError, SourceError
from deployer.model import Model, Origin
from deployer.names import mask, shorten
from deployer.source.example import read_example
from deployer.source.folder import MODEL_BYTES, LocalFolder, Location, read_bytes
from deployer.source.mlmodel import MLMODEL_BYTES, load_yaml, read_description
from deployer.source.weights import inline_weights

_FORMS = (
    "give models:/name/version, models:/name@alias, models:/name/latest, models:/m-<id>, runs:/<run id>/<path>, "
    "a folder with an MLmodel file, or a .onnx file"
)


def read_model(
    uri: str | os.PathLike[str],
    *,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
    name: str | None = None,
    version: int | None = None,
) -> Model:
    """The model at `uri`, whole: weights that lie in other files are brought inside.

    `uri` is `models:/name/version`, `models:/name@alias`, `models:/name/latest`, `models:/m-<id>`,
    `runs:/<run id>/<path>`, a folder with an MLmodel file (as a path or `file:` URI), or a `.onnx` file.
    `tracking_uri` and `registry_uri` default to what MLflow's own environment variables say.

    `name` and `version` replace the model's own. Those are the registered ones; a model that is not registered is
    called as it was logged, else as its folder or file is, in version 1.

    Raises `SourceError` where the model is not there, is not ONNX, or names files outside of its folder;
    `ModelError` where its bytes are no ONNX model; `MissingPackage` where mlflow is needed and is not installed.
    """
    address = os.fspath(uri)
    if re.match(r"(models|runs):/", address):
        from deployer.source.registry import find_model

        with find_model(address, tracking_uri, registry_uri) as location:
            model = _read(location, address)
    else:
        model = _read(_find_path(address), address)
    return model.describe_as(name=name, version=version)


def _find_path(address: str) -> Location:
    """A folder or a file of this machine."""
    path = _parse_path(address)
    try:
        found = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # not there; a loop of links; a NUL in the path
        raise SourceError(f"no such file or folder: {shorten(address)}", hint=_FORMS) from None
    name = found.name if path.name in {"", ".."} else path.name
    if found.is_file():
        # A link that the user names is followed: it is what is asked for, and weights lie beside the file itself.
        return Location(LocalFolder(found.parent, repr(str(path.parent))), Path(name).stem, file=found.name)
    if not found.is_dir():
        raise SourceError(f"{address!r} is neither a file nor a folder", hint=_FORMS)
    folder = LocalFolder(found, repr(address))
    name, version = _registered_name(folder) or (name, 1)
    return Location(folder, name, version)


def _parse_path(address: str) -> Path:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", address):
        return Path(address)
    parts = urlsplit(address)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise SourceError(f"cannot read a model from {mask(address)!r}", hint=_FORMS)
    return Path(unquote(parts.path))


def _registered_name(folder: LocalFolder) -> tuple[str, int] | None:
    """Name and version that MLflow noted beside a registered model when it downloaded it."""
    try:
        file = folder.fetch("registered_model_meta")
    except SourceError:
        return None
    record = load_yaml(read_bytes(file, MLMODEL_BYTES, str(file)), str(file))
    name, version = record.get("model_name"), str(record.get("model_version"))
    return (name, int(version)) if isinstance(name, str) and name and version.isdecimal() else None


def _read(location: Location, address: str) -> Model:
    folder, file = location.folder, location.file
    run_id, signature, example = location.run_id, None, None
    if not file:
        text = read_bytes(folder.fetch("MLmodel"), MLMODEL_BYTES, f"MLmodel in {folder.where}")
        description = read_description(text, folder.where)
        file, signature = description.data, description.signature
        example = read_example(folder, description.example)
        run_id = run_id or description.run_id
    content = read_bytes(folder.fetch(file), MODEL_BYTES, f"{file!r} in {folder.where}")
    origin = Origin(address, run_id, "" if location.file else "onnx", dict(sorted(location.tags.items())))
    model = Model(location.name, location.version, content, signature, origin, example)
    try:
        return inline_weights(model, folder, file)
    except ModelError as error:
        raise ModelError(f"{file!r} in {folder.where}: {error.message}", error.hint) from error
