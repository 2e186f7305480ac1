"""A weight is listed among the inputs

Files up to IR 3 had to list every initializer as an input too; some exporters still do.
Such an input may be fed, which changes the weight, and PREDICT, which binds all inputs to columns, may want a column
for it.
ONNX Runtime also leaves such weights out of its constant folding, since a caller may replace them.

Evidence: ONNX's specification of the IR made the listing optional with version 4 (documented); what PREDICT does about
one is documented nowhere (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x, float[1] w = {2.0}) => (float[N, 1] y)
{
    y = Mul(x, w)
}
```

**What to do.** `deployer fix` takes the weight off the list of inputs; its value stays.
Scores stay the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.model import Model
from deployer.names import list_names
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.target import Target

_OPTIONAL_SINCE = 4
"""The IR from which on an initializer need not be an input (ONNX IR specification)."""


def check(model: Model, _target: Target) -> Iterator[Finding]:
    filled = {tensor.name for tensor in model.proto.graph.initializer}
    listed = [value.name for value in model.proto.graph.input if value.name in filled]
    if listed:
        yield Finding(
            "graph",
            f"{len(listed)} of the graph's inputs have a value of their own: {list_names(listed)}; a caller may be"
            " asked for them",
            "deployer fix takes them off the list of inputs",
            Severity.WARNING,
        )


def unlist(model: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
    """The model with no initializer among its inputs."""
    proto = model.edit()
    filled = {tensor.name for tensor in proto.graph.initializer}
    kept = [value for value in proto.graph.input if value.name not in filled]
    del proto.graph.input[:]
    proto.graph.input.extend(kept)
    proto.ir_version = max(proto.ir_version, _OPTIONAL_SINCE)
    return model.with_proto(proto)


RULE = Rule.of(__name__, __doc__, check, Fix("weights are no inputs", unlist, exact=True))
