"""Results as plain data, ready for JSON. The keys are part of the command line's interface and stay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from deployer.check import Report, Step
from deployer.model import Model
from deployer.report.changes import list_changes
from deployer.rule import Finding, Rule
from deployer.target import Limit, Target, limit_names

if TYPE_CHECKING:  # these need more than `deployer check` does
    from deployer.compare import Comparison
    from deployer.plan import Applied, Plan, Statement

Data = dict[str, object]


def describe_model(model: Model) -> Data:
    return {
        "uri": model.origin.uri,
        "name": model.name,
        "version": model.version,
        "bytes": len(model.content),
        "sha256": model.digest,
    }


def describe_finding(finding: Finding) -> Data:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "where": finding.where,
        "message": finding.message,
        "help": finding.help,
        "fixable": finding.fixable,
        "line": finding.line or None,
        "column": finding.column or None,
    }


def describe_report(report: Report) -> Data:
    return {
        "model": describe_model(report.model),
        "target": report.target.name,
        "findings": [describe_finding(finding) for finding in report.findings],
    }


def describe_step(step: Step) -> Data:
    """One fix: what it changed, or why it was withheld."""
    return {
        "rule": step.rule.name,
        "changes": list(list_changes(step.before, step.after)),
        "withheld": step.withheld or None,
    }


def describe_rule(rule: Rule[Any]) -> Data:
    return {
        "name": rule.name,
        "title": rule.title,
        "fix": rule.fix.title if rule.fix else None,
        "exact": rule.fix.exact if rule.fix else None,
        "doc": rule.doc.strip(),
    }


def describe_target(target: Target) -> Data:
    limits: dict[str, Limit[int]] = {name: getattr(target, name) for name in limit_names()}
    return {
        "name": target.name,
        "title": target.title,
        "status": target.status,
        "status_note": target.status_note,
        "limits": {
            name: {"value": limit.value, "evidence": limit.evidence, "source": limit.source}
            for name, limit in limits.items()
        },
        "types": {
            name: {"sql": entry.sql, "evidence": entry.evidence, "source": entry.source}
            for name, entry in target.types.items()
        },
    }


def describe_plan(plan: Plan) -> Data:
    """The statements as they are run: with a `?` for the model's bytes."""
    return {
        "model": describe_model(plan.model),
        "target": plan.target.name,
        "statements": [_describe_statement(statement) for statement in plan.statements],
        "score": _describe_statement(plan.score),
        "notes": list(plan.notes),
    }


def _describe_statement(statement: Statement) -> Data:
    return {"purpose": statement.purpose, "sql": statement.sql}


def describe_applied(applied: Applied) -> Data:
    return {"model_id": applied.model_id, "stored": applied.stored, "statements": applied.statements}


def describe_comparison(comparison: Comparison) -> Data:
    """Infinite differences (a label, a NaN against a number) become None: JSON has no infinity."""
    return {
        "equal": comparison.equal,
        "rows": comparison.rows,
        "different": comparison.different,
        "missing": comparison.missing,
        "unexpected": comparison.unexpected,
        "max_absolute": _finite(comparison.max_absolute),
        "max_relative": _finite(comparison.max_relative),
        "max_ulp": comparison.max_ulp,
        "label_mismatches": comparison.label_mismatches,
        "worst": [
            {
                "key": [_plain(value) for value in worst.key],
                "column": worst.column,
                "expected": _plain(worst.expected),
                "score": _plain(worst.score),
                "absolute": _finite(worst.absolute),
            }
            for worst in comparison.worst
        ],
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _plain(value: object) -> object:
    """A value as JSON can hold it: a NaN is None, a date is text."""
    if isinstance(value, float):
        return _finite(value)
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
