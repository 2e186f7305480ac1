"""An input that no node reads

Whoever feeds the model has to give a column for it, and no score depends on it.
In the database that is a column that must exist, be cast and be read for nothing; a NULL in it may even stop the query.

Evidence: PREDICT binds every input of the model to a column of its name (documented); what it does about an input that
is not read is documented nowhere (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] fare, float[N, 1] note) => (float[N, 1] total)
{
    total = Neg(fare)
}
```

**What to do.** `deployer fix` drops the input.
Scores stay the same to the last bit: nothing read it.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.graph import graphs
from deployer.model import Model
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    for name in _unread(model):
        yield Finding(
            f"input {name!r}",
            f"no node reads input {name!r}; PREDICT wants a column for it all the same",
            "deployer fix drops it",
            Severity.WARNING,
        )


def _unread(model: Model) -> list[str]:
    """Names of the inputs that nothing reads; none where nothing is read at all, for a model needs an input."""
    read = {value.name for value in model.outputs}
    for graph in graphs(model.proto.graph):
        read.update(name for node in graph.node for name in node.input)
        read.update(value.name for value in graph.output)
    unread = [column.name for column in model.inputs if column.name not in read]
    return unread if len(unread) < len(model.inputs) else []


def drop(model: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
    """The model without the inputs that nothing reads."""
    proto = model.edit()
    unread = set(_unread(model))
    kept = [value for value in proto.graph.input if value.name not in unread]
    del proto.graph.input[:]
    proto.graph.input.extend(kept)
    return model.with_proto(proto)


RULE = Rule.of(__name__, __doc__, check, Fix("no unread inputs", drop, exact=True))
