"""`write_bundle`: a plan as files that a DBA can read, run with sqlcmd, and keep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from deployer.errors import PlanError
from deployer.files import write_beside
from deployer.plan import Plan
from deployer.sql import quote_comment

SCRIPT, MANIFEST = "deploy.sql", "manifest.json"


def write_bundle(plan: Plan, folder: str | Path) -> tuple[Path, ...]:
    """Write `deploy.sql` and `manifest.json` into a folder, which is made where it is not there; gives their paths.

    The same plan gives the same bytes. Each file is written beside its place and renamed into it, the manifest, which
    holds the hash of the script, last. Raises `DeployerError` where the folder cannot be written.
    """
    folder = Path(folder)
    script = make_script(plan).encode()
    manifest = {
        "model": {
            "name": plan.model.name,
            "version": plan.model.version,
            "sha256": plan.model.digest,
            "bytes": len(plan.model.content),
            "source": plan.model.origin.uri,
            "fixes": list(plan.model.origin.fixes),
        },
        "target": plan.target.name,
        "files": {SCRIPT: hashlib.sha256(script).hexdigest()},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (
            _write(folder / SCRIPT, script),
            _write(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"),
        )
    except OSError as error:
        raise PlanError(
            f"cannot write the bundle to {str(folder)!r}: {error.strerror}", hint="give a folder that can be written"
        ) from error


def make_script(plan: Plan) -> str:
    """The text of `deploy.sql`: one batch a statement, each ended by GO, which belongs to sqlcmd, not to the server."""
    return "".join(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    yield f"-- Stores model {quote_comment(plan.model_id)} in {quote_comment(plan.spec.models_table)}"
    yield f" of {quote_comment(plan.target.title)}.\n"
    yield "-- Run it with: sqlcmd -b -x -I -i deploy.sql (-b stops at the first error). It can be run twice.\n"
    for note in plan.notes:
        yield f"-- Note: {quote_comment(note)}\n"
    for number, statement in enumerate(plan.statements, 1):
        yield f"\n-- {number} of {len(plan.statements)}\n{statement.script}GO\n"


def _write(path: Path, content: bytes) -> Path:
    with write_beside(path) as beside:
        beside.write_bytes(content)
    return path
