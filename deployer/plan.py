"""`make_plan`: every statement that stores a model and scores with it, as text. Nothing is run here.

What is planned is what is run: the same `Statement` objects are printed, written to a bundle, or executed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.contract import Binding, Contract, bind_columns
from deployer.errors import PlanError
from deployer.model import Column, Model
from deployer.names import ObjectName
from deployer.spec import Spec
from deployer.sql import find_templates, make_environment, quote_literal, quote_object, render
from deployer.table import Table
from deployer.target import Target

if TYPE_CHECKING:
    import jinja2

ERROR_ROWS, ERROR_BYTES, ERROR_NULLS = 51_001, 51_002, 51_003
"""What a statement throws: not one row of this version; other bytes under it; NULL where the policy says no.

The dedicated pool wants numbers outside of 100,000-150,000, every server wants 50,000 or more (learn.microsoft.com).
"""

_ID_LENGTH = 1024
"""The wizard's ID and description are nvarchar(1024)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One batch. `sql` has a `?` for each of `parameters`; only a model's bytes are ever a parameter."""

    purpose: str
    sql: str
    parameters: tuple[bytes | str | int, ...] = field(default=(), repr=False)

    @property
    def script(self) -> str:
        """The same with literals in place of `?`, to be run by hand."""
        parts = split_placeholders(self.sql)
        literals = [quote_literal(value) for value in self.parameters]
        return parts[0] + "".join(literal + part for literal, part in zip(literals, parts[1:], strict=True))


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
    notes: tuple[str, ...] = ()
    """What a reader should know before running it."""

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


def make_plan(
    model: Model, spec: Spec, target: Target, table: Table | None = None, templates: Path | None = None
) -> Plan:
    """Plan the statements. The same input gives the same text.

    `table` is what the data looks like (`deployer.database.read_table`); without it, columns are taken to be there.
    `templates` is a folder whose templates are used in place of the project's.
    Raises `ContractError` where columns do not fit, `PlanError` where no statements can be made.
    """
    model = model.describe_as(name=spec.name or None, version=spec.version)
    _refuse_impossible(model, spec, target)
    contract = bind_columns(model, spec, target, table)
    folders = ([templates] if templates else []) + [
        find_templates() / folder for folder in (target.templates, "common")
    ]
    return _Planner(model, spec, target, contract, make_environment(*folders)).plan()


def _refuse_impossible(model: Model, spec: Spec, target: Target) -> None:
    model_id = f"{model.name}:{model.version}"
    if not model.name:
        raise PlanError("the model has no name", hint="give it one in the spec: name: NAME")
    if len(model_id.encode("utf-16-le", "surrogatepass")) // 2 > _ID_LENGTH:
        raise PlanError(
            f"the ID is {len(model_id)} characters long; the limit is {_ID_LENGTH}", hint="shorten the name"
        )
    largest = target.model_bytes.value
    if largest is not None and len(model.content) > largest:
        raise PlanError(
            f"the model has {len(model.content):,} bytes; {target.name} takes {largest:,}",
            hint="make the model smaller",
        )
    used = [spec.models_table, spec.data, *(entry.view for entry in spec.statements)]
    folded = [str(name).casefold() for name in used]
    for name in used:
        if folded.count(str(name).casefold()) > 1:
            raise PlanError(
                f"{str(name)!r} stands for two things in the spec", hint="give each table and view its name"
            )


class _Planner:
    """One plan in the making: the facts that every template gets, and one method a kind of statement."""

    def __init__(
        self, model: Model, spec: Spec, target: Target, contract: Contract, environment: jinja2.Environment
    ) -> None:
        self.model, self.spec, self.target, self.contract = model, spec, target, contract
        self.environment = environment
        self.refused = [binding for binding in contract.bindings if binding.nulls.kind == "refuse"]
        self.facts: dict[str, Any] = {
            "target": target,
            "model": _model_facts(model),
            "contract": contract,
            "skipped": [binding for binding in contract.bindings if binding.nulls.kind == "skip row"],
            "models_table": spec.models_table,
            "quoted_table": quote_object(spec.models_table),
            "data": spec.data,
            "errors": {"rows": ERROR_ROWS, "bytes": ERROR_BYTES, "nulls": ERROR_NULLS},
        }

    def plan(self) -> Plan:
        views = [entry.view for entry in self.spec.statements]
        store, verify = self._store_model(), self._verify_model()
        checks = (self._refuse_nulls(),) if self.refused else ()
        return Plan(
            model=self.model,
            spec=self.spec,
            target=self.target,
            contract=self.contract,
            statements=(
                *self._create_schemas(self.spec.models_table, *views),
                self._statement("create the models table", "models_table"),
                store,
                verify,
                *checks,
                *(statement for view in views for statement in self._create_view(view)),
            ),
            store=store,
            verify=verify,
            checks=checks,
            score=self._score(views),
            rows=self._statement(f"read the rows of {self.spec.data}", "rows"),
            stored_digest=self._statement("read the stored model's size and SHA-256", "stored_digest"),
            stored_model=self._statement("read the stored model", "stored_model"),
            notes=() if self.target.status == "available" else (f"{self.target.title}: {self.target.status_note}",),
        )

    def _statement(
        self, purpose: str, template: str, parameters: tuple[bytes | str | int, ...] = (), **facts: object
    ) -> Statement:
        header = render(self.environment, "header.sql.j2", purpose=purpose, **self.facts)
        sql = header + render(self.environment, f"{template}.sql.j2", **self.facts, **facts)
        found = len(split_placeholders(sql)) - 1
        if found != len(parameters):
            raise PlanError(
                f"template '{template}.sql.j2' has {found} placeholders '?'; it needs {len(parameters)}",
                hint="the model's bytes are the one parameter",
            )
        return Statement(purpose, sql, parameters)

    def _create_schemas(self, *names: ObjectName) -> Iterator[Statement]:
        # A database has dbo from the start.
        for schema in dict.fromkeys(name.schema for name in names if name.schema.casefold() != "dbo"):
            create = render(self.environment, "create_schema.sql.j2", schema=schema).strip()
            yield self._statement(f"create schema {schema}", "schema", schema=schema, statement=create)

    def _store_model(self) -> Statement:
        return self._statement("store the model", "store_model", (self.model.content,))

    def _verify_model(self) -> Statement:
        facts = self.facts["model"]
        table = self.spec.models_table
        messages = {
            "rows": f"{table} does not hold exactly one row of model {facts['id']}",
            "bytes": f"{table} holds other bytes as model {facts['id']}; a stored version never changes: "
            "deploy under a new version",
        }
        return self._statement("verify the stored model", "verify_model", messages=messages)

    def _refuse_nulls(self) -> Statement:
        messages = [self._null_message(binding) for binding in self.refused]
        return self._statement("refuse NULL", "refuse_nulls", refused=self.refused, messages=messages)

    def _null_message(self, binding: Binding) -> str:
        return f"{self.spec.data} has NULL in column {binding.column}; input {binding.input.name} refuses it"

    def _create_view(self, view: ObjectName) -> Iterator[Statement]:
        quoted = quote_object(view)
        yield self._statement(f"drop view {view}", "drop_view", view=view, quoted_view=quoted)
        yield self._statement(f"create view {view}", "create_view", view=view)

    def _score(self, views: Sequence[ObjectName]) -> Statement:
        """Score through the first view, so that what is compared is what was deployed; without one, directly."""
        if views:
            return self._statement(f"score through {views[0]}", "score_view", view=views[0])
        return self._statement(f"score {self.spec.data}", "score")


def _model_facts(model: Model) -> dict[str, object]:
    fixes = f"; fixed: {', '.join(model.origin.fixes)}" if model.origin.fixes else ""
    return {
        "id": f"{model.name}:{model.version}",
        "name": model.name,
        "version": model.version,
        "description": f"SHA-256 {model.digest}{fixes}"[:_ID_LENGTH],
        "digest": model.digest,
        "digest_bytes": bytes.fromhex(model.digest),
        "size": len(model.content),
        "inputs_schema": _schema(model.inputs),
        "outputs_schema": _schema(model.outputs),
    }


def _schema(columns: Sequence[Column]) -> str:
    """Columns as the wizard's inputs_schema and outputs_schema have them: a JSON list of names and types."""
    return json.dumps([{"name": column.name, "type": column.type} for column in columns], ensure_ascii=False)


_TOKEN = re.compile(
    r"'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|\"(?:[^\"]|\"\")*\"|--[^\n]*|(?P<comment>/\*)|(?P<mark>\?)|(?P<open>['\"\[])"
)


def split_placeholders(sql: str) -> list[str]:
    """The text around each `?` that stands outside of literals, quoted names and comments.

    Raises `PlanError` for a literal, name or comment that does not end.
    """
    parts, start, at = [], 0, 0
    while match := _TOKEN.search(sql, at):
        at = match.end()
        if match["open"]:
            raise PlanError(f"a statement has a {match['open']} that does not end", hint="correct the template")
        if match["comment"]:
            at = _comment_end(sql, at)
        if match["mark"]:
            parts.append(sql[start : match.start()])
            start = at
    return [*parts, sql[start:]]


def _comment_end(sql: str, at: int) -> int:
    """Where the block comment ends that began before `at`; in T-SQL they nest."""
    depth = 1
    for match in re.finditer(r"/\*|\*/", sql[at:]):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return at + match.end()
    raise PlanError("a statement has a comment that does not end", hint="correct the template")
