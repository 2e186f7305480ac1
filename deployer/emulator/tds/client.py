"""`Client`: one connection, from its first byte to its last."""

from __future__ import annotations

import hashlib
import hmac
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError, InternalError, NotSupportedError, ProgrammingError
from deployer.emulator.frames import Message, Result
from deployer.emulator.tds import login as logins
from deployer.emulator.tds import packets, prelogin, tokens
from deployer.emulator.tds.channel import Channel, HungUp
from deployer.emulator.tds.inbox import Inbox
from deployer.emulator.tds.procedures import Handles, Output, Steps, run_call
from deployer.emulator.tds.reply import Reply
from deployer.emulator.tds.requests import Transaction, parse_batch, parse_calls, parse_transaction
from deployer.emulator.tds.rows import encode_rows, encode_value
from deployer.emulator.tds.wire import ProtocolError
from deployer.emulator.types import SqlType
from deployer.emulator.values import Parameters, literal

if TYPE_CHECKING:
    import pyarrow as pa

    from deployer.emulator.session import Session

_log = logging.getLogger(__name__)

_TLS_RECORD = 0x16
"""The first byte of a client that begins with TLS (TDS 8.0), where others begin with PRELOGIN."""

USER = DATABASE = "emulator"
"""There is one login and one database, called as SUSER_SNAME() and DB_NAME() say."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the server asks of every client, and gives to it."""

    password: str
    open_session: Callable[[], dbapi.Connection]
    tls: ssl.SSLContext
    strict_tls: ssl.SSLContext
    need_encryption: bool
    login_seconds: float


class _Stopped(Exception):
    """The client asked to stop what runs."""


class Client:
    """Serves one connection; `serve` returns when it has ended. What it raises is a bug, and ends this connection."""

    def __init__(self, connection: socket.socket, terms: Terms) -> None:
        self.channel = Channel(connection)
        self.terms = terms
        self.handles = Handles()
        self._connection: dbapi.Connection | None = None
        self._transaction = 0
        self._transactions = 0

    @property
    def session(self) -> Session:
        assert self._connection is not None  # noqa: S101 - a request comes after the login
        return self._connection.session

    def serve(self) -> None:
        try:
            self.channel.set_deadline(self.terms.login_seconds)
            if not self._log_in():
                return
            self.channel.set_deadline(None)
            inbox = Inbox(self.channel, self._interrupt)
            inbox.start()
            try:
                while True:
                    self._answer(inbox)
            finally:
                inbox.close()
        except (HungUp, ProtocolError) as error:
            _log.debug("client gone: %s", error)
        finally:
            self.channel.close()
            self._close_session()

    def close(self) -> None:
        """End the connection, from another thread."""
        self.channel.close()

    def _interrupt(self) -> None:
        if self._connection is not None:
            self._connection.session.interrupt()

    def _close_session(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    # --- Login ---

    def _log_in(self) -> bool:
        """PRELOGIN, TLS, LOGIN7; whether the client may stay."""
        channel = self.channel
        strict = channel.peek() == _TLS_RECORD
        if strict:
            channel.start_tls(self.terms.strict_tls, in_packets=False)
        options = prelogin.parse_prelogin(self._expect(packets.PRELOGIN, logins.LONGEST))
        encryption = prelogin.choose_encryption(options, self.terms.need_encryption and not strict)
        channel.send(prelogin.make_reply(options, encryption))
        if not strict and encryption != prelogin.Encryption.NOT_SUPPORTED:
            channel.start_tls(self.terms.tls, in_packets=True)
        login = logins.parse_login(self._expect(packets.LOGIN, logins.LONGEST))
        if not strict and encryption == prelogin.Encryption.OFF:
            channel.stop_tls()
        reply = Reply(channel)
        refusal = self._refuse(login, strict)
        if refusal is not None:
            reply.error(refusal)
            reply.finish()
            return False
        self._connection = self.terms.open_session()
        version = logins.TDS_8_0 if strict else min(login.version, logins.TDS_7_4)
        reply.write(tokens.database_change(DATABASE))
        reply.message(Message(f"Changed database context to '{DATABASE}'.", 5701, 0, 2))
        reply.write(tokens.collation_change() + tokens.language_change())
        reply.message(Message("Changed language setting to us_english.", 5703))
        reply.write(tokens.login_acknowledgement(version))
        size = min(login.packet_size, packets.LARGEST_ENCRYPTED) if channel.is_encrypted else login.packet_size
        reply.write(tokens.packet_size_change(size, channel.size))
        if acknowledged := logins.acknowledge_features(login):
            reply.write(acknowledged)
        reply.finish()
        channel.size = size
        return True

    def _expect(self, kind: int, longest: int) -> bytes:
        """The message that must come now."""
        data = bytearray()
        while True:
            packet = self.channel.read_packet()
            if packet.type != kind:
                raise ProtocolError(f"packet type {packet.type}, where {kind} must come")
            data += packet.data
            if len(data) > longest:
                raise ProtocolError(f"a message of more than {longest:,} bytes")
            if packet.status & packets.END:
                return bytes(data)

    def _refuse(self, login: logins.Login, strict: bool) -> DatabaseError | None:
        # Hashed first, so that neither the time nor the length tells of the password.
        given, wanted = (hashlib.sha256(text.encode()).digest() for text in (login.password, self.terms.password))
        known = hmac.compare_digest(given, wanted) and login.user.lower() == USER
        if login.integrated or logins.wants_token(login):
            return ProgrammingError("Login failed. The emulator takes a user and a password only.", 18452, 14)
        if not known:
            return ProgrammingError(f"Login failed for user '{login.user}'.", 18456, 14)
        if login.database.lower() not in {"", DATABASE}:
            return ProgrammingError(
                f"Cannot open database '{login.database}' requested by the login: there is '{DATABASE}' only.", 4060, 11
            )
        if not strict and login.version < logins.TDS_7_3:
            return ProgrammingError(
                "The emulator's server speaks TDS 7.3B, 7.4 and 8.0: raise the client's TDS version.", 17836, 20
            )
        return None

    # --- Requests ---

    def _answer(self, inbox: Inbox) -> None:
        message = inbox.take()
        if message is None:
            Reply(self.channel).finish(attention=True)
            return
        reply = Reply(self.channel, is_call=message.type == packets.RPC)
        stopped = False
        try:
            if message.status & (packets.RESET | packets.RESET_KEEP):
                self._reset(reply)
            self._dispatch(message, reply, inbox)
        except _Stopped:
            stopped = True
        except DatabaseError as error:
            stopped = inbox.stopping
            if not stopped:
                reply.error(error)
        except (HungUp, ProtocolError):
            raise
        except Exception as error:
            # Level 20 tells the client that the connection ends.
            reply.error(InternalError(f"A fault of the emulator's: {type(error).__name__}: {error}", 50000, 20))
            reply.finish()
            raise
        reply.finish(attention=inbox.close_request(), stopped=stopped)

    def _dispatch(self, message: packets.Message, reply: Reply, inbox: Inbox) -> None:
        if message.type == packets.SQL_BATCH:
            self._run(self.session.run_batch(parse_batch(message.data)), reply, inbox)
        elif message.type == packets.RPC:
            self._call(message.data, reply, inbox)
        elif message.type == packets.TRANSACTION:
            self._change_transaction(message.data, reply)
        elif message.type == packets.BULK:
            raise NotSupportedError("The emulator's server does not know INSERT BULK (bcp, bulk copy).")
        else:
            raise ProtocolError(f"packet type {message.type} is no request")

    def _reset(self, reply: Reply) -> None:
        """A pool of connections hands this one to somebody else (2.2.3.1.2, RESETCONNECTION)."""
        self._close_session()
        self._connection = self.terms.open_session()
        self.handles = Handles()
        self._transaction = 0
        reply.write(tokens.reset_acknowledgement())

    def _call(self, data: bytearray, reply: Reply, inbox: Inbox) -> None:
        calls = list(parse_calls(data))
        for place, call in enumerate(calls):
            outputs: list[Output] = []
            failed = False
            try:
                self._run(run_call(self.session, self.handles, call), reply, inbox, outputs)
            except DatabaseError as error:
                if inbox.stopping:
                    raise
                reply.error(error)
                failed = True
            if not failed:
                reply.write(tokens.return_status(0))
            for ordinal, (name, value, kind) in enumerate(outputs):
                reply.write(tokens.return_value(ordinal, name, kind, self._encode(value, kind)))
            reply.end_call(failed, more=place + 1 < len(calls))

    def _encode(self, value: object, kind: SqlType) -> bytes:
        parameters = Parameters()
        sql = f"SELECT {literal(value, kind, parameters)}"
        table = self.session.connection.sql(sql, params=parameters.used_in(sql)).to_arrow_table()
        return encode_value(table.column(0).combine_chunks(), kind)

    def _run(
        self,
        results: Steps,
        reply: Reply,
        inbox: Inbox,
        outputs: list[Output] | None = None,
    ) -> None:
        """Send the results of a batch; an error within a result's rows is the batch's, whose CATCH may take it."""
        error: DatabaseError | None = None
        try:
            while True:
                if inbox.stopping:
                    raise _Stopped
                result = next(results) if error is None else results.throw(error)
                error = None
                if isinstance(result, tuple):
                    if outputs is not None:
                        outputs.append(result)
                    continue
                self._tell(reply)
                try:
                    self._send_result(result, reply, inbox)
                except DatabaseError as raised:
                    error = raised
        except StopIteration:
            pass
        finally:
            results.close()
            self._tell(reply)

    def _tell(self, reply: Reply) -> None:
        """What PRINT wrote, and what became of the transaction."""
        messages = self.session.messages
        for message in messages:
            reply.message(message)
        messages.clear()
        if self.session.in_transaction and not self._transaction:
            self._transactions += 1
            self._transaction = self._transactions
            reply.write(tokens.begin_change(self._transaction))
        elif self._transaction and not self.session.in_transaction:
            reply.write(tokens.end_change(self._transaction, self.session.was_committed))
            self._transaction = 0

    def _send_result(self, result: Result, reply: Reply, inbox: Inbox) -> None:
        if result.read is None:
            if result.count >= 0 and not self.session.settings["NOCOUNT"]:
                reply.end_statement(result.count)
            return
        reader = result.read()
        first = self._next(reader)
        reply.write(tokens.column_metadata(result.columns))
        count = 0
        try:
            batch = first
            while batch is not None:
                for piece in encode_rows(batch, result.columns):
                    if inbox.stopping:
                        raise _Stopped
                    reply.write(piece)
                count += batch.num_rows
                batch = self._next(reader)
        except DatabaseError:
            reply.end_statement(failed=True)
            raise
        reply.end_statement(-1 if self.session.settings["NOCOUNT"] else count, is_query=True)

    def _next(self, reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
        with self.session.engine():
            return next(reader, None)

    def _change_transaction(self, data: bytearray, reply: Reply) -> None:
        request = parse_transaction(data)
        if request.kind == Transaction.BEGIN:
            self.session.begin()
        elif request.kind in {Transaction.COMMIT, Transaction.ROLLBACK}:
            self.session.end(commit=request.kind == Transaction.COMMIT)
            self._tell(reply)
            if request.begins_next:
                self.session.begin()
        else:
            raise NotSupportedError(f"A dedicated SQL pool has no {request.kind.name} of transactions.", 104)
        self._tell(reply)
