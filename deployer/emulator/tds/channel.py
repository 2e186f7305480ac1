"""`Channel`: a client's socket, in the clear or in TLS, and the packets on it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time

from deployer.emulator.tds.packets import DEFAULT_SIZE, HEADER, LARGEST, PRELOGIN, REPLY, Packet, frame
from deployer.emulator.tds.wire import ProtocolError

_CHUNK = 65_536


class HungUp(Exception):
    """The client has gone, or did not say in time what it must."""


class Channel:
    """One thread reads and one sends: TLS's state is guarded, and packets are not mixed.

    TLS of TDS 7 begins within PRELOGIN packets ([MS-TDS] 3.3.5.2 and 3.2.5.1), so its bytes pass through memory and
    not through a socket of `ssl`'s.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.size = DEFAULT_SIZE
        self._read = bytearray()
        self._tls: ssl.SSLObject | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._state = threading.Lock()
        self._sending = threading.Lock()
        self._deadline: float | None = None

    @property
    def is_encrypted(self) -> bool:
        return self._tls is not None

    def set_deadline(self, seconds: float | None) -> None:
        """Until then everything must have been said that is waited for; None: there is no hurry."""
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self.socket.settimeout(seconds)

    # --- Reading ---

    def _receive(self) -> bytes:
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise HungUp("the login took too long")
            self.socket.settimeout(left)
        try:
            data = self.socket.recv(_CHUNK)
        except OSError as error:
            raise HungUp(str(error)) from None
        if not data:
            raise HungUp("the client has closed the connection")
        return data

    def _fill(self) -> None:
        """Read what comes next, and decrypt it."""
        data = self._receive()
        if self._tls is None:
            self._read += data
            return
        with self._state:
            self._incoming.write(data)
            try:
                while plain := self._tls.read(_CHUNK):
                    self._read += plain
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                raise HungUp(f"TLS: {error.reason}") from None

    def peek(self) -> int:
        """The first byte of what comes next."""
        while not self._read:
            self._fill()
        return self._read[0]

    def read_packet(self) -> Packet:
        """The next packet. Raises `HungUp`, and `ProtocolError` for what is none."""
        while len(self._read) < HEADER:
            self._fill()
        kind, status = self._read[0], self._read[1]
        length = int.from_bytes(self._read[2:4], "big")
        if not HEADER <= length <= LARGEST:
            raise ProtocolError(f"a packet of {length} bytes")
        while len(self._read) < length:
            self._fill()
        data = bytes(self._read[HEADER:length])
        del self._read[:length]
        return Packet(kind, status, data)

    # --- Sending ---

    def send(
        self, data: bytes | bytearray | memoryview, kind: int = REPLY, first_id: int = 1, last: bool = True
    ) -> None:
        """Send a message, or whole packets of one."""
        self._send_bytes(frame(data, kind, self.size, first_id, last))

    def _send_bytes(self, data: bytes | memoryview) -> None:
        with self._sending:
            if self._tls is not None:
                with self._state:
                    self._tls.write(data)
                    data = self._outgoing.read()
            try:
                self.socket.sendall(data)
            except OSError as error:
                raise HungUp(str(error)) from None

    # --- TLS ---

    def start_tls(self, context: ssl.SSLContext, in_packets: bool) -> None:
        """Shake hands as the server; `in_packets`: within PRELOGIN packets, as TDS 7 does. Raises `HungUp`."""
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        if not in_packets:
            self._incoming.write(bytes(self._read))
            self._read.clear()
        while True:
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                done = False
            except ssl.SSLError as error:
                raise HungUp(f"TLS: {error.reason}") from None
            if answer := self._outgoing.read():
                self._send_bytes(frame(answer, PRELOGIN, self.size, 1, last=True) if in_packets else answer)
            if done:
                break
            if in_packets:
                packet = self.read_packet()
                if packet.type != PRELOGIN:
                    raise ProtocolError(f"packet type {packet.type} within the TLS handshake")
                self._incoming.write(packet.data)
            else:
                self._incoming.write(self._receive())
        # What follows the handshake in the same read is encrypted already.
        early = bytes(self._read)
        self._read.clear()
        self._tls = tls
        if early:
            self._incoming.write(early)
        with contextlib.suppress(ssl.SSLWantReadError):
            while plain := tls.read(_CHUNK):
                self._read += plain

    def stop_tls(self) -> None:
        """Go on in the clear: the client asked to encrypt its login only."""
        self._tls = None

    def close(self) -> None:
        """Close the socket; a thread that reads or sends on it wakes up with `HungUp`."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
