"""Options of SET: the values that each may take here. Any other is refused by name."""

from __future__ import annotations

from collections.abc import Mapping

_EITHER, _ON, _OFF = ("ON", "OFF"), ("ON",), ("OFF",)

SETTINGS: Mapping[str, tuple[str, ...]] = {
    # Kept by the session, or nothing that the emulator has.
    "NOCOUNT": _EITHER,
    "IMPLICIT_TRANSACTIONS": _EITHER,
    "CURSOR_CLOSE_ON_COMMIT": _EITHER,
    "RESULT_SET_CACHING": _EITHER,
    # The only state that the emulator has, which is that of a connection to the pool.
    "XACT_ABORT": _ON,
    "ANSI_NULLS": _ON,
    "ANSI_NULL_DFLT_ON": _ON,
    "ANSI_PADDING": _ON,
    "ANSI_WARNINGS": _ON,
    "ARITHABORT": _ON,
    "CONCAT_NULL_YIELDS_NULL": _ON,
    "QUOTED_IDENTIFIER": _ON,
    "FMTONLY": _OFF,
    "NOEXEC": _OFF,
    "NUMERIC_ROUNDABORT": _OFF,
    "PARSEONLY": _OFF,
    "DATEFIRST": ("7",),
    "DATEFORMAT": ("MDY",),
    "LANGUAGE": ("US_ENGLISH",),
    "ROWCOUNT": ("0",),
    # Whole values, whatever their size.
    "TEXTSIZE": ("-1", "2147483647"),
    # DuckDB does not wait for locks.
    "LOCK_TIMEOUT": (),
}
"""Name to values; none listed means any number (learn.microsoft.com: SET statements)."""

ISOLATION = "READ UNCOMMITTED"
"""The one isolation level that can be set (learn.microsoft.com: SET TRANSACTION ISOLATION LEVEL, syntax for Synapse).
The emulator's is a snapshot, which shows nothing that is not committed."""
