"""The input example of MLflow does not score

Whoever logged the model put an example beside it, to show what it is fed with.
ONNX Runtime does not take that example: the model that is there is not the one that the example was made for, or
columns are called otherwise than in the graph.

Evidence: the example is scored (measured); MLflow tries it only where the model is logged with a conversion to pyfunc
(documented).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] fare, float[N, 1] distance) => (float[N, 1] y)
{
    y = Add(fare, distance)
}
```

```yaml
flavors: {onnx: {data: model.onnx}}
signature: {inputs: '[{"name": "fare", "type": "double"}, {"name": "distance", "type": "double"}]'}
saved_input_example_info: {artifact_path: input_example.json, type: dataframe, pandas_orient: split}
```

```json
{"columns": ["fare", "miles"], "data": [[12.5, 3.0]]}
```

**What to do.** Log the model with an example of the data that the ONNX model takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from deployer.errors import DeployerError
from deployer.model import Example, Model
from deployer.names import list_names, shorten
from deployer.rows import NUMPY_TYPES
from deployer.rule import Finding, Rule, Severity
from deployer.runtime import Array, Scorer
from deployer.scalars import input_columns
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    # A fix that splits, drops or renames leaves the example as it was logged.
    if model.example is None or model.origin.fixes:
        return
    problem = model.example.problem or _score(model, model.example)
    if problem:
        yield Finding(
            "input example",
            problem,
            "log the model with an example of the data that the ONNX model takes",
            Severity.WARNING,
        )


def _score(model: Model, example: Example) -> str:
    """What stops the example; empty where it scores."""
    try:
        columns = input_columns(model)
    except DeployerError:
        return ""  # names of a wide input are not known: `wide-input` says so
    names = [name for entry in columns.values() for name in entry]
    missing = [name for name in names if name not in example.columns]
    if missing and example.columns:
        return f"it has no column {list_names(missing)}; it has {list_names(example.columns)}"
    if not example.columns and any(len(row) != len(names) for row in example.rows):
        return f"its rows are not {len(names)} values wide"
    at = {name: example.columns.index(name) if example.columns else place for place, name in enumerate(names)}
    kinds = {name: column.type for column in model.inputs for name in columns[column.name]}
    batch: dict[str, Array] = {}
    for name in names:
        values = [row[at[name]] for row in example.rows]
        try:
            batch[name] = _convert(values, kinds[name])
        except (TypeError, ValueError, OverflowError):
            return f"column {name!r} holds {shorten(values[0])}, the graph takes {kinds[name]}"
    try:
        Scorer(model).score(batch)
    except DeployerError as error:
        return error.message
    return ""


def _convert(values: Sequence[object], kind: str) -> Array:
    if kind == "string":
        if not all(isinstance(value, str) for value in values):
            raise TypeError
        return np.array(values, dtype=object)
    if any(isinstance(value, str) for value in values):
        raise TypeError
    return np.array(values, dtype=NUMPY_TYPES[kind])


RULE = Rule.of(__name__, __doc__, check)
