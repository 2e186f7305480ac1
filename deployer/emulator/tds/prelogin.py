"""PRELOGIN ([MS-TDS] 2.2.6.5): what the client and the server can do, before the client says who it is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from deployer.emulator.catalog_functions import VERSION
from deployer.emulator.tds.wire import ProtocolError, Reader

_VERSION, _ENCRYPTION, _INSTANCE, _THREAD, _MARS, _TRACE, _FEDERATED = range(7)
_TERMINATOR = 0xFF


class Encryption(IntEnum):
    """The values of the option ENCRYPTION."""

    OFF = 0
    """Only the login is encrypted."""
    ON = 1
    NOT_SUPPORTED = 2
    REQUIRED = 3


def parse_prelogin(data: bytes) -> Mapping[int, bytes]:
    """The client's options by number. Raises `ProtocolError`."""
    reader = Reader(data)
    options: dict[int, bytes] = {}
    while (option := reader.byte()) != _TERMINATOR:
        start, length = (int.from_bytes(reader.take(2), "big") for _ in range(2))
        if start + length > len(data):
            raise ProtocolError(f"option {option} of PRELOGIN reaches beyond its end")
        options[option] = data[start : start + length]
    return options


def choose_encryption(options: Mapping[int, bytes], need: bool) -> Encryption:
    """What becomes of the connection: the client's wish, unless the server needs encryption.

    Raises `ProtocolError` where the server needs what the client cannot.
    """
    wish = options.get(_ENCRYPTION, b"\x02")[:1]
    try:
        # 0x80 marks a client certificate, which the server does not ask for.
        client = Encryption(wish[0] & 0x7F) if wish else Encryption.NOT_SUPPORTED
    except ValueError:
        raise ProtocolError(f"encryption {wish!r} is none that PRELOGIN knows") from None
    if client == Encryption.NOT_SUPPORTED and need:
        raise ProtocolError("the server takes encrypted connections only, and the client cannot encrypt")
    if client == Encryption.OFF and need:
        return Encryption.REQUIRED
    return Encryption.ON if client == Encryption.REQUIRED else client


def make_reply(options: Mapping[int, bytes], encryption: Encryption) -> bytes:
    """The server's options; MARS is refused, and so is a login by token."""
    major, minor, build, sub_build = VERSION
    version = bytes([major, minor]) + build.to_bytes(2, "big") + sub_build.to_bytes(2, "big")
    reply = {_VERSION: version, _ENCRYPTION: bytes([encryption]), _INSTANCE: b"\0", _THREAD: b"", _MARS: b"\0"}
    if _FEDERATED in options:
        reply[_FEDERATED] = b"\0"
    at = 5 * len(reply) + 1
    head = bytearray()
    for option, value in reply.items():
        head += bytes([option]) + at.to_bytes(2, "big") + len(value).to_bytes(2, "big")
        at += len(value)
    return bytes(head) + bytes([_TERMINATOR]) + b"".join(reply.values())
