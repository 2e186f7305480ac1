"""`Writer`: renders the templates of one model, spec and target; what every template gets is its `facts`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.contract import Binding, Choice, Contract, Key
from deployer.errors import PlanError
from deployer.model import Column, Model
from deployer.names import ObjectName
from deployer.plan.placeholders import split_placeholders
from deployer.plan.records import Kind, Statement
from deployer.spec import Spec
from deployer.sql import quote_object, render
from deployer.target import Target

if TYPE_CHECKING:
    import jinja2

ERROR_ROWS, ERROR_BYTES, ERROR_NULLS, ERROR_KEY, ERROR_COLUMNS = 51_001, 51_002, 51_003, 51_004, 51_005
"""What a statement throws: not one row of this version; other bytes under it; NULL where the policy says no; a key that
is NULL or stands twice; a table that has other columns than are written to it.

The dedicated pool wants numbers outside of 100,000-150,000, every server wants 50,000 or more (learn.microsoft.com).
"""

ID_LENGTH = 1024
"""The wizard's ID and description are nvarchar(1024)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on the rows that are scored: a NULL that is skipped, a parameter, or a watermark."""

    skipped: Binding | None = None
    choice: Choice | None = None
    watermark: Key | None = None


class Writer:
    """Writes statements from templates."""

    def __init__(
        self, model: Model, spec: Spec, target: Target, contract: Contract, environment: jinja2.Environment
    ) -> None:
        self.model, self.spec, self.target, self.contract = model, spec, target, contract
        self.environment = environment
        self.refused = [binding for binding in contract.bindings if binding.nulls.kind == "refuse"]
        skipped = [binding for binding in contract.bindings if binding.nulls.kind == "skip row"]
        model_facts = _model_facts(model)
        self.facts: dict[str, Any] = {
            "target": target,
            "model": model_facts,
            "contract": contract,
            "refused": self.refused,
            "skipped": skipped,
            "nullable": [binding for binding in contract.bindings if binding.source.nullable],
            "refusals": [self._refusal(binding) for binding in contract.bindings],
            "null_messages": [self._refusal(binding) for binding in self.refused],
            "models_table": spec.models_table,
            "quoted_table": quote_object(spec.models_table),
            "data": spec.data,
            "errors": {
                "rows": ERROR_ROWS,
                "bytes": ERROR_BYTES,
                "nulls": ERROR_NULLS,
                "key": ERROR_KEY,
                "columns": ERROR_COLUMNS,
            },
            "messages": {
                "rows": f"{spec.models_table} does not hold exactly one row of model {model_facts['id']}",
                "bytes": f"{spec.models_table} holds other bytes as model {model_facts['id']}; a stored version never "
                "changes: deploy under a new version",
                "null_key": f"{spec.data} has NULL in its key {', '.join(spec.key)}: such a row is never found again",
                "same_key": f"{spec.data} has several rows of one key {', '.join(spec.key)}",
            },
            # What a statement that scores says otherwise:
            "passed": contract.keys,
            "top": None,
            "staged": False,
            "procedural": False,
            "choices": (),
            "watermark": None,
            "conditions": tuple(Condition(skipped=binding) for binding in skipped),
            "label": "",
        }

    def _refusal(self, binding: Binding) -> str:
        return f"{self.spec.data} has NULL in column {binding.column}; input {binding.input.name} refuses it"

    def write(
        self,
        purpose: str,
        template: str,
        kind: Kind = "query",
        parameters: tuple[bytes | str | int, ...] = (),
        creates: ObjectName | None = None,
        **facts: object,
    ) -> Statement:
        """One statement: the header, which says what made it, and the template's text.

        Raises `PlanError` for a template that cannot be rendered, or that has not one `?` for each parameter.
        """
        facts = self.facts | {"purpose": purpose} | facts
        sql = render(self.environment, "header.sql.j2", **facts) + render(
            self.environment, f"{template}.sql.j2", **facts
        )
        found = len(split_placeholders(sql)) - 1
        if found != len(parameters):
            raise PlanError(
                f"template '{template}.sql.j2' has {found} placeholders '?'; it needs {len(parameters)}",
                hint="the model's bytes are the one parameter",
            )
        return Statement(purpose, sql, parameters, kind, creates)


def _model_facts(model: Model) -> dict[str, object]:
    fixes = f"; fixed: {', '.join(model.origin.fixes)}" if model.origin.fixes else ""
    return {
        "id": f"{model.name}:{model.version}",
        "name": model.name,
        "version": model.version,
        "description": f"SHA-256 {model.digest}{fixes}"[:ID_LENGTH],
        "digest": model.digest,
        "digest_bytes": bytes.fromhex(model.digest),
        "size": len(model.content),
        "inputs_schema": _schema(model.inputs),
        "outputs_schema": _schema(model.outputs),
    }


def _schema(columns: Sequence[Column]) -> str:
    """Columns as the wizard's inputs_schema and outputs_schema have them: a JSON list of names and types."""
    return json.dumps([{"name": column.name, "type": column.type} for column in columns], ensure_ascii=False)
