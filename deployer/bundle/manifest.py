"""`manifest.json` and `README.txt`: what a bundle is, for machines and for the person who runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from deployer.casts import Effect
from deployer.contract import Binding
from deployer.plan import Plan
from deployer.plan.writer import TOOL


def make_manifest(plan: Plan, files: Mapping[str, str]) -> bytes:
    """What is deployed, from where, what was accepted, and the SHA-256 of every other file of the bundle."""
    origin = plan.model.origin
    manifest = {
        "model": {
            "name": plan.model.name,
            "version": plan.model.version,
            "sha256": plan.model.digest,
            "bytes": len(plan.model.content),
            "source": origin.uri,
            "run_id": origin.run_id,
            "fixes": list(origin.fixes),
        },
        "target": plan.target.name,
        "models_table": str(plan.spec.models_table),
        "data": str(plan.spec.data),
        "makes": [str(statement.creates) for statement in plan.statements if statement.creates is not None],
        "contract": [_describe_binding(binding) for binding in plan.contract.bindings],
        "outputs": [
            {"output": returned.output.name, "as": returned.name, "type": str(returned.sql_type)}
            for returned in plan.contract.outputs
        ],
        "tool": TOOL,
        "files": dict(files),
    }
    return json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"


def _describe_binding(binding: Binding) -> dict[str, object]:
    """One input: `accepted` where a person said in the spec that a cast may round or cut."""
    cast = binding.cast
    return {
        "input": binding.input.name,
        "column": binding.column,
        "type": str(binding.sql_type),
        "cast": cast.effect.value if cast else None,
        "accepted": bool(cast and cast.effect in {Effect.ROUNDING, Effect.CUTTING} and binding.said.type),
        "nulls": binding.nulls.kind if binding.nulls.value is None else {"use": binding.nulls.value},
    }


def make_readme(plan: Plan) -> bytes:
    """What to run, in which order, and what each file does."""
    origin = f" from {plan.model.origin.uri}" if plan.model.origin.uri else ""
    notes = "".join(f"\nNote: {note}\n" for note in plan.notes)
    return f"""Model {plan.model_id}{origin}
for {plan.target.title}

  models table  {plan.spec.models_table}
  data          {plan.spec.data}
  size          {len(plan.model.content):,} bytes
  SHA-256       {plan.model.digest}
{notes}
Read the scripts, then run them in one connection each, with sqlcmd or any tool
that sends what stands between two lines of GO:

  sqlcmd -S SERVER -d DATABASE -G -b -x -I -i deploy.sql
  sqlcmd -S SERVER -d DATABASE -G -b -x -I -i verify.sql

deploy.sql     stores the model, makes what scores with it, and puts it in use.
               It can be run twice, and again where it was broken off.
verify.sql     stops with an error where the model's row, length or hash, an
               object, or the scores of a known row are not as expected.
revert.sql     brings back what was there before; the history stays.
manifest.json  what this is, what was accepted, and the hash of every file:
               sha256sum *.sql README.txt

-b stops at the first error, -x keeps sqlcmd from replacing $(x), -I quotes
names as the scripts do. -G logs in with Microsoft Entra; use -U for SQL logins.
""".encode()
