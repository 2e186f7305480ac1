"""`Model`: the bytes of one ONNX model, and what is read from them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from deployer.errors import ModelError

if TYPE_CHECKING:
    import onnx
    from google.protobuf.message import Message

Dimension = int | str | None
"""One axis of a shape: a fixed length, the name of a free one, or None where nothing is said."""


@dataclass(frozen=True, slots=True)
class Column:
    """One input or output of a graph.

    `type` is ONNX's element type in lower case (`float`, `double`, `int64`, `string`, …), or the whole type as ONNX
    writes it where the value is no tensor (`seq(map(int64, tensor(float)))`). `shape` is None where the graph gives
    no shape at all, and `()` for a scalar.
    """

    name: str
    type: str
    shape: tuple[Dimension, ...] | None

    @property
    def is_tensor(self) -> bool:
        return "(" not in self.type

    @property
    def rows(self) -> Dimension:
        """The first dimension: a number where it is fixed, 1 for a scalar."""
        if self.shape is None:
            return None
        return self.shape[0] if self.shape else 1

    @property
    def width(self) -> int | None:
        """Values in one row: 1 for `[N]` and `[N, 1]`, k for `[N, k]`; None where the graph does not say."""
        if self.shape is None:
            return None
        width = 1
        for length in self.shape[1:]:
            if not isinstance(length, int):
                return None
            width *= length
        return width

    def __str__(self) -> str:
        if self.shape is None:
            return self.type
        return f"{self.type}[{', '.join('?' if d is None else str(d) for d in self.shape)}]"


@dataclass(frozen=True, slots=True)
class SignatureField:
    """One column of an MLflow signature: `type` in MLflow's words (`double`, `long`, `string`, …).

    `shape` is None for a plain column and the tensor's shape, with -1 for the batch, for a tensor.
    """

    name: str | None
    type: str
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """The names and types that MLflow recorded. The graph is the truth for types; the signature has the names."""

    inputs: tuple[SignatureField, ...] = ()
    outputs: tuple[SignatureField, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """The input example that MLflow keeps beside a model. Without `columns`, values stand in the graph's order."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    problem: str = ""
    """Why it could not be read."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a model came from. `uri` is what was asked for; the rest is empty for a plain file."""

    uri: str = ""
    run_id: str = ""
    flavor: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    fixes: tuple[str, ...] = ()
    """Names of the rules whose fixes made these bytes, in order; empty for the bytes as they were read."""


@dataclass(frozen=True)
class Model:
    """One ONNX model, immutable. `content` is the truth: the same bytes are checked, hashed, stored and scored."""

    name: str
    version: int
    content: bytes = field(repr=False)
    signature: Signature | None = field(default=None, hash=False)
    origin: Origin = field(default_factory=Origin, hash=False)
    example: Example | None = field(default=None, hash=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of `content`, 64 hexadecimal digits in lower case. Answers "changed?" and "already there?"."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def proto(self) -> onnx.ModelProto:
        """`content` parsed, once. To be read only: a fix works on its own copy (`edit`).

        Raises `ModelError` where the bytes are not an ONNX model with a graph.
        """
        return parse_proto(self.content)

    @cached_property
    def inputs(self) -> tuple[Column, ...]:
        """What a caller must feed: the graph's inputs without those that an initializer fills."""
        filled = {tensor.name for tensor in self.proto.graph.initializer}
        return tuple(_column(value) for value in self.proto.graph.input if value.name not in filled)

    @cached_property
    def outputs(self) -> tuple[Column, ...]:
        return tuple(_column(value) for value in self.proto.graph.output)

    @cached_property
    def opsets(self) -> Mapping[str, int]:
        """Domain to version as the model states it; `""` and `"ai.onnx"` are two spellings of one domain."""
        return {entry.domain: entry.version for entry in self.proto.opset_import}

    def describe_as(
        self, *, name: str | None = None, version: int | None = None, origin: Origin | None = None
    ) -> Model:
        """The same bytes under another name, version or origin. What is parsed already is not parsed again."""
        changed = replace(
            self,
            name=self.name if name is None else name,
            version=self.version if version is None else version,
            origin=origin or self.origin,
        )
        if "proto" in self.__dict__:
            changed.__dict__["proto"] = self.proto
        return changed

    def edit(self) -> onnx.ModelProto:
        """A copy of the parsed model that may be changed; `with_proto` makes a model of it again."""
        import onnx

        copy = onnx.ModelProto()
        copy.CopyFrom(self.proto)
        return copy

    def with_proto(self, proto: onnx.ModelProto) -> Model:
        """The same model with other bytes. Serialization is deterministic: the same graph gives the same bytes."""
        return replace(self, content=proto.SerializeToString(deterministic=True))


def parse_proto(content: bytes) -> onnx.ModelProto:
    """Bytes to a `ModelProto` that has a graph; `ModelError` for anything else."""
    import onnx
    from google.protobuf.message import DecodeError

    if not content:
        raise ModelError("the model is empty (0 bytes)", hint="export it again; an ONNX model has at least a graph")
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(content)
    except DecodeError as error:
        raise ModelError(
            f"{len(content):,} bytes do not parse as ONNX: not a model, or cut off",
            hint="copy or export the file again, in binary mode",
        ) from error
    if not proto.HasField("graph") or not proto.graph.output:
        raise ModelError(
            f"{len(content):,} bytes parse, but hold no ONNX graph with an output: not a model, or cut off",
            hint="copy or export the file again, in binary mode",
        )
    if not _is_text(proto):
        raise ModelError(
            f"{len(content):,} bytes parse as ONNX, but a name in them is not UTF-8: damaged",
            hint="copy or export the file again, in binary mode",
        )
    return proto


def _is_text(message: Message) -> bool:
    """Whether all names are text: protobuf gives those that are not UTF-8 as bytes, over which any code stumbles."""
    from google.protobuf.message import Message
    from onnx import TensorProto

    if isinstance(message, TensorProto):
        # ListFields would copy its bytes, which are most of the model.
        return not any(isinstance(text, bytes) for text in (message.name, message.doc_string)) and all(
            map(_is_text, message.external_data)
        )
    for entry, value in message.ListFields():
        if entry.type == entry.TYPE_STRING:
            if bytes in map(type, [value] if isinstance(value, str | bytes) else value):
                return False
        elif entry.type == entry.TYPE_MESSAGE and not all(
            map(_is_text, [value] if isinstance(value, Message) else value)
        ):
            return False
    return True


def _column(value: onnx.ValueInfoProto) -> Column:
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        return Column(value.name, _type_text(value.type), None)
    tensor = value.type.tensor_type
    element = element_name(tensor.elem_type)
    shape = tuple(map(_dimension, tensor.shape.dim)) if tensor.HasField("shape") else None
    return Column(value.name, element, shape)


def _dimension(dim: onnx.TensorShapeProto.Dimension) -> Dimension:
    if dim.HasField("dim_value"):
        # Old exporters write 0 where they mean "not known".
        return dim.dim_value or None
    return dim.dim_param or None


def element_name(number: int) -> str:
    """ONNX's word for an element type; `undefined` too for a number that it has no word for."""
    import onnx

    known = number in onnx.TensorProto.DataType.values()
    return str(onnx.TensorProto.DataType.Name(number)).lower() if known else "undefined"


def _type_text(proto: onnx.TypeProto) -> str:
    match proto.WhichOneof("value"):
        case "tensor_type":
            return f"tensor({element_name(proto.tensor_type.elem_type)})"
        case "sequence_type":
            return f"seq({_type_text(proto.sequence_type.elem_type)})"
        case "map_type":
            return f"map({element_name(proto.map_type.key_type)}, {_type_text(proto.map_type.value_type)})"
        case "optional_type":
            return f"optional({_type_text(proto.optional_type.elem_type)})"
        case "sparse_tensor_type":
            return f"sparse_tensor({element_name(proto.sparse_tensor_type.elem_type)})"
        case _:
            return "unknown()"
