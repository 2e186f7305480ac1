"""Collations: which texts are the same, and which comes first."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.errors import NotSupportedError
from deployer.emulator.types import SqlType

DEFAULT = "SQL_Latin1_General_CP1_CI_AS"
"""The pool's, unless its database was made with another (learn.microsoft.com: collation in Synapse SQL)."""

COLLATIONS: Mapping[str, str] = {
    **dict.fromkeys([DEFAULT, "Latin1_General_CI_AS", "Latin1_General_100_CI_AS"], "case is ignored"),
    **dict.fromkeys(
        ["SQL_Latin1_General_CP1_CS_AS", "Latin1_General_CS_AS", "Latin1_General_100_CS_AS"], "case counts"
    ),
    **dict.fromkeys(["Latin1_General_BIN2", "Latin1_General_100_BIN2"], "code points are compared"),
}
"""The collations that COLLATE takes, with what they compare. All mind accents, and none minds blanks at the end."""

_NAMES = {name.lower(): name for name in COLLATIONS}
_SMALL = "abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ"
_CAPITAL = _SMALL.upper()


def find_collation(name: str) -> str | None:
    """The collation of that name as a type carries it, None for the default one.

    Raises `NotSupportedError` for one that the emulator does not compare by.
    """
    if name.lower() == "database_default":
        return None
    known = _NAMES.get(name.lower())
    if known is None:
        raise NotSupportedError(f"The emulator does not know the collation {name}.")
    return known if COLLATIONS[known] != COLLATIONS[DEFAULT] else None


def compared(sql: str, kind: SqlType) -> str:
    """A text as it is compared, grouped and ordered by: without the blanks at its end."""
    plain = f"rtrim({sql})"
    if kind.collation is None:
        # The session compares without regard to case.
        return plain
    if COLLATIONS[kind.collation] == "case counts":
        # Case decides between texts that are the same without it, and small letters come first.
        swapped = f"translate({plain}, '{_SMALL}{_CAPITAL}', '{_CAPITAL}{_SMALL}')"
        plain = f"(lower({plain}) || chr(1) || {swapped})"
    return f'{plain} COLLATE "C"'
