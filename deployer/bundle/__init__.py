"""`write_bundle`: a plan as files that a DBA can read, run with sqlcmd, and keep; neither Python nor MLflow is needed.

deploy.sql      store the model, make what scores with it, put it in use
verify.sql      fail loudly where anything is not as expected
revert.sql      bring back what was there before
README.txt      what to run
manifest.json   what it is, and the SHA-256 of every other file
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from deployer.bundle.known_row import find_known_row
from deployer.bundle.manifest import make_manifest, make_readme
from deployer.bundle.script import write_script
from deployer.bundle.verification import verify_statements
from deployer.errors import PlanError
from deployer.files import write_beside
from deployer.plan import Plan

DEPLOY, VERIFY, REVERT, README, MANIFEST = "deploy.sql", "verify.sql", "revert.sql", "README.txt", "manifest.json"
FILES = (DEPLOY, VERIFY, REVERT, README, MANIFEST)
"""Every file of a bundle. A folder without the manifest, which comes last, holds no bundle, or half of one."""


def write_bundle(plan: Plan, folder: str | Path) -> tuple[Path, ...]:
    """Write a bundle into a folder, which is made where it is not there; gives the paths of its files.

    The same plan gives the same bytes. All files are written beside their places and renamed when all are whole; the
    old manifest goes first and the new one comes last. Raises `DeployerError` where the folder cannot be written, and
    `RuntimeFault` where ONNX Runtime cannot score the row that verify.sql knows.
    """
    folder = Path(folder)
    known = find_known_row(plan)
    texts: dict[str, Iterable[bytes]] = {
        DEPLOY: _encode(write_deploy(plan)),
        VERIFY: _encode(write_script(plan, "Verifies what deploy.sql did", VERIFY, verify_statements(plan, known))),
        REVERT: _encode(write_script(plan, "Takes back what deploy.sql did", REVERT, plan.revert)),
        README: [make_readme(plan)],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as places:
            manifest = places.enter_context(write_beside(folder / MANIFEST))
            hashes = {
                name: _write(places.enter_context(write_beside(folder / name)), text) for name, text in texts.items()
            }
            manifest.write_bytes(make_manifest(plan, hashes))
            (folder / MANIFEST).unlink(missing_ok=True)
    except OSError as error:
        raise PlanError(
            f"cannot write the bundle to {str(folder)!r}: {error.strerror}", hint="give a folder that can be written"
        ) from error
    return tuple(folder / name for name in FILES)


def write_deploy(plan: Plan) -> Iterator[str]:
    """The text of deploy.sql, in pieces of whole lines."""
    return write_script(plan, "Deploys a model and what scores with it", DEPLOY, plan.statements)


def _encode(pieces: Iterable[str]) -> Iterator[bytes]:
    return (piece.encode() for piece in pieces)


def _write(path: Path, pieces: Iterable[bytes]) -> str:
    """Write the pieces one after the other; gives the SHA-256 of all, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()
