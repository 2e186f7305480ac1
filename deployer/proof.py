"""`find_difference`: whether a fixed model scores as before, tried on rows made for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from deployer.errors import DeployerError, RuntimeFault
from deployer.model import Model
from deployer.rows import make_rows, name_columns
from deployer.runtime import Array, Batch, Scorer, keep_scorable, open_session, same_bits

_ROWS = 2_000
"""Rows that are scored by both at least; there are more where the graph has more values to try."""


def find_difference(before: Model, after: Model, columns: Sequence[str] = (), *, renamed: bool = False) -> str:
    """In what the scores of two models differ on rows made for the first; empty where they are the same bits.

    A model that ONNX Runtime does not load has no scores that could change: then there is no difference either.
    Rows that the first refuses, as some models do with an unknown category, are left out.
    `columns` names the columns of wide inputs, as for `deployer.scalars.input_columns`. With `renamed`, the
    second has other names for the same columns, in the same order.
    """
    try:
        open_session(before)
    except RuntimeFault:
        return ""
    try:
        names = name_columns(before, columns)
        rows, expected = _score(before, names)
    except DeployerError as error:
        return f"no row could be scored to compare by: {error.message}"
    try:
        fixed = Scorer(after, names)
        fed = [name for entry in fixed.columns.values() for name in entry]
        if renamed and len(fed) == len(rows):
            rows = dict(zip(fed, rows.values(), strict=True))
        scores = fixed.score(rows)
    except DeployerError as error:
        return error.message
    if renamed and len(scores) == len(expected):
        scores = dict(zip(expected, scores.values(), strict=True))
    if list(expected) != list(scores):
        return f"it returns {', '.join(scores)}, not {', '.join(expected)}"
    return next(filter(None, (_compare(name, expected[name], scores[name]) for name in expected)), "")


@lru_cache(maxsize=1)
def _score(model: Model, names: tuple[str, ...]) -> tuple[Batch, Batch]:
    """Rows that a model scores, and their scores; kept for the next fix of the same model."""
    scorer = Scorer(model, names)
    rows = keep_scorable(scorer, make_rows(model, names, count=_ROWS))
    return rows, scorer.score(rows)


def _compare(name: str, expected: Array, found: Array) -> str:
    """In what one column of scores differs; empty where it does not."""
    if found.shape != expected.shape:
        return f"{name!r} has {len(found):,} values for {len(expected):,} rows"
    # A wider type holds the same value; a cast back shows that it does.
    back = found.astype(expected.dtype)
    if same_bits(expected, back):
        return ""
    row = next(at for at in np.arange(len(expected)) if not same_bits(expected[[at]], back[[at]]))
    return f"{name!r} is {found[row]!r} where it was {expected[row]!r}"
