"""Functions that ask about the session and its objects: OBJECT_ID, ERROR_NUMBER, SUSER_SNAME and their kin."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from deployer.emulator.catalog_functions import VERSION
from deployer.emulator.errors import InternalError, NotSupportedError, ProgrammingError
from deployer.emulator.syntax import DATABASE, ObjectName
from deployer.emulator.typed import Typed
from deployer.emulator.types import INT, NVARCHAR, SqlType
from deployer.emulator.values import Parameters

if TYPE_CHECKING:
    from deployer.emulator.session import Session


def answer(session: Session, name: str, values: list[Typed]) -> tuple[object, SqlType]:
    """The value of a function of `SESSION_FUNCTIONS`."""
    if name == "XACT_STATE":
        return (-2 if session.doomed else int(session.in_transaction)), SqlType("smallint")
    if name == "SESSION_ID":
        return f"SID{session.number}", SqlType("nvarchar", 32)
    if name == "OBJECT_ID":
        return _object_id(session, values), INT
    # The pool knows an error's details only after ROLLBACK.
    error = None if session.doomed else session.frames[-1].caught
    answers: Mapping[str, tuple[object, SqlType]] = {
        "ERROR_NUMBER": (error and error.number, INT),
        "ERROR_MESSAGE": (error and error.message, NVARCHAR),
        "ERROR_SEVERITY": (error and error.level, INT),
        "ERROR_STATE": (error and error.state, INT),
        "ERROR_PROCEDURE": ((error.procedure or None) if error else None, NVARCHAR),
    }
    return answers[name]


def global_variable(session: Session, name: str) -> tuple[object, SqlType]:
    """The value of a `@@name`; refused by name where the pool lacks it."""
    found = GLOBALS.get(name)
    if found is not None:
        return found(session)
    if name in ABSENT_GLOBALS:
        raise NotSupportedError(f"{name.upper()} is not supported in a dedicated SQL pool.", 104)
    raise ProgrammingError(f'Must declare the scalar variable "{name}".', 137, 15, 2)


GLOBALS: Mapping[str, Callable[[Session], tuple[object, SqlType]]] = {
    "@@datefirst": lambda _: (7, SqlType("tinyint")),
    "@@error": lambda session: (session.error_number, INT),
    "@@language": lambda _: ("us_english", NVARCHAR),
    "@@spid": lambda session: (session.number, SqlType("smallint")),
    "@@trancount": lambda session: (int(session.in_transaction), INT),
    "@@version": lambda _: (
        f"Microsoft Azure SQL Data Warehouse - {'.'.join(map(str, VERSION))} emulated by onnx-sql-deployer",
        NVARCHAR,
    ),
    # Not in the pool's list, but what tools ask every server: inferred.
    "@@servername": lambda _: ("emulator", NVARCHAR),
}
"""Functions that are written as variables (learn.microsoft.com: T-SQL language elements for dedicated SQL pool)."""

ABSENT_GLOBALS = frozenset(["@@rowcount", "@@identity", "@@fetch_status", "@@nestlevel", "@@procid", "@@cursor_rows"])
"""Of SQL Server's, those that the pool's list does not have."""


def _object_id(session: Session, values: list[Typed]) -> int | None:
    try:
        given = [session.value_of(value, NVARCHAR, Parameters())[0] for value in values]
    except InternalError:
        raise NotSupportedError("The emulator knows OBJECT_ID of constants and variables only.") from None
    texts = [text for text in given if isinstance(text, str)]
    name = parse_object_name(texts[0]) if len(texts) == len(given) else None
    entry = session.catalog.find(name) if name is not None else None
    if entry is None:
        return None
    kinds = {"U": "TABLE", "V": "VIEW", "P": "PROCEDURE"}
    return entry.id if len(texts) < 2 or kinds.get(texts[1].strip().upper()) == entry.kind else None


_PART = re.compile(r"""\s*(?:\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^."\[\]]*?))\s*(\.|$)""")


def parse_object_name(text: str) -> ObjectName | None:
    """The name in a text, as OBJECT_ID reads it; None for what is no name of one or two parts."""
    parts: list[str] = []
    at = 0
    while at < len(text) or not parts:
        match = _PART.match(text, at)
        if match is None:
            return None
        bracketed, quoted, plain, dot = match.groups()
        if bracketed is not None:
            parts.append(bracketed.replace("]]", "]"))
        else:
            parts.append(plain if quoted is None else quoted.replace('""', '"'))
        at = match.end()
        if not dot:
            break
    if [part.lower() for part in parts[:-1]] == ["tempdb", ""] and parts[-1].startswith("#"):
        parts = parts[-1:]
    if len(parts) == 3 and parts[0].lower() == DATABASE:
        parts = parts[1:] if parts[1] else parts[2:]
    if len(parts) > 2 or at < len(text) or "" in parts:
        return None
    return ObjectName(parts[0] if len(parts) == 2 else "dbo", parts[-1])
