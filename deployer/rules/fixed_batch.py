"""The model takes a fixed number of rows at a time

The batch dimension is fixed at 2 rows or more.
PREDICT hands over one row, or as many as it likes, and the runtime refuses any other number than the one that is fixed.

Evidence: ONNX Runtime refuses an input whose length differs from a fixed one (documented); in how large batches PREDICT
scores is documented nowhere (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[32, 1] x) => (float[32, 1] y)
{
    y = Neg(x)
}
```

**What to do.** Export the model again with a free batch dimension (`dynamic_axes` in PyTorch, `[None, 1]` in skl2onnx),
or with one row.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.model import Model
from deployer.rule import Finding, Rule
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    for column in model.inputs:
        if isinstance(column.rows, int) and column.rows > 1:
            yield Finding(
                f"input {column.name!r}",
                f"input {column.name!r} is {column}: it takes {column.rows:,} rows at a time, no fewer and no more",
                "export the model again with a free batch dimension, or with one row",
            )


RULE = Rule.of(__name__, __doc__, check)
