"""An output is several columns wide

PREDICT returns one value a row for one column of its WITH clause.
A tensor with one probability a class, or one score a cluster, is several.

Evidence: outputs of shape `[1]` and `[1,1]` are in samples that run on Azure Synapse; none returns `[1,k]`, so nobody
knows what it would do.

```onnx
<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
agraph (float[N, 1] x) => (float[N, 2] scores)
{
    label, scores = ai.onnx.ml.LinearClassifier <coefficients = [-1.0, 1.0], intercepts = [0.0, 0.0],
        classlabels_ints = [0, 1], multi_class = 0, post_transform = "LOGISTIC"> (x)
}
```

**What to do.** `deployer fix` returns one number a column instead, named after the classes where the graph has their
labels (`scores_0`, `scores_1`), after the position otherwise.
Scores stay the same to the last bit: the values are copied.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.graph import split_output
from deployer.model import Model
from deployer.names import list_names
from deployer.rule import Finding, Fix, Rule
from deployer.scalars import output_columns
from deployer.target import Target


def check(model: Model, target: Target) -> Iterator[Finding]:
    limit = target.output_width.value
    if limit is None:
        return
    names = output_columns(model)
    for column in model.outputs:
        if not column.is_tensor or (column.width is not None and column.width <= limit):
            continue
        fixable = column.name in names and len(column.shape or ()) == 2
        wide = "an unknown number of" if column.width is None else column.width
        yield Finding(
            f"output {column.name!r}",
            f"output {column.name!r} is {wide} columns wide; PREDICT returns one value a row",
            f"deployer fix returns {list_names(names[column.name])} instead"
            if fixable
            else "export the model without this output, or with two axes of known length",
            fixable=fixable,
        )


def split(model: Model, target: Target, _columns: tuple[str, ...]) -> Model:
    """One `[N, 1]` output a column."""
    findings = {finding.where for finding in check(model, target) if finding.fixable}
    names = output_columns(model)
    proto = model.edit()
    for value in list(proto.graph.output):
        if f"output {value.name!r}" not in findings:
            continue
        split_output(proto, value.name, value.name, names[value.name], value.type.tensor_type.elem_type)
    return model.with_proto(proto)


RULE = Rule.of(__name__, __doc__, check, Fix("one output a column", split, exact=True))
