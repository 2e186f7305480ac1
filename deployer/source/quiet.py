"""MLflow as a guest: quiet, not waiting for minutes, and gone without a trace in this process's settings."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

SETTINGS: Mapping[str, str] = {
    # MLflow's own defaults, 120 s and 7 retries with growing pauses, keep a wrong address waiting for 20 minutes.
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    # MLflow 3 refuses folders as a registry unless told otherwise; reading an old one is what we are here for.
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # It would report its import over the network, from a thread of its own.
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
"""MLflow's settings during a read; any that the user has set stays as it is."""


@contextmanager
def quiet_mlflow() -> Iterator[None]:
    """Within: `SETTINGS`, and neither warnings nor log lines (alembic's, git's, MLflow's own). After: as before."""
    added = {name: value for name, value in SETTINGS.items() if name not in os.environ}
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), set_environment(added):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


@contextmanager
def set_environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables that hold within, for code that cannot be told otherwise."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
