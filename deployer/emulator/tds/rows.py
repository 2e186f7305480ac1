"""Rows ([MS-TDS] 2.2.7.20 ROW, 2.2.7.15 NBCROW) from Arrow's columns, with no Python function called for a value.

A row is bytes one after the other, and most rows of a result differ in length. Each column becomes parts: arrays of
numbers, of which neighbours are laid side by side in one structured array, and Arrow arrays of bytes. Arrow then joins
the parts of each row, and the buffer of what it gives is the stream. In a batch that has NULLs its rows are NBCROWs,
where a NULL is a bit at the beginning and nothing after it: such parts are NULL themselves, and joining leaves them
out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deployer.emulator.tds.type_info import CODE_PAGE, decimal_size
from deployer.emulator.types import MAX, SqlColumn, SqlType

if TYPE_CHECKING:
    import pyarrow as pa

Array = npt.NDArray[Any]
Part = Any
"""A number that each row has, an array of numbers (one a row), or an Arrow array of bytes."""

PIECE = 4_194_304
"""Bytes of rows that are made at a time, about."""

_ROW, _NBC_ROW = 0xD1, 0xD2
_DAYS_BEFORE_1970, _DAYS_1900_TO_1970 = 719_162, 25_567
_DAY = 86_400_000_000
_MICROSECONDS = np.int64(1_000_000)


def encode_rows(batch: pa.RecordBatch, columns: Sequence[SqlColumn]) -> Iterator[memoryview]:
    """The rows of a batch, in pieces of about `PIECE` bytes, each whole rows."""
    if not batch.num_rows:
        return
    step = max(1, batch.num_rows * PIECE // max(1, 2 * batch.nbytes))
    for start in range(0, batch.num_rows, step):
        yield _encode(batch.slice(start, step), columns)


def encode_value(value: pa.Array, kind: SqlType) -> bytes:
    """One value as it stands in a ROW: that of an OUTPUT parameter."""
    if value.null_count:
        return b"\xff" * 8 if kind.length == MAX else b"\xff\xff" if kind.is_text or kind.is_binary else b"\0"
    return bytes(_join(_encoder(kind)(value, kind)))


def _encode(batch: pa.RecordBatch, columns: Sequence[SqlColumn]) -> memoryview:
    present = [_presence(column) for column in batch.columns]
    parts: list[Part]
    if any(mask is not None for mask in present):
        whole = np.ones(batch.num_rows, dtype=bool)
        nulls = ~np.stack([whole if mask is None else mask for mask in present], axis=1)
        bits = np.packbits(nulls, axis=1, bitorder="little")
        parts = [np.uint8(_NBC_ROW), *(np.ascontiguousarray(bits[:, at]) for at in range(bits.shape[1]))]
    else:
        parts = [np.uint8(_ROW)]
    for array, column, mask in zip(batch.columns, columns, present, strict=True):
        if array.null_count == len(array):
            continue
        made = _encoder(column.type)(array, column.type)
        parts += (
            made if mask is None else [_leave_out(_as_bytes(group, batch.num_rows), mask) for group in _group(made)]
        )
    return _join(parts, batch.num_rows)


def _presence(array: pa.Array) -> Array | None:
    """Which values are not NULL; None where all are there."""
    return array.is_valid().to_numpy(zero_copy_only=False) if array.null_count else None


# --- Joining ---


def _group(parts: Sequence[Part]) -> Iterator[list[Part] | pa.Array]:
    """Neighbouring numbers together, bytes alone."""
    fixed: list[Part] = []
    for part in parts:
        if isinstance(part, (np.ndarray, np.generic)):
            fixed.append(part)
            continue
        if fixed:
            yield fixed
            fixed = []
        yield part
    if fixed:
        yield fixed


def _lay_out(parts: Sequence[Part], rows: int) -> Array:
    """Numbers side by side, without gaps: one record a row."""
    layout = np.dtype([(f"f{at}", part.dtype) for at, part in enumerate(parts)])
    records = np.empty(rows, dtype=layout)
    for at, part in enumerate(parts):
        records[f"f{at}"] = part
    return records


def _as_bytes(group: list[Part] | pa.Array, rows: int) -> pa.Array:
    import pyarrow as pa

    if not isinstance(group, list):
        return group
    records = _lay_out(group, rows)
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(records.itemsize)
    return pa.Array.from_buffers(pa.binary(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(records.tobytes())])


def _leave_out(array: pa.Array, present: Array) -> pa.Array:
    """The same bytes, NULL where the value is."""
    import pyarrow as pa

    if array.null_count:
        present = present & array.is_valid().to_numpy(zero_copy_only=False)
    bits = pa.py_buffer(np.packbits(present, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.binary(), len(array), [bits, *array.buffers()[1:]])


def _join(parts: Sequence[Part], rows: int = 1) -> memoryview:
    groups = list(_group(parts))
    if len(groups) == 1 and isinstance(groups[0], list):
        return memoryview(_lay_out(groups[0], rows).tobytes())
    import pyarrow.compute as pc

    joined = pc.binary_join_element_wise(
        *(_as_bytes(group, rows) for group in groups), b"", null_handling="replace", null_replacement=b""
    )
    _, offsets, data = joined.buffers()
    end = int(np.frombuffer(offsets, dtype=np.int32)[len(joined)])
    return memoryview(data)[:end]


# --- Columns ---

Encoder = Callable[["pa.Array", SqlType], list[Part]]


def _numbers(array: pa.Array, dtype: str) -> Array:
    """The values of an array of numbers, zero where NULL."""
    import pyarrow as pa

    width = np.dtype(dtype).itemsize
    _, data = array.buffers()
    if pa.types.is_boolean(array.type):
        bits: Array = array.cast(pa.uint8()).fill_null(0).to_numpy(zero_copy_only=False)
        return bits
    return np.frombuffer(data, dtype=dtype, count=len(array), offset=array.offset * width)


def _plain(dtype: str) -> Encoder:
    size = np.uint8(np.dtype(dtype).itemsize)
    return lambda array, _kind: [size, _numbers(array, dtype)]


def _encode_decimal(array: pa.Array, kind: SqlType) -> list[Part]:
    """Sign, then the magnitude (2.2.5.5.1.6), of which Arrow has 16 bytes in two's complement."""
    halves = _numbers(array, "V16").view("<u8").reshape(-1, 2)
    low, high = halves[:, 0], halves[:, 1]
    negative = high >= np.uint64(1 << 63)
    low, high = (
        np.where(negative, ~low + np.uint64(1), low),
        np.where(negative, ~high + (low == 0).astype(np.uint64), high),
    )
    size = decimal_size(kind.precision or 18)
    parts: list[Part] = [np.uint8(size), (~negative).astype(np.uint8)]
    whole = {5: ["<u4"], 9: ["<u8"], 13: ["<u8", "<u4"], 17: ["<u8", "<u8"]}[size]
    return parts + [half.astype(dtype) for half, dtype in zip((low, high), whole, strict=False)]


def _encode_money(array: pa.Array, _kind: SqlType) -> list[Part]:
    """Ten-thousandths in two halves, the higher first."""
    values = _numbers(array, "V16").view("<i8").reshape(-1, 2)[:, 0]
    return [np.uint8(8), (values >> 32).astype("<i4"), values.astype("<u4")]


def _encode_smallmoney(array: pa.Array, _kind: SqlType) -> list[Part]:
    return [np.uint8(4), _numbers(array, "V16").view("<i8").reshape(-1, 2)[:, 0].astype("<i4")]


def _days(days: Array) -> list[Part]:
    """Days since 0001-01-01 in three bytes."""
    whole = days.astype(np.uint32)
    return [whole.astype("<u2"), (whole >> 16).astype(np.uint8)]


def _time(microseconds: Array, scale: int) -> list[Part]:
    """Time of day in units of 10^-scale seconds, in three to five bytes."""
    units = microseconds * 10 ** (scale - 6) if scale > 6 else microseconds // 10 ** (6 - scale)
    if scale <= 2:
        return [units.astype("<u2"), (units >> 16).astype(np.uint8)]
    return [units.astype("<u4")] if scale <= 4 else [units.astype("<u4"), (units >> 32).astype(np.uint8)]


def _time_size(scale: int) -> int:
    return 3 if scale <= 2 else 4 if scale <= 4 else 5


def _encode_date(array: pa.Array, _kind: SqlType) -> list[Part]:
    return [np.uint8(3), *_days(_numbers(array, "<i4") + _DAYS_BEFORE_1970)]


def _encode_time(array: pa.Array, kind: SqlType) -> list[Part]:
    scale = _scale(kind)
    return [np.uint8(_time_size(scale)), *_time(_numbers(array, "<i8"), scale)]


def _encode_datetime2(array: pa.Array, kind: SqlType) -> list[Part]:
    scale = _scale(kind)
    days, time = np.divmod(_numbers(array, "<i8"), _DAY)
    return [np.uint8(_time_size(scale) + 3), *_time(time, scale), *_days(days + _DAYS_BEFORE_1970)]


def _encode_datetime(array: pa.Array, _kind: SqlType) -> list[Part]:
    """Days since 1900-01-01, and ticks of a 300th of a second, to which the value is rounded already."""
    days, time = np.divmod(_numbers(array, "<i8"), _DAY)
    ticks = (time * 3 + 5_000) // 10_000
    return [np.uint8(8), (days + _DAYS_1900_TO_1970).astype("<i4"), ticks.astype("<u4")]


def _encode_smalldatetime(array: pa.Array, _kind: SqlType) -> list[Part]:
    days, time = np.divmod(_numbers(array, "<i8"), _DAY)
    return [np.uint8(4), (days + _DAYS_1900_TO_1970).astype("<u2"), (time // (60 * _MICROSECONDS)).astype("<u2")]


_GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, *range(8, 16)]
"""The first three fields of a GUID are integers, the lowest byte first."""


def _encode_guid(array: pa.Array, _kind: SqlType) -> list[Part]:
    """From DuckDB's text of 36 characters."""
    text = np.zeros((len(array), 36), dtype=np.uint8)
    offsets, data = _bytes_of(array)
    text[np.diff(offsets) == 36] = data.reshape(-1, 36)
    digits = np.delete(text, [8, 13, 18, 23], axis=1)
    values = np.where(digits >= ord("a"), digits - (ord("a") - 10), digits - ord("0")) & 0x0F
    packed = (values[:, 0::2] << 4 | values[:, 1::2])[:, _GUID_ORDER]
    return [np.uint8(16), np.ascontiguousarray(packed).view("V16").reshape(-1)]


def _bytes_of(array: pa.Array) -> tuple[Array, Array]:
    """Offsets, from 0, and bytes of an array of texts or bytes. A NULL has none, or bytes that nobody reads."""
    import pyarrow as pa

    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    dtype = np.dtype(np.int64 if wide else np.int32)
    _, where, data = array.buffers()
    offsets = np.frombuffer(where, dtype=dtype, count=len(array) + 1, offset=array.offset * dtype.itemsize)
    first, last = int(offsets[0]), int(offsets[-1])
    held = np.frombuffer(data, dtype=np.uint8)[first:last] if data is not None else np.empty(0, dtype=np.uint8)
    return offsets - first, held


def _encode_bytes(array: pa.Array, kind: SqlType) -> list[Part]:
    """Text in UTF-16 or its code page, and bytes, behind their length; (max) in one chunk (2.2.5.2.3)."""
    import pyarrow as pa

    offsets, data = _bytes_of(array)
    if kind.is_text:
        offsets, data = _transcode(offsets, data, kind.is_national)
    sizes = np.diff(offsets)
    content = pa.Array.from_buffers(
        pa.binary(), len(array), [None, pa.py_buffer(offsets.astype(np.int32).tobytes()), pa.py_buffer(data)]
    )
    if kind.length != MAX:
        return [sizes.astype("<u2"), content]
    # An empty value has no chunk: the four bytes that would be its length end it.
    end = _leave_out(_as_bytes([np.zeros(len(array), dtype="<u4")], len(array)), sizes > 0)
    return [sizes.astype("<u8"), sizes.astype("<u4"), content, end]


def _transcode(offsets: Array, data: Array, is_national: bool) -> tuple[Array, Array]:
    """UTF-8 as UTF-16 or the code page, the whole column at once."""
    if not len(data) or int(data.max()) < 128:
        if not is_national:
            return offsets, data
        wide = np.zeros(2 * len(data), dtype=np.uint8)
        wide[0::2] = data
        return 2 * offsets, wide
    # One unit for each byte that begins a character, in UTF-16 one more for those of four bytes.
    units = ((data & 0xC0) != 0x80).astype(np.int64)
    if is_national:
        units += data >= 0xF0
    counted = np.concatenate(([0], np.cumsum(units)))[offsets]
    text = data.tobytes().decode("utf-8")
    if is_national:
        return 2 * counted, np.frombuffer(text.encode("utf-16-le"), dtype=np.uint8)
    return counted, np.frombuffer(text.encode(CODE_PAGE, "replace"), dtype=np.uint8)


def _scale(kind: SqlType) -> int:
    return 7 if kind.scale is None else kind.scale


_ENCODERS: Mapping[str, Encoder] = {
    "bit": _plain("u1"),
    "tinyint": _plain("u1"),
    "smallint": _plain("<i2"),
    "int": _plain("<i4"),
    "bigint": _plain("<i8"),
    "real": _plain("<f4"),
    "float": _plain("<f8"),
    "decimal": _encode_decimal,
    "money": _encode_money,
    "smallmoney": _encode_smallmoney,
    "date": _encode_date,
    "time": _encode_time,
    "datetime": _encode_datetime,
    "datetime2": _encode_datetime2,
    "smalldatetime": _encode_smalldatetime,
    "uniqueidentifier": _encode_guid,
}


def _encoder(kind: SqlType) -> Encoder:
    return _ENCODERS.get(kind.base, _encode_bytes)
