"""An operator is not one of ONNX's own

An operator of another domain than `ai.onnx` and `ai.onnx.ml` needs code that ONNX does not define.
PREDICT has no way to bring such code along, so the runtime inside the database answers "Model is corrupt or invalid".
`com.microsoft` is the domain of ONNX Runtime's own additions: its builds contain them, but which, depends on the build
and its version, so this is a warning.

Evidence: PREDICT's documented arguments are a model, data and a runtime; nothing registers an operator (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9, "com.microsoft": 1]>
agraph (float[N, 1] x) => (float[N, 1] y)
{
    y = com.microsoft.Gelu(x)
}
```

**What to do.** Export the model without the operator.
ONNX Runtime writes such operators when it saves an optimized model: deploy the model from before.
For text, split words and make their features before the data reaches the model.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.graph import STANDARD_DOMAINS, every_node
from deployer.model import Model
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    functions = {(function.domain, function.name) for function in model.proto.functions}
    used: dict[str, list[str]] = {}
    for node in every_node(model.proto):
        if node.domain not in STANDARD_DOMAINS and (node.domain, node.op_type) not in functions:
            used.setdefault(node.domain, []).append(node.op_type)
    for domain, operators in used.items():
        listed = ", ".join(dict.fromkeys(operators))
        yield Finding(
            f"domain {domain!r}",
            f"{len(operators)} node{'s' if len(operators) > 1 else ''} of domain {domain!r} ({listed}); ONNX defines"
            " ai.onnx and ai.onnx.ml",
            "export the model without these operators, and not as ONNX Runtime's optimizer saved it",
            Severity.WARNING if domain == "com.microsoft" else Severity.ERROR,
        )


RULE = Rule.of(__name__, __doc__, check)
