"""The parts of T-SQL that several rules look at, found among tokens: PREDICT, CREATE TABLE, procedures, types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deployer.script import Batch, Script

STATEMENTS = frozenset(
    [
        *("ALTER", "BEGIN", "CLOSE", "COMMIT", "CREATE", "DEALLOCATE", "DECLARE", "DELETE", "DENY", "DROP", "ELSE"),
        *("END", "EXEC", "EXECUTE", "GOTO", "GRANT", "IF", "INSERT", "MERGE", "OPEN", "PRINT", "RAISERROR", "RETURN"),
        *("REVOKE", "ROLLBACK", "SAVE", "SELECT", "SET", "THROW", "TRUNCATE", "UPDATE", "USE", "WAITFOR", "WHILE"),
    ]
)
"""Words that a statement, or a part of a block, begins with."""

_AFTER_QUERY = frozenset({"ALTER", "CREATE", "DECLARE", "DROP", "EXEC", "GRANT", "INSERT", "PRINT", "TRUNCATE"})
"""Words that begin another statement where a query does not end with a semicolon."""


@dataclass(frozen=True, slots=True)
class Predict:
    """`PREDICT(MODEL = …, DATA = …, RUNTIME = …) WITH (…)`."""

    batch: Batch
    at: int
    end: int
    """Behind its first parenthesis."""
    arguments: Mapping[str, range]
    columns: range


def find_predicts(script: Script) -> Iterator[Predict]:
    for batch, at in script.find("PREDICT", "(", "MODEL|DATA|RUNTIME", "="):
        end = batch.close(at + 1)
        arguments = {
            batch.word(part.start): range(part.start + 2, part.stop)
            for part in batch.split(at + 2, end)
            if batch.word(part.start + 1) == "="
        }
        listed = batch.word(end + 1) == "WITH" and batch.word(end + 2) == "("
        columns = range(end + 3, batch.close(end + 2)) if listed else range(0)
        yield Predict(batch, at, min(end + 1, len(batch)), arguments, columns)


@dataclass(frozen=True, slots=True)
class NewTable:
    """`CREATE TABLE name (elements) WITH (options) AS SELECT`; what is not written is an empty range."""

    batch: Batch
    at: int
    name: tuple[str, ...]
    elements: range
    options: range
    select: range
    """From SELECT or WITH on, to the statement's end."""

    def has(self, part: range, *words: str) -> bool:
        """Whether words stand in a row in a part of it."""
        return any(True for _ in self.batch.find(*words, within=part))


def find_tables(script: Script) -> Iterator[NewTable]:
    for batch, at in script.find("CREATE", "TABLE"):
        name, here = batch.name(at + 2)
        elements = options = select = range(0)
        if name and batch.word(here) == "(":
            elements = range(here + 1, batch.close(here))
            here = elements.stop + 1
        if batch.word(here) == "WITH" and batch.word(here + 1) == "(":
            options = range(here + 2, batch.close(here + 1))
            here = options.stop + 1
        if batch.word(here) == "AS":
            select = range(here + 1, batch.until(here + 1, *_AFTER_QUERY))
        yield NewTable(batch, at, tuple(name), elements, options, select)


@dataclass(frozen=True, slots=True)
class Procedure:
    """`CREATE PROCEDURE name parameters AS body`, also with ALTER."""

    batch: Batch
    at: int
    parameters: range
    body: range


def find_procedures(script: Script) -> Iterator[Procedure]:
    for batch, at in script.find("CREATE|ALTER", "PROC|PROCEDURE"):
        _, start = batch.name(at + 2)
        body = len(batch)
        for index in batch.flat(start):
            if batch.word(index) == "AS" and batch.kind(index - 1) != "variable":
                body = index
                break
        yield Procedure(batch, at, range(start, body), range(body + 1, len(batch)))


@dataclass(frozen=True, slots=True)
class WrittenType:
    """A type where one is written; `begin` is where the cast or the declaration begins."""

    batch: Batch
    begin: int
    at: int
    is_cast: bool

    @property
    def name(self) -> str:
        return self.batch.name(self.at)[0][-1].lower()

    @property
    def end(self) -> int:
        """Behind the type and what stands in its parentheses."""
        after = self.batch.name(self.at)[1]
        return self.batch.close(after) + 1 if self.batch.word(after) == "(" else after


def find_types(script: Script) -> Iterator[WrittenType]:
    """The types of casts, variables, parameters and columns."""
    for batch, begin, at, is_cast in _find_types(script):
        if batch.name(at)[0]:
            yield WrittenType(batch, begin, at, is_cast)


def _find_types(script: Script) -> Iterator[tuple[Batch, int, int, bool]]:
    for batch, at in script.find("CAST|TRY_CAST", "("):
        for index in batch.flat(at + 2, batch.close(at + 1)):
            if batch.word(index) == "AS":
                yield batch, at, index + 1, True
    for batch, at in script.find("CONVERT|TRY_CONVERT", "("):
        yield batch, at, at + 2, True
    for batch, at in script.find("DECLARE"):
        for part in batch.split(at + 1, batch.until(at + 1, *STATEMENTS)):
            yield from _declared(batch, part)
    for procedure in find_procedures(script):
        for index in procedure.parameters:
            if procedure.batch.kind(index) == "variable":
                yield from _declared(procedure.batch, range(index, procedure.parameters.stop))
    for table in find_tables(script):
        for part in table.batch.split(table.elements.start, table.elements.stop):
            if table.batch.word(part.start) not in _NO_COLUMNS and len(part) > 1:
                yield table.batch, part.start, part.start + 1, False
    for predict in find_predicts(script):
        for part in predict.batch.split(predict.columns.start, predict.columns.stop):
            yield predict.batch, part.start, part.start + 1, False


_NO_COLUMNS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "INDEX"})
"""What stands in a CREATE TABLE between commas and is no column."""


def _declared(batch: Batch, part: range) -> Iterator[tuple[Batch, int, int, bool]]:
    """`@name [AS] type`."""
    at = part.start + 1
    at += batch.word(at) == "AS"
    if batch.kind(part.start) == "variable" and at < part.stop:
        yield batch, part.start, at, False
