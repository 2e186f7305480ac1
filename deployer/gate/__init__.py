"""`judge_spec`: check, fix in memory, bind, plan and rehearse what one spec says; one `Verdict`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from deployer.acceptance import Acceptance, find_stale, read_comments
from deployer.contract import check_columns
from deployer.deployment import Deployment, plan_deployment, read_deployment
from deployer.errors import DeployerError, SpecError
from deployer.gate import stale_acceptance, stale_bundle, unequal_scores
from deployer.gate.places import find_line
from deployer.gate.statements import lint_plan
from deployer.rehearsal import rehearse
from deployer.rule import Finding, Rule, Severity
from deployer.verdict import Verdict, accept_findings
from deployer.yaml_file import read_yaml

GATE_RULES: tuple[Rule[Any], ...] = (
    stale_bundle.RULE,
    unequal_scores.RULE,
    stale_acceptance.RULE,
)
"""What only the gate can find, since it takes a plan, a bundle or an emulator."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How specs are judged. `today` decides what a baseline still accepts."""

    today: date
    baseline: tuple[Acceptance, ...] = ()
    bundles: Path | None = None
    """The bundle of the one spec, or a folder with one for each, called as the spec without its ending."""
    templates: Path | None = None
    tracking_uri: str | None = None
    registry_uri: str | None = None


def judge_specs(paths: Sequence[Path], gate: Gate, baseline_path: Path | None = None) -> Iterator[Verdict]:
    """A verdict for each spec, in their order; then one for the baseline, where it has stale entries."""
    found: list[tuple[str, Finding]] = []
    unfinished: list[str] = []
    for path in paths:
        verdict = judge_spec(path, gate)
        found += [(verdict.spec, entry) for entry in verdict.findings]
        found += [(verdict.spec, entry.finding) for entry in verdict.accepted]
        unfinished += [] if verdict.finished else [verdict.spec]
        yield verdict
    stale = _find_stale(gate.baseline, found, gate, unfinished)
    if stale and baseline_path is not None:
        yield Verdict(str(baseline_path), "", "", stale)


def judge_spec(path: Path, gate: Gate) -> Verdict:
    """Run one spec through every step, as far as it gets. What stops it is in the verdict, never an exception."""
    model = target = ""
    try:
        comments = read_comments(path)
        deployment = read_deployment(path, tracking_uri=gate.tracking_uri, registry_uri=gate.registry_uri)
        model, target = _name(deployment), deployment.target.name
        findings, finished = _find(path, deployment, gate)
        if findings:
            file = read_yaml(path)
            findings = [replace(finding, line=find_line(file, finding)) for finding in findings]
        if finished:
            findings += _find_stale(comments, [(str(path), finding) for finding in findings], gate)
    except DeployerError as error:
        line = error.line if isinstance(error, SpecError) else 0
        return Verdict(str(path), model, target, error=error.message, hint=error.hint, error_line=line, finished=False)
    left, accepted = accept_findings(str(path), findings, comments, gate.baseline, gate.today)
    return Verdict(str(path), model, target, left, accepted, finished=finished)


def _find_stale(
    entries: Sequence[Acceptance], found: Sequence[tuple[str, Finding]], gate: Gate, unfinished: Collection[str] = ()
) -> tuple[Finding, ...]:
    return tuple(
        replace(finding, rule=stale_acceptance.RULE.name, fixable=False)
        for subject in find_stale(entries, found, gate.today, unfinished)
        for finding in stale_acceptance.check(subject)
    )


def _find(path: Path, deployment: Deployment, gate: Gate) -> tuple[list[Finding], bool]:
    """All that is found, and whether every step was taken.

    No columns are bound to a model with errors, nothing is planned with them, and no statements are rehearsed that the
    target does not take.
    """
    findings = list(deployment.report.findings)
    if deployment.report.errors:
        return findings, False
    target = deployment.target
    _, found = check_columns(deployment.model, deployment.spec, target, deployment.table)
    findings += found
    if any(finding.severity is Severity.ERROR for finding in found):
        return findings, False
    plan = plan_deployment(deployment, templates=gate.templates)
    if gate.bundles is not None:
        findings += stale_bundle.RULE.find((plan, _bundle(gate.bundles, path)), target)
    written = tuple(lint_plan(plan))
    findings += written
    if any(finding.severity is Severity.ERROR for finding in written):
        return findings, False
    findings += unequal_scores.RULE.find(rehearse(deployment, plan), target)
    return findings, True


def _name(deployment: Deployment) -> str:
    """`name:version` under which the models table would have it."""
    spec = deployment.spec
    model = deployment.model.describe_as(name=spec.name or None, version=spec.version)
    return f"{model.name}:{model.version}"


def _bundle(folder: Path, spec: Path) -> Path:
    return folder if (folder / "manifest.json").exists() else folder / spec.stem
