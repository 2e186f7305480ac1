"""`Inbox`: a client's requests, read on a thread of their own, so that an attention is heard while a statement runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from deployer.emulator.tds import packets
from deployer.emulator.tds.channel import Channel, HungUp
from deployer.emulator.tds.packets import Message
from deployer.emulator.tds.wire import ProtocolError

LONGEST = 65_536 * 4_096
"""Bytes of a request. learn.microsoft.com, capacity limits of a dedicated pool: a batch has 65,536 packets of 4 KiB."""

_AGAIN = 0.05
"""Seconds until a statement is interrupted again: one that had not begun did not hear it."""


class Inbox:
    """Holds one request at a time, so that a client cannot fill the memory with more.

    `interrupt` is called until the request that is worked on ends, when the client asks for that or has gone.
    """

    def __init__(self, channel: Channel, interrupt: Callable[[], None]) -> None:
        self.channel = channel
        self._interrupt = interrupt
        self._changed = threading.Condition()
        self._message: Message | None = None
        self._is_working = False
        self._attention = False
        self._end: HungUp | ProtocolError | None = None
        self._thread = threading.Thread(target=self._read, daemon=True, name="tds reader")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop reading: no request will be taken any more. The thread ends, now that the channel is closed."""
        self.channel.close()
        with self._changed:
            self._end = self._end or HungUp("closed")
            self._is_working = False
            self._message = None
            self._changed.notify_all()
        self._thread.join()

    @property
    def stopping(self) -> bool:
        """Whether the request that is worked on is to end early."""
        return self._attention or self._end is not None

    def take(self) -> Message | None:
        """The next request, when there is one; None for an attention, whose request has been answered already.

        Raises `HungUp` when the client has gone, `ProtocolError` when what it sends makes no sense.
        """
        with self._changed:
            self._is_working = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._message is not None or self._attention or self._end is not None)
            if self._end is not None:
                raise self._end
            message, self._message = self._message, None
            if self._attention:
                # Where a request came before it, that request is the one to be given up.
                self._attention = False
                message = None
            self._is_working = message is not None
            self._changed.notify_all()
            return message

    def close_request(self) -> bool:
        """The request that was taken is done; gives whether an attention came meanwhile, which is then answered."""
        with self._changed:
            self._is_working = False
            heard, self._attention = self._attention, False
            self._changed.notify_all()
            return heard

    def _read(self) -> None:
        try:
            while True:
                message = self._read_message()
                with self._changed:
                    if message is None:
                        self._attention = True
                        self._stop_work()
                        continue
                    self._changed.wait_for(
                        lambda: (self._message is None and not self._attention) or self._end is not None
                    )
                    self._message = message
                    self._changed.notify_all()
        except (HungUp, ProtocolError) as error:
            # Wakes a worker that sends to nobody.
            self.channel.close()
            with self._changed:
                self._end = error
                self._stop_work()

    def _stop_work(self) -> None:
        self._changed.notify_all()
        while self._is_working and (self._attention or self._end is not None):
            self._interrupt()
            self._changed.wait(_AGAIN)

    def _read_message(self) -> Message | None:
        """The next request whole; None for an attention."""
        data = bytearray()
        first: packets.Packet | None = None
        while True:
            packet = self.channel.read_packet()
            if packet.type == packets.ATTENTION:
                return None
            if first is None:
                first = packet
            elif packet.type != first.type:
                raise ProtocolError(f"a packet of type {packet.type} within a message of type {first.type}")
            if len(data) + len(packet.data) > LONGEST:
                raise ProtocolError(f"a request of more than {LONGEST:,} bytes")
            data += packet.data
            if packet.status & packets.IGNORE:
                # The client took it back; it tells with an attention what it wants instead.
                data, first = bytearray(), None
            elif packet.status & packets.END:
                return Message(first.type, first.status, data)
