"""A score is drawn by chance

An operator draws random numbers, so that the same row scores differently from run to run.
Nothing that is proven about such a model holds the next time, and two reads of one view disagree.

Evidence: ONNX's operators RandomNormal, RandomUniform, their Like forms, Multinomial and Bernoulli draw, and Dropout
does in training mode (documented).
A `seed` starts the numbers of a session, not those of a row (documented).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x) => (float[N, 1] y)
{
    noise = RandomNormalLike(x)
    y = Add(x, noise)
}
```

**What to do.** Export the model for inference: noise is of use in training only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from deployer.graph import STANDARD_DOMAINS, nodes
from deployer.model import Model
from deployer.rule import Finding, Rule
from deployer.target import Target

if TYPE_CHECKING:
    import onnx

_RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
)


def check(model: Model, _target: Target) -> Iterator[Finding]:
    for operator in random_operators(model):
        yield Finding(
            f"operator {operator!r}",
            f"operator {operator!r} draws random numbers: a row's score differs from run to run",
            "export the model for inference, without noise",
        )


def random_operators(model: Model) -> list[str]:
    """The operators of a model that draw, each once, in the order of the graph."""
    return list(dict.fromkeys(node.op_type for node in nodes(model.proto.graph) if _draws(node)))


def _draws(node: onnx.NodeProto) -> bool:
    if STANDARD_DOMAINS.get(node.domain) != "ai.onnx":
        return False
    # From opset 12 on, Dropout has a third input, which switches training on; before, inference is all it does.
    training = node.op_type == "Dropout" and any(node.input[2:])
    return node.op_type in _RANDOM or training


RULE = Rule.of(__name__, __doc__, check)
