"""TYPE_INFO ([MS-TDS] 2.2.5.6): how a T-SQL type is told to a client, and read from one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deployer.emulator.errors import NotSupportedError
from deployer.emulator.tds.wire import ProtocolError, Reader
from deployer.emulator.types import MAX, SqlType

COLLATION = bytes([0x09, 0x04, 0xD0, 0x00, 0x34])
"""SQL_Latin1_General_CP1_CI_AS, the pool's default (2.2.5.1.2): LCID 1033, without regard to case, kana and width,
sort order 52."""

CODE_PAGE = "cp1252"
"""Of that collation: in it text travels that is no nvarchar."""

_PLP = 0xFFFF
_INTEGERS: Mapping[str, int] = {"tinyint": 1, "smallint": 2, "int": 4, "bigint": 8}
_SIZED: Mapping[str, int] = {
    "char": 0xAF,
    "varchar": 0xA7,
    "nchar": 0xEF,
    "nvarchar": 0xE7,
    "binary": 0xAD,
    "varbinary": 0xA5,
}
_SCALED: Mapping[str, int] = {"time": 0x29, "datetime2": 0x2A, "datetimeoffset": 0x2B}
_PLAIN: Mapping[str, bytes] = {
    "bit": bytes([0x68, 1]),
    "real": bytes([0x6D, 4]),
    "float": bytes([0x6D, 8]),
    "date": bytes([0x28]),
    "datetime": bytes([0x6F, 8]),
    "smalldatetime": bytes([0x6F, 4]),
    "uniqueidentifier": bytes([0x24, 16]),
    "money": bytes([0x6E, 8]),
    "smallmoney": bytes([0x6E, 4]),
}


def describe_type(kind: SqlType) -> bytes:
    """The TYPE_INFO of a type, in the form that takes NULL. Raises `NotSupportedError` for a type that has none."""
    if kind.base in _PLAIN:
        return _PLAIN[kind.base]
    if kind.base in _INTEGERS:
        return bytes([0x26, _INTEGERS[kind.base]])
    if kind.base in _SCALED:
        return bytes([_SCALED[kind.base], 7 if kind.scale is None else kind.scale])
    if kind.base == "decimal":
        return bytes([0x6A, decimal_size(kind.precision or 18), kind.precision or 18, kind.scale or 0])
    if kind.base in _SIZED:
        units = kind.length or 1
        size = _PLP if units == MAX else 2 * units if kind.is_national else units
        return bytes([_SIZED[kind.base]]) + size.to_bytes(2, "little") + (COLLATION if kind.is_text else b"")
    raise NotSupportedError(f"The emulator's server does not know how {kind} travels.")


def decimal_size(precision: int) -> int:
    """Bytes of a decimal with its sign (2.2.5.4.2)."""
    return 5 if precision <= 9 else 9 if precision <= 19 else 13 if precision <= 28 else 17


# --- What clients send ------------------------------------------------------------------------------------------------

_FIXED: Mapping[int, tuple[str, int]] = {
    0x30: ("tinyint", 1),
    0x32: ("bit", 1),
    0x34: ("smallint", 2),
    0x38: ("int", 4),
    0x7F: ("bigint", 8),
    0x3B: ("real", 4),
    0x3E: ("float", 8),
    0x3A: ("smalldatetime", 4),
    0x3D: ("datetime", 8),
    0x7A: ("smallmoney", 4),
    0x3C: ("money", 8),
}
_BY_SIZE: Mapping[int, Mapping[int, str]] = {
    0x24: {16: "uniqueidentifier"},
    0x26: {1: "tinyint", 2: "smallint", 4: "int", 8: "bigint"},
    0x68: {1: "bit"},
    0x6D: {4: "real", 8: "float"},
    0x6E: {4: "smallmoney", 8: "money"},
    0x6F: {4: "smalldatetime", 8: "datetime"},
}
_BASES: Mapping[int, str] = {code: base for base, code in (*_SIZED.items(), *_SCALED.items())}
_LEGACY: Mapping[int, tuple[str, str]] = {
    0x22: ("image", "varbinary"),
    0x23: ("text", "varchar"),
    0x63: ("ntext", "nvarchar"),
}
"""Types that the pool lacks, in which drivers send the texts of statements all the same; and what they are read as."""

_REFUSED: Mapping[int, str] = {
    0x62: "sql_variant",
    0xF0: "a CLR type",
    0xF1: "xml",
    0xF3: "a table-valued parameter",
    0xF4: "json",
}


@dataclass(frozen=True, slots=True)
class WireType:
    """A type as a client wrote it. `prefix` is how its values begin: the bytes of their length, or 0 for a fixed
    `size`; -1 for a value in chunks. `legacy` is the type's own name where the pool lacks it.
    """

    type: SqlType
    prefix: int
    size: int = 0
    collation: bytes = b""
    legacy: str = ""


def read_type(reader: Reader) -> WireType:
    """Raises `NotSupportedError` for a type that the pool lacks, `ProtocolError` for none."""
    code = reader.byte()
    if code in _REFUSED:
        raise NotSupportedError(f"The pool takes no parameter of type {_REFUSED[code]}.", 104)
    if code in _LEGACY:
        name, base = _LEGACY[code]
        reader.ulong()  # the longest value there may be
        collation = bytes(reader.take(5)) if base.endswith("char") else b""
        return WireType(SqlType(base, MAX), 4, 0, collation, name)
    if code in _FIXED:
        base, size = _FIXED[code]
        return WireType(SqlType(base), 0, size)
    if code in _BY_SIZE:
        size = reader.byte()
        if size not in _BY_SIZE[code]:
            raise ProtocolError(f"a type 0x{code:02X} of {size} bytes")
        return WireType(SqlType(_BY_SIZE[code][size]), 1, size)
    if code == 0x28:
        return WireType(SqlType("date"), 1)
    if code in {0x6A, 0x6C}:
        _, precision, scale = reader.take(3)
        if not 0 <= scale <= precision <= 38 or not precision:
            raise ProtocolError(f"decimal({precision},{scale})")
        return WireType(SqlType("decimal", None, precision, scale), 1)
    base = _BASES.get(code, "")
    if base in _SCALED:
        scale = reader.byte()
        if scale > 7:
            raise ProtocolError(f"{base}({scale})")
        return WireType(SqlType(base, None, None, scale), 1)
    if base in _SIZED:
        size = reader.ushort()
        text = base.endswith("char")
        collation = bytes(reader.take(5)) if text else b""
        if size == _PLP:
            return WireType(SqlType(base, MAX), -1, 0, collation)
        if size > 8000:
            raise ProtocolError(f"{base} of {size} bytes")
        units = size // 2 if base.startswith("n") else size
        return WireType(SqlType(base, max(1, units)), 2, size, collation)
    raise ProtocolError(f"type 0x{code:02X} is none that [MS-TDS] has")
