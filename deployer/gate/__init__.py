"""`judge_spec`: check, fix in memory, bind, plan and rehearse what one spec says; one `Verdict`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from deployer.acceptance import Acceptance, find_stale, read_comments
from deployer.deployment import plan_deployment, read_deployment
from deployer.errors import ContractError, DeployerError
from deployer.gate import stale_acceptance, stale_bundle, unbound_column, unequal_scores
from deployer.rehearsal import rehearse
from deployer.rule import Finding, Rule
from deployer.verdict import Accepted, Verdict

GATE_RULES: tuple[Rule[Any], ...] = (
    unbound_column.RULE,
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
    for path in paths:
        verdict = judge_spec(path, gate)
        found += [(verdict.spec, entry) for entry in verdict.findings]
        found += [(verdict.spec, entry.finding) for entry in verdict.accepted]
        yield verdict
    stale = [
        finding for entry in find_stale(gate.baseline, found, gate.today) for finding in stale_acceptance.check(entry)
    ]
    if stale and baseline_path is not None:
        findings = tuple(_named(stale_acceptance.RULE, finding) for finding in stale)
        yield Verdict(str(baseline_path), "", "", findings)


def judge_spec(path: Path, gate: Gate) -> Verdict:
    """Run one spec through every step, as far as it gets. What stops it is in the verdict, never an exception."""
    model = target = ""
    try:
        accepting = (*gate.baseline, *read_comments(path))
        deployment = read_deployment(path, tracking_uri=gate.tracking_uri, registry_uri=gate.registry_uri)
        model, target = f"{deployment.model.name}:{deployment.model.version}", deployment.target.name
        findings = list(deployment.report.findings)
        if not deployment.report.errors:
            try:
                plan = plan_deployment(deployment, templates=gate.templates)
            except ContractError as error:
                findings += unbound_column.RULE.find(error, deployment.target)
            else:
                model = plan.model_id
                if gate.bundles is not None:
                    findings += stale_bundle.RULE.find((plan, _bundle(gate.bundles, path)), deployment.target)
                findings += unequal_scores.RULE.find(rehearse(deployment, plan), deployment.target)
    except DeployerError as error:
        return Verdict(str(path), model, target, error=error.message, hint=error.hint)
    left, accepted = [], []
    for finding in findings:
        reason = next((a.reason for a in accepting if a.covers(str(path), finding, gate.today)), None)
        if reason is None:
            left.append(finding)
        else:
            accepted.append(Accepted(finding, reason))
    return Verdict(str(path), model, target, tuple(left), tuple(accepted))


def _bundle(folder: Path, spec: Path) -> Path:
    return folder if (folder / "manifest.json").exists() else folder / spec.stem


def _named(rule: Rule[Any], finding: Finding) -> Finding:
    from dataclasses import replace

    return replace(finding, rule=rule.name, fixable=False)
