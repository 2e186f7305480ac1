"""Weights are outside of the model

A tensor names another file for its bytes.
The database gets one value, the model's bytes, and cannot follow a path: it answers "Model is corrupt or invalid".

Evidence: `mlflow.onnx.log_model` saves with external data by default, for tensors over 1 KiB, and the single file then
does not load (documented).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x) => (float[N, 1] y)
<float[1] w = ["location": "weights.bin"]>
{
    y = Mul(x, w)
}
```

**What to do.** Read the model from its MLflow folder, or from the file beside which the weights lie; `read_model`
brings them inside.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.graph import graphs
from deployer.model import Model
from deployer.rule import Finding, Rule
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    for graph in graphs(model.proto.graph):
        for tensor in graph.initializer:
            location = next((entry.value for entry in tensor.external_data if entry.key == "location"), None)
            if location is not None:
                yield Finding(
                    f"initializer {tensor.name!r}",
                    f"the bytes of {tensor.name!r} are in another file, {location!r}; the database gets one value",
                    "read the model from the folder that holds this file, and its weights are brought inside",
                )


RULE = Rule.of(__name__, __doc__, check)
