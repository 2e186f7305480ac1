"""What every rule of the linter promises: its name, its page, its example, found by it alone and in its place."""

from __future__ import annotations

import importlib
import pkgutil
import re
from contextlib import nullcontext
from dataclasses import replace

import pytest

from deployer import lint
from deployer.cli.rules import EVERY as ALL_RULES
from deployer.lint import LINT_RULES, lint_script
from deployer.rule import Rule, Severity
from deployer.script import Script, parse_script
from deployer.target import Limit, Target
from deployer.targets import TARGETS, get_target
from tests.cases import refuse_what_is_no_sql

TARGET = get_target("synapse-dedicated")
EVERY = pytest.mark.parametrize("rule", LINT_RULES, ids=lambda rule: rule.name)
NARROWED = {
    "long-name": ("identifier_length", 10),
    "large-batch": ("batch_bytes", 20),
    "wide-view": ("view_columns", 2),
    "many-parameters": ("procedure_parameters", 2),
}
"""The examples on these pages are short: the target's limit is what is brought down."""


def target(rule: Rule[Script]) -> Target:
    return TARGET.with_limit(*NARROWED[rule.name]) if rule.name in NARROWED else TARGET


def test_every_module_is_listed_once_under_its_name() -> None:
    modules = [entry.name for entry in pkgutil.iter_modules(lint.__path__) if not entry.name.startswith("_")]
    assert sorted(rule.name.replace("-", "_") for rule in LINT_RULES) == sorted(modules)
    for name in modules:
        assert importlib.import_module(f"deployer.lint.{name}").RULE in LINT_RULES


def test_no_two_rules_share_a_name() -> None:
    names = [rule.name for rule in ALL_RULES]
    assert len(names) == len(set(names))


def test_every_rule_counts_for_the_pool_and_no_target_names_another() -> None:
    assert set(TARGET.tsql) == {rule.name for rule in LINT_RULES}
    for entry in TARGETS:
        assert set(entry.tsql) <= set(TARGET.tsql)


@EVERY
def test_page_says_what_why_and_what_to_do(rule: Rule[Script]) -> None:
    assert rule.title
    assert not rule.title.endswith(".")
    evidence = re.search(r"\nEvidence: .*?\((documented|sample|reported|inferred)\)", rule.doc, re.DOTALL)
    assert evidence
    assert TARGET.tsql[rule.name] == evidence[1]
    assert "\n**What to do.** " in rule.doc
    assert rule.show("sql")


@EVERY
def test_example_is_found_by_its_rule_alone(rule: Rule[Script]) -> None:
    text = rule.show("sql")
    findings = lint_script(parse_script(text), target(rule))
    assert [finding.rule for finding in findings] == [rule.name]
    (finding,) = findings
    line = text.split("\n")[finding.line - 1]
    assert line[finding.column - 1 :].startswith(finding.where[:2])
    assert finding.message[:1] == finding.message[:1].lower() or re.match(r"[A-Z@]{2}", finding.message)
    assert not finding.message.endswith(".")
    assert finding.help
    assert not finding.fixable


REFUSED = {"derived-data", "open-merge", "shared-batch", "missing-distribution", "qualified-rename"}
"""What the grammar refuses too, with `Incorrect syntax`; the rule says what to write instead."""


@EVERY
def test_example_is_t_sql_by_microsofts_grammar(rule: Rule[Script]) -> None:
    """Only what the grammar lets pass needs a linter."""
    with pytest.raises(AssertionError) if rule.name in REFUSED else nullcontext():
        refuse_what_is_no_sql(rule.show("sql"))


@EVERY
def test_target_that_does_not_name_a_rule_is_not_held_to_it(rule: Rule[Script]) -> None:
    script = parse_script(rule.show("sql"))
    assert not lint_script(script, replace(target(rule), tsql={}))


@pytest.mark.parametrize("name", NARROWED)
def test_limit_that_nobody_knows_keeps_its_rule_silent(name: str) -> None:
    (rule,) = (rule for rule in LINT_RULES if rule.name == name)
    limits: dict[str, Limit[int]] = {NARROWED[name][0]: Limit(None, "inferred", "nobody knows")}
    unknown = replace(TARGET, **limits)  # type: ignore[arg-type]
    assert not lint_script(parse_script(rule.show("sql")), unknown)


@EVERY
def test_what_is_only_reported_or_inferred_is_no_error(rule: Rule[Script]) -> None:
    doubtful = replace(target(rule), tsql={rule.name: "reported"})
    (finding,) = lint_script(parse_script(rule.show("sql")), doubtful)
    assert finding.severity is not Severity.ERROR


@EVERY
def test_example_within_text_names_and_comments_is_not_found(rule: Rule[Script]) -> None:
    text = rule.show("sql")
    quoted = text.replace("'", "''")
    bracketed = text.replace("]", "]]")
    hidden = (
        f"/* {text} /* */ {text} */\n-- {' '.join(text.split())}\nSELECT '{quoted}' AS a, [{bracketed}] AS b FROM t;"
    )
    found = lint_script(parse_script(hidden), TARGET)
    assert {finding.rule for finding in found} <= {"long-name"}  # the name in brackets is as long as the example


@EVERY
def test_case_and_spaces_do_not_matter(rule: Rule[Script]) -> None:
    for text in (rule.show("sql").lower(), re.sub(r" (?=\w)", "\n\t/* x */ ", rule.show("sql"))):
        found = lint_script(parse_script(text), target(rule))
        assert {finding.rule for finding in found} == {rule.name}, text
