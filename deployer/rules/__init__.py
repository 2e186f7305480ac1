"""Every rule, one module each, in the order in which they are asked and their fixes made."""

from __future__ import annotations

from deployer.model import Model
from deployer.rule import Rule
from deployer.rules import (
    batchless_output,
    custom_domain,
    external_data,
    failing_example,
    filled_input,
    fixed_batch,
    fixed_output,
    idle_node,
    idle_text,
    invalid_graph,
    large_model,
    lost_names,
    missing_input,
    missing_signature,
    no_null,
    random_operator,
    row_dependence,
    signature_mismatch,
    single_row,
    spelled_domain,
    unloadable,
    unproven_shape,
    unread_input,
    unsupported_type,
    unusable_name,
    version_too_new,
    wide_input,
    wide_output,
    zipmap_output,
)

STATIC: tuple[Rule[Model], ...] = (
    external_data.RULE,
    spelled_domain.RULE,
    invalid_graph.RULE,
    custom_domain.RULE,
    large_model.RULE,
    random_operator.RULE,
    unusable_name.RULE,
    filled_input.RULE,
    missing_input.RULE,
    # Before the inputs that nothing reads: what it drops may have read some.
    idle_node.RULE,
    unread_input.RULE,
    zipmap_output.RULE,
    wide_output.RULE,
    wide_input.RULE,
    unproven_shape.RULE,
    fixed_batch.RULE,
    fixed_output.RULE,
    unsupported_type.RULE,
    lost_names.RULE,
    missing_signature.RULE,
    signature_mismatch.RULE,
    no_null.RULE,
    single_row.RULE,
    idle_text.RULE,
    # Last, so that it also lowers what the others have written.
    version_too_new.RULE,
)
"""Rules that read the graph."""

TRIALS: tuple[Rule[Model], ...] = (
    unloadable.RULE,
    batchless_output.RULE,
    row_dependence.RULE,
    failing_example.RULE,
)
"""Rules that load the model and score a few rows; asked only of a model in which nothing else is beyond repair."""

RULES = (*STATIC, *TRIALS)


def list_fixes(batch: str | None = None) -> tuple[Rule[Model], ...]:
    """The rules whose fixes are made, in order; with `batch` also the one that makes it `free` or of `one` row."""
    from deployer.rules._batch import FREE, PIN

    asked = {None: (), "free": (FREE,), "one": (PIN,)}[batch]
    return (*STATIC[:-1], *asked, STATIC[-1])
