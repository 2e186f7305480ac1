"""`find_difference`: whether a fixed model scores as before, tried on rows made for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deployer.errors import DeployerError, RuntimeFault
from deployer.model import Model
from deployer.rows import make_rows, name_columns
from deployer.runtime import Scorer, keep_scorable, open_session, same_bits

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
        original = Scorer(before, names)
        rows = keep_scorable(original, make_rows(before, names, count=_ROWS))
        expected = original.score(rows)
    except DeployerError as error:
        return f"no row could be scored to compare by: {error.message}"
    try:
        fixed = Scorer(after, names)
        if renamed:
            rows = dict(zip([name for entry in fixed.columns.values() for name in entry], rows.values(), strict=True))
        scores = fixed.score(rows)
    except DeployerError as error:
        return error.message
    if renamed:
        scores = dict(zip(expected, scores.values(), strict=True))
    if list(expected) != list(scores):
        return f"it returns {', '.join(scores)}, not {', '.join(expected)}"
    for name, values in expected.items():
        found = scores[name]
        if found.shape != values.shape:
            return f"{name!r} has {len(found):,} values for {len(values):,} rows"
        # A wider type holds the same value; a cast back shows that it does.
        if not same_bits(values, found.astype(values.dtype)):
            row = next(
                at for at in np.arange(len(values)) if not same_bits(values[[at]], found[[at]].astype(values.dtype))
            )
            return f"{name!r} is {found[row]!r} where it was {values[row]!r}"
    return ""
