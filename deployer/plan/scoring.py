"""The statements that score: one function a kind of the spec's `statements`."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.contract import Binding
from deployer.names import ObjectName
from deployer.plan.records import Scoring, Statement
from deployer.plan.writer import Writer
from deployer.sql import quote_object


def refuse_nulls(writer: Writer) -> Iterator[Statement]:
    """Stop where a column has a NULL that its policy refuses; nothing where no policy does."""
    if writer.refused:
        messages = [_null_message(writer, binding) for binding in writer.refused]
        yield writer.write("refuse NULL", "refuse_nulls", "check", refused=writer.refused, messages=messages)


def _null_message(writer: Writer, binding: Binding) -> str:
    return f"{writer.spec.data} has NULL in column {binding.column}; input {binding.input.name} refuses it"


def create_view(writer: Writer, view: ObjectName) -> Iterator[Statement]:
    yield writer.write(f"drop view {view}", "drop_view", "view", view=view, quoted_view=quote_object(view))
    yield writer.write(f"create view {view}", "create_view", "view", creates=view, view=view)


def read_view(writer: Writer, view: ObjectName) -> Scoring:
    return Scoring("view", view, writer.write(f"score through {view}", "score_view", view=view))


def score_directly(writer: Writer) -> Statement:
    return writer.write(f"score {writer.spec.data}", "score")


def read_rows(writer: Writer) -> Statement:
    return writer.write(f"read the rows of {writer.spec.data}", "rows")
