"""`find_known_row`: one row and what the model says of it, for a script that proves that the server says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deployer.contract import Binding, Returned
from deployer.plan import Plan
from deployer.rows import make_rows
from deployer.runtime import Scorer, keep_scorable
from deployer.spec import Tolerance

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]
    Value = float | str

_LEAST = Tolerance(absolute=1e-6, relative=1e-5)
"""What any score may be off, whatever the spec says: another version of ONNX Runtime adds up in another order, and
`real` keeps some 7 digits."""

_PLAIN = 1e6
"""Numbers up to here, and not nearer to zero than its inverse, are read alike by every engine."""


_MOST = 64
"""Rows that are scored to find one: a large network takes milliseconds for each."""


@dataclass(frozen=True, slots=True)
class KnownScore:
    """What is expected of one output. `tolerance` is absolute, and 0 for text and whole numbers."""

    returned: Returned
    value: Value
    tolerance: float


@dataclass(frozen=True, slots=True)
class KnownRow:
    """The value of each input, as its column is cast, and of each output that the plan returns."""

    inputs: tuple[tuple[Binding, Value], ...]
    scores: tuple[KnownScore, ...]


def find_known_row(plan: Plan) -> KnownRow | None:
    """The first of the rows made for the model that has plain values in and out; None where there is no such row.

    The same plan gives the same row. Raises `RuntimeFault` where ONNX Runtime cannot score with the model.
    """
    scorer = Scorer(plan.model)
    made = make_rows(plan.model)
    plain = np.ones(len(next(iter(made.values()))), dtype=bool)
    for binding in plan.contract.bindings:
        plain &= _is_plain(made[binding.input.name], binding.sql_type.length or 0)
    chosen = np.flatnonzero(plain)[:_MOST]
    if not len(chosen):
        return None
    rows = keep_scorable(scorer, {name: values[chosen] for name, values in made.items()})
    scores = scorer.score(rows)
    usable = np.ones(len(next(iter(rows.values()))), dtype=bool)
    for returned in plan.contract.outputs:
        usable &= _is_plain(scores[returned.output.name], returned.sql_type.length or 0)
    if not usable.any():
        return None
    row = int(usable.argmax())
    return KnownRow(
        tuple((binding, _value(rows[binding.input.name][row])) for binding in plan.contract.bindings),
        tuple(_expect(plan, returned, scores, row) for returned in plan.contract.outputs),
    )


def _is_plain(values: Array, length: int) -> Array:
    """Whether each value is one that any engine reads alike, and that a type of this length can hold."""
    if values.dtype.kind == "O":
        return np.array([len(text) <= length and text.isascii() and text.isprintable() for text in values], dtype=bool)
    size = np.abs(values.astype(np.float64))
    plain: Array = (size == 0) | ((size <= _PLAIN) & (size >= 1 / _PLAIN))
    return plain


def _expect(plan: Plan, returned: Returned, scores: Mapping[str, Array], row: int) -> KnownScore:
    values = scores[returned.output.name]
    value = _value(values[row])
    if values.dtype.kind != "f" or isinstance(value, str):
        return KnownScore(returned, value, 0)
    said = plan.spec.tolerance
    absolute, relative = max(said.absolute, _LEAST.absolute), max(said.relative, _LEAST.relative)
    # Digits beyond the tolerance would change with the version of ONNX Runtime, and the script with them.
    return KnownScore(returned, float(f"{value:.7g}"), float(f"{absolute + relative * abs(value):.2g}"))


def _value(value: Any) -> Value:
    plain: Value = value.item() if isinstance(value, np.generic) else value
    return plain
