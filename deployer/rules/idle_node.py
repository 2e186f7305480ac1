"""Nodes or weights that no output needs

Exporters leave parts of a training graph behind: a branch whose result nobody returns, a weight that nothing reads.
They are uploaded, stored and loaded with the rest, and change no score.

Evidence: an output's value depends only on the nodes that lead to it by ONNX's page about its format (documented).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x) => (float[N, 1] y)
<float[3] w = {1.0, 2.0, 3.0}>
{
    y = Neg(x)
    z = Abs(x)
}
```

**What to do.** `deployer fix` leaves them out.
Scores stay the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.graph import drop_unread, find_needed
from deployer.model import Model
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    graph = model.proto.graph
    needed = find_needed(graph)
    nodes = [node for node in graph.node if needed.isdisjoint(node.output)]
    weights = [tensor for tensor in graph.initializer if tensor.name not in needed]
    if nodes or weights:
        parts = (("node", len(nodes)), ("weight", len(weights)))
        counts = " and ".join(f"{count} {what}{'s' if count > 1 else ''}" for what, count in parts if count)
        yield Finding("graph", f"no output needs {counts}", "deployer fix leaves them out", Severity.INFO)


def drop(model: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
    """The model with only what its outputs need."""
    proto = model.edit()
    drop_unread(proto.graph)
    return model.with_proto(proto)


RULE = Rule.of(__name__, __doc__, check, Fix("only what the outputs need", drop, exact=True))
