"""An input has no word for NULL

ONNX has NaN for what is missing, and only floats have it: an integer and a text always hold a value.
What PREDICT hands to such an input for a NULL is documented nowhere.

Evidence: ONNX's types (documented); Azure AutoML's graphs begin with an Imputer for NaN, which suggests that a NULL
becomes NaN for floats (inferred).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (int64[N, 1] passengers) => (int64[N, 1] y)
{
    y = Add(passengers, passengers)
}
```

**What to do.** Say in the spec what becomes of a NULL: `nulls: refuse`, `skip row` or `{use: 0}`.
Where nothing is said, NULL is refused before any row is scored.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.model import Model
from deployer.names import list_names
from deployer.rule import Finding, Rule, Severity
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    blind = [
        column for column in model.inputs if column.is_tensor and ("int" in column.type or column.type == "string")
    ]
    if blind:
        yield Finding(
            f"input {blind[0].name!r}",
            f"{list_names([column.name for column in blind])}: integers and texts of ONNX have no NULL",
            "say in the spec what becomes of one: nulls: refuse, skip row or {use: VALUE}",
            Severity.INFO,
        )


RULE = Rule.of(__name__, __doc__, check)
