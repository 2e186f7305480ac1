"""A pool in memory for each test, and Microsoft's grammar to say what is T-SQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlglot.tokenizer_core import TokenType

from deployer.emulator import dbapi
from deployer.emulator.grammar import Synapse

Run = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def connection() -> Iterator[dbapi.Connection]:
    opened = dbapi.connect(":memory:", autocommit=True)
    yield opened
    opened.close()


@pytest.fixture
def run(connection: dbapi.Connection) -> Iterator[Run]:
    """Runs a batch and gives the rows of its last result. What the emulator takes must be T-SQL."""
    taken: list[str] = []

    def run_batch(sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = connection.cursor().execute(sql, parameters)
        rows: list[tuple[Any, ...]] = []
        while cursor.description is not None:
            rows = cursor.fetchall()
            cursor.nextset()
        taken.append(sql)
        return rows

    yield run_batch
    need_tsql(*taken)


def need_tsql(*batches: str) -> None:
    """Fail unless Microsoft's own grammar takes the batches: the emulator must not be tested with what no server reads.

    A driver's `?` is no T-SQL; a variable stands in for it.
    """
    maxdop = Path(sys.executable).parent / "maxdop"
    script = "\nGO\n".join(map(_without_marks, batches))
    command = [str(maxdop), "--parser-version", "2022"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _without_marks(batch: str) -> str:
    tokens = Synapse().tokenize(batch)
    for start in reversed([token.start for token in tokens if token.token_type == TokenType.PLACEHOLDER]):
        batch = f"{batch[:start]}@p{batch[start + 1 :]}"
    return batch
