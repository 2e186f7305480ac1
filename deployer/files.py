"""`write_beside`: a file that is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployer.errors import DeployerError


@contextmanager
def write_beside(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` when the block ends well, and goes when it fails.

    Raises `DeployerError` where the file cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        raise DeployerError(
            f"cannot write {str(path)!r}: {error.strerror}", hint="give a path in a folder that can be written"
        ) from error
    finally:
        beside.unlink(missing_ok=True)
