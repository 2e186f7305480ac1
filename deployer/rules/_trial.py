"""`make_trial`: a model loaded, and a few rows of moderate size that it scores: what rules that score start from."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deployer.model import Model

if TYPE_CHECKING:
    import numpy as np

    from deployer.runtime import Scorer

    Array = np.ndarray[Any, np.dtype[Any]]

_ROWS = 16
_LARGEST = 1e4
"""Rows of moderate size: ONNX Runtime may round a row otherwise in a batch, and large numbers cancel to anything."""


@lru_cache(maxsize=1)
def make_trial(model: Model) -> tuple[Scorer, dict[str, Array]]:
    """A scorer and up to 16 rows that it takes. Raises a `DeployerError` where no row can be made or scored.

    Kept until the next one is asked for: a forest's thresholds take their time to be read.
    """
    from deployer.rows import make_rows, name_columns
    from deployer.runtime import Scorer, keep_scorable

    columns = name_columns(model)
    scorer = Scorer(model, columns)
    made = {name: _moderate(values) for name, values in make_rows(model, columns, count=_ROWS).items()}
    return scorer, {name: values[:_ROWS] for name, values in keep_scorable(scorer, made).items()}


def _moderate(values: Array) -> Array:
    """Some of the values, spread over all of them; none that is missing or huge."""
    import numpy as np

    if values.dtype.kind in "fiu":
        with np.errstate(invalid="ignore"):
            values = values[np.isfinite(values) & (np.abs(values.astype(np.float64)) <= _LARGEST)]
    picked: Array = values[np.linspace(0, len(values) - 1, 4 * _ROWS).astype(int)]
    return picked


def count_rows(rows: dict[str, Array]) -> int:
    """Rows in a batch."""
    return len(next(iter(rows.values())))
