"""Text that only costs bytes

Exporters write documentation and traces of their own code into a model, node by node.
No runtime reads them; they are uploaded, stored, and hashed with the rest.

Evidence: `doc_string` has no meaning for an operator in ONNX's page about its format (documented).

```onnx
<ir_version: 6, opset_import: ["": 9],
 doc_string: "Made on a Tuesday, by somebody who wrote down the weather, the data and the coffee; nobody reads it.">
agraph (float[N, 1] x) => (float[N, 1] y)
{
    y = Neg(x)
}
```

**What to do.** `deployer fix` leaves such text out.
The model's own metadata stays, for it names columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deployer.graph import graphs
from deployer.model import Model
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.target import Target

_WORTH_IT = 100
"""Bytes below which nobody need be told."""


def check(model: Model, _target: Target) -> Iterator[Finding]:
    size = sum(
        len(part.doc_string) + sum(len(e.key) + len(e.value) for e in notes) for part, notes in _parts(model.proto)
    )
    if size >= _WORTH_IT:
        yield Finding(
            "model",
            f"{size:,} of {len(model.content):,} bytes are text that no runtime reads",
            "deployer fix leaves it out",
            Severity.INFO,
        )


def strip(model: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
    """The model without doc strings and without the metadata of single nodes and values."""
    proto = model.edit()
    for part, notes in _parts(proto):
        part.ClearField("doc_string")
        if notes:
            part.ClearField("metadata_props")
    return model.with_proto(proto)


def _parts(proto: Any) -> Iterator[tuple[Any, Any]]:
    """Every part that has a doc string, with its own metadata; the model's metadata is not among it."""
    yield proto, ()
    for graph in graphs(proto.graph):
        yield graph, graph.metadata_props
        for part in (*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
            yield part, part.metadata_props
    for function in proto.functions:
        yield function, function.metadata_props
        for node in function.node:
            yield node, node.metadata_props


RULE = Rule.of(__name__, __doc__, check, Fix("no idle text", strip, exact=True))
