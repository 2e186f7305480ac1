"""Which registry and tracking server are asked, and whether asking them is safe: MLflow creates what is not there.

MLflow makes a new database, or a new folder, where its URI names none, puts its tables into any database that lacks
them, and upgrades an older registry without asking, after which older servers cannot use it. None of that may come
of reading.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from deployer.errors import MissingPackage, SourceError
from deployer.names import mask

if TYPE_CHECKING:
    from mlflow import MlflowClient

_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
"""The databases that MLflow keeps a registry in (mlflow.store.db.db_types)."""

_WORDS = ("databricks", "databricks-uc", "uc")
"""Registries that MLflow knows by a word alone, which is no folder's name."""

_HINT = "give --tracking-uri or --registry-uri, or set MLFLOW_TRACKING_URI or MLFLOW_REGISTRY_URI"


class Stores(NamedTuple):
    """MLflow's client, and the addresses that it asks."""

    client: MlflowClient
    tracking: str
    registry: str


def open_stores(tracking_uri: str | None, registry_uri: str | None) -> Stores:
    """A client for both addresses; what is not given is as MLflow's environment variables say.

    Where only a registry is named it also answers for runs: else MLflow would make `mlflow.db` in this folder.
    Raises `SourceError` where there is no such store.
    """
    import mlflow

    registry = registry_uri or os.environ.get("MLFLOW_REGISTRY_URI")
    chosen = mlflow.is_tracking_uri_set()  # type: ignore[no-untyped-call]
    tracking = tracking_uri or (None if chosen else registry) or mlflow.get_tracking_uri()
    for uri in dict.fromkeys((tracking, registry or tracking)):
        _check_store(uri)
    # Without a registry MLflow takes the tracking server's own, which for Databricks has another address.
    return Stores(mlflow.MlflowClient(tracking_uri=tracking, registry_uri=registry), tracking, registry or tracking)


def _check_store(uri: str) -> None:
    try:
        scheme = urlsplit(uri).scheme
    except ValueError as error:
        raise SourceError(f"{mask(uri)!r} is no address: {error}", hint=_HINT) from error
    if scheme.partition("+")[0] in _DATABASES:
        _check_database(uri)
    elif scheme in {"", "file"} and uri not in _WORDS:
        _check_folder(uri)


def _check_database(uri: str) -> None:
    import sqlalchemy as sa
    from mlflow.store.db.utils import _verify_schema

    shown = repr(mask(uri))
    try:
        url = sa.make_url(uri)
        if url.get_backend_name() == "sqlite" and not Path((url.database or "").removeprefix("file:")).is_file():
            raise SourceError(f"no registry at {shown}: there is no file {url.database!r}", hint=_HINT)
        # MLflow would try ten times with growing pauses, about two minutes.
        engine = sa.create_engine(uri, poolclass=sa.NullPool)
        try:
            if not sa.inspect(engine).has_table("registered_models"):
                raise SourceError(f"no registry at {shown}: the database has no MLflow tables", hint=_HINT)
            _verify_schema(engine)  # type: ignore[no-untyped-call]
        finally:
            engine.dispose()
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"package {error.name!r} is not installed; {shown} needs it", hint=f"pip install {error.name}"
        ) from error
    # ImportError: the driver is installed, a library of the system that it needs is not. ValueError: a port of letters.
    except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
        reason = mask(str(getattr(error, "orig", None) or error)).partition("\n")[0]
        raise SourceError(f"cannot read the registry at {shown}: {reason}", hint=_HINT) from error


def _check_folder(uri: str) -> None:
    root = Path(unquote(urlsplit(uri).path) if uri.startswith("file:") else uri)
    if not root.is_dir():
        raise SourceError(f"no registry at {uri!r}: there is no folder {str(root)!r}", hint=_HINT)
    if not (root / "models").is_dir() and not any(root.glob("*/meta.yaml")):
        raise SourceError(f"no registry at {uri!r}: the folder holds neither models nor experiments", hint=_HINT)
