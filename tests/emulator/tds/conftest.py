"""One server for the tests of a module, in another process; Microsoft's driver with pyodbc on top."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyodbc
import pytest

from tests.emulator.tds.served import Served, serve

# unixODBC would hand connections of closed tests to the next ones.
pyodbc.pooling = False


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serve() as served:
        yield served


@pytest.fixture
def connection(server: Served) -> Iterator[Any]:
    """A connection of pyodbc with Microsoft's driver, each statement committed at once."""
    opened = pyodbc.connect(server.odbc(), autocommit=True, timeout=10)
    yield opened
    opened.close()
