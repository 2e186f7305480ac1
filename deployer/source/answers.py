"""What MLflow raises, in the words of this package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deployer.errors import DeployerError, MissingPackage, SourceError
from deployer.names import mask

if TYPE_CHECKING:
    import requests

_LONGEST = 300
"""Characters of another's message that are passed on; a proxy may answer with a whole page."""


@contextmanager
def explain_errors(*also: type[Exception]) -> Iterator[None]:
    """Within: what MLflow, its database or its server raise becomes a `SourceError`; so does `also`.

    Artifact stores raise the errors of many an SDK, so `Exception` is what they are called with.
    """
    import requests
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    known: tuple[type[Exception], ...] = (MlflowException, SQLAlchemyError, requests.RequestException, OSError, *also)
    try:
        yield
    except DeployerError:
        raise
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"package {error.name!r} is not installed; MLflow needs it here", hint=f"pip install {error.name}"
        ) from error
    except known as error:
        for link in _chain(error):
            if isinstance(link, requests.ConnectionError | requests.Timeout):
                raise _no_answer(link) from error
        raise SourceError(f"MLflow: {_shorten(error)}", hint=_hint(error)) from error


def _no_answer(error: requests.RequestException) -> SourceError:
    asked = error.request.url if error.request is not None else ""
    url = urlsplit(str(asked))
    timeout = os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT")
    retries = os.environ.get("MLFLOW_HTTP_REQUEST_MAX_RETRIES")
    return SourceError(
        f"{mask(f'{url.scheme}://{url.netloc}')!r} does not answer; time-out {timeout} s, retries {retries}",
        hint="check the address and the network; to wait longer set MLFLOW_HTTP_REQUEST_TIMEOUT (seconds)",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _shorten(error: Exception) -> str:
    text = mask(str(error)).strip().partition("\n")[0]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _hint(error: Exception) -> str:
    if getattr(error, "error_code", "") in {"UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED"}:
        return "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    return "check the URI and --tracking-uri or --registry-uri"
