"""`walk_transactions`: where a transaction begins and ends, read from top to bottom as far as text can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deployer.script import Batch, Script

_NO_STATEMENT = frozenset({"GRANT", "DENY", "REVOKE", ",", "OR", "ON", "."})
"""What stands before CREATE, ALTER or DROP where they are the name of a right or an option."""
_OBJECTS = (
    "TABLE|VIEW|PROC|PROCEDURE|FUNCTION|SCHEMA|INDEX|STATISTICS|ROLE|USER|LOGIN|EXTERNAL|CLUSTERED|NONCLUSTERED|UNIQUE|"
    "COLUMNSTORE|MATERIALIZED|DATABASE|WORKLOAD|OR"
)

_DOUBT = "IF|WHILE|CATCH|GOTO|PROC|PROCEDURE"


@dataclass(frozen=True, slots=True)
class Step:
    """One of `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVE`, or `DDL` for a statement that defines something."""

    batch: Batch
    at: int
    word: str
    is_open: bool
    """Whether a transaction is open before it."""
    is_sure: bool
    """Whether it runs, and after nothing that may have run or not: no IF, WHILE or CATCH is before it."""


def walk_transactions(script: Script) -> Iterator[Step]:
    """Every step in the order of the text. COMMIT and ROLLBACK end a transaction also where a condition guards them."""
    steps = sorted(_find_steps(script), key=lambda step: step[0].offset(step[1]))
    doubt = {id(batch): next(batch.find(_DOUBT), len(batch)) for batch, *_ in steps}
    bodies = {id(batch) for batch, _ in script.find("CREATE|ALTER", "PROC|PROCEDURE")}
    implicit = any(True for _ in script.find("IMPLICIT_TRANSACTIONS"))
    is_open, within = False, 0
    for batch, at, word in steps:
        entered = not batch.is_dynamic and within != id(batch)
        # A procedure is defined here, not run: what is open around it says nothing about its body, nor this of that.
        if entered:
            is_open, within = is_open and within not in bodies, id(batch)
        yield Step(batch, at, word, is_open, not implicit and at < doubt[id(batch)])
        if entered and within in bodies:
            is_open = False
        is_open = word == "BEGIN" or (is_open and word not in {"COMMIT", "ROLLBACK"})


def _find_steps(script: Script) -> Iterator[tuple[Batch, int, str]]:
    for batch, at in script.find("BEGIN|SAVE", "TRAN|TRANSACTION|DISTRIBUTED"):
        yield batch, at, batch.word(at)
    for batch, at in script.find("COMMIT|ROLLBACK"):
        if batch.word(at - 1) not in _NO_STATEMENT:
            yield batch, at, batch.word(at)
    definitions = [("CREATE|ALTER|DROP", _OBJECTS), ("TRUNCATE", "TABLE"), ("RENAME", "OBJECT")]
    for words in definitions:
        for batch, at in script.find(*words):
            if batch.word(at - 1) not in _NO_STATEMENT:
                yield batch, at, "DDL"
