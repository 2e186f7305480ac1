"""A version is newer than the target's runtime

The runtime inside the database loads only models up to certain versions: of ONNX's operators (`ai.onnx`), of its
machine-learning operators (`ai.onnx.ml`), and of the file format (IR).
Above these it answers "Model is corrupt or invalid".
Today's converters write IR 10 and opsets above 20, so this is the normal case.

Evidence: nobody documents the runtime of Azure Synapse.
Microsoft's tutorial pins onnx 1.6.0 and ONNX Runtime 1.0.0, which takes ai.onnx 11, ai.onnx.ml 2 and IR 6 (inferred).
What is above that but may run is a warning.

```onnx
<ir_version: 10, opset_import: ["": 18]>
agraph (float[N, 1] x, float[N, 1] y) => (float[N, 1] score)
{
    both = Concat <axis = 1> (x, y)
    axes = Constant <value_ints = [1]> ()
    score = ReduceSum <keepdims = 1> (both, axes)
}
```

**What to do.** `deployer fix` lowers the versions node by node, with ONNX's own schemas as judge.
An operator whose older definition means the same is kept; one that is written differently is rewritten; where neither
is possible, the finding says which node is in the way.
Scores stay the same to the last bit.
Who knows that the target takes more says so: `--limit opset=15`, or `limits:` in the spec.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

from deployer.errors import FixError
from deployer.graph import STANDARD_DOMAINS, drop_unread
from deployer.model import Model
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.rules._lower import lower_domain
from deployer.target import Limit, Target

if TYPE_CHECKING:
    import onnx


def check(model: Model, target: Target) -> Iterator[Finding]:
    ir = model.proto.ir_version
    if target.ir_version.value is not None and ir > target.ir_version.value:
        yield Finding(
            "IR version",
            f"the file format is IR {ir}; {_limit(target.ir_version)}",
            f"deployer fix writes IR {target.ir_version.value}",
        )
    for domain, version in model.opsets.items():
        limit = _limit_of(target, domain)
        if limit is None or limit.value is None or version <= limit.value:
            continue
        unproven = target.opset_unproven.value if limit is target.opset else None
        severity = Severity.WARNING if unproven is not None and version <= unproven else Severity.ERROR
        obstacles = _obstacles(model, domain, limit.value)
        yield Finding(
            f"opset {STANDARD_DOMAINS[domain]}",
            f"opset {STANDARD_DOMAINS[domain]} is {version}; {_limit(limit)}",
            f"it cannot be lowered without changing what it computes: {'; '.join(obstacles)}"
            if obstacles
            else f"deployer fix lowers it to {limit.value}",
            severity,
            fixable=not obstacles,
        )


def _limit(limit: Limit[int]) -> str:
    return f"the target takes up to {limit.value} ({limit.evidence})"


def _limit_of(target: Target, domain: str) -> Limit[int] | None:
    name = STANDARD_DOMAINS.get(domain)
    return {"ai.onnx": target.opset, "ai.onnx.ml": target.ml_opset}.get(name or "")


def _obstacles(model: Model, domain: str, version: int) -> tuple[str, ...]:
    return lower_domain(model.edit(), domain, version)


def lower(model: Model, target: Target, _columns: tuple[str, ...]) -> Model:
    """Every domain and the file format at the newest version that the target is known to take."""
    proto = model.edit()
    for domain, version in model.opsets.items():
        limit = _limit_of(target, domain)
        if limit is None or limit.value is None or version <= limit.value:
            continue
        # What has obstacles stays as it is, and stays a finding; the rest goes down all the same.
        attempt = copy.deepcopy(proto)
        if not lower_domain(attempt, domain, limit.value):
            proto = attempt
    if target.ir_version.value is not None and proto.ir_version > target.ir_version.value:
        proto.ir_version = target.ir_version.value
    drop_unread(proto.graph)
    _judge(proto)
    return model.with_proto(proto)


def _judge(proto: onnx.ModelProto) -> None:
    """Ask ONNX itself whether the older definitions take these nodes, types and shapes."""
    from onnx import checker, shape_inference

    try:
        checker.check_model(proto)
        shape_inference.infer_shapes(proto, check_type=True, strict_mode=True)
    except (checker.ValidationError, shape_inference.InferenceError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise FixError(
            f"the lowered model is not what the older versions define: {reason}",
            hint="export the model again with a lower target opset",
        ) from error


RULE = Rule.of(__name__, __doc__, check, Fix("lower the versions", lower, exact=True))
