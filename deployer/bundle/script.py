"""The text of a bundle's scripts, in pieces: sections of one kind, one statement a batch, GO between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from deployer.bundle.model_bytes import MODEL, write_bytes
from deployer.plan import Kind, Plan, Statement, split_placeholders
from deployer.plan.writer import Writer
from deployer.sql import quote_comment

_TITLES: Mapping[Kind, str] = {
    "schema": "Schemas",
    "models table": "Where models are kept",
    "store": "The model",
    "verify": "Is the model there, whole",
    "publish": "In use from here on",
    "catalog": "The catalog",
    "check": "Checks: nothing is changed",
    "known row": "The scores of a known row",
    "before": "What is there now, for revert.sql to bring back",
    "log": "Where runs are logged",
    "table": "Tables of scores",
    "view": "Views",
    "procedure": "Procedures",
    "sample": "A first look at the scores",
    "role": "Rights",
    "query": "Queries",
}

_RULE = "=" * 75

GO = "GO\n"
"""The batch separator. It belongs to the client, not to the server, and stands alone on its line."""


def write_script(plan: Plan, what: str, file: str, statements: Iterable[Statement]) -> Iterator[str]:
    """The header, then each section, in pieces of whole lines; a model's bytes are never in memory twice."""
    yield f"-- {quote_comment(what)}\n-- Target: {quote_comment(plan.target.title)}.\n"
    yield f"-- Model {quote_comment(plan.model_id)}, {len(plan.model.content):,} bytes, SHA-256 {plan.model.digest}.\n"
    yield f"-- Run it with: sqlcmd -b -x -I -i {file} (-b stops at the first error). It can be run twice.\n"
    for note in plan.notes:
        yield f"-- Note: {quote_comment(note)}\n"
    sections = [(kind, list(group)) for kind, group in groupby(statements, lambda statement: statement.kind)]
    for number, (kind, group) in enumerate(sections, 1):
        yield f"\n-- {_RULE}\n-- {number} of {len(sections)}: {_TITLES[kind]}\n-- {_RULE}\n"
        for statement in group:
            yield "\n"
            yield from _write_batches(plan, statement)


def _write_batches(plan: Plan, statement: Statement) -> Iterator[str]:
    content = next((value for value in statement.parameters if isinstance(value, bytes)), None)
    if content is None:
        yield statement.script + GO
        return
    store = MODEL.join(split_placeholders(statement.sql)) + GO
    largest = plan.target.literal_bytes.value
    if largest is None or len(content) <= largest:
        yield "-- The model's bytes, in lines that an editor can open; what stores them stands below.\n"
        yield from write_bytes(content)
        yield store
        return
    yield f"-- {len(content):,} bytes do not fit one batch, which takes some {largest:,} as a literal.\n"
    yield "-- They travel in parts to a temporary table, which lives as long as the connection, and meet there.\n"
    yield "-- `deployer apply` needs no parts: a driver sends the model as one parameter.\n"
    yield Writer.of(plan).write("make a place for the parts", "model_parts_table").sql + GO
    parts = range(0, len(content), largest)
    for number, start in enumerate(parts, 1):
        yield f"\n-- part {number} of {len(parts)}\n"
        yield from write_bytes(content[start : start + largest])
        yield f"INSERT INTO #deployer_parts ([number], [part]) SELECT {number}, {MODEL};\n{GO}"
    yield f"\nDECLARE {MODEL} varbinary(max) = {_part(1)};\n"
    for number in range(2, len(parts) + 1):
        yield f"SET {MODEL} = {MODEL} + {_part(number)};\n"
    yield store
    yield f"\nDROP TABLE #deployer_parts;\n{GO}"


def _part(number: int) -> str:
    return f"(SELECT [part] FROM #deployer_parts WHERE [number] = {number:d})"  # noqa: S608 - a number
