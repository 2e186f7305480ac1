"""PEP 249's exceptions, with what SQL Server sends along: number, level, state and text.

    Error
    ├── InterfaceError      the driver was used wrongly
    └── DatabaseError       the engine refused: number, level, state
        ├── DataError           a value does not fit
        ├── OperationalError    the database file, not the statement
        ├── IntegrityError      NULL where NOT NULL is said
        ├── InternalError
        ├── ProgrammingError    the statement is wrong
        └── NotSupportedError   right on the server, unknown to the emulator; or unknown to the server

`Warning` is PEP 249's too; the emulator raises none.
"""

from __future__ import annotations

from typing import Self


class Warning(Exception):  # noqa: A001 - PEP 249 gives the name
    """Never raised; PEP 249 wants the name."""


class Error(Exception):
    """The base of all that a driver raises."""


class InterfaceError(Error):
    """The driver was used wrongly: a closed cursor, a wrong number of parameters."""


class DatabaseError(Error):
    """The engine refused. `number`, `level` and `state` are the server's; 50000 is the emulator's own refusal.

    `line` counts from 1 within the batch, or within the text that made the `procedure`; 0 where it is not known.
    """

    def __init__(self, message: str, number: int = 50000, level: int = 16, state: int = 1) -> None:
        super().__init__(message, number, level, state)
        self.message = message
        self.number = number
        self.level = level
        self.state = state
        self.line = 0
        self.procedure = ""

    def __str__(self) -> str:
        procedure = f", Procedure {self.procedure}" if self.procedure else ""
        line = f", Line {self.line}" if self.line else ""
        return f"Msg {self.number}, Level {self.level}, State {self.state}{procedure}{line}: {self.message}"

    def at(self, line: int, procedure: str = "") -> Self:
        """The same error with its place, unless it has one: the innermost statement is where it happened."""
        if not self.line:
            self.line, self.procedure = line, procedure
        return self


class DataError(DatabaseError):
    """A value does not fit its type."""


class OperationalError(DatabaseError):
    """The database file cannot be opened or written."""


class IntegrityError(DatabaseError):
    """NULL where NOT NULL is said."""


class InternalError(DatabaseError):
    """The engine is in a state in which it cannot go on."""


class ProgrammingError(DatabaseError):
    """The statement is wrong: syntax, an object or column that is not there, a PREDICT that does not fit."""


class NotSupportedError(DatabaseError):
    """The emulator does not know it and says so, or the pool itself refuses it."""
