"""`Reply`: one answer on its way to a client, cut into packets while it is made."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.emulator.errors import DatabaseError
from deployer.emulator.frames import Message
from deployer.emulator.tds import tokens
from deployer.emulator.tds.channel import Channel
from deployer.emulator.tds.packets import HEADER

SERVER = "emulator"
"""The server's name, which errors carry."""

_FLUSH = 131_072


@dataclass(frozen=True, slots=True)
class _Done:
    """A DONE that waits for what comes next: whether there is more is only known then."""

    status: int
    count: int
    token: int
    is_query: bool


class Reply:
    """Collects the tokens of an answer and sends them in packets; `finish` sends the rest.

    `is_call`: the answer to a procedure call, whose statements end with DONEINPROC.
    """

    def __init__(self, channel: Channel, is_call: bool = False) -> None:
        self.channel = channel
        self.is_call = is_call
        self.failed = False
        self._token = tokens.DONE_IN_PROCEDURE if is_call else tokens.DONE
        self._waiting: _Done | None = None
        self._buffer = bytearray()
        self._packets = 0

    def write(self, data: bytes | memoryview) -> None:
        """Add tokens; whole packets are sent when there are enough of them. Raises `HungUp`."""
        self._settle()
        self._add(data)

    def _add(self, data: bytes | memoryview) -> None:
        self._buffer += data
        if len(self._buffer) >= _FLUSH:
            room = self.channel.size - HEADER
            # One byte at least stays: the last packet of all is marked.
            whole = (len(self._buffer) - 1) // room
            self.channel.send(memoryview(self._buffer)[: whole * room], first_id=self._packets + 1, last=False)
            self._packets += whole
            self._buffer = self._buffer[whole * room :]

    def _settle(self, more: int = tokens.MORE) -> None:
        if (waiting := self._waiting) is not None:
            self._waiting = None
            self._add(tokens.done(waiting.status | more, waiting.count, waiting.token, waiting.is_query))

    def end_statement(self, count: int = -1, is_query: bool = False, failed: bool = False) -> None:
        """A statement is done, with that many rows."""
        self._settle()
        self._waiting = _Done(tokens.ERROR if failed else 0, count, self._token, is_query)

    def message(self, message: Message) -> None:
        """INFO."""
        self.write(
            tokens.message(
                message.text,
                message.number,
                message.level,
                message.state,
                server=SERVER,
                procedure=message.procedure,
                line=message.line,
            )
        )

    def error(self, error: DatabaseError) -> None:
        """ERROR; level 11 at least, or the client would take it for information."""
        self.failed = True
        self.write(
            tokens.message(
                error.message,
                error.number,
                max(error.level, 11),
                error.state,
                server=SERVER,
                procedure=error.procedure,
                line=error.line,
            )
        )

    def end_call(self, failed: bool, more: bool) -> None:
        """A procedure call is done; `more`: another call of the same request follows."""
        self._settle()
        self._waiting = _Done(tokens.ERROR if failed else 0, -1, tokens.DONE_PROCEDURE, is_query=False)
        if more:
            self._settle()

    def finish(self, attention: bool = False, stopped: bool = False) -> None:
        """Send what is left. With `attention`, the client asked to stop and is told so; `stopped`: it was in time."""
        if attention:
            # The statement that was stopped is done with an error, and then the attention is answered.
            self._settle()
            if stopped:
                self._add(tokens.done(tokens.ERROR))
            self._waiting = _Done(tokens.ATTENTION, -1, tokens.DONE, is_query=False)
        elif self._waiting is None:
            self._waiting = _Done(tokens.ERROR if self.failed else 0, -1, tokens.DONE, is_query=False)
        self._settle(more=0)
        self.channel.send(self._buffer, first_id=self._packets + 1)
        self._buffer = bytearray()
