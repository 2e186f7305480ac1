"""`make_plan`: every statement that stores a model and scores with it, as text. Nothing is run here.

What is planned is what is run: the same `Statement` objects are printed, written to a bundle, or executed.
"""

from __future__ import annotations

from pathlib import Path

from deployer.contract import bind_columns
from deployer.errors import PlanError
from deployer.model import Model
from deployer.plan import scoring, storing
from deployer.plan.placeholders import split_placeholders
from deployer.plan.records import Applied, Kind, Plan, Scoring, Statement
from deployer.plan.writer import ERROR_BYTES, ERROR_NULLS, ERROR_ROWS, ID_LENGTH, Writer
from deployer.spec import Spec
from deployer.sql import find_templates, make_environment
from deployer.table import Table
from deployer.target import Target

__all__ = [
    "ERROR_BYTES",
    "ERROR_NULLS",
    "ERROR_ROWS",
    "Applied",
    "Kind",
    "Plan",
    "Scoring",
    "Statement",
    "make_plan",
    "split_placeholders",
]


def make_plan(
    model: Model, spec: Spec, target: Target, table: Table | None = None, templates: Path | None = None
) -> Plan:
    """Plan the statements. The same input gives the same text.

    `table` is what the data looks like (`deployer.database.read_table`); without it, columns are taken to be there.
    `templates` is a folder whose templates are used in place of the project's.
    Raises `ContractError` where columns do not fit, `PlanError` where no statements can be made.
    """
    model = model.describe_as(name=spec.name or None, version=spec.version)
    _refuse_impossible(model, spec, target)
    contract = bind_columns(model, spec, target, table)
    folders = ([templates] if templates else []) + [
        find_templates() / folder for folder in (target.templates, "common")
    ]
    return _plan(Writer(model, spec, target, contract, make_environment(*folders)))


def _plan(writer: Writer) -> Plan:
    spec, target = writer.spec, writer.target
    views = [entry.view for entry in spec.statements]
    store, verify = storing.store_model(writer), storing.verify_model(writer)
    checks = tuple(scoring.refuse_nulls(writer))
    scorings = tuple(scoring.read_view(writer, view) for view in views)
    return Plan(
        model=writer.model,
        spec=spec,
        target=target,
        contract=writer.contract,
        statements=(
            *storing.create_schemas(writer, (spec.models_table, *views)),
            storing.create_models_table(writer),
            store,
            verify,
            *checks,
            *(statement for view in views for statement in scoring.create_view(writer, view)),
        ),
        store=store,
        verify=verify,
        checks=checks,
        # Through the first view, so that what is compared is what was deployed; without one, directly.
        score=scorings[0].read if scorings else scoring.score_directly(writer),
        rows=scoring.read_rows(writer),
        stored_digest=storing.read_digest(writer),
        stored_model=storing.read_model(writer),
        scorings=scorings,
        notes=() if target.status == "available" else (f"{target.title}: {target.status_note}",),
    )


def _refuse_impossible(model: Model, spec: Spec, target: Target) -> None:
    model_id = f"{model.name}:{model.version}"
    if not model.name:
        raise PlanError("the model has no name", hint="give it one in the spec: name: NAME")
    if len(model_id.encode("utf-16-le", "surrogatepass")) // 2 > ID_LENGTH:
        raise PlanError(f"the ID is {len(model_id)} characters long; the limit is {ID_LENGTH}", hint="shorten the name")
    largest = target.model_bytes.value
    if largest is not None and len(model.content) > largest:
        raise PlanError(
            f"the model has {len(model.content):,} bytes; {target.name} takes {largest:,}",
            hint="make the model smaller",
        )
    used = [spec.models_table, spec.data, *(entry.view for entry in spec.statements)]
    folded = [str(name).casefold() for name in used]
    for name in used:
        if folded.count(str(name).casefold()) > 1:
            raise PlanError(
                f"{str(name)!r} stands for two things in the spec", hint="give each table and view its name"
            )
