"""Packets: eight bytes of header and their part of a message ([MS-TDS] 2.2.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HEADER = 8
SQL_BATCH, RPC, ATTENTION, BULK, TRANSACTION, LOGIN, PRELOGIN = 0x01, 0x03, 0x06, 0x07, 0x0E, 0x10, 0x12
REPLY = 0x04

END, IGNORE, RESET, RESET_KEEP = 0x01, 0x02, 0x08, 0x10
"""Status bits (2.2.3.1.2): the last packet of a message; of one that is taken back; reset the session first."""

DEFAULT_SIZE = 4096
SMALLEST, LARGEST = 512, 32_767
"""Of a packet with its header (2.2.6.4, PacketSize)."""

LARGEST_ENCRYPTED = 16_000
"""A packet must fit a record of TLS, which has 2^14 bytes (RFC 8446, 5.1): ODBC Driver 18 encrypts one of 16,000 bytes,
and refuses one of 16,383 (tried)."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as it was read, without its header."""

    type: int
    status: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """The packets of one request, joined. `status` is the first packet's, with the last one's bit for IGNORE."""

    type: int
    status: int
    data: bytearray


def frame(data: bytes | bytearray | memoryview, kind: int, size: int, first_id: int, last: bool) -> memoryview:
    """A message, or a part of one, cut into packets of `size` bytes; `last` marks the last one as its end.

    Without `last`, `data` must fill whole packets.
    """
    payload = np.frombuffer(data, dtype=np.uint8)
    room = size - HEADER
    whole, rest = divmod(len(payload), room)
    count = whole + (1 if rest or (last and not whole) else 0)
    packets = np.zeros((count, size), dtype=np.uint8)
    packets[:whole, HEADER:] = payload[: whole * room].reshape(whole, room)
    packets[whole:, HEADER : HEADER + rest] = payload[whole * room :]
    packets[:, 0] = kind
    packets[:, 2], packets[:, 3] = size >> 8, size & 0xFF
    packets[:, 6] = np.arange(first_id, first_id + count) & 0xFF
    length = count * size
    if last:
        packets[-1, 1] = END
        if count > whole:
            packets[-1, 2], packets[-1, 3] = (HEADER + rest) >> 8, (HEADER + rest) & 0xFF
            length -= room - rest
    return packets.reshape(-1).data[:length]
