"""Every rule, one module each, in the order in which they are asked and their fixes made."""

from __future__ import annotations

from deployer.rule import Rule
from deployer.rules import (
    custom_domain,
    external_data,
    invalid_graph,
    unsupported_type,
    unusable_name,
    version_too_new,
    wide_input,
    wide_output,
    zipmap_output,
)

RULES: tuple[Rule, ...] = (
    external_data.RULE,
    invalid_graph.RULE,
    custom_domain.RULE,
    unusable_name.RULE,
    zipmap_output.RULE,
    wide_output.RULE,
    wide_input.RULE,
    unsupported_type.RULE,
    # Last, so that it also lowers what the others have written.
    version_too_new.RULE,
)
