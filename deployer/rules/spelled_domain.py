"""ONNX's own domain is written out

The domain of ONNX's own operators is the empty text, and `ai.onnx` is another spelling of it.
Runtimes take both; tools that look for the empty one, older converters among them, find no opset.

Evidence: a model of Azure AutoML that is known to run on the dedicated pool has it (sample); ONNX's page about
its format calls the two the same (documented).

```onnx
<ir_version: 6, opset_import: ["ai.onnx": 9]>
agraph (float[N, 1] x) => (float[N, 1] y)
{
    y = ai.onnx.Neg(x)
}
```

**What to do.** `deployer fix` writes the empty text.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.graph import every_node, respell_domain
from deployer.model import Model
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.target import Target

_WRITTEN_OUT = "ai.onnx"


def check(model: Model, _target: Target) -> Iterator[Finding]:
    versions = {entry.domain: entry.version for entry in model.proto.opset_import}
    if _WRITTEN_OUT not in versions and not any(node.domain == _WRITTEN_OUT for node in every_node(model.proto)):
        return
    if len({versions.get(domain, 0) for domain in ("", _WRITTEN_OUT) if domain in versions}) > 1:
        yield Finding(
            "opset ai.onnx",
            f"the model imports version {versions['']} and version {versions[_WRITTEN_OUT]} of one domain",
            "export it again with one version",
            fixable=False,
        )
        return
    yield Finding("opset ai.onnx", "the domain '' is spelled 'ai.onnx'", "deployer fix writes it as ''", Severity.INFO)


def respell(model: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
    """The model with the empty text for the domain, imported once."""
    proto = model.edit()
    respell_domain(proto)
    return model.with_proto(proto)


RULE = Rule.of(__name__, __doc__, check, Fix("the domain as the empty text", respell, exact=True))
