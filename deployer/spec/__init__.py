"""`Spec`: one YAML file in git that says what is deployed, from where, into what. `read_spec` reads it.

Every problem is reported, and all of them at once, with the line, the value, what was expected and the nearest name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails

from deployer.names import ObjectName, beside, nearest, shorten
from deployer.spec.parts import (
    Alias,
    ColumnName,
    Distribution,
    Index,
    Names,
    NullPolicy,
    OptionalName,
    OptionalNulls,
    OptionalType,
    Part,
    TableName,
    as_tuple,
    check_limit,
)
from deployer.spec.statements import (
    KINDS,
    Mode,
    ParameterSpec,
    ProcedureSpec,
    SampleSpec,
    StatementSpec,
    TableSpec,
    ViewSpec,
)
from deployer.yaml_file import Place, read_yaml

__all__ = [
    "ColumnSpec",
    "Distribution",
    "Index",
    "Mode",
    "NullPolicy",
    "OutputSpec",
    "ParameterSpec",
    "ProcedureSpec",
    "Roles",
    "SampleSpec",
    "Spec",
    "TableSpec",
    "Tolerance",
    "ViewSpec",
    "read_spec",
]

# --- The spec --------------------------------------------------------------------------------------------------------


class ColumnSpec(Part):
    """What is said of one input: the table's column, the way of a NULL, the type that it is cast to."""

    column: ColumnName | None = Field(None, alias="from")
    nulls: OptionalNulls = None
    type: OptionalType = None


class OutputSpec(Part):
    """What is said of one output: its name in the result and the type that it is read as."""

    name: ColumnName | None = Field(None, alias="as")
    type: OptionalType = None


class Tolerance(Part):
    """How far a score may be off: |expected - score| <= absolute + relative * |expected|."""

    absolute: float = Field(0.0, ge=0, allow_inf_nan=False)
    relative: float = Field(0.0, ge=0, allow_inf_nan=False)


class Roles(Part):
    """Database roles that get the rights of those who deploy, who run the scoring, and who read scores."""

    deploy: ColumnName | None = None
    score: ColumnName | None = None
    read: ColumnName | None = None


class Spec(Part):
    """What is deployed. `model` and `target` are as `read_model` and `get_target` take them."""

    model: str = Field(min_length=1)
    target: str = Field(min_length=1)
    models_table: TableName
    alias: Alias | None = None
    """What views and procedures score with: the version that this alias stands for when they run, so that promoting
    another is one small step. Without it they name the version.
    """
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
    statements: Annotated[tuple[StatementSpec, ...], BeforeValidator(as_tuple)] = ()
    """What scores in the database."""
    log: OptionalName = None
    """The table that keeps what each run into a table scored; `scoring_log` beside the models table without a word."""
    roles: Roles = Roles()
    tolerance: Tolerance = Tolerance()
    name: str | None = Field(None, min_length=1)
    """Name and version in the models table, in place of the model's own: a plain file has none."""
    version: int | None = Field(None, ge=0, le=2**31 - 1)
    limits: Mapping[Annotated[str, AfterValidator(check_limit)], Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict
    )
    """Limits of the target that the user knows better."""
    wide: Names = ()
    """Columns of a wide input, in the order of the features, where neither signature nor metadata names them."""

    @property
    def log_table(self) -> ObjectName:
        return self.log or ObjectName(self.models_table.schema, "scoring_log")

    @property
    def before_table(self) -> ObjectName:
        """What keeps what stood in the place of each object before a version was deployed."""
        return beside(self.models_table, "_before")


# --- Reading ---------------------------------------------------------------------------------------------------------


def read_spec(path: str | Path) -> Spec:
    """The spec in a YAML file. Relative paths in it start at the file's folder.

    Raises `SpecError` for a file that cannot be read and, in one message with a line for each, for all that is wrong.
    """
    file = read_yaml(Path(path))
    try:
        spec = Spec.model_validate({} if file.value is None else file.value)
    except ValidationError as error:
        raise file.refuse((file.line(_place(entry)), _describe(entry)) for entry in error.errors()) from None
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


def _place(error: ErrorDetails) -> Place:
    """Where the error is in the file: pydantic adds the kind of a statement, which is no key there."""
    place = error["loc"]
    return (*place[:2], *place[3:]) if place[:1] == ("statements",) else place


def _part(place: Place) -> type[Part]:
    """The model that a place is validated by."""
    match place:
        case ("columns", _, *_):
            return ColumnSpec
        case ("outputs", _, *_):
            return OutputSpec
        case ("statements", _, "parameters", *_):
            return ParameterSpec
        case ("tolerance", *_):
            return Tolerance
        case ("roles", *_):
            return Roles
    return Spec


def _describe(error: ErrorDetails) -> str:
    """One of pydantic's errors in the words used everywhere here."""
    place, kind, value = _place(error), error["type"], error["input"]
    where = ".".join(str(entry) for entry in place if entry != "[key]") or "the file"
    context = error.get("ctx", {})
    if kind == "missing":
        return f"key {where!r} is missing"
    if kind == "extra_forbidden":
        part = KINDS[str(error["loc"][2])] if place[:1] == ("statements",) and len(place) == 3 else _part(place[:-1])
        if part in KINDS.values() and place[-1] in KINDS:
            return f"{where!r} is a statement of its own; let it begin an entry: - {place[-1]}: NAME"
        return f"unknown key {where!r}{nearest(str(place[-1]), part.keys())}"
    if kind == "union_tag_not_found":
        keys = list(value) if isinstance(value, Mapping) else []
        near = nearest(str(keys[0]), KINDS) if keys else f"; one of: {', '.join(KINDS)}"
        return f"{where}: {shorten(value)} is no statement{near}"
    if kind == "literal_error":
        listed = [entry.strip(" '") for entry in re.split(r",| or ", context["expected"])]
        return f"{where}: {shorten(value)} is not known{nearest(str(value), listed)}"
    if kind == "value_error":
        return f"{where}: {context['error']}"
    if kind in {"too_short", "string_too_short"}:
        return f"{where} is empty"
    if kind in _EXPECTED:
        return f"{where}: expected {_EXPECTED[kind]}, found {shorten(value)}"
    message = error["msg"]
    return f"{where}: {shorten(value)}: {message[:1].lower()}{message[1:]}"
