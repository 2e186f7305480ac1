"""MLflow's registry and tracking server: from `models:/…` and `runs:/…` to the folder that holds MLmodel."""

from __future__ import annotations

import posixpath
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deployer.errors import SourceError, need
from deployer.names import mask, nearest
from deployer.source.answers import explain_errors
from deployer.source.folder import MODEL_BYTES, Folder, LocalFolder, Location, check_inside, no_such_file
from deployer.source.quiet import quiet_mlflow, set_environment
from deployer.source.stores import Stores, open_stores

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import RegisteredModel
    from mlflow.store.artifact.artifact_repo import ArtifactRepository

T = TypeVar("T")

_LARGEST_VERSION = 2**31 - 1
"""MLflow keeps versions in columns of type INTEGER."""

_LISTED = 12
"""Versions named in a message, the newest ones."""


@contextmanager
def find_model(uri: str, tracking_uri: str | None, registry_uri: str | None) -> Iterator[Location]:
    """Where the model of a `models:/…` or `runs:/…` URI lies.

    Artifacts on this machine are read in place; others are fetched, file by file as they are asked for, into a folder
    that goes when the block ends. Raises `SourceError`, which says what there is in place of what is not.
    """
    with quiet_mlflow(), tempfile.TemporaryDirectory(prefix="deployer-") as scratch:
        need("mlflow", "mlflow")
        with explain_errors():
            stores = open_stores(tracking_uri, registry_uri)
            find = _find_version if uri.startswith("models:/") else _find_artifact
            # MLflow's folder store makes a client of its own, which asks these; else it would make `mlflow.db` here.
            asked = {"MLFLOW_TRACKING_URI": stores.tracking, "MLFLOW_REGISTRY_URI": stores.registry}
            with set_environment(asked):
                location = find(uri, stores, Path(scratch))
        yield location


def _find_version(uri: str, stores: Stores, scratch: Path) -> Location:
    """`models:/name/version`, `models:/name/latest`, `models:/name@alias` or `models:/m-<id>`."""
    name, slash, suffix = uri.removeprefix("models:/").partition("/")
    alias = ""
    if not slash:
        if re.fullmatch("m-[^@]+", name):
            return _find_logged(name, stores, scratch)
        name, _, alias = name.rpartition("@")
    if not (name and (suffix or alias)):
        raise SourceError(
            f"{uri!r} names no version of a model",
            hint="models:/name/version, models:/name@alias or models:/name/latest",
        )
    registered = _get_registered(name, stores)
    version = _resolve_alias(registered, alias) if alias else _resolve_version(registered, suffix, stores)
    found = _look_up(lambda: stores.client.get_model_version(name, str(version)))
    if found is None:
        there = _list_versions(name, stores)
        raise SourceError(f"model {name!r} has no version {version}; {there}", hint=f"models:/{name}/latest")
    root = stores.client.get_model_version_download_uri(name, str(version))
    if root.startswith("models:/m-"):  # a registry that keeps the source as it was logged
        root = _get_logged(root.removeprefix("models:/"), stores).artifact_location
    folder = _open_folder(root, "", stores, scratch)
    return Location(folder, name, version, run_id=found.run_id or "", tags=_own_tags(found.tags))


def _find_logged(model_id: str, stores: Stores, scratch: Path) -> Location:
    """A model that was logged and perhaps never registered."""
    logged = _get_logged(model_id, stores)
    folder = _open_folder(logged.artifact_location, "", stores, scratch)
    return Location(folder, logged.name, run_id=logged.source_run_id or "", tags=_own_tags(logged.tags))


def _find_artifact(uri: str, stores: Stores, scratch: Path) -> Location:
    """`runs:/<run id>/<path>`: a model logged by that name, or a folder or .onnx file among the run's artifacts."""
    run_id, _, path = uri.removeprefix("runs:/").rstrip("/").partition("/")
    if not path:
        raise SourceError(f"{uri!r} names no artifact", hint="write runs:/<run id>/<path>")
    check_inside(path, repr(uri))
    run = _look_up(lambda: stores.client.get_run(run_id))
    if run is None:
        raise SourceError(f"no run {run_id!r} at {mask(stores.tracking)!r}", hint="check the id and --tracking-uri")
    logged = _list_logged(run_id, run.info.experiment_id, stores)
    first, _, inner = path.partition("/")
    if first in logged:
        root = logged[first].artifact_location
    else:
        root, inner = run.info.artifact_uri, path
        _check_artifact(root, path, f"run {run_id!r}", list(logged), stores)
    file = posixpath.basename(path) if path.endswith(".onnx") else ""
    folder = _open_folder(root, posixpath.dirname(inner) if file else inner, stores, scratch)
    name = Path(path).stem if file else posixpath.basename(path)
    return Location(folder, name, file=file, run_id=run_id, tags=_own_tags(run.data.tags))


def _get_registered(name: str, stores: Stores) -> RegisteredModel:
    registered = _look_up(lambda: stores.client.get_registered_model(name))
    if registered is None:
        names = [model.name for model in stores.client.search_registered_models(max_results=1000)]
        there = nearest(name, names) or "; it has none"
        raise SourceError(
            f"no model {name!r} in the registry at {mask(stores.registry)!r}{there}",
            hint="check the name and --registry-uri; a model that is not registered is models:/m-<id>",
        )
    return registered


def _resolve_alias(registered: RegisteredModel, alias: str) -> int:
    if alias not in registered.aliases:
        there = nearest(alias, registered.aliases) or "; it has none"
        raise SourceError(
            f"model {registered.name!r} has no alias {alias!r}{there}",
            hint=f"set it with MLflow, or write models:/{registered.name}/latest",
        )
    return int(registered.aliases[alias])


def _resolve_version(registered: RegisteredModel, suffix: str, stores: Stores) -> int:
    """A version's number, or the newest one for `latest`."""
    if suffix.isascii() and suffix.isdigit() and int(suffix) <= _LARGEST_VERSION:
        return int(suffix)
    if suffix.lower() != "latest":
        aliases = nearest(suffix, registered.aliases)
        raise SourceError(
            f"{suffix!r} is no version of model {registered.name!r}; {_list_versions(registered.name, stores)}",
            hint=f"write a number, 'latest' or models:/{registered.name}@alias{aliases}",
        )
    # MLflow keeps the latest of each stage (stages are deprecated); the newest of these is the newest of all.
    latest = max((int(version.version) for version in registered.latest_versions), default=None)
    if latest is None:
        raise SourceError(f"model {registered.name!r} has no versions", hint="register one with MLflow")
    return latest


def _list_versions(name: str, stores: Stores) -> str:
    """`it has 1, 2, 3`, ready to end a message."""
    quote = '"' if "'" in name else "'"
    found = stores.client.search_model_versions(f"name={quote}{name}{quote}", max_results=1000)
    versions = sorted(int(version.version) for version in found)
    earlier = f"{len(versions) - _LISTED} earlier and " if len(versions) > _LISTED else ""
    return f"it has {earlier}{', '.join(map(str, versions[-_LISTED:]))}" if versions else "it has none"


def _get_logged(model_id: str, stores: Stores) -> LoggedModel:
    logged = _look_up(lambda: stores.client.get_logged_model(model_id))
    if logged is None:
        raise SourceError(
            f"no logged model {model_id!r} at {mask(stores.tracking)!r}", hint="check the id and --tracking-uri"
        )
    return logged


def _list_logged(run_id: str, experiment_id: str, stores: Stores) -> Mapping[str, LoggedModel]:
    """The models that a run logged, by name; of several with one name the one logged last."""
    models = stores.client.search_logged_models(
        experiment_ids=[experiment_id],
        filter_string=f"source_run_id = '{run_id}'",
        order_by=[{"field_name": "creation_timestamp", "ascending": True}],
    )
    return {model.name: model for model in models}


def _check_artifact(root: str, path: str, run: str, logged: list[str], stores: Stores) -> None:
    """Refuse a path that is not among a run's artifacts, and say what is."""
    parent = posixpath.dirname(path)
    with explain_errors(Exception):
        there = [entry.path for entry in _open_repository(root, stores).list_artifacts(parent or None)]
    if path not in there:
        listed = nearest(path, [*there, *logged]) or "; it has none there"
        raise SourceError(f"{run} has no artifact {path!r}{listed}", hint="check the path and the run's id")


def _open_folder(root: str, path: str, stores: Stores, scratch: Path) -> Folder:
    """The folder `path` of the artifacts at `root`."""
    from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

    where = repr(mask(posixpath.join(root, path) if path else root))
    repository = _open_repository(root, stores)
    if not isinstance(repository, LocalArtifactRepository):
        return _RemoteFolder(repository, path, scratch, where)
    folder = LocalFolder(Path(repository.artifact_dir), where)
    return folder.enter(path) if path else folder


def _open_repository(root: str, stores: Stores) -> ArtifactRepository:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    with explain_errors(Exception):
        return get_artifact_repository(root, tracking_uri=stores.tracking, registry_uri=stores.registry)


@dataclass(frozen=True, slots=True)
class _RemoteFolder:
    """Artifacts of a store elsewhere. Only what is asked for is fetched, after a look at its size."""

    repository: ArtifactRepository
    prefix: str
    scratch: Path
    where: str

    def fetch(self, path: str) -> Path:
        check_inside(path, self.where)
        full = posixpath.join(self.prefix, path)
        with explain_errors(Exception):
            entries = self.repository.list_artifacts(posixpath.dirname(full) or None)
            found = next((entry for entry in entries if entry.path == full and not entry.is_dir), None)
            if found is None:
                raise no_such_file(path, self.where, [posixpath.basename(entry.path) for entry in entries])
            if (found.file_size or 0) > MODEL_BYTES:
                raise SourceError(
                    f"{path!r} in {self.where} is {found.file_size:,} bytes; one ONNX file holds {MODEL_BYTES:,}",
                    hint="store the weights in a smaller type (float16, int8), or prune the model",
                )
            self.repository.download_artifacts(full, dst_path=str(self.scratch))  # type: ignore[no-untyped-call]
        return LocalFolder(self.scratch / self.prefix, self.where).fetch(path)


def _look_up(ask: Callable[[], T]) -> T | None:
    """What MLflow answers; None where it says that there is no such thing."""
    from mlflow.exceptions import MlflowException

    try:
        return ask()
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise


def _own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags that people set. MLflow's own hold the user's name, paths of a disk and a history in JSON."""
    return {name: value for name, value in tags.items() if not name.startswith("mlflow.")}
