"""T-SQL's types, and DuckDB's that hold their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from deployer.emulator.errors import NotSupportedError, ProgrammingError

MAX = -1
"""The length of `varchar(max)` and its kin."""

DUCKDB_TYPES: Mapping[str, str] = {
    "bit": "BOOLEAN",
    "tinyint": "UTINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "float": "DOUBLE",
    "char": "VARCHAR",
    "varchar": "VARCHAR",
    "nchar": "VARCHAR",
    "nvarchar": "VARCHAR",
    "binary": "BLOB",
    "varbinary": "BLOB",
    "date": "DATE",
    "time": "TIME",
    "datetime": "TIMESTAMP",
    "datetime2": "TIMESTAMP",
    "smalldatetime": "TIMESTAMP",
    "uniqueidentifier": "UUID",
    "money": "DECIMAL(19, 4)",
    "smallmoney": "DECIMAL(10, 4)",
}
_NAMES = {"integer": "int", "dec": "decimal", "numeric": "decimal", "character": "char", "sysname": "nvarchar"}
ABSENT_TYPES = ("text", "ntext", "image", "xml", "sql_variant", "geography", "geometry", "hierarchyid", "rowversion")
"""Types that the dedicated pool lacks (learn.microsoft.com: table data types in Synapse SQL)."""

LONGEST = {"char": 8000, "varchar": 8000, "nchar": 4000, "nvarchar": 4000, "binary": 8000, "varbinary": 8000}
INTEGERS = ("bit", "tinyint", "smallint", "int", "bigint")
"""From the narrowest to the widest: an operation gives the wider of its two."""

APPROXIMATE = ("real", "float")


@dataclass(frozen=True, slots=True)
class SqlType:
    """One T-SQL type. `length` is in characters or bytes, `MAX` for (max); `precision` and `scale` are decimal's.

    For `time` and `datetime2`, `scale` is the number of digits that the second's fraction has.
    """

    base: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    collation: str | None = None
    """How text is compared, where it is not by the database's collation (`collations`)."""

    @property
    def duckdb(self) -> str:
        if self.base == "decimal":
            return f"DECIMAL({self.precision}, {self.scale})"
        return DUCKDB_TYPES[self.base]

    @property
    def is_text(self) -> bool:
        return self.base in {"char", "varchar", "nchar", "nvarchar"}

    @property
    def is_binary(self) -> bool:
        return self.base in {"binary", "varbinary"}

    @property
    def is_integer(self) -> bool:
        return self.base in INTEGERS

    @property
    def is_moment(self) -> bool:
        return self.base in {"date", "time", "datetime", "datetime2", "smalldatetime"}

    @property
    def is_national(self) -> bool:
        """Text in UTF-16; any other is in the code page of the collation."""
        return self.base in {"nchar", "nvarchar"}

    @property
    def is_cased(self) -> bool:
        """Text whose collation minds case."""
        return self.collation is not None

    @property
    def is_number(self) -> bool:
        return self.is_integer or self.base in APPROXIMATE or self.base == "decimal" or self.is_money

    @property
    def is_money(self) -> bool:
        return self.base in {"money", "smallmoney"}

    def __str__(self) -> str:
        if self.base == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.length is None:
            return f"{self.base}({self.scale})" if self.scale is not None else self.base
        collation = f" COLLATE {self.collation}" if self.collation else ""
        return f"{self.base}({'max' if self.length == MAX else self.length}){collation}"


@dataclass(frozen=True, slots=True)
class SqlColumn:
    """A column of a table, a view or a result."""

    name: str
    type: SqlType
    nullable: bool = True
    is_null: bool = False
    """A bare NULL: int where it stands alone, and of the others' type in a UNION."""


BIT, INT, BIGINT, REAL, FLOAT = (SqlType(base) for base in ("bit", "int", "bigint", "real", "float"))
DATETIME = SqlType("datetime")
DATETIME2 = SqlType("datetime2", None, None, 7)
VARCHAR = SqlType("varchar", 8000)
NVARCHAR = SqlType("nvarchar", 4000)
NVARCHAR_MAX = SqlType("nvarchar", MAX)
VARBINARY_MAX = SqlType("varbinary", MAX)


def make_type(name: str, arguments: tuple[int, ...] = (), in_cast: bool = False) -> SqlType:
    """The type of that name, with what stands in its parentheses (`MAX` for max).

    Without a length, text and binary have 30 in a CAST and 1 in a declaration, which cuts in silence, as on the
    server. Raises `ProgrammingError` for what no server knows, `NotSupportedError` for what the pool lacks.
    """
    written = name.lower()
    base = _NAMES.get(written, written)
    if base in ABSENT_TYPES:
        raise NotSupportedError(f"Type {written} is not supported in a dedicated SQL pool.", 104)
    if base == "float" and arguments:
        # float(1) to float(24) are real: learn.microsoft.com, float and real.
        return REAL if arguments[0] <= 24 else FLOAT
    if base == "decimal":
        precision, scale = (*arguments, 18, 0)[:2] if len(arguments) != 1 else (arguments[0], 0)
        if not 0 <= scale <= precision <= 38:
            raise ProgrammingError(f"The size given to the type '{written}' exceeds the maximum allowed (38).", 131)
        return SqlType("decimal", None, precision, scale)
    if base == "datetimeoffset":
        raise NotSupportedError("The emulator does not know datetimeoffset: DuckDB keeps no offset of its own.")
    if base not in DUCKDB_TYPES:
        raise ProgrammingError(f"Cannot find data type {written}.", 2715)
    if base in {"time", "datetime2"}:
        digits = arguments[0] if arguments else 7
        if not 0 <= digits <= 7:
            raise ProgrammingError(f"Specified scale {digits} is invalid.", 1002)
        return SqlType(base, None, None, digits)
    if base not in LONGEST:
        return SqlType(base)
    length = arguments[0] if arguments else (128 if written == "sysname" else 30 if in_cast else 1)
    if length != MAX and not 1 <= length <= LONGEST[base]:
        raise ProgrammingError(
            f"The size ({length}) given to the type '{written}' exceeds the maximum allowed ({LONGEST[base]}).", 131
        )
    if length == MAX and not base.startswith(("var", "nvar")):
        raise ProgrammingError(f"Incorrect syntax near 'max': {base} has no (max).", 102)
    return SqlType(base, length)


def parse_type(text: str) -> SqlType:
    """The type that `str` of a `SqlType` wrote."""
    text, _, collation = text.partition(" COLLATE ")
    name, _, rest = text.partition("(")
    arguments = tuple(MAX if part == "max" else int(part) for part in rest.rstrip(")").split(",") if part)
    return replace(make_type(name, arguments), collation=collation or None)


def wider(left: SqlType, right: SqlType) -> SqlType:
    """The type of an operation, a CASE or a UNION over both: T-SQL's data type precedence.

    Raises `ProgrammingError` where the two do not meet.
    """
    if left == right:
        return left
    if left.is_number and right.is_number:
        if left.is_integer and right.is_integer:
            return max(left, right, key=lambda kind: INTEGERS.index(kind.base))
        if FLOAT in (left, right):
            return FLOAT
        if REAL in (left, right):
            return REAL
        if "decimal" not in {left.base, right.base}:
            return SqlType("money" if "money" in {left.base, right.base} else "smallmoney")
        one, other = (digits_of(kind) for kind in (left, right))
        whole = max(one[0] - one[1], other[0] - other[1])
        scale = min(max(one[1], other[1]), 38 - whole)
        return SqlType("decimal", None, whole + scale, scale)
    if left.is_text and right.is_text:
        lengths = [kind.length or 0 for kind in (left, right)]
        base = "nvarchar" if left.is_national or right.is_national else "varchar"
        length = MAX if MAX in lengths else min(max(lengths), LONGEST[base])
        return SqlType(base, length, collation=_common_collation(left, right))
    if left.is_binary and right.is_binary:
        return VARBINARY_MAX if MAX in (left.length, right.length) else SqlType("varbinary", 8000)
    if left.is_number and (right.is_text or (right.is_binary and left.is_integer)):
        return left
    if right.is_integer and left.is_binary:
        return right
    if left.base in _WITH_DAYS and right.is_number:
        return left
    if right.base in _WITH_DAYS and left.is_number:
        return right
    if left.is_text and not right.is_binary:
        return right
    if right.is_text and not left.is_binary:
        return left
    if {left.base, right.base} <= set(_MOMENTS):
        widest = max(left, right, key=lambda kind: _MOMENTS.index(kind.base))
        if widest.base == "datetime2":
            scales = [_SCALES.get(kind.base, kind.scale or 0) for kind in (left, right)]
            return replace(widest, scale=max(scales))
        return widest
    if left.base == right.base:
        return max(left, right, key=lambda kind: kind.scale or 0)
    raise ProgrammingError(f"Operand type clash: {left} is incompatible with {right}", 206)


def _common_collation(left: SqlType, right: SqlType) -> str | None:
    if left.collation and right.collation and left.collation != right.collation:
        raise ProgrammingError(
            f'Cannot resolve the collation conflict between "{left.collation}" and "{right.collation}".', 468
        )
    return left.collation or right.collation


_MOMENTS = ("date", "smalldatetime", "datetime", "datetime2")
"""From the lowest precedence to the highest (learn.microsoft.com: data type precedence)."""

_WITH_DAYS = ("datetime", "smalldatetime")
"""Moments that a number of days meets in."""

_SCALES: Mapping[str, int] = {"date": 0, "smalldatetime": 0, "datetime": 3}


def digits_of(kind: SqlType) -> tuple[int, int]:
    """Precision and scale of a number that is not approximate (learn.microsoft.com: precision, scale, and length)."""
    if kind.base == "decimal":
        return kind.precision or 18, kind.scale or 0
    return _DIGITS[kind.base]


_DIGITS: Mapping[str, tuple[int, int]] = {
    "bit": (1, 0),
    "tinyint": (3, 0),
    "smallint": (5, 0),
    "int": (10, 0),
    "bigint": (19, 0),
    "smallmoney": (10, 4),
    "money": (19, 4),
}
