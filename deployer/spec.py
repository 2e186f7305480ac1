"""`Spec`: one YAML file in git that says what is deployed, from where, into what. `read_spec` reads it.

Every problem is reported, and all of them at once, with the line, the value, what was expected and the nearest name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError
from pydantic_core import ErrorDetails

from deployer.names import ObjectName, SqlTypeName, name_problem, nearest, parse_name, parse_type, shorten
from deployer.target import limit_names
from deployer.yaml_file import Place, read_yaml

# --- The spec --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NullPolicy:
    """What becomes of a NULL on its way into an input. `value` is set for `use` only.

    `keep` hands it to the engine (ONNX has NaN for floats and nothing for the rest), `refuse` stops before scoring,
    `skip row` leaves the row out, `use` puts a value in its place.
    """

    kind: Literal["keep", "refuse", "skip row", "use"]
    value: int | float | str | None = None


def _parse_nulls(value: object) -> NullPolicy:
    match value:
        case NullPolicy():
            return value
        case "keep" | "refuse" | "skip row":
            return NullPolicy(value)
        case {"use": int() | float() | str() as use, **rest} if not rest and not isinstance(use, bool):
            return NullPolicy("use", use)
    raise ValueError(f"{shorten(value)} is no way to treat NULL; expected keep, refuse, skip row or {{use: VALUE}}")


def _check_name(name: str) -> str:
    if problem := name_problem(name):
        raise ValueError(f"name {shorten(name)} {problem}")
    return name


def _check_distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    folded = [name.casefold() for name in names]
    for name in names:
        if folded.count(name.casefold()) > 1:
            raise ValueError(f"{name!r} is named twice (T-SQL does not mind case)")
    return names


def _check_limit(name: str) -> str:
    if name not in limit_names():
        raise ValueError(f"unknown limit {name!r}{nearest(name, limit_names())}")
    return name


def _parse_table(value: object) -> ObjectName:
    if isinstance(value, ObjectName):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{shorten(value)} is not a name; expected table, schema.table or [schema].[table]")  # noqa: TRY004 - pydantic collects ValueError
    return parse_name(value)


def _parse_type(value: object) -> SqlTypeName:
    return value if isinstance(value, SqlTypeName) else parse_type(value if isinstance(value, str) else repr(value))


ColumnName = Annotated[str, AfterValidator(_check_name)]
Names = Annotated[
    tuple[ColumnName, ...],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
    AfterValidator(_check_distinct),
]
TableName = Annotated[ObjectName, PlainValidator(_parse_table)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ColumnSpec(_Part):
    """What is said of one input: the table's column, the way of a NULL, the type that it is cast to."""

    column: ColumnName | None = Field(None, alias="from")
    nulls: Annotated[NullPolicy | None, PlainValidator(_parse_nulls)] = None
    type: Annotated[SqlTypeName | None, PlainValidator(_parse_type)] = None


class OutputSpec(_Part):
    """What is said of one output: its name in the result and the type that it is read as."""

    name: ColumnName | None = Field(None, alias="as")
    type: Annotated[SqlTypeName | None, PlainValidator(_parse_type)] = None


class ViewSpec(_Part):
    """A view that scores every row of the data."""

    view: TableName


class Tolerance(_Part):
    """How far a score may be off: |expected - score| <= absolute + relative * |expected|."""

    absolute: float = Field(0.0, ge=0, allow_inf_nan=False)
    relative: float = Field(0.0, ge=0, allow_inf_nan=False)


class Spec(_Part):
    """What is deployed. `model` and `target` are as `read_model` and `get_target` take them."""

    model: str = Field(min_length=1)
    target: str = Field(min_length=1)
    models_table: TableName
    data: TableName
    """The table or view whose rows are scored."""
    table_file: str | None = Field(None, alias="schema", min_length=1)
    """A file that says what the data looks like, for work without a connection (`deployer.table_file`)."""
    key: Names = Field(min_length=1)
    """Columns of the data that tell rows apart; they stand in every result."""
    columns: Mapping[str, ColumnSpec] = Field(default_factory=dict)
    """By the name of the input; an input that is not listed takes the column of its own name."""
    outputs: Mapping[str, OutputSpec] = Field(default_factory=dict)
    """By the name of the output; all that a row can return where none is listed."""
    statements: Annotated[
        tuple[ViewSpec, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)
    ] = ()
    tolerance: Tolerance = Tolerance()
    name: str | None = Field(None, min_length=1)
    """Name and version in the models table, in place of the model's own: a plain file has none."""
    version: int | None = Field(None, ge=0, le=2**31 - 1)
    limits: Mapping[Annotated[str, AfterValidator(_check_limit)], Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict
    )
    """Limits of the target that the user knows better."""
    wide: Names = ()
    """Columns of a wide input, in the order of the features, where neither signature nor metadata names them."""


# --- Reading ---------------------------------------------------------------------------------------------------------


def read_spec(path: str | Path) -> Spec:
    """The spec in a YAML file. Relative paths in it start at the file's folder.

    Raises `SpecError` for a file that cannot be read and, in one message with a line for each, for all that is wrong.
    """
    file = read_yaml(Path(path))
    try:
        spec = Spec.model_validate({} if file.value is None else file.value)
    except ValidationError as error:
        raise file.refuse((file.line(entry["loc"]), _describe(entry)) for entry in error.errors()) from None
    if file.problems:
        raise file.refuse(())
    files = {"model": _from_folder(spec.model, file.path.parent)}
    if spec.table_file is not None:
        files["table_file"] = str(file.path.parent / spec.table_file)
    return spec.model_copy(update=files)


def _from_folder(model: str, folder: Path) -> str:
    # A scheme has two letters or more: `C:` is a drive.
    return model if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", model) else str(folder / model)


# --- Messages --------------------------------------------------------------------------------------------------------

_EXPECTED: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "mapping_type": "keys and values",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
}


def _part(place: Place) -> type[_Part]:
    """The model that a place is validated by."""
    match place:
        case ("columns", _, *_):
            return ColumnSpec
        case ("outputs", _, *_):
            return OutputSpec
        case ("statements", *_):
            return ViewSpec
        case ("tolerance", *_):
            return Tolerance
    return Spec


def _describe(error: ErrorDetails) -> str:
    """One of pydantic's errors in the words used everywhere here."""
    place, kind, value = error["loc"], error["type"], error["input"]
    where = ".".join(str(entry) for entry in place if entry != "[key]") or "the file"
    context = error.get("ctx", {})
    if kind == "missing":
        return f"key {where!r} is missing"
    if kind == "extra_forbidden":
        part = _part(place[:-1])
        names = [entry.alias or name for name, entry in part.model_fields.items()]
        return f"unknown key {where!r}{nearest(str(place[-1]), names)}"
    if kind == "value_error":
        return f"{where}: {context['error']}"
    if kind in {"too_short", "string_too_short"}:
        return f"{where} is empty"
    if kind in _EXPECTED:
        return f"{where}: expected {_EXPECTED[kind]}, found {shorten(value)}"
    message = error["msg"]
    return f"{where}: {shorten(value)}: {message[:1].lower()}{message[1:]}"
