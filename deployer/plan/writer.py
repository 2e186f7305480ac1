"""`Writer`: renders the templates of one model, spec and target; what every template gets is its `facts`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from deployer import __version__
from deployer.contract import Binding, Choice, Contract, Key
from deployer.errors import PlanError
from deployer.model import Column, Model
from deployer.names import ObjectName, mask
from deployer.plan.placeholders import split_placeholders
from deployer.plan.records import Kind, Plan, Statement
from deployer.plan.tables import ID_LENGTH, CatalogTables
from deployer.spec import Spec
from deployer.sql import find_templates, make_environment, quote_object, render
from deployer.target import Target

if TYPE_CHECKING:
    import jinja2

ERROR_ROWS, ERROR_BYTES, ERROR_NULLS, ERROR_KEY, ERROR_COLUMNS = 51_001, 51_002, 51_003, 51_004, 51_005
ERROR_OBJECT, ERROR_SCORE = 51_009, 51_010
"""What a statement throws: not one row of this version; other bytes under it; NULL where the policy says no; a key that
is NULL or stands twice; a table that has other columns than are written to it; an object that is not there; a known
row that gets another score.

The dedicated pool wants numbers outside of 100,000-150,000, every server wants 50,000 or more (learn.microsoft.com).
"""

ERROR_TABLE, ERROR_ALIAS, ERROR_USED = 51_006, 51_007, 51_008
"""A table of the catalog is not as it has to be; no such alias, or nothing before it; a version that is in use."""


ERRORS = {
    "rows": ERROR_ROWS,
    "bytes": ERROR_BYTES,
    "nulls": ERROR_NULLS,
    "key": ERROR_KEY,
    "columns": ERROR_COLUMNS,
    "table": ERROR_TABLE,
    "alias": ERROR_ALIAS,
    "used": ERROR_USED,
    "object": ERROR_OBJECT,
    "score": ERROR_SCORE,
}
TOOL = f"deployer {__version__}"


def catalog_messages(tables: CatalogTables, name: str, version: int, alias: str) -> dict[str, str]:
    """What the catalog's statements say when they throw."""
    model = f"{name}:{version}"
    return {
        "rows": f"{tables.models} does not hold exactly one row of model {model}",
        "lock": f"{tables.lock} has no row: drop it, and apply again",
        "no_alias": f"{tables.aliases} has no alias {alias} of model {name}",
        "no_previous": f"alias {alias} of model {name} stood for no other version before",
        "gone": f"{tables.models} does not hold exactly one row of the model that alias {alias} of {name} leads to",
        "aliased": f"an alias stands for model {model}; promote another version first",
        "used": f"a view or procedure uses model {model}; publish another version there first, or drop it",
    }


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on the rows that are scored: a NULL that is skipped, a parameter, or a watermark."""

    skipped: Binding | None = None
    choice: Choice | None = None
    watermark: Key | None = None


class Writer:
    """Writes statements from templates."""

    def __init__(
        self, model: Model, spec: Spec, target: Target, contract: Contract, templates: Path | None = None
    ) -> None:
        self.model, self.spec, self.target, self.contract, self.templates = model, spec, target, contract, templates
        folders = [find_templates() / folder for folder in (target.templates, "common")]
        self.environment = make_environment(*([templates] if templates else []), *folders)
        self.refused = [binding for binding in contract.bindings if binding.nulls.kind == "refuse"]
        skipped = [binding for binding in contract.bindings if binding.nulls.kind == "skip row"]
        model_facts = _model_facts(model)
        tables = CatalogTables.of(spec.models_table)
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
            "catalog": tables,
            "alias": spec.alias,
            "tool": TOOL,
            "errors": ERRORS,
            "messages": catalog_messages(tables, model.name, model.version, spec.alias or "")
            | {
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

    @classmethod
    def of(cls, plan: Plan) -> Writer:
        """A writer of more statements for the same plan."""
        return cls(plan.model, plan.spec, plan.target, plan.contract, plan.templates)

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
        return write_statement(
            self.environment, purpose, template, self.facts | facts, kind=kind, parameters=parameters, creates=creates
        )


def write_statement(
    environment: jinja2.Environment,
    purpose: str,
    template: str,
    facts: Mapping[str, Any],
    *,
    kind: Kind = "query",
    parameters: tuple[bytes | str | int, ...] = (),
    creates: ObjectName | None = None,
) -> Statement:
    """The header and a template's text. The header of a view or procedure has the hash of what follows, so that a
    change by hand is seen later.
    """
    text = render(environment, f"{template}.sql.j2", **facts)
    digest = hash_text(text) if creates is not None and kind in {"view", "procedure"} else ""
    sql = render(environment, "header.sql.j2", **{**facts, "purpose": purpose, "text_digest": digest}) + text
    found = len(split_placeholders(sql)) - 1
    if found != len(parameters):
        raise PlanError(
            f"template '{template}.sql.j2' has {found} placeholders '?'; it needs {len(parameters)}",
            hint="the model's bytes are the one parameter",
        )
    return Statement(purpose, sql, parameters, kind, creates)


def hash_text(text: str) -> str:
    """SHA-256 of a text, whatever its line ends, and without blanks at its end: tools change both on the way."""
    return hashlib.sha256("\n".join(text.splitlines()).rstrip().encode()).hexdigest()


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
        "source": _source(model.origin.uri),
        "run_id": model.origin.run_id[:256] or None,
        "inputs_schema": _schema(model.inputs),
        "outputs_schema": _schema(model.outputs),
    }


def _source(uri: str) -> str:
    """Where the model came from, without passwords; of a file the name, since its folder is one machine's."""
    return mask(uri)[:4000] if "://" in uri or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", uri) else PurePath(uri).name


def _schema(columns: Sequence[Column]) -> str:
    """Columns as the wizard's inputs_schema and outputs_schema have them: a JSON list of names and types."""
    return json.dumps([{"name": column.name, "type": column.type} for column in columns], ensure_ascii=False)
