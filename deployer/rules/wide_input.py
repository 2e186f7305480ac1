"""An input is several columns wide

PREDICT binds one column to one input, by name.
A model with one tensor of all features, as exporters write it by default, is refused:
`Input column 1 (1-based) has shape [1,2] which is not supported.`

Evidence: reported three times for Azure Synapse; every sample that is known to run has one scalar input a column.

```onnx
<ir_version: 6, opset_import: ["": 9, "ai.onnx.ml": 1], metadata_props: ["columns": "a,b"]>
agraph (float[N, 2] X) => (float[N, 1] score)
{
    score = ai.onnx.ml.LinearRegressor <coefficients = [1.5, -2.0], intercepts = [0.5]> (X)
}
```

**What to do.** `deployer fix` gives the model one input a column and joins them inside the graph.
The names come from the MLflow signature, from the model's metadata (`columns`, as JSON or comma-separated), or from
`--columns a,b`.
Scores stay the same to the last bit: joining copies the values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from deployer.errors import FixError
from deployer.graph import import_operators, new_name, rename_values, value_names
from deployer.model import Column, Model
from deployer.names import list_names, name_problem, shorten
from deployer.rule import Finding, Fix, Rule
from deployer.scalars import input_columns
from deployer.target import Target


def check(model: Model, target: Target) -> Iterator[Finding]:
    limit = target.input_width.value
    if limit is None:
        return
    for column in model.inputs:
        if column.is_tensor and (column.width is None or column.width > limit):
            wide = "an unknown number of" if column.width is None else column.width
            help_, fixable = _judge(model, column)
            yield Finding(
                f"input {column.name!r}",
                f"input {column.name!r} is {wide} columns wide; PREDICT binds one column to one input",
                help_,
                fixable=fixable,
            )


def _judge(model: Model, column: Column) -> tuple[str, bool]:
    """What to do about a wide input, and whether the fix can."""
    if len(column.shape or ()) != 2:
        return "export the model again with one input a column, or one input of two axes", False
    if column.width is None and sum(entry.width is None for entry in model.inputs) > 1:
        return "export the model again with the number of its features in the input's shape", False
    try:
        names = input_columns(model)
    except FixError as error:
        return f"deployer fix splits it; {error.message}: {error.hint}", True
    columns = list_names([name for columns in names.values() for name in columns])
    return f"deployer fix splits it into {columns}", True


def split(model: Model, target: Target, columns: tuple[str, ...]) -> Model:
    """One `[N, 1]` input a column, joined by a Concat at the front of the graph."""
    from onnx import helper

    findings = {finding.where for finding in check(model, target) if finding.fixable}
    names = input_columns(model, columns)
    proto = model.edit()
    import_operators(proto)
    graph = proto.graph
    wide = [value.name for value in graph.input if f"input {value.name!r}" in findings]
    parts = [part for value in wide for part in names[value]]
    _refuse_names(parts, {value.name for value in graph.output})
    # A column may be called as a value inside the graph, or as the wide input itself: that value makes room.
    taken = value_names(graph) | set(parts)
    inside = value_names(graph).intersection(parts)
    renamed = {part: new_name(taken, f"{part}_inner") for part in parts if part in inside}
    rename_values(graph, renamed)
    values = list(graph.input)
    nodes = list(graph.node)
    del graph.input[:]
    del graph.node[:]
    for value in values:
        if value.name not in wide:
            graph.input.append(value)
            continue
        tensor = value.type.tensor_type
        first = tensor.shape.dim[0].dim_value or tensor.shape.dim[0].dim_param or None
        filling = names[value.name]
        joined = renamed.get(value.name, value.name)
        graph.input.extend(helper.make_tensor_value_info(part, tensor.elem_type, [first, 1]) for part in filling)
        graph.node.append(helper.make_node("Concat", filling, [joined], name=f"join_{joined}", axis=1))
    graph.node.extend(nodes)
    return model.with_proto(proto)


def _refuse_names(parts: Sequence[str], outputs: Collection[str]) -> None:
    for part in parts:
        problem = "is the name of an output" if part in outputs else name_problem(part)
        if problem:
            raise FixError(
                f"column {shorten(part)} of the wide input {problem}", hint="give other names: --columns a,b,c"
            )


RULE = Rule.of(__name__, __doc__, check, Fix("one input a column", split, exact=True))
