"""The statements that score: views, procedures, samples, and how the scores of each are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deployer.names import ObjectName
from deployer.plan.records import Statement
from deployer.plan.writer import Condition, Writer
from deployer.spec import ProcedureSpec
from deployer.sql import label_text, quote_object


def refuse_nulls(writer: Writer) -> Iterator[Statement]:
    """Stop where a column has a NULL that its policy refuses; nothing where no policy does."""
    if writer.refused:
        yield writer.write("refuse NULL", "refuse_nulls", "check")


def create_view(writer: Writer, view: ObjectName) -> Iterator[Statement]:
    yield writer.write(f"drop view {view}", "drop_view", "view", view=view, quoted_view=quote_object(view))
    yield writer.write(f"create view {view}", "create_view", "view", creates=view, view=view)


def create_procedure(writer: Writer, entry: ProcedureSpec) -> Iterator[Statement]:
    """A procedure that gives the scores as its result."""
    yield drop_procedure(writer, entry.procedure)
    facts = procedure_facts(writer, entry) | {"procedural": True}
    yield _create_procedure(writer, entry, "create_procedure", facts)


def create_procedure_into(writer: Writer, entry: ProcedureSpec, facts: dict[str, Any]) -> Iterator[Statement]:
    """A procedure that fills a table; `facts` are those of the table."""
    yield drop_procedure(writer, entry.procedure)
    yield _create_procedure(writer, entry, "create_procedure_into", facts | procedure_facts(writer, entry, facts))


def drop_procedure(writer: Writer, procedure: ObjectName) -> Statement:
    return writer.write(
        f"drop procedure {procedure}",
        "drop_procedure",
        "procedure",
        procedure=procedure,
        quoted_procedure=quote_object(procedure),
    )


def _create_procedure(writer: Writer, entry: ProcedureSpec, template: str, facts: dict[str, Any]) -> Statement:
    name = entry.procedure
    return writer.write(f"create procedure {name}", template, "procedure", creates=name, **facts)


def procedure_facts(writer: Writer, entry: ProcedureSpec, facts: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the templates of a procedure get beside the facts of its table."""
    choices = [choice for choice in writer.contract.choices if choice.procedure == entry.procedure]
    conditions = (facts or writer.facts)["conditions"]
    return {
        "procedure": entry.procedure,
        "choices": choices,
        "conditions": [*conditions, *(Condition(choice=choice) for choice in choices)],
        "label": label(writer, entry.procedure),
        "statement": quote_object(entry.procedure),
    }


def execute_procedure(writer: Writer, entry: ProcedureSpec) -> Statement:
    """EXEC with NULL for every parameter, which chooses every row."""
    return writer.write(f"run {entry.procedure}", "execute", **procedure_facts(writer, entry))


def take_sample(writer: Writer, rows: int) -> Statement:
    text = label(writer, writer.spec.data)
    return writer.write(f"score a sample of {rows} rows", "sample", "sample", top=rows, label=text)


def label(writer: Writer, name: ObjectName) -> str:
    """What a request is called in the list of requests, and in the log."""
    model = f"{writer.model.name}@{writer.spec.alias}" if writer.spec.alias else writer.facts["model"]["id"]
    return label_text(f"deployer {name} {model}")


def read_scores(writer: Writer, source: ObjectName) -> Statement:
    return writer.write(f"score through {source}", "read_scores", source=source)


def score_directly(writer: Writer) -> Statement:
    return writer.write(f"score {writer.spec.data}", "score")


def read_rows(writer: Writer) -> Statement:
    return writer.write(f"read the rows of {writer.spec.data}", "rows")
