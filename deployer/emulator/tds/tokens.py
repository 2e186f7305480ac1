"""The tokens of an answer ([MS-TDS] 2.2.7), one function each. Rows are in `rows`."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.emulator.catalog_functions import VERSION
from deployer.emulator.tds.type_info import COLLATION, describe_type
from deployer.emulator.tds.wire import b_varchar, us_varchar
from deployer.emulator.types import SqlColumn, SqlType

PROGRAM = "Microsoft SQL Server"
"""The name that drivers look for in LOGINACK."""

MORE, ERROR, IN_TRANSACTION, COUNT, ATTENTION = 0x01, 0x02, 0x04, 0x10, 0x20
"""Status bits of DONE (2.2.7.6)."""

DONE, DONE_PROCEDURE, DONE_IN_PROCEDURE = 0xFD, 0xFE, 0xFF
_SELECT = 0xC1
"""CurCmd of a SELECT, which ODBC drivers look at."""


def done(status: int = 0, count: int = -1, token: int = DONE, is_query: bool = False) -> bytes:
    """One statement, or all, are done; a count of -1 is none."""
    if count >= 0:
        status |= COUNT
    command = _SELECT if is_query else 0
    return (
        bytes([token])
        + status.to_bytes(2, "little")
        + command.to_bytes(2, "little")
        + max(0, count).to_bytes(8, "little")
    )


def _sized(token: int, body: bytes) -> bytes:
    return bytes([token]) + len(body).to_bytes(2, "little") + body


def message(
    text: str, number: int, level: int, state: int, *, server: str, procedure: str = "", line: int = 1
) -> bytes:
    """ERROR, or INFO for level 10 and below (2.2.7.10, 2.2.7.13)."""
    body = (
        number.to_bytes(4, "little", signed=True)
        + bytes([min(max(state, 0), 255), level])
        # The token's own length has two bytes.
        + us_varchar(text[:16_000])
        + b_varchar(server)
        + b_varchar(procedure)
        + max(0, line).to_bytes(4, "little")
    )
    return _sized(0xAB if level <= 10 else 0xAA, body)


def login_acknowledgement(version: int) -> bytes:
    """LOGINACK (2.2.7.14): the protocol's version, and the server's name and version."""
    major, minor, build, _ = VERSION
    body = b"\x01" + version.to_bytes(4, "big") + b_varchar(PROGRAM) + bytes([major, minor]) + build.to_bytes(2, "big")
    return _sized(0xAD, body)


# --- ENVCHANGE (2.2.7.9) ---

_DATABASE, _LANGUAGE, _PACKET_SIZE, _COLLATION, _BEGIN, _COMMIT, _ROLLBACK, _RESET = 1, 2, 4, 7, 8, 9, 10, 18


def _change(kind: int, new: bytes, old: bytes) -> bytes:
    return _sized(0xE3, bytes([kind]) + new + old)


def database_change(name: str) -> bytes:
    return _change(_DATABASE, b_varchar(name), b_varchar(""))


def language_change() -> bytes:
    return _change(_LANGUAGE, b_varchar("us_english"), b_varchar(""))


def packet_size_change(new: int, old: int) -> bytes:
    return _change(_PACKET_SIZE, b_varchar(str(new)), b_varchar(str(old)))


def collation_change() -> bytes:
    return _change(_COLLATION, bytes([len(COLLATION)]) + COLLATION, b"\0")


def begin_change(descriptor: int) -> bytes:
    return _change(_BEGIN, b"\x08" + descriptor.to_bytes(8, "little"), b"\0")


def end_change(descriptor: int, committed: bool) -> bytes:
    return _change(_COMMIT if committed else _ROLLBACK, b"\0", b"\x08" + descriptor.to_bytes(8, "little"))


def reset_acknowledgement() -> bytes:
    return _change(_RESET, b"\0", b"\0")


# --- Results ---

_NULLABLE, _UPDATABLE_UNKNOWN = 0x01, 0x08


def column_metadata(columns: Sequence[SqlColumn]) -> bytes:
    """COLMETADATA (2.2.7.4)."""
    parts = [b"\x81", len(columns).to_bytes(2, "little")]
    for column in columns:
        flags = _UPDATABLE_UNKNOWN | (_NULLABLE if column.nullable else 0)
        parts += [bytes(4), flags.to_bytes(2, "little"), describe_type(column.type), b_varchar(column.name)]
    return b"".join(parts)


def return_status(value: int) -> bytes:
    return b"\x79" + value.to_bytes(4, "little", signed=True)


def return_value(ordinal: int, name: str, kind: SqlType, value: bytes) -> bytes:
    """RETURNVALUE (2.2.7.19): an OUTPUT parameter; `value` is written as in a row."""
    head = b"\xac" + ordinal.to_bytes(2, "little") + b_varchar(name) + b"\x01" + bytes(4) + b"\x01\x00"
    return head + describe_type(kind) + value
