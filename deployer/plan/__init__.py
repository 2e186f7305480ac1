"""`make_plan`: every statement that stores a model and scores with it, as text. Nothing is run here.

What is planned is what is run: the same `Statement` objects are printed, written to a bundle, or executed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deployer.contract import bind_columns
from deployer.errors import PlanError
from deployer.model import Model
from deployer.names import ObjectName
from deployer.plan import filling, reverting, rights, scoring, storing
from deployer.plan.placeholders import split_placeholders
from deployer.plan.records import Applied, Kind, Plan, Scoring, Statement
from deployer.plan.tables import ID_LENGTH, CatalogTables
from deployer.plan.writer import (
    ERROR_BYTES,
    ERROR_COLUMNS,
    ERROR_KEY,
    ERROR_NULLS,
    ERROR_ROWS,
    Writer,
)
from deployer.spec import ProcedureSpec, SampleSpec, Spec, TableSpec, ViewSpec
from deployer.table import Table
from deployer.target import Target

__all__ = [
    "ERROR_BYTES",
    "ERROR_COLUMNS",
    "ERROR_KEY",
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
    return _plan(Writer(model, spec, target, contract, templates))


def _plan(writer: Writer) -> Plan:
    spec, target = writer.spec, writer.target
    store, verify = storing.store_model(writer), storing.verify_model(writer)
    checks = tuple(scoring.refuse_nulls(writer))
    statements, scorings = _plan_scoring(writer)
    filling_any = any(scored.kind == "table" or scored.run for scored in scorings)
    made = [statement for statement in statements if statement.creates is not None]
    views = [scored.read for scored in scorings if scored.kind == "view"]
    return Plan(
        model=writer.model,
        spec=spec,
        target=target,
        contract=writer.contract,
        statements=(
            *storing.create_schemas(writer, (spec.models_table, *made_names(spec))),
            *storing.write_catalog(writer.environment, writer.facts),
            reverting.create_before_table(writer),
            *reverting.save_model(writer),
            store,
            verify,
            # An alias is set before anything scores by it; what names the version is noted when it is there.
            *([storing.publish_model(writer)] if spec.alias else []),
            *checks,
            *(reverting.save_object(writer, statement) for statement in made),
            *(filling.create_log(writer) if filling_any else ()),
            *statements,
            *([storing.publish_model(writer)] if scorings and not spec.alias else []),
            *rights.grant_rights(writer),
        ),
        store=store,
        verify=verify,
        checks=checks,
        # Through the first view, so that what is compared is what was deployed; without one, directly.
        score=views[0] if views else scoring.score_directly(writer),
        rows=scoring.read_rows(writer),
        stored_digest=storing.read_digest(writer),
        stored_model=storing.read_model(writer),
        revert=tuple(reverting.revert(writer, made)),
        scorings=tuple(scorings),
        notes=tuple(_notes(spec, target)),
        templates=writer.templates,
    )


def _plan_scoring(writer: Writer) -> tuple[list[Statement], list[Scoring]]:
    """The statements of each entry, and how its scores are read."""
    statements: list[Statement] = []
    scorings: list[Scoring] = []
    for entry in writer.spec.statements:
        match entry:
            case ViewSpec():
                statements += scoring.create_view(writer, entry.view)
                scorings.append(Scoring("view", entry.view, scoring.read_scores(writer, entry.view)))
            case ProcedureSpec(into=None):
                statements += scoring.create_procedure(writer, entry)
                scorings.append(Scoring("procedure", entry.procedure, scoring.execute_procedure(writer, entry)))
            case ProcedureSpec(into=ObjectName() as into):
                facts = filling.fill_facts(writer, entry, into)
                statements += filling.create_table(writer, facts)
                statements += scoring.create_procedure_into(writer, entry, facts)
                read, run = scoring.read_scores(writer, into), scoring.execute_procedure(writer, entry)
                scorings.append(Scoring("procedure", entry.procedure, read, run))
            case TableSpec():
                facts = filling.fill_facts(writer, entry, entry.table)
                statements += [*filling.create_table(writer, facts), filling.fill_table(writer, facts)]
                scorings.append(Scoring("table", entry.table, scoring.read_scores(writer, entry.table)))
            case SampleSpec():
                statements.append(scoring.take_sample(writer, entry.sample))
    return statements, scorings


def _notes(spec: Spec, target: Target) -> Iterator[str]:
    if target.status != "available":
        yield f"{target.title}: {target.status_note}"
    shared = [
        entry.filled
        for entry in spec.statements
        if isinstance(entry, (ProcedureSpec, TableSpec))
        and entry.mode == "replace"
        and entry.filled is not None
        and entry.filled.schema.casefold() == spec.models_table.schema.casefold()
    ]
    if shared and (spec.roles.score or spec.roles.read):
        yield (
            f"{shared[0]} is made anew by each run, so rights to it are given on schema {shared[0].schema}, where the "
            "models are too; a schema of its own keeps them apart"
        )


def made_names(spec: Spec) -> Iterator[ObjectName]:
    """Every view, procedure and table of scores that the spec makes; the log, where a table is filled."""
    for entry in spec.statements:
        match entry:
            case ViewSpec():
                yield entry.view
            case ProcedureSpec():
                yield entry.procedure
        if isinstance(entry, (ProcedureSpec, TableSpec)) and entry.filled is not None:
            yield entry.filled
            yield spec.log_table


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
    if target.status == "unsupported":
        raise PlanError(
            f"{target.title} has no engine for ONNX: {target.status_note}",
            hint="`deployer targets` lists those that have one; or score outside of the database",
        )
    if not target.create_table_as.value and any(
        isinstance(entry, (ProcedureSpec, TableSpec)) and entry.filled is not None for entry in spec.statements
    ):
        raise PlanError(
            f"{target.title} makes no table of scores: {target.create_table_as.source}",
            hint="use a view, or a procedure without `into`",
        )
    made = [name for name in made_names(spec) if name != spec.log_table]
    filled = any(name == spec.log_table for name in made_names(spec))
    used = [*CatalogTables.of(spec.models_table), spec.data, *made, *([spec.log_table] if filled else [])]
    folded = [str(name).casefold() for name in used]
    for name in used:
        if folded.count(str(name).casefold()) > 1:
            raise PlanError(
                f"{str(name)!r} stands for two things in the spec", hint="give each table and view its name"
            )
