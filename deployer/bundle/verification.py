"""What verify.sql runs: the model's row, the objects, and the scores of a known row; each fails with a THROW."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.bundle.known_row import KnownRow, KnownScore
from deployer.plan import Plan, Statement
from deployer.plan.writer import Writer
from deployer.sql import quote_object


def verify_statements(plan: Plan, known: KnownRow | None) -> Iterator[Statement]:
    """The statements in their order. None of them changes anything but two temporary tables of its own."""
    writer = Writer.of(plan)
    yield plan.verify
    for made in dict.fromkeys(statement.creates for statement in plan.statements):
        if made is not None:
            message = f"{made} is not there: run deploy.sql"
            yield writer.write(f"is {made} there", "verify_object", "check", quoted=quote_object(made), message=message)
    if known is not None:
        yield from _verify_scores(writer, known)


def _verify_scores(writer: Writer, known: KnownRow) -> Iterator[Statement]:
    messages = [_message(writer, score) for score in known.scores]
    for purpose, template in (
        ("clear what an earlier run left", "drop_known_row"),
        ("make a place for the known row", "known_row_table"),
        ("write the known row", "known_row"),
        ("score the known row", "known_row_scores"),
        ("are its scores as expected", "verify_known_row"),
        ("leave nothing behind", "drop_known_row"),
    ):
        yield writer.write(purpose, template, "known row", known=known, score_messages=messages)


def _message(writer: Writer, score: KnownScore) -> str:
    within = f" within {score.tolerance:g}" if score.tolerance else ""
    return (
        f"model {writer.facts['model']['id']} does not give {score.value!r}{within} as output "
        f"{score.returned.output.name} of the known row"
    )
