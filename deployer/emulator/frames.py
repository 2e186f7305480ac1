"""What a batch leaves while it runs: its results, and the variables of each level of EXEC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from deployer.emulator.errors import DatabaseError
    from deployer.emulator.statements import Declare
    from deployer.emulator.types import SqlColumn, SqlType


ROWS = 65_536
"""Rows of a result that are read from DuckDB at a time."""


@dataclass(slots=True)
class Result:
    """What one statement gives: rows with their columns, or a count of rows that it changed (-1: not told)."""

    columns: tuple[SqlColumn, ...] = ()
    read: Callable[[], pa.RecordBatchReader] | None = None
    count: int = -1


@dataclass(frozen=True, slots=True)
class Message:
    """What PRINT or a RAISERROR of low severity said; for PRINT, number and level are 0."""

    text: str
    number: int = 0
    level: int = 0
    state: int = 1
    line: int = 0
    procedure: str = ""


@dataclass(slots=True)
class Frame:
    """The variables of a batch or a procedure (its name is `procedure`, empty for a batch or a text), the values of its
    `?` in order, and the error that its CATCH caught.
    """

    variables: dict[str, tuple[object, SqlType]] = field(default_factory=dict)
    parameters: Sequence[tuple[object, SqlType]] = ()
    caught: DatabaseError | None = None
    procedure: str = ""
    declared: dict[str, Declare] = field(default_factory=dict)
    """The statement that declared each variable."""
