"""`Server`: listens, and gives each client a thread and a session of its own over one database."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from deployer.emulator import dbapi
from deployer.emulator.tds.certificate import make_certificate, make_context
from deployer.emulator.tds.client import Client, Terms
from deployer.errors import DatabaseError

MAX_CLIENTS = 64
LOGIN_SECONDS = 15.0
"""What ODBC drivers wait for a login by default."""

_MEMORY = ":memory:served"


class Server:
    """A TDS server over one DuckDB file, or a database in memory that ends with it; a context manager that stops it.

    `port` 0 takes any that is free. Encryption is the client's choice on the loopback interface, and required on any
    other. Raises `DatabaseError` where the file cannot be opened or the address not
    be used, `MissingPackage` without the extra `serve`.
    """

    def __init__(
        self,
        database: str | None,
        password: str,
        *,
        now: dt.datetime,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Mapping[str, int] | None = None,
        memory_limit: str = dbapi.MEMORY_LIMIT,
        max_clients: int = MAX_CLIENTS,
        login_seconds: float = LOGIN_SECONDS,
    ) -> None:
        if not password:
            raise DatabaseError("the server's password is empty", hint="give one, or leave it out to have one made")
        self.certificate, key = make_certificate(host, now)
        self._database = database or _MEMORY
        self._limits, self._memory_limit = limits, memory_limit
        self._max_clients = max_clients
        self._opening = threading.Lock()
        self._changing = threading.Lock()
        self._clients: dict[Client, threading.Thread] = {}
        self._stopped = False
        # It keeps the database open between clients, and finds out at once whether it can be opened.
        try:
            self._keeper = self._open_session()
        except dbapi.DatabaseError as error:
            raise DatabaseError(error.message, hint="correct --database or --memory-limit") from error
        try:
            self._socket = _listen(host, port)
        except OSError as error:
            self._keeper.close()
            raise DatabaseError(
                f"cannot listen on {host}:{port}: {error.strerror or error}", hint="give another --host or --port"
            ) from error
        self.host, self.port = self._socket.getsockname()[:2]
        self._terms = Terms(
            password=password,
            open_session=self._open_session,
            tls=make_context(self.certificate, key, strict=False),
            strict_tls=make_context(self.certificate, key, strict=True),
            need_encryption=not _is_loopback(self.host),
            login_seconds=login_seconds,
        )

    def _open_session(self) -> dbapi.Connection:
        # Each session looks for what others left behind, which must not be half made.
        with self._opening:
            opened = dbapi.connect(self._database, self._limits, autocommit=True, memory_limit=self._memory_limit)
        # A client reads no file of this machine beyond the folder that the server was started in.
        opened.session.files = Path.cwd()
        return opened

    def serve(self) -> None:
        """Take clients until `stop` is called."""
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                if self._stopped:
                    return
                raise
            with self._changing:
                if self._stopped or len(self._clients) >= self._max_clients:
                    connection.close()
                    continue
                _set_options(connection)
                client = Client(connection, self._terms)
                thread = threading.Thread(target=self._serve, args=(client,), daemon=True, name="tds client")
                self._clients[client] = thread
                thread.start()

    def _serve(self, client: Client) -> None:
        try:
            client.serve()
        finally:
            with self._changing:
                self._clients.pop(client, None)

    def stop(self) -> None:
        """Close every connection, roll back what is open, close the database. A second time does nothing."""
        with self._changing:
            if self._stopped:
                return
            self._stopped = True
            clients = dict(self._clients)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for client in clients:
            client.close()
        for thread in clients.values():
            thread.join()
        self._keeper.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family)


def _set_options(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # A client whose machine has gone is found out.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback
