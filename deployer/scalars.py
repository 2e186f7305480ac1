"""Which table columns fill an input, and which columns an output gives: one truth for everything that is wide.

PREDICT binds one column to one input and returns one column for one output. Exporters write one float tensor of k
columns, a list of maps, or a tensor with one probability a class. The fixes that split these, the scorer that runs
the original model, and the comparison of both must call each part by the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from deployer.errors import FixError
from deployer.model import Column, Model
from deployer.names import NAME_LENGTH

if TYPE_CHECKING:
    import onnx

_MOST_COLUMNS = 1024
"""Columns of a view (learn.microsoft.com: capacity limits of a dedicated SQL pool); no output gives more."""

_METADATA_KEYS = ("feature_names", "columns", "input_columns")
"""Keys of `metadata_props` under which exporters and people leave the columns' names, as JSON or comma-separated."""


def input_columns(model: Model, columns: Sequence[str] = ()) -> Mapping[str, tuple[str, ...]]:
    """For each input the table columns that fill it: its own name, or k names for an input that is k columns wide.

    The names of a wide input come from `columns`, else from the MLflow signature, else from the model's metadata; one
    input may leave open how wide it is, and then takes all names that are left.
    Raises `FixError` where none of them has names, or where there are too few or too many.
    """
    wide = [column for column in model.inputs if column.width != 1]
    named: dict[str, tuple[str, ...]] = {column.name: (column.name,) for column in model.inputs if column.width == 1}
    if not wide:
        return named
    known = sum(column.width or 0 for column in wide)
    names = _wide_names(model, known, _open_input(wide), columns, set(named))
    at = 0
    for column in wide:
        width = len(names) - known if column.width is None else column.width
        named[column.name] = names[at : at + width]
        at += width
    return {column.name: named[column.name] for column in model.inputs}


def _open_input(wide: Sequence[Column]) -> Column | None:
    """The input that does not say how wide it is. Raises `FixError` where names alone cannot say it either."""
    unknown = [column for column in wide if column.width is None]
    if len(unknown) > 1 or any(len(column.shape or ()) != 2 for column in unknown):
        raise FixError(
            f"input {unknown[0].name!r} does not say how many columns wide it is: {unknown[0]}",
            hint="export the model again with the number of its features in the input's shape",
        )
    return unknown[0] if unknown else None


def _wide_names(
    model: Model, wanted: int, open_input: Column | None, columns: Sequence[str], taken: set[str]
) -> tuple[str, ...]:
    """`wanted` distinct names, and at least one more with an input that is open, from the first place that has some."""
    places = {
        "the given columns": tuple(columns),
        "the MLflow signature": _signature_names(model, taken),
        "the model's metadata": _metadata_names(model),
    }
    hint = f"give {wanted} names in the order of the features: --columns a,b,c"
    if open_input is not None:
        hint = "give their names in the order of the features: --columns a,b,c"
    for place, names in places.items():
        if not names:
            continue
        if (open_input is None and len(names) != wanted) or len(names) < wanted + (open_input is not None):
            many = f"{wanted} columns" if open_input is None else f"more than {wanted} columns"
            raise FixError(f"{place}: {len(names)} names for {many} of wide input", hint=hint)
        if not all(names):
            raise FixError(f"{place}: a name is empty", hint=hint)
        seen = {name.casefold() for name in taken}
        for name in names:
            if name.casefold() in seen:
                raise FixError(f"{place}: name {name!r} stands for more than one column (T-SQL minds no case)", hint)
            seen.add(name.casefold())
        return names
    many = f"the {wanted} columns of the wide input" if open_input is None else f"the columns of {open_input.name!r}"
    raise FixError(f"nothing says what {many} are called", hint=hint)


def _signature_names(model: Model, taken: set[str]) -> tuple[str, ...]:
    """The signature's columns, less those that are inputs of their own; empty where it has one nameless tensor."""
    fields = model.signature.inputs if model.signature else ()
    if any(field.name is None or field.shape is not None for field in fields):
        return ()
    return tuple(field.name for field in fields if field.name and field.name not in taken)


def _metadata_names(model: Model) -> tuple[str, ...]:
    import json

    metadata = {entry.key: entry.value for entry in model.proto.metadata_props}
    for key in _METADATA_KEYS:
        text = metadata.get(key, "").strip()
        if not text:
            continue
        try:
            names = json.loads(text)
        except ValueError:
            names = text.split(",")
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return tuple(name.strip() for name in names)
    return ()


def output_columns(model: Model) -> Mapping[str, tuple[str, ...]]:
    """For each output that can be returned the columns it gives: its own name, or one name a class.

    A list of maps (ZipMap) and a tensor of k columns give `output_class` for each class, by the labels found in the
    graph, else by position. Outputs whose number of columns is not known, or more than a view can have, are left out.
    Names are cut to 128 characters and made distinct.
    """
    taken = {column.name for column in (*model.inputs, *model.outputs)}
    named: dict[str, tuple[str, ...]] = {}
    for column in model.outputs:
        if column.width == 1:
            named[column.name] = (column.name,)
            continue
        labels = class_labels(model.proto, column.name)
        if column.is_tensor and len(labels) != column.width:
            labels = tuple(map(str, range(min(column.width or 0, _MOST_COLUMNS + 1))))
        if 0 < len(labels) <= _MOST_COLUMNS:
            named[column.name] = _distinct([f"{column.name}_{label}" for label in labels], taken)
    return named


def _distinct(names: Sequence[str], taken: set[str]) -> tuple[str, ...]:
    """The names, cleaned, cut and told apart; `taken` grows by them. T-SQL minds no case, so neither does this."""
    result = []
    used = {name.lower() for name in taken}
    for name in names:
        # What `deployer.names.name_problem` refuses; a class label may be any text.
        clean = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "_", name).replace("$(", "_(")
        unique, number = _cut(clean, NAME_LENGTH), 2
        while unique.lower() in used:
            suffix = f"_{number}"
            unique, number = _cut(clean, NAME_LENGTH - len(suffix)) + suffix, number + 1
        used.add(unique.lower())
        result.append(unique)
    taken.update(result)
    return tuple(result)


def _cut(text: str, length: int) -> str:
    """The text's first `length` UTF-16 units, or one less where the last is half a character."""
    return text.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore")


def class_labels(proto: onnx.ModelProto, output: str) -> tuple[str, ...]:
    """The class labels of an output, from the classifier or ZipMap that makes it; empty where none is found."""
    producers = {name: node for node in proto.graph.node for name in node.output}
    name = output
    for _ in range(len(proto.graph.node)):
        node = producers.get(name)
        if node is None:
            return ()
        for attribute in node.attribute:
            if attribute.name.startswith("classlabels_"):
                if attribute.strings:
                    return tuple(text.decode("utf-8", "replace") for text in attribute.strings)
                if attribute.ints:
                    return tuple(map(str, attribute.ints))
        if node.op_type not in {"Cast", "Identity", "Normalizer", "ZipMap"}:
            return ()
        name = node.input[0]
    return ()
