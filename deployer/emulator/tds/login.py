"""LOGIN7 ([MS-TDS] 2.2.6.4): who the client is, and what it would like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deployer.emulator.tds.packets import LARGEST, SMALLEST
from deployer.emulator.tds.wire import ProtocolError, Reader, decode_utf16

LONGEST = 128 * 1024 - 1
"""Bytes of a LOGIN7 message (2.2.6.4)."""

TDS_7_3, TDS_7_4, TDS_8_0 = 0x730B0003, 0x74000004, 0x08000000
"""TDSVersion: 7.3B is the oldest that has NBCROW and the types date, time and datetime2."""

_FEDERATED, _COLUMN_ENCRYPTION, _UTF8 = 0x02, 0x04, 0x0A
_END = 0xFF
_ENCRYPTION_EXTENSION = 0x10  # OptionFlags3, fExtension
_INTEGRATED = 0x80  # OptionFlags2, fIntSecurity


@dataclass(frozen=True, slots=True)
class Login:
    """What of LOGIN7 the server uses; `features` by number. A password never appears in its text."""

    version: int
    packet_size: int
    user: str
    password: str
    database: str
    application: str
    integrated: bool
    features: Mapping[int, bytes]

    def __repr__(self) -> str:
        return f"Login({self.user!r}, {self.application!r})"


def parse_login(data: bytes | bytearray) -> Login:
    """Read a LOGIN7 message. Raises `ProtocolError`."""
    reader = Reader(data)
    length = reader.ulong()
    if length > len(data):
        raise ProtocolError(f"LOGIN7 says it has {length} bytes, and has {len(data)}")
    version, packet_size = reader.ulong(), reader.ulong()
    reader.take(12)  # ClientProgVer, ClientPID, ConnectionID
    flags = reader.take(4)
    reader.take(8)  # ClientTimeZone, ClientLCID
    places = [reader.unpack("<HH") for _ in range(9)]

    def field(number: int) -> memoryview:
        start, units = places[number]
        part = Reader(data)
        part.take(start)
        return part.take(2 * units)

    # The extension's place holds a pointer to the features, where a flag says so.
    features: Mapping[int, bytes] = {}
    if flags[3] & _ENCRYPTION_EXTENSION and places[5][1] >= 4:
        extension = Reader(data)
        extension.take(places[5][0])
        features = _parse_features(data, extension.ulong())
    return Login(
        version=version,
        packet_size=min(max(packet_size, SMALLEST), LARGEST),
        user=decode_utf16(field(1)),
        password=decode_utf16(_reveal(field(2))),
        application=decode_utf16(field(3)),
        database=decode_utf16(field(8)),
        integrated=bool(flags[1] & _INTEGRATED),
        features=features,
    )


def _parse_features(data: bytes | bytearray, start: int) -> Mapping[int, bytes]:
    reader = Reader(data)
    reader.take(start)
    features: dict[int, bytes] = {}
    while (feature := reader.byte()) != _END:
        features[feature] = bytes(reader.take(reader.ulong()))
    return features


def _reveal(hidden: memoryview) -> bytes:
    """A password's bytes: each was turned by four bits and XORed with 0xA5, which hides nothing from anybody."""
    return bytes(((byte ^ 0xA5) << 4 | (byte ^ 0xA5) >> 4) & 0xFF for byte in hidden)


def acknowledge_features(login: Login) -> bytes:
    """FEATUREEXTACK (2.2.7.11): of what clients may ask for, the server has none but says no where that is an answer.

    Silence means no for session recovery and all that are not named here.
    """
    if _UTF8 not in login.features:
        return b""
    # One byte, 0: varchar is in the code page of its collation, not in UTF-8.
    return b"\xae" + bytes([_UTF8]) + (1).to_bytes(4, "little") + b"\0" + bytes([_END])


def wants_token(login: Login) -> bool:
    """Whether the client logs in with a token of Entra's and not with a password."""
    return _FEDERATED in login.features
