"""An output does not have one value a row

The model was fed several rows and gave back another number of scores: one for all of them, or several for each.
PREDICT returns each score beside its row, so such an output cannot be returned.

Evidence: found by scoring rows of the model's own making (the runtime that is installed); PREDICT's result has the rows
of its data (documented).

```onnx
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] x) => (float[N, 1] y, float[1] threshold)
{
    y = Neg(x)
    threshold = Constant <value = float[1] {0.5}> ()
}
```

**What to do.** Export the model without this output; what is the same for all rows belongs into the spec or a table.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.errors import DeployerError
from deployer.model import Model
from deployer.rule import Finding, Rule
from deployer.rules._trial import count_rows, make_trial
from deployer.target import Target


def check(model: Model, _target: Target) -> Iterator[Finding]:
    try:
        scorer, rows = make_trial(model)
        scores = scorer.score(rows)
    except DeployerError:
        return  # rows cannot be made, or not be scored: other rules say why
    fed = count_rows(rows)
    for output, names in scorer.outputs.items():
        given = len(scores[names[0]])
        if given != fed:
            yield Finding(
                f"output {output!r}",
                f"output {output!r} gives {given:,} value{'s' if given > 1 else ''} for {fed:,} rows",
                "export the model without this output",
            )


RULE = Rule.of(__name__, __doc__, check)
