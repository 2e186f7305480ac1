"""The demo's folder: made, or freed of what an earlier demo made; whatever else is in it stays."""

from __future__ import annotations

import shutil
from pathlib import Path

from deployer.errors import DeployerError

MARK = ".deployer-demo"
"""Says that the folder is a demo's."""

_MADE = ("mlflow.db*", "artifacts", "pool.duckdb*", "sql", "nyc_taxi_*.yml", "nyc_taxi.sql")
"""All that a demo makes."""


def claim_folder(folder: Path) -> None:
    """Make the folder ready for a demo. Raises `DeployerError` for one that holds anything and is not a demo's."""
    mark = folder / MARK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not mark.exists():
            raise DeployerError(
                f"folder {str(folder)!r} is not empty, and no demo made it",
                hint="give a folder that is new or empty: deployer demo --out FOLDER",
            )
        mark.write_text("Made by `deployer demo`, which replaces its own files here when it runs again.\n")
        for path in [path for pattern in _MADE for path in folder.glob(pattern)]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise DeployerError(
            f"cannot make the demo's folder {str(folder)!r}: {error.strerror}",
            hint="give a folder that can be written: deployer demo --out FOLDER",
        ) from error
