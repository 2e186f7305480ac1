"""The inputs are not called after their features

PREDICT binds columns by name, and the names that are left are a converter's: `f0`, `Column_1`, `x2`, `float_input`.
Which feature each stands for is then known by order alone, and a column in the wrong place scores wrongly in silence.

Evidence: skl2onnx's and onnxmltools' documentation call inputs `float_input`, `X` or `input`; XGBoost names features
`f0`, `f1`, …, LightGBM `Column_0`, … (documented).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] f0, float[N, 1] f1) => (float[N, 1] y)
{
    y = Add(f0, f1)
}
```

**What to do.** Train on a table with named columns, or name the columns in the spec: `columns: {f0: {from: fare}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deployer.model import Model
from deployer.names import list_names
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target

_NUMBERED = re.compile(r"(f|x|col|column|feature|input)_?\d+", re.IGNORECASE)
_TYPED = re.compile(r"(float|double|int64|string|bool)_input_?\d*")
"""What no feature is called, even where there is one input only."""


def check(model: Model, _target: Target) -> Iterator[Finding]:
    names = [column.name for column in model.inputs]
    lost = [column.name for column in model.inputs if column.width == 1 and _is_made_up(column.name, len(names))]
    # One name of this kind among others may be a column's own: `x1` beside `height`.
    if lost and lost == names:
        yield Finding(
            "inputs",
            f"the inputs are called {list_names(lost)}: a converter's names, not the features'",
            "train on named columns, or say in the spec which column feeds each: columns: {f0: {from: fare}}",
            Severity.WARNING,
        )


def _is_made_up(name: str, count: int) -> bool:
    return bool(_TYPED.fullmatch(name)) or (count > 1 and bool(_NUMBERED.fullmatch(name)))


RULE = Rule.of(__name__, __doc__, check)
