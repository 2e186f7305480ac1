"""`Reader`: reads the integers and texts of [MS-TDS] 2.2.5.1 from a message, never past its end."""

from __future__ import annotations

import struct


class ProtocolError(Exception):
    """The client sent what the protocol does not allow, or more than the server takes; the connection ends."""


class Reader:
    """A message and a place in it. Everything it gives is a copy of bytes that are there: no size is believed."""

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self.data = memoryview(data)
        self.at = 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, size: int) -> memoryview:
        if not 0 <= size <= self.left:
            raise ProtocolError(f"{size} bytes were announced, {self.left} are left in the message")
        self.at += size
        return self.data[self.at - size : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def ushort(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def long(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def ulong(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def longlong(self) -> int:
        return int.from_bytes(self.take(8), "little", signed=True)

    def ulonglong(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def text(self, characters: int) -> str:
        """UTF-16 of that many 16-bit units."""
        return decode_utf16(self.take(2 * characters))

    def b_varchar(self) -> str:
        return self.text(self.byte())

    def us_varchar(self) -> str:
        return self.text(self.ushort())


def decode_utf16(data: bytes | memoryview) -> str:
    try:
        return str(data, "utf-16-le")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"text is not UTF-16: {error.reason}") from None


def b_varchar(text: str) -> bytes:
    """At most 255 units: a name of the server's own, which is shorter, or one that is cut."""
    encoded = text.encode("utf-16-le", "replace")[:510]
    return bytes([len(encoded) // 2]) + encoded


def us_varchar(text: str) -> bytes:
    encoded = text.encode("utf-16-le", "replace")[: 2 * 0x7FFF]
    return (len(encoded) // 2).to_bytes(2, "little") + encoded
