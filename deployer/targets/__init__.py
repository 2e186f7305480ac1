"""The databases that the deployer knows, one module each."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from deployer.errors import TargetError
from deployer.target import Target
from deployer.targets import sql_edge, synapse_dedicated

TARGETS: tuple[Target, ...] = (synapse_dedicated.TARGET, sql_edge.TARGET)


def get_target(name: str, limits: Mapping[str, int] | None = None) -> Target:
    """The target of that name, with `limits` (name to value) replaced on the user's word.

    Raises `TargetError` for a target or a limit that does not exist.
    """
    targets = {target.name: target for target in TARGETS}
    if name not in targets:
        near = difflib.get_close_matches(name, targets, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(targets)}"
        raise TargetError(f"unknown target {name!r}", hint=hint)
    target = targets[name]
    for limit, value in (limits or {}).items():
        target = target.with_limit(limit, value)
    return target
