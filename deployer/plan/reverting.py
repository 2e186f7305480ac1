"""What was there before a version was deployed: saved while it is deployed, brought back by revert.sql.

A plan may be made with no database at hand, so only the script that runs there can know what it replaces. Each object
that it is about to replace is saved first, once for each version, in a table beside the models table; what was not
there is saved as NULL. The version that saved an object last is the one that made what is there now: only that one
saves nothing when it is deployed again, and only that one can be reverted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from deployer.names import ObjectName
from deployer.plan.records import Statement
from deployer.plan.tables import CatalogTables, mentions
from deployer.plan.writer import Writer
from deployer.sql import quote_name, quote_object


def create_before_table(writer: Writer) -> Statement:
    before = _before(writer)
    return writer.write(
        "create the table of what was there before",
        "before_table",
        "before",
        creates=before,
        before=before,
        quoted_before=quote_object(before),
    )


def save_model(writer: Writer) -> Iterator[Statement]:
    """Remember that the models table lacks this version, and that nothing has the spec's alias, where that is so."""
    yield writer.write("save whether the model is there", "save_model", "before", before=_before(writer))
    if writer.spec.alias:
        yield writer.write("save whether the alias is there", "save_alias", "before", **_catalog_facts(writer))


def save_object(writer: Writer, created: Statement) -> Statement:
    """Save what stands in the place of what a statement creates; to be run before it, and before what drops it."""
    made = _made(created)
    template = "save_table" if created.kind == "table" else "save_module"
    message = f"the definition of {made} cannot be read, so it could not be brought back: VIEW DEFINITION is needed"
    return writer.write(f"save what is there as {made}", template, "before", **_facts(writer, made, message))


def revert(writer: Writer, created: Sequence[Statement]) -> Iterator[Statement]:
    """Bring back what stood in the place of what these statements create, the last of them first.

    Schemas, roles, the models table and the log stay. Run twice, it does nothing the second time.
    """
    model_id = writer.facts["model"]["id"]
    for statement in created:
        made = _made(statement)
        message = f"{made} was deployed with another version after {model_id}: revert that one first"
        yield writer.write(f"is {made} of this version", "need_latest", "check", **_facts(writer, made, message))
    for statement in reversed(created):
        made = _made(statement)
        template = "restore_table" if statement.kind == "table" else "restore_module"
        facts = _facts(writer, made) | {"made": made, "is_view": statement.kind == "view"}
        yield writer.write(f"bring back {made}", template, statement.kind, **facts)
    facts = _catalog_facts(writer) | {"mentions": mentions(model_id)}
    yield writer.write("remove the model, where it was not there", "restore_models", "store", **facts)


def _before(writer: Writer) -> ObjectName:
    return writer.spec.before_table


def _catalog_facts(writer: Writer) -> dict[str, Any]:
    alias = quote_name(writer.spec.alias) if writer.spec.alias else ""
    aliases = quote_object(CatalogTables.of(writer.spec.models_table).aliases)
    return {"before": _before(writer), "quoted_alias": f"{aliases}.{alias}"}


def _made(created: Statement) -> ObjectName:
    if created.creates is None:
        raise ValueError(f"{created.purpose!r} creates nothing")
    return created.creates


def _facts(writer: Writer, made: ObjectName, message: str = "") -> dict[str, Any]:
    return {"before": _before(writer), "quoted_object": quote_object(made), "message": message}
