"""A contract as text for people and as plain data: which column feeds which input, and what the cast does."""

from __future__ import annotations

import click

from deployer.casts import Effect
from deployer.contract import Binding, Contract
from deployer.report.data import Data
from deployer.report.text import render_table

_COLOURS = {Effect.EXACT: "green", Effect.WIDENING: "green", Effect.ROUNDING: "yellow", Effect.CUTTING: "red"}


def render_contract(contract: Contract) -> str:
    """A line an input, key and output."""
    rows = [
        (
            "input",
            binding.input.name,
            binding.column,
            binding.source.sql or "?",
            str(binding.sql_type),
            _name_nulls(binding),
            _name_effect(binding),
        )
        for binding in contract.bindings
    ]
    rows += [("key", "", key.column, "", "", "", "") for key in contract.keys]
    rows += [("output", out.output.name, out.name, "", str(out.sql_type), "", "") for out in contract.outputs]
    return render_table(rows, ("", "model", "column", "type", "as", "NULL", "cast"))


def _name_effect(binding: Binding) -> str:
    if binding.cast is None:
        return "not known"
    return click.style(binding.cast.effect.value, fg=_COLOURS[binding.cast.effect])


def _name_nulls(binding: Binding) -> str:
    if binding.source.type and not binding.source.nullable:
        return "never"
    return binding.nulls.kind if binding.nulls.value is None else f"use {binding.nulls.value!r}"


def describe_contract(contract: Contract) -> Data:
    """The same, ready for JSON."""
    return {
        "inputs": [
            {
                "input": binding.input.name,
                "column": binding.column,
                "column_type": binding.source.sql or None,
                "type": str(binding.sql_type),
                "effect": binding.cast.effect.value if binding.cast else None,
                "nulls": binding.nulls.kind,
                "use": binding.nulls.value,
            }
            for binding in contract.bindings
        ],
        "key": [key.column for key in contract.keys],
        "outputs": [
            {"output": out.output.name, "column": out.name, "type": str(out.sql_type)} for out in contract.outputs
        ],
    }
