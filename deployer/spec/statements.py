"""The spec's `statements`: what scores in the database, one entry each, told apart by its first key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from deployer.names import ObjectName
from deployer.spec.parts import (
    ColumnName,
    Distributed,
    Distribution,
    Index,
    Indexed,
    OptionalColumnType,
    OptionalName,
    ParameterName,
    Part,
    TableName,
)

Mode = Literal["replace", "insert", "merge", "incremental"]
"""What a run does to a table of scores.

`replace`: build the whole table beside it, then swap. `insert`: add rows whose key is not there yet. `merge`: add
those, and write the others again. `incremental`: merge only rows from the highest watermark on.
"""


class ViewSpec(Part):
    """A view that scores every row of the data."""

    view: TableName


class ParameterSpec(Part):
    """A parameter of a procedure that chooses rows, by one column; NULL chooses every row."""

    equals: ColumnName | None = None
    since: ColumnName | None = Field(None, alias="from")
    """Rows whose column has this value or more."""
    before: ColumnName | None = None
    """Rows whose column has less."""
    type: OptionalColumnType = None
    """The column's own where the table is known."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if sum(name is not None for name in (self.equals, self.since, self.before)) != 1:
            raise ValueError("expected one of equals, from and before, with the name of a column")
        return self

    @property
    def column(self) -> str:
        return self.equals or self.since or self.before or ""

    @property
    def operator(self) -> Literal["=", ">=", "<"]:
        return "=" if self.equals is not None else ">=" if self.since is not None else "<"


class _Filled(Part):
    """What procedures and tables share: a table of scores, and how a run fills it."""

    mode: Mode | None = None
    watermark: ColumnName | None = None
    """The column that grows with time, for `incremental`."""
    distribution: Distributed = Distribution()
    index: Indexed = Index()

    @field_validator("watermark")
    @classmethod
    def _check_watermark(cls, value: str, info: ValidationInfo) -> str:
        # A mode that was refused is absent, and has been told.
        if info.data.get("mode", "incremental") != "incremental":
            raise ValueError("only mode: incremental has one")
        return value

    @model_validator(mode="after")
    def _need_watermark(self) -> Self:
        if self.mode == "incremental" and self.watermark is None:
            raise ValueError("mode incremental needs a watermark: the column that grows with time")
        return self


class TableSpec(_Filled):
    """A table of scores, filled when the plan is applied."""

    table: TableName
    mode: Mode = "replace"

    @property
    def filled(self) -> ObjectName:
        return self.table


class ProcedureSpec(_Filled):
    """A procedure that gives the scores as its result, or writes them `into` a table."""

    procedure: TableName
    into: OptionalName = None
    parameters: Mapping[ParameterName, ParameterSpec] = Field(default_factory=dict)
    """By the name of the parameter, without its @."""

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if self.into is None:
            for key in ("mode", "watermark", "distribution", "index"):
                if key in self.model_fields_set:
                    raise ValueError(f"{key} says how a table is filled; name the table: into: TABLE")
        elif self.mode is None:
            raise ValueError("into needs a mode: replace, insert, merge or incremental")
        if self.mode == "incremental" and self.parameters:
            # Rows that a parameter leaves out would lie behind the watermark of those that it takes, for good.
            raise ValueError("mode incremental takes no parameters: the watermark chooses the rows")
        folded = [name.casefold() for name in self.parameters]
        for name in self.parameters:
            if folded.count(name.casefold()) > 1:
                raise ValueError(f"parameter {name!r} is named twice (T-SQL does not mind case)")
        return self

    @property
    def filled(self) -> ObjectName | None:
        return self.into


class SampleSpec(Part):
    """A few rows, any of them, scored when the plan is applied: does it run at all?"""

    sample: int = Field(ge=1, le=10_000)


KINDS: Mapping[str, type[Part]] = {
    "view": ViewSpec,
    "procedure": ProcedureSpec,
    "table": TableSpec,
    "sample": SampleSpec,
}
"""The key that tells an entry's kind."""


def find_kind(entry: Any) -> str | None:
    """The first key of an entry, or the first field of a model, that is a kind."""
    names = entry if isinstance(entry, Mapping) else type(entry).model_fields if isinstance(entry, Part) else ()
    return next((name for name in names if name in KINDS), None)


StatementSpec = Annotated[
    Annotated[ViewSpec, Tag("view")]
    | Annotated[ProcedureSpec, Tag("procedure")]
    | Annotated[TableSpec, Tag("table")]
    | Annotated[SampleSpec, Tag("sample")],
    Discriminator(find_kind),
]
