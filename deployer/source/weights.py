"""Weights that ONNX keeps in other files ("external data"), brought inside of the one value that a database stores.

onnx's own loader is not used: it reads what the model says before anybody could check sizes and paths.
"""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deployer.errors import SourceError
from deployer.model import Model
from deployer.names import shorten
from deployer.source.folder import MODEL_BYTES, Folder, check_inside

if TYPE_CHECKING:
    import onnx
    from google.protobuf.message import Message

_PACKED_BITS = {"INT4": 4, "UINT4": 4, "FLOAT4E2M1": 4, "INT2": 2, "UINT2": 2}
"""Types of which ONNX packs several in one byte (onnx.proto: TensorProto.raw_data)."""

_TENSOR_OVERHEAD = 16
"""Bytes at most that bytes inside of the file take beyond themselves: field tags and lengths of each message around."""


class _Piece(NamedTuple):
    tensor: onnx.TensorProto
    file: Path
    offset: int
    length: int


def inline_weights(model: Model, folder: Folder, file: str) -> Model:
    """The model with the bytes of all its external tensors inside; the model itself where it has none.

    `file` is the model's own path in `folder`; tensors name theirs from where it lies. Raises `SourceError` where a
    file is not there, is too short or lies outside, or where the whole would reach protobuf's 2 GiB.
    """
    if not any(_external_tensors(model.proto)):
        return model
    proto = model.edit()
    pieces = [_locate(tensor, folder, posixpath.dirname(file)) for tensor in _external_tensors(proto)]
    total = len(model.content) + sum(piece.length + _TENSOR_OVERHEAD for piece in pieces)
    if total > MODEL_BYTES:
        raise SourceError(
            f"the model in {folder.where} takes {total:,} bytes with its weights; one ONNX file holds {MODEL_BYTES:,}",
            hint="store the weights in a smaller type (float16, int8), or prune the model",
        )
    for tensor, source, offset, length in pieces:
        with source.open("rb") as stream:
            stream.seek(offset)
            tensor.raw_data = stream.read(length)
        if len(tensor.raw_data) != length:
            raise SourceError(f"{source.name!r} in {folder.where} became shorter while it was read", hint="read again")
        tensor.ClearField("external_data")
        tensor.ClearField("data_location")
    return model.with_proto(proto)


def _external_tensors(message: Message) -> Iterator[onnx.TensorProto]:
    """Wherever a tensor can stand: initializers, sparse ones, attributes, inner graphs, functions, training graphs."""
    import onnx

    if isinstance(message, onnx.TensorProto):
        if message.data_location == onnx.TensorProto.EXTERNAL:
            yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for inner in (value,) if hasattr(value, "ListFields") else value:
            yield from _external_tensors(inner)


def _locate(tensor: onnx.TensorProto, folder: Folder, base: str) -> _Piece:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    what = f"tensor {shorten(tensor.name)}"
    location = entries.get("location", "")
    check_inside(location, f"{what} of {folder.where}")
    expected = _count_bytes(tensor, what)
    offset = _read_number(entries.get("offset", "0"), f"offset of {what}")
    length = _read_number(entries.get("length", str(expected)), f"length of {what}")
    if length != expected:
        raise SourceError(
            f"{what} says that it takes {length:,} bytes; its shape {list(tensor.dims)} takes {expected:,}",
            hint="save the model again; its file and its weights do not belong together",
        )
    source = folder.fetch(posixpath.join(base, location))
    size = source.stat().st_size
    if offset + length > size:
        raise SourceError(
            f"{what} ends at byte {offset + length:,} of {location!r}, which has {size:,}: cut off",
            hint=f"copy {location!r} again, or save the model again",
        )
    return _Piece(tensor, source, offset, length)


def _count_bytes(tensor: onnx.TensorProto, what: str) -> int:
    """Bytes that a tensor's type and shape take."""
    import onnx

    try:
        kind = onnx.TensorProto.DataType.Name(tensor.data_type)
        bits: int = _PACKED_BITS.get(kind) or onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize * 8
    except (KeyError, TypeError, ValueError):
        raise SourceError(f"{what} has an unknown type, number {tensor.data_type}", hint="upgrade onnx") from None
    if kind == "STRING" or any(length < 0 for length in tensor.dims):
        raise SourceError(
            f"{what}, {kind.lower()} of shape {list(tensor.dims)}, cannot lie in another file", hint="save it again"
        )
    count: int = math.prod(tensor.dims)
    return (count * bits + 7) // 8


def _read_number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise SourceError(f"{what} is {shorten(text)}, not a number of bytes", hint="save the model again")
    return int(text)
