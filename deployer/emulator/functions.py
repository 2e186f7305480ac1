"""The functions that the emulator knows, by name. What is in none of these tables is refused by name.

Functions that ask about the session (OBJECT_ID, ERROR_NUMBER, …) are answered by `session`; aggregates and window
functions have modules of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployer.emulator.catalog_functions import CATALOG
from deployer.emulator.dates import DATES
from deployer.emulator.numbers import NUMBERS
from deployer.emulator.texts import TEXTS
from deployer.emulator.typed import Builder, Typed, as_type, common, implicit
from deployer.emulator.types import INT, SqlType


def _isnull(a: Sequence[Typed]) -> Typed:
    # The type is that of the first: ISNULL(x, …) cuts what does not fit it.
    kind = a[0].type or a[1].type or INT
    return Typed(f"coalesce({as_type(a[0], kind)}, {as_type(a[1], kind)})", kind, a[0].nullable and a[1].nullable)


def _coalesce(a: Sequence[Typed]) -> Typed:
    kind = common(a)
    return Typed(f"coalesce({', '.join(implicit(value, kind) for value in a)})", kind)


def _nullif(a: Sequence[Typed]) -> Typed:
    kind = common(a)
    left, right = as_type(a[0], kind), as_type(a[1], kind)
    same = f"rtrim({left}) = rtrim({right})" if kind.is_text else f"{left} = {right}"
    return Typed(f"(CASE WHEN {same} THEN NULL ELSE {a[0].sql} END)", a[0].type)


def _newid(_: Sequence[Typed]) -> Typed:
    return Typed("uuid()", SqlType("uniqueidentifier"), nullable=False)


OTHERS: Mapping[str, tuple[int, int, Builder, str]] = {
    "ISNULL": (2, 2, _isnull, "value, instead"),
    "COALESCE": (2, 99, _coalesce, "value, value [, …]"),
    "NULLIF": (2, 2, _nullif, "value, other"),
    "NEWID": (0, 0, _newid, ""),
}

SCALARS: Mapping[str, tuple[int, int, Builder, str]] = {**OTHERS, **TEXTS, **NUMBERS, **DATES, **CATALOG}
"""Name to fewest and most arguments, what builds it, and its arguments for the page."""
