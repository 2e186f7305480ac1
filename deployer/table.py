"""`Table`: what a table or view looks like, as far as it matters to a model that reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as INFORMATION_SCHEMA.COLUMNS tells it; `type` is empty where nothing is known of it.

    `length` is in characters, -1 for `(max)`, None for what is no text. `precision` and `scale` are those of `decimal`
    and `numeric`, None for all others.
    """

    name: str
    type: str
    length: int | None = None
    nullable: bool = True
    precision: int | None = None
    scale: int | None = None

    @property
    def sql(self) -> str:
        """The type as it is written: `decimal(10, 2)`, `varchar(max)`, `real`."""
        if self.precision is not None and self.type in {"decimal", "numeric"}:
            return f"{self.type}({self.precision}, {self.scale or 0})"
        if self.length is None:
            return self.type
        return f"{self.type}({'max' if self.length == -1 else self.length})"


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view and its columns, in their order."""

    name: str
    columns: tuple[TableColumn, ...]
