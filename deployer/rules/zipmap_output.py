"""An output is a list of maps

A classifier's probabilities come as a list with a map from class to probability for each row (ZipMap).
T-SQL has no type for it, so PREDICT cannot return it.
The output may stay in the graph as long as WITH does not name it, so this is a warning while there is another output,
and an error where there is none.

Evidence: Microsoft's samples run on Azure Synapse with a ZipMap output that is not selected (sample).

```onnx
<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1]>
agraph (float[N, 1] x) => (int64[N] label, seq(map(int64, float)) probability)
{
    label, scores = ai.onnx.ml.LinearClassifier <coefficients = [-1.0, 1.0], intercepts = [0.0, 0.0],
        classlabels_ints = [0, 1], multi_class = 0, post_transform = "LOGISTIC"> (x)
    probability = ai.onnx.ml.ZipMap <classlabels_int64s = [0, 1]> (scores)
}
```

**What to do.** `deployer fix` returns one number a class instead, named `probability_0`, `probability_1`, …
Scores stay the same to the last bit: the values are copied out of the tensor that the maps were made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from deployer.graph import drop_unread, element_type, split_output
from deployer.inference import infer_values
from deployer.model import Model
from deployer.names import list_names
from deployer.rule import Finding, Fix, Rule, Severity
from deployer.scalars import output_columns
from deployer.target import Target

if TYPE_CHECKING:
    import onnx


def check(model: Model, _target: Target) -> Iterator[Finding]:
    names = output_columns(model)
    severity = Severity.WARNING if any(column.is_tensor for column in model.outputs) else Severity.ERROR
    for column in model.outputs:
        if column.is_tensor:
            continue
        fixable = _zipmap(model.proto, column.name) is not None and column.name in names
        yield Finding(
            f"output {column.name!r}",
            f"output {column.name!r} is {column.type}; PREDICT returns scalars only",
            f"deployer fix returns {list_names(names[column.name])} instead"
            if fixable
            else "leave it unselected, or export the model without it (skl2onnx: options={'zipmap': False})",
            severity,
            fixable=fixable,
        )


def _zipmap(proto: onnx.ModelProto, output: str) -> onnx.NodeProto | None:
    """The ZipMap that makes an output, directly or through an Identity."""
    producers = {name: node for node in proto.graph.node for name in node.output}
    node = producers.get(output)
    while node is not None and node.op_type == "Identity":
        node = producers.get(node.input[0])
    return node if node is not None and node.op_type == "ZipMap" and node.input else None


def unzip(model: Model, _target: Target, _columns: tuple[str, ...]) -> Model:
    """One `[N, 1]` output a class, taken from the tensor that ZipMap reads."""
    from onnx import TensorProto

    names = output_columns(model)
    proto = model.edit()
    for column in model.outputs:
        zipmap = None if column.is_tensor else _zipmap(proto, column.name)
        if zipmap is not None and column.name in names:
            # ZipMap takes float only (onnx/defs/traditionalml), yet skl2onnx writes double for a model of doubles,
            # which no runtime loads. The tensor is what it is.
            types = infer_values(proto)
            kind = element_type(types[zipmap.input[0]]) if zipmap.input[0] in types else TensorProto.FLOAT
            split_output(proto, column.name, zipmap.input[0], names[column.name], kind)
    drop_unread(proto.graph)
    return model.with_proto(proto)


RULE = Rule.of(__name__, __doc__, check, Fix("one output a class", unzip, exact=True))
