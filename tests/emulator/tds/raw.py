"""A client of bytes: messages by [MS-TDS], whole or broken."""

from __future__ import annotations

import random
import socket
import struct

from tests.emulator.tds.served import Served

PRELOGIN, LOGIN, BATCH, CALL, TRANSACTION, ATTENTION = 0x12, 0x10, 0x01, 0x03, 0x0E, 0x06
HEADERS = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
"""ALL_HEADERS with a transaction descriptor."""


def packet(kind: int, data: bytes, status: int = 1) -> bytes:
    return struct.pack(">BBHHBB", kind, status, 8 + len(data), 0, 1, 0) + data


def prelogin(encryption: int = 2) -> bytes:
    """A client that cannot encrypt, unless something else is said."""
    return packet(PRELOGIN, bytes.fromhex("00 000b 0006 01 0011 0001 ff") + bytes(6) + bytes([encryption]))


def login(password: str, user: str = "emulator", size: int = 4096) -> bytes:
    texts = ["desk", user, password, "raw", "server", "", "", "", ""]
    at, places, data = 94, b"", b""
    for number, text in enumerate(texts):
        encoded = text.encode("utf-16-le")
        if number == 2:
            encoded = bytes(((byte << 4 | byte >> 4) & 0xFF) ^ 0xA5 for byte in encoded)
        places += struct.pack("<HH", at, len(text))
        data += encoded
        at += len(encoded)
    fixed = struct.pack("<IIIIII4sII", at, 0x74000004, size, 7, 1, 0, b"\xe0\x03\0\0", 0, 0x409)
    return packet(LOGIN, fixed + places + bytes(6) + struct.pack("<HHHHHHI", at, 0, at, 0, at, 0, 0) + data)


def batch(sql: str) -> bytes:
    return packet(BATCH, HEADERS + sql.encode("utf-16-le"))


def parameter(name: str, kind: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name.encode("utf-16-le") + b"\0" + kind + value


def nvarchar(text: str) -> tuple[bytes, bytes]:
    encoded = text.encode("utf-16-le")
    return b"\xe7\x40\x1f\x09\x04\xd0\x00\x34", struct.pack("<H", len(encoded)) + encoded


def call() -> bytes:
    """sp_executesql with a parameter of each shape: fixed, with a length, in chunks, NULL."""
    declared = "@a int, @b nvarchar(10), @c varbinary(max), @d decimal(10,2), @e datetime2(7), @f float"
    chunks = struct.pack("<QI", 3, 3) + b"abc" + bytes(4)
    body = b"".join([
        parameter("", *nvarchar("SELECT @a, @b, @c, @d, @e, @f")),
        parameter("", *nvarchar(declared)),
        parameter("@a", b"\x26\x04", b"\x04\x07\0\0\0"),
        parameter("@b", *nvarchar("text")),
        parameter("@c", b"\xa5\xff\xff", chunks),
        parameter("@d", b"\x6a\x09\x0a\x02", b"\x09\x01" + (12_345).to_bytes(8, "little")),
        parameter("@e", b"\x2a\x07", b"\x08" + bytes(8)),
        parameter("@f", b"\x6d\x08", b"\0"),
    ])  # fmt: skip
    return packet(CALL, HEADERS + b"\xff\xff\x0a\x00\x00\x00" + body)


def transaction(kind: int = 5) -> bytes:
    return packet(TRANSACTION, HEADERS + struct.pack("<H", kind) + b"\0\0")


def connect(server: Served) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=20)


def read_message(client: socket.socket) -> bytes:
    """The data of one answer; empty where the server closed the connection."""
    data = b""
    while True:
        header = _read(client, 8)
        if len(header) < 8:
            return b""
        data += _read(client, int.from_bytes(header[2:4], "big") - 8)
        if header[1] & 1:
            return data


def _read(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        try:
            part = client.recv(size - len(data))
        except ConnectionResetError:
            part = b""
        if not part:
            return data
        data += part
    return data


def log_in(server: Served) -> socket.socket:
    """A connection in the clear whose login was taken."""
    client = connect(server)
    client.sendall(prelogin())
    assert read_message(client)
    client.sendall(login(server.password))
    assert b"\xad" in read_message(client)
    return client


# --- Broken ----------------------------------------------------------------------------------------------------------

_EXTREMES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xff\xff", b"\0\0", b"\x01")


def damage(data: bytes, rng: random.Random) -> bytes:
    """Bytes turned, cut, doubled, put in, or made as large as they can be; the header's length put right half the
    time, so that what is inside is read.
    """
    broken = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(broken) or 1)
        match rng.randrange(5):
            case 0 if broken:
                broken[at] = rng.randrange(256)
            case 1:
                del broken[at : at + rng.randint(1, 16)]
            case 2:
                broken[at:at] = rng.randbytes(rng.randint(1, 16))
            case 3:
                broken[at:at] = broken[at : at + rng.randint(1, 32)]
            case _:
                extreme = rng.choice(_EXTREMES)
                broken[at : at + len(extreme)] = extreme
    if len(broken) > 8 and rng.random() < 0.5:
        broken[0], broken[1] = data[0], 1
        broken[2:4] = len(broken).to_bytes(2, "big")
    return bytes(broken)


def broken_case(rng: random.Random, password: str) -> list[bytes]:
    """What one client sends, one message after the other's answer: whole up to a point, then broken."""
    requests = [batch("SELECT 1 AS a, N'x' AS b; PRINT 'y'"), call(), transaction(), packet(ATTENTION, b"")]
    match rng.randrange(6):
        case 0:
            return [rng.randbytes(rng.randint(1, 200))]
        case 1:
            return [damage(prelogin(rng.randrange(4)), rng)]
        case 2:
            return [prelogin(), damage(login(password), rng)]
        case 3:
            return [prelogin(1), damage(packet(PRELOGIN, b"\x16\x03\x01" + rng.randbytes(100)), rng)]
        case 4:
            return [prelogin(), login(password), rng.choice(requests), damage(rng.choice(requests), rng)]
        case _:
            return [prelogin(), login(password), *(damage(rng.choice(requests), rng) for _ in range(4))]
