"""`check_model` and `fix_model`: every rule asked, every finding kept; and the fixes that keep the scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from deployer.errors import FixError
from deployer.model import Model
from deployer.rule import Finding, Rule, Severity
from deployer.rules import RULES, STATIC, TRIALS
from deployer.scalars import input_columns
from deployer.target import Target

RECORD = "deployer.fixes"
SOURCE = "deployer.source_sha256"
"""Keys of a fixed model's metadata: the rules whose fixes were made, and the hash of the bytes before them."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that the rules found in one model for one target, in the order of the rules and of the graph."""

    model: Model
    target: Target
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def check_model(model: Model, target: Target, rules: Sequence[Rule[Model]] = RULES) -> Report:
    """Ask every rule about a model. Findings are values; this raises only where the model cannot be parsed at all.

    The rules that score (`deployer.rules.TRIALS`) are not asked about a model that has to be exported again anyway.
    """
    findings = [finding for rule in rules if rule not in TRIALS for finding in rule.find(model, target)]
    if not any(finding.severity is Severity.ERROR and not finding.fixable for finding in findings):
        findings += [finding for rule in rules if rule in TRIALS for finding in rule.find(model, target)]
    return Report(model, target, tuple(findings))


@dataclass(frozen=True, slots=True)
class Step:
    """One rule's fix on the model at hand. `withheld` says why its result is not used; then `after` is `before`."""

    rule: Rule[Model]
    before: Model
    after: Model
    withheld: str = ""


def fix_model(
    model: Model,
    target: Target,
    columns: Sequence[str] = (),
    inexact: bool = False,
    rules: Sequence[Rule[Model]] = STATIC,
) -> Model:
    """The model with every finding fixed that can be without changing a score; the model itself where there is none.

    The last of `fix_steps`, which see; a fix that was withheld leaves its finding in place. The result's metadata
    names the fixes and the hash of the bytes before them.
    """
    return apply_steps(model, tuple(fix_steps(model, target, columns, inexact, rules)))


def fix_steps(
    model: Model,
    target: Target,
    columns: Sequence[str] = (),
    inexact: bool = False,
    rules: Sequence[Rule[Model]] = STATIC,
) -> Iterator[Step]:
    """Make one fix after the other, each proven before the next.

    `columns` names the columns of a wide input where neither signature nor metadata does. With `inexact`, fixes that
    may change a score are made too. A rule's fix runs once at most: rules are ordered so that a fix never brings back
    what an earlier one removed. An exact fix is tried on rows made for the model, and withheld where a score differs
    in one bit. Raises `FixError` where a fix cannot be made safely.
    """
    from deployer.proof import find_difference

    for rule in rules:
        fix = rule.fix
        if fix is None or not (fix.exact or inexact):
            continue
        if not any(finding.fixable for finding in rule.find(model, target)):
            continue
        fixed = fix.apply(model, target, tuple(columns))
        if any(finding.fixable for finding in rule.find(fixed, target)):
            raise FixError(f"the fix of {rule.name!r} ran, but its finding is still there", hint="report this model")
        difference = find_difference(model, fixed, columns, renamed=fix.renames) if fix.exact else ""
        if difference:
            yield Step(rule, model, model, difference)
            continue
        fixed = fixed.describe_as(origin=replace(model.origin, fixes=(*model.origin.fixes, rule.name)))
        yield Step(rule, model, fixed)
        model = fixed


def trace_columns(steps: Sequence[Step], columns: Sequence[str] = ()) -> dict[str, str]:
    """What the columns of the first model are called in the last; those that were dropped are absent.

    `columns` are the names that were given for wide inputs. Empty where there is no step: nothing has another name.
    """
    names: dict[str, str] = {}
    for number, step in enumerate(steps):
        before, after = (_list_columns(model, columns) for model in (step.before, step.after))
        if not number:
            names = {name: name for name in before}
        renames = step.rule.fix is not None and step.rule.fix.renames
        new = dict(zip(before, after, strict=True)) if renames else {name: name for name in after}
        names = {first: new[name] for first, name in names.items() if name in new}
    return names


def _list_columns(model: Model, columns: Sequence[str]) -> list[str]:
    """The columns that feed a model, in the order of its inputs."""
    return [name for entry in input_columns(model, columns).values() for name in entry]


def apply_steps(model: Model, steps: Sequence[Step]) -> Model:
    """The model after the last step, with a record of all fixes; those of an earlier run stay in front."""
    fixed = steps[-1].after if steps else model
    if fixed.content == model.content:
        return model
    proto = fixed.edit()
    properties = {entry.key: entry for entry in proto.metadata_props}
    if SOURCE not in properties:
        proto.metadata_props.add(key=SOURCE, value=model.digest)
    made = fixed.origin.fixes[len(model.origin.fixes) :]
    earlier = properties.get(RECORD)
    if earlier is None:
        proto.metadata_props.add(key=RECORD, value=",".join(made))
    else:
        earlier.value = ",".join([earlier.value, *made])
    return fixed.with_proto(proto)
