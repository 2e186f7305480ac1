"""What a plan is made of: statements, in their order, and the ways that scores come out of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deployer.contract import Contract
from deployer.model import Model
from deployer.names import ObjectName
from deployer.plan.placeholders import split_placeholders
from deployer.spec import Spec
from deployer.sql import quote_literal
from deployer.target import Target

Kind = Literal[
    "schema",
    "models table",
    "store",
    "verify",
    "publish",
    "catalog",
    "check",
    "known row",
    "before",
    "log",
    "table",
    "view",
    "procedure",
    "sample",
    "role",
    "query",
]
"""What a statement is about: a bundle makes a section of each kind."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One batch. `sql` has a `?` for each of `parameters`; only a model's bytes are ever a parameter."""

    purpose: str
    sql: str
    parameters: tuple[bytes | str | int, ...] = field(default=(), repr=False)
    kind: Kind = "query"
    creates: ObjectName | None = None
    """The table, view or procedure that is there, in this very form, when the statement has run."""

    @property
    def script(self) -> str:
        """The same with literals in place of `?`, to be run by hand."""
        parts = split_placeholders(self.sql)
        literals = [quote_literal(value) for value in self.parameters]
        return parts[0] + "".join(literal + part for literal, part in zip(literals, parts[1:], strict=True))


@dataclass(frozen=True, slots=True)
class Scoring:
    """One way that scores come out of the database: a view, a procedure or a table of the spec's `statements`.

    `run` makes the scores where reading alone does not: the EXEC of a procedure that writes into a table. `read`
    selects key and outputs, in the order of the key.
    """

    kind: Literal["view", "procedure", "table"]
    name: ObjectName
    read: Statement
    run: Statement | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is run for one model, spec and target.

    `statements` store and publish, in order, and do no harm when run twice. Among them are `store`, which carries the
    model's bytes, `verify`, which reads them back, and `checks`, which are run again before rows are scored. `score`
    selects key and outputs, in the order of the key, and `rows` key and inputs of the same rows, as fed to PREDICT.
    `stored_digest` and `stored_model` ask what the models table has under this version.
    """

    model: Model
    spec: Spec
    target: Target
    contract: Contract
    statements: tuple[Statement, ...]
    store: Statement
    verify: Statement
    checks: tuple[Statement, ...]
    score: Statement
    rows: Statement
    stored_digest: Statement
    stored_model: Statement
    revert: tuple[Statement, ...] = ()
    """What brings back what was there before `statements` ran."""
    scorings: tuple[Scoring, ...] = ()
    """Every view, procedure and table that scores, in the order of the spec."""
    notes: tuple[str, ...] = ()
    """What a reader should know before running it."""
    templates: Path | None = None
    """The user's own templates, which more statements for the same plan are written with."""

    @property
    def model_id(self) -> str:
        """`name:version`, the ID of the row in the models table."""
        return f"{self.model.name}:{self.model.version}"


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a plan did."""

    model_id: str
    stored: bool
    """False where the same bytes were there already, and nothing was stored."""
    statements: int
    """Statements that ran."""
