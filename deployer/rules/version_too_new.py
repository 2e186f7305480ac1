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
Functions of the model's own are put where they are called.
Scores stay the same to the last bit: this is tested with ONNX's own test cases and with the models of today's
converters.
What is in the way is most often an operator that came later, like `Gelu` or `LayerNormalization`: export the model
again with a lower target opset (`target_opset=11` in skl2onnx), and the exporter writes it in smaller parts.
Who knows that the target takes more says so: `--limit opset=15`, or `limits:` in the spec.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.graph import STANDARD_DOMAINS, drop_unread, function_nodes, nodes
from deployer.inference import find_broken_structure, find_fault
from deployer.model import Model
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.rules._lower import lower_domain
from deployer.target import Limit, Target

if TYPE_CHECKING:
    import onnx

_FUNCTIONS_SINCE = 8
"""The IR version that brought functions of a model's own (onnx/docs/IR.md)."""


def check(model: Model, target: Target) -> Iterator[Finding]:
    if not _too_new(model, target):
        return
    lowered = _lower(model, target)
    if _above(model.proto.ir_version, target.ir_version):
        what = f"the file format is IR {model.proto.ir_version}"
        yield _finding("IR version", what, target.ir_version, lowered.obstacles.get("IR", ()))
    for domain, version in model.opsets.items():
        limit = _limit_of(target, domain)
        if _above(version, limit):
            name = STANDARD_DOMAINS[domain]
            unproven = target.opset_unproven if limit is target.opset else limit
            severity = Severity.ERROR if _above(version, unproven) else Severity.WARNING
            where = f"opset {name}"
            yield _finding(where, f"{where} is {version}", limit, lowered.obstacles.get(domain, ()), severity)


def _finding(
    where: str, what: str, limit: Limit[int], obstacles: tuple[str, ...], severity: Severity = Severity.ERROR
) -> Finding:
    more = f"; and {len(obstacles) - 3} more" if len(obstacles) > 3 else ""
    return Finding(
        where,
        f"{what}; the target takes up to {limit.value} ({limit.evidence})",
        f"it cannot be lowered without changing what it computes: {'; '.join(obstacles[:3])}{more}"
        if obstacles
        else f"deployer fix lowers it to {limit.value}",
        severity,
        fixable=not obstacles,
    )


def _limit_of(target: Target, domain: str) -> Limit[int]:
    limits = {"ai.onnx": target.opset, "ai.onnx.ml": target.ml_opset}
    return limits.get(STANDARD_DOMAINS.get(domain, ""), _NO_LIMIT)


_NO_LIMIT: Limit[int] = Limit(None, "inferred", "no target says anything about other domains")


def _above(version: int, limit: Limit[int]) -> bool:
    return limit.value is not None and version > limit.value


def _too_new(model: Model, target: Target) -> bool:
    return _above(model.proto.ir_version, target.ir_version) or any(
        _above(version, _limit_of(target, domain)) for domain, version in model.opsets.items()
    )


@dataclass(slots=True)
class _Lowered:
    """The model with all lowered that can be, and why the rest cannot: "IR" or a domain to its obstacles."""

    proto: onnx.ModelProto
    obstacles: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _lower(model: Model, target: Target) -> _Lowered:
    import onnx

    lowered = _Lowered(model.edit())
    broken = find_broken_structure(model.proto)
    if broken:
        domains = [domain for domain, version in model.opsets.items() if _above(version, _limit_of(target, domain))]
        lowered.obstacles = dict.fromkeys(["IR", *domains], (f"the graph is not valid: {broken}",))
        return lowered
    _inline_functions(lowered)
    drop_unread(lowered.proto.graph)
    for domain, version in model.opsets.items():
        limit = _limit_of(target, domain)
        if limit.value is None or version <= limit.value:
            continue
        attempt = onnx.ModelProto()
        attempt.CopyFrom(lowered.proto)
        obstacles = lower_domain(attempt, domain, limit.value)
        fault = "" if obstacles else find_fault(attempt)
        if obstacles or fault:
            # It stays as it is, and stays a finding; the rest goes down all the same.
            lowered.obstacles[domain] = obstacles or (f"the older version does not take it: {fault}",)
        else:
            lowered.proto = attempt
    _lower_ir(lowered, target)
    # What was an input and became an attribute.
    drop_unread(lowered.proto.graph)
    return lowered


def _inline_functions(lowered: _Lowered) -> None:
    """Put the bodies of the model's own functions where they are called, to be lowered with the rest."""
    if not lowered.proto.functions:
        return
    from onnx import inliner

    _align_functions(lowered.proto)
    proto = inliner.inline_local_functions(lowered.proto)
    used = {node.domain for node in nodes(proto.graph)}
    for entry in list(proto.opset_import):
        if entry.domain not in used and entry.domain not in STANDARD_DOMAINS:
            proto.opset_import.remove(entry)
    lowered.proto = proto


def _align_functions(proto: onnx.ModelProto) -> None:
    """State the model's own versions for functions whose nodes mean the same by them: only such are put inline."""
    versions = {entry.domain: entry.version for entry in proto.opset_import}
    for function in proto.functions:
        for entry in function.opset_import:
            version = versions.get(entry.domain, entry.version)
            domain = "" if STANDARD_DOMAINS.get(entry.domain) == "ai.onnx" else entry.domain
            if entry.domain in STANDARD_DOMAINS and all(
                0 < _since(node.op_type, domain, version) == _since(node.op_type, domain, entry.version)
                for node in function_nodes(function)
                if node.domain == entry.domain
            ):
                entry.version = version


def _since(operator: str, domain: str, version: int) -> int:
    """The version that brought the definition in force at `version`; 0 where there is none yet."""
    from onnx import defs

    try:
        return int(defs.get_schema(operator, version, domain).since_version)
    except defs.SchemaError:
        return 0


def _lower_ir(lowered: _Lowered, target: Target) -> None:
    """The number of the file format, where nothing in the file needs a newer one."""
    proto, limit = lowered.proto, target.ir_version
    if limit.value is None or proto.ir_version <= limit.value:
        return
    filled = {tensor.name for tensor in proto.graph.initializer}
    if proto.functions and limit.value < _FUNCTIONS_SINCE:
        obstacle = f"functions of the model's own came with IR {_FUNCTIONS_SINCE}, and not all can be put inline"
    elif limit.value < 4 and not filled <= {value.name for value in proto.graph.input}:
        obstacle = "before IR 4 every initializer has to be an input too"
    else:
        proto.ir_version = limit.value
        return
    lowered.obstacles["IR"] = (obstacle,)


def lower(model: Model, target: Target, _columns: tuple[str, ...]) -> Model:
    """Every domain and the file format at the newest version that the target is known to take."""
    return model.with_proto(_lower(model, target).proto) if _too_new(model, target) else model


RULE = Rule.of(__name__, __doc__, check, Fix("lower the versions", lower, exact=True))
