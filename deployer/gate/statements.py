"""`lint_plan`: what the linter finds in the statements of a plan, which a user's own templates may have written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deployer.lint import lint_script
from deployer.plan import Plan
from deployer.rule import Finding
from deployer.script import parse_script


def lint_plan(plan: Plan) -> Iterator[Finding]:
    """Findings whose place is the statement, by its purpose, and what is written there.

    Models are no part of it: a statement has a `?` for the bytes.
    """
    for statement in (*plan.statements, *plan.revert, plan.score, plan.rows):
        for finding in lint_script(parse_script(statement.sql), plan.target):
            where = f"statement {statement.purpose!r}, line {finding.line}: {finding.where}"
            yield replace(finding, where=where, line=0, column=0)
