"""SQLAlchemy's `mssql+emulator://`: SQL Server's dialect over the emulator's driver."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from sqlalchemy import URL
from sqlalchemy.dialects.mssql.base import MSDialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import ArgumentError

from deployer.target import limit_names

_memory = itertools.count()
_VERSION = (12, 0)
"""SQL Server 2014's number: what SQLAlchemy makes of it comes nearest to the dedicated pool's T-SQL."""


class EmulatorDialect(MSDialect):
    """`mssql+emulator:///file.duckdb`, relative or absolute; `mssql+emulator://` is in memory, one for each engine.

    Limits of the emulated target can be replaced, and the memory for tables: `?opset=15&memory_limit=1GB`.
    """

    driver = "emulator"
    supports_statement_cache = True
    # The pool takes one row after VALUES.
    use_insertmanyvalues = False
    use_insertmanyvalues_wo_returning = False
    supports_multivalues_insert = False
    # varchar(max) for text without a length, since the pool has no `text`, and nvarchar(max) as well.
    _supports_nvarchar_max = True
    default_paramstyle = "qmark"

    def __init__(self, deprecate_large_types: bool = True, **options: Any) -> None:
        super().__init__(deprecate_large_types=deprecate_large_types, **options)  # type: ignore[no-untyped-call]  # SQLAlchemy's
        self._memory = f":memory:pool{next(_memory)}"
        self._keeper: Any = None

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        from deployer.emulator import dbapi

        return dbapi

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        if url.host or url.username or url.port:
            raise ArgumentError("the emulator is a file: mssql+emulator:///file.duckdb, with three slashes")
        limits: dict[str, int] = {}
        options: dict[str, Any] = {"limits": limits}
        for name, value in url.query.items():
            if name == "memory_limit" and isinstance(value, str) and re.fullmatch(r"\d+[KMG]B", value):
                options[name] = value
                continue
            if name not in limit_names() or not isinstance(value, str) or not value.isdigit():
                raise ArgumentError(f"{name}={value!r}: the emulator takes limits, as opset=15, and memory_limit=1GB")
            limits[name] = int(value)
        return [url.database or self._memory], options

    def connect(self, *arguments: Any, **options: Any) -> Any:
        connection = super().connect(*arguments, **options)
        if arguments[0] == self._memory and self._keeper is None:
            # A database in memory lasts as long as a connection to it.
            self._keeper = super().connect(*arguments, **options)
        return connection

    def initialize(self, connection: Any) -> None:
        """As the default dialect does: what SQL Server's asks the server is known here."""
        DefaultDialect.initialize(self, connection)

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        return _VERSION

    def _get_default_schema_name(self, connection: Any) -> str:
        return "dbo"

    def get_isolation_level_values(self, dbapi_connection: Any) -> Sequence[IsolationLevel]:
        return ["AUTOCOMMIT", "READ UNCOMMITTED"]

    def get_isolation_level(self, dbapi_connection: Any) -> IsolationLevel:
        return "AUTOCOMMIT" if dbapi_connection.autocommit else "READ UNCOMMITTED"

    def get_default_isolation_level(self, dbapi_conn: Any) -> IsolationLevel:
        return "READ UNCOMMITTED"

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        dbapi_connection.autocommit = level == "AUTOCOMMIT"

    def do_rollback(self, dbapi_connection: Any) -> None:
        dbapi_connection.rollback()
