"""MLflow's signature and the graph are at odds

The signature names other columns than the graph, or columns of another kind, or more or fewer of them.
The graph is what runs.
Where the two disagree, somebody who maps columns by the signature feeds the wrong ones.

Evidence: Azure AutoML and hand-written exports log a signature apart from the graph (reported); MLflow does not compare
the two when a model is logged (documented).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] fare, float[N, 1] distance) => (float[N, 1] y)
{
    y = Add(fare, distance)
}
```

```yaml
flavors: {onnx: {data: model.onnx}}
signature: {inputs: '[{"name": "fare", "type": "double"}, {"name": "miles", "type": "double"}]'}
```

**What to do.** Log the model again with the signature of the data that the ONNX model takes.
A `double` for the graph's `float` is no matter: every signature of pandas' data says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from deployer.model import Model, SignatureField
from deployer.names import list_names
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target

_HELP = "log the model with the signature of the data that the ONNX model takes"
_TEXT = frozenset({"string", "str", "object"})


def check(model: Model, _target: Target) -> Iterator[Finding]:
    fields = model.signature.inputs if model.signature else ()
    widths = [column.width for column in model.inputs]
    # A fix that splits, drops or renames leaves the signature as it was logged.
    if not fields or None in widths or model.origin.fixes:
        return
    count, said = sum(width or 0 for width in widths), [_width(field) for field in fields]
    if None not in said and sum(width or 0 for width in said) != count:
        total = sum(width or 0 for width in said)
        yield _finding(f"it has {total} columns, the graph takes {count}")
        return
    names = {field.name: field for field in fields if field.name is not None}
    if set(widths) != {1} or len(names) != len(fields) or None in said or set(said) != {1}:
        return
    missing = [column.name for column in model.inputs if column.name not in names]
    if missing:
        known = {column.name for column in model.inputs}
        others = [name for name in names if name not in known]
        yield _finding(f"it names {list_names(others)} where the graph takes {list_names(missing)}")
        return
    for column in model.inputs:
        field = names[column.name]
        if (field.type in _TEXT) is not (column.type == "string"):
            yield _finding(f"it says {field.type} for {column.name!r}, the graph takes {column.type}")
    order = [column.name for column in model.inputs]
    if list(names) != order:
        yield _finding(f"its order is {list_names(list(names))}, the graph's {list_names(order)}", Severity.INFO)


def _finding(message: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding("signature", message, _HELP, severity)


def _width(field: SignatureField) -> int | None:
    """Columns of a field; None where its tensor has an axis of any length beside the batch."""
    if field.shape is None:
        return 1
    rest = field.shape[1:]
    return None if any(length < 0 for length in rest) else prod(rest)


RULE = Rule.of(__name__, __doc__, check)
