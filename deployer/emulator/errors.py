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


class Warning(Exception):  # noqa: A001 - PEP 249 gives the name
    """Never raised; PEP 249 wants the name."""


class Error(Exception):
    """The base of all that a driver raises."""


class InterfaceError(Error):
    """The driver was used wrongly: a closed cursor, a wrong number of parameters."""


class DatabaseError(Error):
    """The engine refused. `number`, `level` and `state` are the server's; 50000 is the emulator's own refusal."""

    def __init__(self, message: str, number: int = 50000, level: int = 16, state: int = 1) -> None:
        super().__init__(f"Msg {number}, Level {level}, State {state}: {message}")
        self.message = message
        self.number = number
        self.level = level
        self.state = state


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
