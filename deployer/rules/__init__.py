"""Every rule, one module each, in the order in which they are asked and their fixes made."""

from __future__ import annotations

from deployer.rule import Rule

RULES: tuple[Rule, ...] = ()
