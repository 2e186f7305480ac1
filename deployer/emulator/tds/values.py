"""Values of parameters, as clients send them ([MS-TDS] 2.2.5.5 and 2.2.7.16), as Python's."""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from decimal import Decimal

from deployer.emulator.errors import DataError, NotSupportedError
from deployer.emulator.tds.type_info import CODE_PAGE, COLLATION, WireType
from deployer.emulator.tds.wire import ProtocolError, Reader, decode_utf16

_NULL_PLP = 0xFFFFFFFFFFFFFFFF
_NULL_SIZES = {1: 0, 2: 0xFFFF, 4: 0xFFFFFFFF}
"""The length that stands for NULL, by the number of its bytes."""
_DAY_ONE = dt.date(1, 1, 1).toordinal()
_EPOCH = dt.datetime(1900, 1, 1)  # noqa: DTZ001 - datetime has no time zone


def read_value(reader: Reader, wire: WireType) -> object:
    """The value that follows a TYPE_INFO; None for NULL. Raises `ProtocolError`, `DataError`."""
    if wire.prefix < 0:
        data = _read_chunks(reader)
    elif not wire.prefix:
        data = bytes(reader.take(wire.size))
    else:
        size = int.from_bytes(reader.take(wire.prefix), "little")
        null = size == _NULL_SIZES[wire.prefix]
        if not null and wire.size and size > wire.size:
            raise ProtocolError(f"a value of {size} bytes for a type of {wire.size}")
        data = None if null else bytes(reader.take(size))
    return None if data is None else _decode(data, wire)


def _read_chunks(reader: Reader) -> bytes | None:
    """PLP (2.2.5.2.3): the announced length is not believed, the chunks are."""
    if reader.ulonglong() == _NULL_PLP:
        return None
    chunks = []
    while size := reader.ulong():
        chunks.append(reader.take(size))
    return b"".join(chunks)


def _decode(data: bytes, wire: WireType) -> object:
    kind = wire.type
    base = kind.base
    try:
        if kind.is_text:
            return decode_utf16(data) if kind.is_national else _decode_text(data, wire.collation)
        if kind.is_binary:
            return data
        if base == "bit":
            return data[0] != 0
        if kind.is_integer:
            return int.from_bytes(data, "little", signed=base != "tinyint")
        if base in {"real", "float"}:
            return _finite(struct.unpack("<f" if len(data) == 4 else "<d", data)[0], base)
        if base == "decimal":
            return _read_decimal(data, kind.scale or 0)
        if kind.is_money:
            return _read_money(data)
        if base == "uniqueidentifier":
            return uuid.UUID(bytes_le=data)
        return _read_moment(data, base, kind.scale or 0)
    except (struct.error, ValueError, OverflowError, IndexError):
        raise DataError(f"The supplied value is not a valid instance of data type {base}.", 8023) from None


def _decode_text(data: bytes, collation: bytes) -> str:
    if data.isascii():
        return data.decode("ascii")
    if collation not in {COLLATION, bytes(5)}:
        raise NotSupportedError(f"The emulator does not know the collation 0x{collation.hex().upper()}: send nvarchar.")
    # Five bytes that Windows leaves without a meaning are passed on as they are, as its own conversion does.
    return "".join(bytes([byte]).decode(CODE_PAGE) if byte not in _UNUSED else chr(byte) for byte in data)


_UNUSED = frozenset([0x81, 0x8D, 0x8F, 0x90, 0x9D])


def _finite(value: float, base: str) -> float:
    if value - value != 0:
        raise DataError(f"The supplied value is not a valid instance of data type {base}.", 8023)
    return value


def _read_decimal(data: bytes, scale: int) -> Decimal:
    magnitude = int.from_bytes(data[1:], "little")
    digits = tuple(map(int, str(magnitude)))
    if len(digits) > 38 or data[0] > 1:
        raise ValueError
    return Decimal((0 if data[0] else 1, digits, -scale))


def _read_money(data: bytes) -> Decimal:
    """Ten-thousandths; the eight bytes of money are two halves, the higher first."""
    ordered = data if len(data) == 4 else data[4:] + data[:4]
    return Decimal(int.from_bytes(ordered, "little", signed=True)).scaleb(-4)


def _read_moment(data: bytes, base: str, scale: int) -> dt.date | dt.time | dt.datetime:
    if base == "date":
        return _read_date(data)
    if base == "time":
        return _read_time(data, scale)[1]
    if base == "smalldatetime":
        days, minutes = struct.unpack("<HH", data)
        return _EPOCH + dt.timedelta(days=days, minutes=minutes)
    if base == "datetime":
        days, ticks = struct.unpack("<iI", data)
        # 300 ticks a second, told to the millisecond.
        return _EPOCH + dt.timedelta(days=days, milliseconds=(ticks * 10 + 1) // 3)
    if base == "datetime2":
        next_day, time = _read_time(data[:-3], scale)
        return dt.datetime.combine(_read_date(data[-3:]) + dt.timedelta(days=next_day), time)
    raise NotSupportedError("The emulator does not know datetimeoffset: DuckDB keeps no offset of its own.")


def _read_date(data: bytes) -> dt.date:
    if len(data) != 3:
        raise ValueError
    return dt.date.fromordinal(int.from_bytes(data, "little") + _DAY_ONE)


def _read_time(data: bytes, scale: int) -> tuple[int, dt.time]:
    """A time, to the microsecond that DuckDB keeps, and whether rounding reached the next day."""
    units = int.from_bytes(data, "little")
    if len(data) != (3 if scale <= 2 else 4 if scale <= 4 else 5) or units >= 86_400 * 10**scale:
        raise ValueError
    microseconds = (units * 10**7 // 10**scale + 5) // 10
    days, rest = divmod(microseconds, 86_400_000_000)
    seconds, fraction = divmod(rest, 1_000_000)
    return days, dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60, fraction)
