"""An output is said to have a fixed number of rows

The inputs take any number of rows, and an output's shape names a number all the same.
ONNX Runtime takes the shape for a hint and returns what the graph makes; an engine that trusts it reads one score where
there are many.

Evidence: PREDICT reads the shapes of inputs, as its message about `[1,2]` shows (reported); that it reads those of
outputs too is reasoned (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x) => (float[1, 1] y)
{
    y = Neg(x)
}
```

**What to do.** `deployer fix` gives the output the batch dimension of the inputs.
Scores stay the same to the last bit: only what is said of the shape changes.
Where the graph really makes a fixed number of rows, `batchless-output` says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.inference import infer_rows
from deployer.model import Dimension, Model
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    batch = _free_batch(model)
    if batch is None:
        return
    fixed = _fixed(model)
    for column in model.outputs:
        if column.name in fixed:
            yield Finding(
                f"output {column.name!r}",
                f"output {column.name!r} is {column}: always as many rows, however many are fed",
                f"deployer fix says {batch} rows, as the inputs do",
                Severity.WARNING,
            )


def _fixed(model: Model) -> list[str]:
    """The outputs that are said to have so many rows, but for those of which ONNX finds it: they are another rule's."""
    fixed = [column.name for column in model.outputs if column.shape and isinstance(column.rows, int)]
    made = infer_rows(model.proto) if fixed else {}
    return [name for name in fixed if name not in made]


def _free_batch(model: Model) -> Dimension:
    """The name of the inputs' batch dimension; None where one of them is fixed, or has none that is called anything."""
    first = [column.rows for column in model.inputs]
    if any(isinstance(rows, int) for rows in first):
        return None
    return next((rows for rows in first if rows), None)


def free(model: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
    """The model with the inputs' batch dimension in its outputs too."""
    batch = _free_batch(model)
    fixed = _fixed(model)
    proto = model.edit()
    for value in proto.graph.output:
        if value.name in fixed and isinstance(batch, str):
            value.type.tensor_type.shape.dim[0].dim_param = batch
    return model.with_proto(proto)


RULE = Rule.of(__name__, __doc__, check, Fix("outputs that follow the batch", free, exact=True))
