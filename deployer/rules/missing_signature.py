"""MLflow has no signature for the model

The signature says what the columns are called, in which order, and of which kind.
Without one the graph's names are all there is, and a wide input has none for its columns.

Evidence: MLflow logs a signature only where it is given or can be inferred from an example (documented).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] fare) => (float[N, 1] y)
{
    y = Neg(fare)
}
```

```yaml
flavors: {onnx: {data: model.onnx}}
```

**What to do.** Log the model with `signature=mlflow.models.infer_signature(X, y)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.model import Model
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    # A plain file has no flavor, and nobody expects a signature beside it.
    if model.origin.flavor and model.signature is None:
        yield Finding(
            "signature",
            "none is logged with this model: the graph's names are all there is",
            "log it with signature=mlflow.models.infer_signature(X, y)",
            Severity.INFO,
        )


RULE = Rule.of(__name__, __doc__, check)
