"""What a client asks for: SQL batches, procedure calls, transactions ([MS-TDS] 2.2.6.6, 2.2.6.7, 2.2.6.9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from deployer.emulator.tds.type_info import read_type
from deployer.emulator.tds.values import read_value
from deployer.emulator.tds.wire import ProtocolError, Reader, decode_utf16
from deployer.emulator.types import SqlType

PROCEDURES = {
    1: "sp_cursor",
    2: "sp_cursoropen",
    3: "sp_cursorprepare",
    4: "sp_cursorexecute",
    5: "sp_cursorprepexec",
    6: "sp_cursorunprepare",
    7: "sp_cursorfetch",
    8: "sp_cursoroption",
    9: "sp_cursorclose",
    10: "sp_executesql",
    11: "sp_prepare",
    12: "sp_execute",
    13: "sp_prepexec",
    14: "sp_prepexecrpc",
    15: "sp_unprepare",
}
"""ProcID (2.2.6.6): procedures that may be called by number."""

_MOST_PARAMETERS = 2_100
"""learn.microsoft.com: maximum capacity specifications for SQL Server, parameters per stored procedure."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter of a call: its name with @, or none; `is_default` where the client leaves the value to the server."""

    name: str
    value: object
    type: SqlType
    is_output: bool = False
    is_default: bool = False
    legacy: str = ""
    """The name of a type that the pool lacks, in which the client sent it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a procedure by the client."""

    procedure: str
    arguments: tuple[Argument, ...]


class Transaction(IntEnum):
    """What a transaction manager request wants (2.2.6.9)."""

    GET_DTC_ADDRESS = 0
    PROPAGATE = 1
    BEGIN = 5
    PROMOTE = 6
    COMMIT = 7
    ROLLBACK = 8
    SAVE = 9


@dataclass(frozen=True, slots=True)
class TransactionRequest:
    """What to do with the transaction, and whether a new one follows a COMMIT or ROLLBACK at once."""

    kind: Transaction
    begins_next: bool = False


def parse_batch(data: bytearray) -> str:
    """The text of a SQL batch."""
    reader = _after_headers(data)
    return decode_utf16(reader.take(reader.left))


def parse_calls(data: bytearray) -> Iterator[Call]:
    """The calls of an RPC request, of which a driver may send many at once.

    Raises `ProtocolError` where the bytes are none, the engine's errors for a type or value that it does not take.
    """
    reader = _after_headers(data)
    while reader.left:
        yield _parse_call(reader)


_BATCH_FLAGS = (0x80, 0xFE, 0xFF)
"""Between two calls: 7.2 and later, and before; NoExec."""


def _parse_call(reader: Reader) -> Call:
    length = reader.ushort()
    if length == 0xFFFF:
        number = reader.ushort()
        if number not in PROCEDURES:
            raise ProtocolError(f"no procedure has the number {number}")
        name = PROCEDURES[number]
    else:
        name = reader.text(length)
    reader.ushort()  # OptionFlags: recompile, no metadata, reuse metadata
    arguments: list[Argument] = []
    while reader.left and reader.data[reader.at] not in _BATCH_FLAGS:
        if len(arguments) == _MOST_PARAMETERS:
            raise ProtocolError(f"more than {_MOST_PARAMETERS} parameters")
        parameter = reader.b_varchar().lower()
        flags = reader.byte()
        wire = read_type(reader)
        value = read_value(reader, wire)
        arguments.append(Argument(parameter, value, wire.type, bool(flags & 1), bool(flags & 2), wire.legacy))
    if reader.left:
        reader.byte()
    return Call(name, tuple(arguments))


def parse_transaction(data: bytearray) -> TransactionRequest:
    """Names and isolation levels are read by nobody: the pool has neither."""
    reader = _after_headers(data)
    number = reader.ushort()
    try:
        kind = Transaction(number)
    except ValueError:
        raise ProtocolError(f"no transaction request has the number {number}") from None
    begins_next = False
    if kind in {Transaction.COMMIT, Transaction.ROLLBACK}:
        reader.b_varchar()
        begins_next = bool(reader.byte() & 1)
    return TransactionRequest(kind, begins_next)


def _after_headers(data: bytearray) -> Reader:
    """Past ALL_HEADERS (2.2.5.3): what they say of transactions and traces is not needed without MARS."""
    reader = Reader(data)
    total = Reader(data).ulong()
    if total < 4:
        raise ProtocolError(f"headers of {total} bytes")
    reader.take(total)
    return reader
