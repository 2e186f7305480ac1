"""No input reaches a score

The model takes no input, or computes every output without one.
All rows then score alike, whatever is in the table, and PREDICT has no column to bind.

Evidence: PREDICT's documented arguments are a model and the data that it scores (documented); what it does with a model
that takes none of it is documented nowhere (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x) => (float[1, 1] y)
{
    y = Constant <value = float[1, 1] {0.5}> ()
}
```

**What to do.** Export the model again: its inputs were taken for constants, as tracing with an example does where the
code asks for the example's values.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.graph import find_needed
from deployer.model import Model
from deployer.rule import Finding, Rule
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    if find_needed(model.proto.graph).isdisjoint(column.name for column in model.inputs):
        yield Finding(
            "inputs",
            "no output depends on an input: every row would score alike"
            if model.inputs
            else "the model takes none: every row would score alike",
            "export the model again, with its features as inputs",
        )


RULE = Rule.of(__name__, __doc__, check)
