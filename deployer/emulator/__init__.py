"""A SQL pool on your desk: DuckDB holds the tables, ONNX Runtime scores, sqlglot reads the language.

`grammar` reads a batch of T-SQL into statements, `translate` writes their queries in DuckDB's SQL by an allow-list,
`predict` scores, `session` runs a batch, `dbapi` is the driver (PEP 249), `dialect` is SQLAlchemy's
`mssql+emulator://`. What is not known is refused by name.

The package is a driver by itself: `deployer.emulator.connect()` and all else that PEP 249 wants of a module.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deployer.emulator.dbapi import *  # noqa: F403


def __getattr__(name: str) -> Any:
    """The driver is loaded when it is asked for: it brings DuckDB and sqlglot."""
    if name.startswith("_") or find_spec(f"{__name__}.{name}") is not None:
        # A module of the package, which Python then imports by itself.
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from deployer.errors import need

    need("sqlglot", "emulator")
    need("duckdb", "emulator")
    from deployer.emulator import dbapi

    if name not in dbapi.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(dbapi, name)
