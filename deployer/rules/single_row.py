"""The model takes one row at a time

The batch dimension is fixed at 1, as in every sample that is known to run.
The engine then calls the model once a row: tens of thousands of rows a second, whatever the model, where a free
dimension allows a million and more.

Evidence: `[1,1]` is the shape of the published samples (sample); ONNX Runtime refuses two rows at once for it
(documented); the rates are measured on two cores with 30 inputs.

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[1, 1] x) => (float[1, 1] y)
{
    y = Neg(x)
}
```

**What to do.** Nothing, where the pool is fast enough: this is the proven shape.
Else export with a free batch dimension (`[None, 1]` in skl2onnx), and compare before you rely on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.model import Model
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    fixed = [column.name for column in model.inputs if column.rows == 1]
    if fixed:
        yield Finding(
            f"input {fixed[0]!r}",
            "the batch dimension is fixed at 1: the engine calls the model once a row",
            "fine where it is fast enough; else export with a free batch dimension",
            Severity.INFO,
        )


RULE = Rule.of(__name__, __doc__, check)
