"""ONNX Runtime does not load the model

The graph passes ONNX's checker, and ONNX Runtime still refuses it: no kernel for an operator's types, lists of a tree
ensemble that do not fit each other, a domain or version that it does not know.
PREDICT runs ONNX Runtime too, and answers "Model is corrupt or invalid".

Evidence: what is tried here is the ONNX Runtime that is installed; the pool's own is older and not documented
(inferred).

```onnx
<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
agraph (float[N, 1] x) => (float[N, 1] y)
{
    y = ai.onnx.ml.LinearRegressor <coefficients = [1.0], intercepts = [0.5], post_transform = "SQUARE"> (x)
}
```

**What to do.** Read ONNX Runtime's words; they name the node.
Export the model again with a current converter.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.errors import RuntimeFault
from deployer.model import Model
from deployer.rule import Finding, Rule
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    from deployer.runtime import open_session

    try:
        open_session(model)
    except RuntimeFault as fault:
        yield Finding("model", fault.message, "export it again with a current converter")


RULE = Rule.of(__name__, __doc__, check)
