"""Every rule, one module each, in the order in which they are asked and their fixes made."""

from __future__ import annotations

from deployer.model import Model
from deployer.rule import Rule
from deployer.rules import (
    custom_domain,
    external_data,
    filled_input,
    invalid_graph,
    large_model,
    lost_names,
    no_null,
    random_operator,
    row_dependence,
    single_row,
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
    invalid_graph.RULE,
    custom_domain.RULE,
    large_model.RULE,
    random_operator.RULE,
    unusable_name.RULE,
    filled_input.RULE,
    unread_input.RULE,
    zipmap_output.RULE,
    wide_output.RULE,
    wide_input.RULE,
    unproven_shape.RULE,
    unsupported_type.RULE,
    lost_names.RULE,
    no_null.RULE,
    single_row.RULE,
    # Last, so that it also lowers what the others have written.
    version_too_new.RULE,
)
"""Rules that read the graph."""

TRIALS: tuple[Rule[Model], ...] = (unloadable.RULE, row_dependence.RULE)
"""Rules that load the model and score a few rows; asked only of a model in which nothing else is beyond repair."""

RULES = (*STATIC, *TRIALS)
