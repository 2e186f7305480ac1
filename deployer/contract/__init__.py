"""`bind_columns`: which column of the table feeds which input, with which cast and NULL policy; what comes back.

PREDICT matches types exactly and names by text, so nothing is left to it: every input gets a cast to the type that the
target wants, every text a length, every NULL a policy. What a cast can do to a value is judged, and what may change one
in silence is refused, unless the spec names the type.
"""

from __future__ import annotations

from typing import Any

from deployer.contract import cutting_cast, padded_text, rounding_cast, unbound_column, unknown_table, unstated_nulls
from deployer.contract.binder import Binder
from deployer.contract.records import Binding, Choice, Contract, Key, Returned
from deployer.errors import ContractError
from deployer.model import Model
from deployer.rule import Finding, Rule, Severity
from deployer.spec import Spec
from deployer.table import Table
from deployer.target import Target

__all__ = ["COLUMN_RULES", "Binding", "Choice", "Contract", "Key", "Returned", "bind_columns", "check_columns"]

_BINDING_RULES: tuple[Rule[Binding], ...] = (
    cutting_cast.RULE,
    rounding_cast.RULE,
    padded_text.RULE,
    unstated_nulls.RULE,
)
COLUMN_RULES: tuple[Rule[Any], ...] = (unbound_column.RULE, *_BINDING_RULES, unknown_table.RULE)
"""What can be wrong between a model, a spec and a table."""


def check_columns(
    model: Model, spec: Spec, target: Target, table: Table | None = None
) -> tuple[Contract, tuple[Finding, ...]]:
    """Bind every input, key and output, and say what is wrong with each. What could not be bound is absent.

    Without a table, columns are taken to be there under the names that are given.
    """
    binder = Binder(model, spec, target, table)
    inputs, keys, outputs = binder.bind_inputs(), binder.bind_keys(), binder.bind_outputs()
    watermarks, choices = binder.bind_watermarks(keys), binder.bind_choices()
    contract = Contract(inputs, keys, outputs, watermarks, choices, binder.inner_name("deployer_nulls", "flag"))
    findings = list(unbound_column.RULE.find(binder.problems, target))
    for binding in contract.bindings:
        for rule in _BINDING_RULES:
            findings += rule.find(binding, target)
    findings += unknown_table.RULE.find((spec, table), target)
    return contract, tuple(findings)


def bind_columns(model: Model, spec: Spec, target: Target, table: Table | None = None) -> Contract:
    """The contract. Raises `ContractError`, in one message with a line for each, where `check_columns` finds errors."""
    contract, findings = check_columns(model, spec, target, table)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        listed = "".join(f"\n  - {error.where}: {error.message}" for error in errors)
        raise ContractError(
            f"model {model.name!r} and data {str(spec.data)!r} do not fit:{listed}",
            hint="; ".join(dict.fromkeys(error.help for error in errors)),
        )
    return contract
