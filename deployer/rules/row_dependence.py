"""The score of a row depends on the rows beside it

PREDICT feeds rows in batches of a size that nobody documents, perhaps one by one.
A model that averages, sorts, numbers or normalises along the batch gives a row another score in other company, and so
does an operator that works along the wrong axis.

Evidence: found by scoring rows of the model's own making alone, together, and in another order (the runtime that is
installed); how PREDICT batches is not documented (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x) => (float[N, 1] y)
{
    mean = ReduceMean <axes = [0], keepdims = 1> (x)
    y = Sub(x, mean)
}
```

**What to do.** Compute what is taken over all rows in training, and export it as a constant; or mend the axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from deployer.errors import DeployerError
from deployer.model import Model
from deployer.names import list_names
from deployer.rule import Finding, Rule
from deployer.rules.random_operator import random_operators
from deployer.target import Target

if TYPE_CHECKING:
    import numpy as np

    from deployer.runtime import Scorer

    Array = np.ndarray[Any, np.dtype[Any]]

_ROWS = 16
_LARGEST = 1e4
"""Rows of moderate size: ONNX Runtime may round a row otherwise in a batch, and large numbers cancel to anything."""
_CLOSE = 1e-3
"""Relative to the largest score of a column; rounding stays far below, another batch's mean does not."""


def check(model: Model, _target: Target) -> Iterator[Finding]:
    if random_operators(model) or any(column.shape and column.shape[0] == 1 for column in model.inputs):
        return
    try:
        moved = _moved(model)
    except DeployerError:
        # Rows cannot be made, or not be scored: other rules say why.
        return
    if moved:
        yield Finding(
            f"output {moved[0]!r}",
            f"{list_names(moved)}: a row scores differently alone, among others, or in another order",
            "export what is taken over all rows as a constant; mend the axis of what works along the batch",
        )


def _moved(model: Model) -> list[str]:
    """The columns of scores that depend on the company of a row."""
    import numpy as np

    from deployer.rows import make_rows, name_columns
    from deployer.runtime import Scorer, keep_scorable

    columns = name_columns(model)
    scorer = Scorer(model, columns)
    made = {name: _moderate(values) for name, values in make_rows(model, columns, count=_ROWS).items()}
    rows = {name: values[:_ROWS] for name, values in keep_scorable(scorer, made).items()}
    count = len(next(iter(rows.values())))
    together = scorer.score(rows)
    order = np.random.default_rng(0).permutation(count)
    shuffled = scorer.score({name: values[order] for name, values in rows.items()})
    alone = _score_alone(scorer, rows)
    moved = []
    for name, values in together.items():
        if len(values) != count or len(alone[name]) != count:
            # The output does not follow the batch.
            moved.append(name)
        elif _differ(values, alone[name]) or _differ(values[order], shuffled[name]):
            moved.append(name)
    return moved


def _moderate(values: Array) -> Array:
    """Some of the values, spread over all of them; none that is missing or huge."""
    import numpy as np

    if values.dtype.kind in "fiu":
        with np.errstate(invalid="ignore"):
            values = values[np.isfinite(values) & (np.abs(values.astype(np.float64)) <= _LARGEST)]
    picked: Array = values[np.linspace(0, len(values) - 1, 4 * _ROWS).astype(int)]
    return picked


def _score_alone(scorer: Scorer, rows: dict[str, Array]) -> dict[str, Array]:
    import numpy as np

    count = len(next(iter(rows.values())))
    runs = [scorer.score({name: values[at : at + 1] for name, values in rows.items()}) for at in range(count)]
    return {name: np.concatenate([run[name] for run in runs]) for name in runs[0]}


def _differ(left: Array, right: Array) -> bool:
    """Whether two rows or more differ: one may lie on a border, where rounding decides."""
    import numpy as np

    if left.dtype.kind != "f":
        return int((left != right).sum()) > 1
    with np.errstate(invalid="ignore"):
        far = np.abs(left - right) > _CLOSE * (np.nanmax(np.abs(left), initial=0.0) or 1.0)
    return int((far | (np.isnan(left) != np.isnan(right))).sum()) > 1


RULE = Rule.of(__name__, __doc__, check)
