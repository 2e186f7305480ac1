"""The model is larger than can be stored, or than one way of storing it takes

A value of varbinary(max) ends at 2^31-1 bytes.
Long before that, a way of bringing the bytes there ends: a literal `0x…` in a script is part of its batch, and a batch
has 65,536 packets of 4,096 bytes; two hex digits a byte and two bytes a digit leave about 60 MB of model.

Evidence: the size of varbinary(max) and of a batch (documented); that the batch counts digits at two bytes each
(inferred).

**Example.** A text of ONNX cannot show a model of 60 MB: take one away from the limit instead, with
`--limit literal_bytes=100`.

```onnx
<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
agraph (float[N, 1] x) => (float[N, 1] y)
{
    y = Neg(x)
}
```

**What to do.** Up to the limit of the literal, any way will do.
Above it, `deployer apply` sends the bytes through the driver as a parameter; a script for a DBA cannot carry them.
Above the limit of the value, make the model smaller: fewer or shallower trees, `float` for `double`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.model import Model
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target


def check(model: Model, target: Target) -> Iterator[Finding]:
    size = len(model.content)
    largest, literal = target.model_bytes.value, target.literal_bytes.value
    if largest is not None and size > largest:
        yield Finding(
            "model",
            f"the model has {size:,} bytes; {target.name} takes {largest:,}",
            "make it smaller: fewer or shallower trees, weights of float for double",
        )
    elif literal is not None and size > literal:
        yield Finding(
            "model",
            f"the model has {size:,} bytes; a literal in a script takes {literal:,}",
            "store it with deployer apply, which sends it as a parameter",
            Severity.WARNING,
        )


RULE = Rule.of(__name__, __doc__, check)
