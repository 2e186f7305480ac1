"""`check_model` and `fix_model`: every rule asked, every finding kept; and the fixes that keep the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deployer.errors import FixError
from deployer.model import Model
from deployer.rule import Finding, Rule, Severity
from deployer.rules import RULES
from deployer.target import Target


@dataclass(frozen=True, slots=True)
class Report:
    """All that the rules found in one model for one target, in the order of the rules and of the graph."""

    model: Model
    target: Target
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def check_model(model: Model, target: Target, rules: Sequence[Rule] = RULES) -> Report:
    """Ask every rule about a model. Findings are values; this raises only where the model cannot be parsed at all."""
    findings = [finding for rule in rules for finding in rule.find(model, target)]
    return Report(model, target, tuple(findings))


def fix_model(
    model: Model,
    target: Target,
    columns: Sequence[str] = (),
    inexact: bool = False,
    rules: Sequence[Rule] = RULES,
) -> Model:
    """The model with every finding fixed that can be without changing a score; the model itself where there is none.

    `columns` names the columns of a wide input where neither signature nor metadata does. With `inexact`, fixes that
    may change a score are made too. A rule's fix runs once at most: rules are ordered so that a fix never brings back
    what an earlier one removed. Raises `FixError` where a fix cannot be made safely.
    """
    for rule in rules:
        fix = rule.fix
        if fix is None or not (fix.exact or inexact):
            continue
        if not any(finding.fixable for finding in rule.find(model, target)):
            continue
        fixed = fix.apply(model, target, tuple(columns))
        if any(finding.fixable for finding in rule.find(fixed, target)):
            raise FixError(f"the fix of {rule.name!r} ran, but its finding is still there", hint="report this model")
        model = replace(fixed, origin=replace(model.origin, fixes=(*model.origin.fixes, rule.name)))
    return model
