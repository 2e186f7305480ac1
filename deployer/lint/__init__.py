"""`judge_script`: what a T-SQL script says that the grammar allows and the target does not; one `Verdict`.

The rules read tokens, not a syntax tree: a script of any age and any dialect is read to its end, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from deployer.acceptance import Acceptance, parse_comments
from deployer.errors import ScriptError, SpecError
from deployer.lint import (
    absent_feature,
    absent_function,
    absent_statement,
    absent_type,
    change_option,
    closed_transaction,
    compound_assignment,
    create_or_alter,
    cross_database,
    cte_in_change,
    cursor,
    ddl_in_transaction,
    default_parameter,
    default_values,
    derived_data,
    enforced_key,
    for_xml,
    function_default,
    go_in_text,
    identity_value,
    if_exists,
    insert_exec,
    isolation_level,
    large_batch,
    late_rollback,
    left_temp_table,
    long_name,
    many_parameters,
    max_in_columnstore,
    merge_target,
    missing_distribution,
    missing_runtime,
    multi_row_values,
    nested_transaction,
    offset_fetch,
    open_merge,
    output_clause,
    qualified_rename,
    select_assignment,
    shared_batch,
    star_from_predict,
    table_variable,
    throw_number,
    unfiltered_model,
    unknown_rowcount,
    unsized_text,
    variable_in_view,
    wide_view,
    xact_state,
)
from deployer.rule import Finding, Rule, Severity
from deployer.script import Script, read_script
from deployer.target import Target
from deployer.verdict import Verdict, accept_findings

LINT_RULES: tuple[Rule[Script], ...] = (
    missing_runtime.RULE,
    derived_data.RULE,
    cte_in_change.RULE,
    unsized_text.RULE,
    unfiltered_model.RULE,
    variable_in_view.RULE,
    star_from_predict.RULE,
    create_or_alter.RULE,
    if_exists.RULE,
    shared_batch.RULE,
    missing_distribution.RULE,
    max_in_columnstore.RULE,
    enforced_key.RULE,
    absent_type.RULE,
    absent_feature.RULE,
    function_default.RULE,
    default_parameter.RULE,
    left_temp_table.RULE,
    qualified_rename.RULE,
    ddl_in_transaction.RULE,
    nested_transaction.RULE,
    closed_transaction.RULE,
    late_rollback.RULE,
    xact_state.RULE,
    isolation_level.RULE,
    multi_row_values.RULE,
    default_values.RULE,
    insert_exec.RULE,
    output_clause.RULE,
    open_merge.RULE,
    merge_target.RULE,
    select_assignment.RULE,
    compound_assignment.RULE,
    change_option.RULE,
    identity_value.RULE,
    unknown_rowcount.RULE,
    table_variable.RULE,
    cursor.RULE,
    absent_statement.RULE,
    absent_function.RULE,
    throw_number.RULE,
    for_xml.RULE,
    offset_fetch.RULE,
    cross_database.RULE,
    long_name.RULE,
    large_batch.RULE,
    wide_view.RULE,
    many_parameters.RULE,
    go_in_text.RULE,
)
"""What is asked of a script: PREDICT, definitions, transactions, other statements, limits."""

_WELL_KNOWN = frozenset({"documented", "sample", "override"})


def lint_script(script: Script, target: Target) -> tuple[Finding, ...]:
    """What the rules find that count for the target, in the order of the text.

    What is only reported or inferred is a warning at most.
    """
    findings = [
        finding if target.tsql[rule.name] in _WELL_KNOWN else _soften(finding)
        for rule in LINT_RULES
        if rule.name in target.tsql
        for finding in rule.find(script, target)
    ]
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.column)))


def _soften(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR else finding


def judge_script(path: Path, target: Target, today: date, baseline: Sequence[Acceptance] = ()) -> Verdict:
    """Read a file and lint it. What stops it is in the verdict, never an exception."""
    try:
        script = read_script(path)
        comments = tuple(parse_comments(path, script.comments))
    except (ScriptError, SpecError) as error:
        return Verdict(str(path), "", target.name, error=error.message, hint=error.hint, error_line=error.line)
    left, accepted = accept_findings(str(path), lint_script(script, target), comments, baseline, today)
    return Verdict(str(path), "", target.name, left, accepted)


def judge_scripts(
    paths: Sequence[Path], target: Target, today: date, baseline: Sequence[Acceptance] = ()
) -> Iterator[Verdict]:
    """A verdict for each file, in their order."""
    for path in paths:
        yield judge_script(path, target, today, baseline)
