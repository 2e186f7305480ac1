"""Names and types as T-SQL takes them: read from text, refused where they cannot be; and the words of messages."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NAME_LENGTH = 128
"""Longest identifier of T-SQL, in UTF-16 units (learn.microsoft.com: database identifiers; sysname)."""


def name_problem(name: str) -> str:
    """Why a text cannot be a T-SQL identifier, even in brackets; empty where it can.

    `$(` is refused because sqlcmd replaces `$(x)` wherever it stands, also inside brackets.
    """
    if not name.strip():
        return "is empty"
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        return "holds a control character"
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "holds half of a surrogate pair"
    if "$(" in name:
        return "holds '$(', which sqlcmd would replace"
    if (length := _length(name)) > NAME_LENGTH:
        return f"is {length} characters long; a T-SQL name takes {NAME_LENGTH}"
    return ""


@dataclass(frozen=True, slots=True)
class ObjectName:
    """A table or view by its two parts. A name of one part is in `dbo`, so that a plan means the same to all logins."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def beside(name: ObjectName, ending: str) -> ObjectName:
    """An object that stands beside another: its name with an ending, cut where it would be too long."""
    if _length(name.name + ending) > NAME_LENGTH:
        # Cut names must not meet.
        ending = f"_{hashlib.sha256(name.name.encode()).hexdigest()[:8]}{ending}"
    kept = name.name
    while _length(kept + ending) > NAME_LENGTH:
        kept = kept[:-1]
    return ObjectName(name.schema, kept + ending)


def _length(name: str) -> int:
    return len(name.encode("utf-16-le")) // 2


_PART = r"\[((?:[^\]]|\]\])+)\]|([^\[\]\".\s]+)"
_OBJECT_NAME = re.compile(rf"(?:(?:{_PART})\.)?(?:{_PART})")


def parse_name(text: str) -> ObjectName:
    """`table`, `schema.table` or `[any text].[any ]] text]` to its parts; `ValueError` for anything else."""
    match = _OBJECT_NAME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a name; expected table, schema.table or [schema].[table]")
    schema, name = (
        quoted.replace("]]", "]") if quoted else plain
        for quoted, plain in ((match[1], match[2] or "dbo"), (match[3], match[4]))
    )
    for part in (schema, name):
        if problem := name_problem(part):
            raise ValueError(f"name {shorten(part)} {problem}")
    if name.startswith("#"):
        raise ValueError(f"name {shorten(name)} is a temporary table's, which lives in one session only")
    return ObjectName(schema, name)


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'x'?` where a name is near enough, else `; one of: …`, ready to end a message."""
    known = sorted(names)
    folded = {entry.casefold(): entry for entry in known}
    close = difflib.get_close_matches(name.casefold(), folded, 1)
    if close:
        return f"; did you mean {folded[close[0]]!r}?"
    listed = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return f"; one of: {listed}" if known else ""


def list_names(names: Sequence[str]) -> str:
    """Names for a message, the first ten of them."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"{', '.join(names[:10])}{more}"


def shorten(value: object) -> str:
    """A value's repr for a message, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def mask(text: str) -> str:
    """The text with `user:password@` of every URI in it hidden, and everything after a URI's `?`.

    A query can hold a token (`?sig=…`) or a whole connection string (`?odbc_connect=…`).
    """
    text = re.sub(r"(?<=://)\S*@", "***@", text)  # up to the last @: a password may hold one, or a slash
    return re.sub(r"(://[^\s?'\"]*)\?[^\s'\"]*", r"\1?***", text)


@dataclass(frozen=True, slots=True)
class SqlTypeName:
    """A T-SQL type: `real`, `varchar(20)`, `decimal(10, 2)`.

    `length` is that of text, the precision of decimals, the digits of a time's seconds. PREDICT takes and gives numbers
    and text only; the rest is for parameters.
    """

    base: str
    length: int | None = None
    scale: int | None = None

    @property
    def is_number(self) -> bool:
        """Whether PREDICT gives it as a number."""
        return self.base in _PLAIN_TYPES

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.length, self.scale) if number is not None]
        return f"{self.base}({', '.join(numbers)})" if numbers else self.base


LONGEST_TEXT: Mapping[str, int] = {"char": 8000, "varchar": 8000, "nchar": 4000, "nvarchar": 4000}
"""Longest length that can be written, in bytes for char and varchar, in UTF-16 units for the others."""

_PLAIN_TYPES = ("real", "float", "bigint", "int")


def parse_type(text: str) -> SqlTypeName:
    """`varchar(20)` to its parts; `ValueError` for a type that PREDICT does not know, or text without a length."""
    match = re.fullmatch(r"\s*([A-Za-z]+)\s*(?:\(\s*(\d{1,9})\s*\))?\s*", text)
    base = match[1].lower() if match else ""
    if match is None or base not in {*_PLAIN_TYPES, *LONGEST_TEXT}:
        known = ", ".join([*_PLAIN_TYPES, *(f"{name}(n)" for name in LONGEST_TEXT)])
        raise ValueError(f"{shorten(text)} is not a type that PREDICT takes; one of: {known}")
    if base in _PLAIN_TYPES:
        if match[2]:
            raise ValueError(f"{text!r}: {base} takes no length")
        return SqlTypeName(base)
    if not match[2]:
        raise ValueError(f"{text!r} has no length, and T-SQL would cut the text at 30 characters; write {base}(n)")
    if not 1 <= int(match[2]) <= LONGEST_TEXT[base]:
        raise ValueError(f"{text!r}: the length of {base} is from 1 to {LONGEST_TEXT[base]}")
    return SqlTypeName(base, int(match[2]))


_COLUMN_TYPES: Mapping[str, tuple[tuple[int, int], ...]] = {
    **dict.fromkeys(["bit", "tinyint", "smallint", "int", "bigint", "real", "float", "money", "smallmoney"], ()),
    **dict.fromkeys(["date", "smalldatetime", "datetime", "uniqueidentifier"], ()),
    **dict.fromkeys(["datetime2", "datetimeoffset", "time"], ((0, 7),)),
    **dict.fromkeys(["decimal", "numeric"], ((1, 38), (0, 38))),
    **{name: ((1, longest),) for name, longest in LONGEST_TEXT.items()},
}
"""Types that rows can be chosen by, and from where to where their numbers go (learn.microsoft.com: data types)."""


def parse_column_type(text: str) -> SqlTypeName:
    """`datetime2(3)` to its parts; `ValueError` for a type that rows cannot be chosen by, or text without a length."""
    match = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*(?:\(\s*(\d{1,4})\s*(?:,\s*(\d{1,4})\s*)?\))?\s*", text)
    base = match[1].lower() if match else ""
    if match is None or base not in _COLUMN_TYPES:
        raise ValueError(
            f"{shorten(text)} is not a type that rows can be chosen by; one of: {', '.join(_COLUMN_TYPES)}"
        )
    numbers = [int(number) for number in (match[2], match[3]) if number]
    if base in LONGEST_TEXT and not numbers:
        raise ValueError(f"{text!r} has no length, and T-SQL would cut the text; write {base}(n)")
    ranges = _COLUMN_TYPES[base]
    if len(numbers) > len(ranges) or any(
        not low <= number <= high for number, (low, high) in zip(numbers, ranges, strict=False)
    ):
        listed = ", ".join(f"{low} to {high}" for low, high in ranges) or "none"
        raise ValueError(f"{text!r}: the numbers of {base} are {listed}")
    return SqlTypeName(base, *numbers)
