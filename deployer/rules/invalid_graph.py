"""The graph is not valid ONNX

ONNX's own checker, or its rules about types, say that no runtime can load the model: a value that nothing makes, an
operator or attribute that its version does not know, a type that an operator does not take.
Storing it would only move the error to the database, which answers "Model is corrupt or invalid" for all of them.

Evidence: ONNX's operator schemas define what is valid (documented).
Converters do write such models: skl2onnx 1.20 puts a ZipMap, which takes `float` only, behind the `double`
probabilities of a classifier that was converted for double inputs.

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x, double[N, 1] y) => (float[N, 1] sum)
{
    sum = Add(x, y)
}
```

**What to do.** Export the model again: with inputs of one type, most often `float`, or with a newer converter.
A ZipMap that reads `double` goes away with `deployer fix`, which returns the probabilities themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.inference import find_fault
from deployer.model import Model
from deployer.rule import Finding, Rule
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    fault = find_fault(model.proto)
    if fault:
        yield Finding(
            "graph",
            f"no runtime can load the graph: {fault}".removesuffix("."),
            "export the model again, with inputs of one type or with a newer converter",
        )


RULE = Rule.of(__name__, __doc__, check)
