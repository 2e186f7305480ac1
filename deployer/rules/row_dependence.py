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
from deployer.rowwise import takes_one_row
from deployer.rule import Finding, Rule
from deployer.rules._trial import count_rows, make_trial
from deployer.rules.random_operator import random_operators
from deployer.target import Target

if TYPE_CHECKING:
    import numpy as np

    from deployer.runtime import Scorer

    Array = np.ndarray[Any, np.dtype[Any]]

_CLOSE = 1e-3
"""Relative to the largest score of a column; rounding stays far below, another batch's mean does not."""


def check(model: Model, _target: Target) -> Iterator[Finding]:
    if random_operators(model) or takes_one_row(model):
        return
    try:
        moved = _moved(*make_trial(model))
    except DeployerError:
        # Rows cannot be made, or not be scored: other rules say why.
        return
    if moved:
        yield Finding(
            f"output {moved[0]!r}",
            f"{list_names(moved)}: a row scores differently alone, among others, or in another order",
            "export what is taken over all rows as a constant; mend the axis of what works along the batch",
        )


def _moved(scorer: Scorer, rows: dict[str, Array]) -> list[str]:
    """The columns of scores that depend on the company of a row; those that do not follow the batch are left out."""
    import numpy as np

    count = count_rows(rows)
    together = scorer.score(rows)
    order = np.random.default_rng(0).permutation(count)
    shuffled = scorer.score({name: values[order] for name, values in rows.items()})
    alone = _score_alone(scorer, rows)
    return [
        name
        for name, values in together.items()
        if len(values) == len(alone[name]) == count
        and (_differ(values, alone[name]) or _differ(values[order], shuffled[name]))
    ]


def _score_alone(scorer: Scorer, rows: dict[str, Array]) -> dict[str, Array]:
    import numpy as np

    runs = [
        scorer.score({name: values[at : at + 1] for name, values in rows.items()}) for at in range(count_rows(rows))
    ]
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
