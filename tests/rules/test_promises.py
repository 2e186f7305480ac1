"""What every rule promises: its name, its page, its example, and a fix that does what it says and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx.parser
import pytest

from deployer import rules
from deployer.check import check_model, fix_model
from deployer.model import Model
from deployer.rows import make_rows
from deployer.rule import Rule
from deployer.rules import RULES
from deployer.runtime import Scorer, same_bits
from deployer.source import read_model
from deployer.target import Limit, Target, limit_names
from deployer.targets import get_target

TARGET = get_target("synapse-dedicated")
EVERY = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
FIXING = pytest.mark.parametrize("rule", [rule for rule in RULES if rule.fix is not None], ids=lambda rule: rule.name)


def target(rule: Rule[Model]) -> Target:
    """The target that the example breaks: a text shows no model of 60 MB, so a literal's size is limited further."""
    return TARGET.with_limit("literal_bytes", 50) if rule.name == "large-model" else TARGET


def example(rule: Rule[Model]) -> Model:
    """The page's model; with an MLmodel on the page, the folder that MLflow would have logged."""
    content = onnx.parser.parse_model(rule.example).SerializeToString()
    if not rule.show("yaml"):
        return Model("example", 1, content)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("MLmodel", rule.show("yaml")), ("input_example.json", rule.show("json"))):
            if text:
                Path(folder, name).write_text(text, encoding="utf-8")
        Path(folder, "model.onnx").write_bytes(content)
        return read_model(folder)


def test_every_module_is_listed_once_under_its_name() -> None:
    modules = [entry.name for entry in pkgutil.iter_modules(rules.__path__) if not entry.name.startswith("_")]
    assert sorted(rule.name.replace("-", "_") for rule in RULES) == sorted(modules)
    for name in modules:
        assert importlib.import_module(f"deployer.rules.{name}").RULE in RULES


@EVERY
def test_page_says_what_why_and_what_to_do(rule: Rule[Model]) -> None:
    assert rule.title
    assert not rule.title.endswith(".")
    assert "\nEvidence: " in rule.doc
    assert any(
        word in rule.doc for word in ("(documented)", "(sample)", "(reported)", "(inferred)", "reported", "sample")
    )
    assert "\n**What to do.** " in rule.doc
    assert rule.example


@EVERY
def test_example_is_found_by_its_rule_alone(rule: Rule[Model]) -> None:
    findings = check_model(example(rule), target(rule)).findings
    assert {finding.rule for finding in findings} == {rule.name}
    for finding in findings:
        assert finding.where
        assert finding.message[:1] == finding.message[:1].lower() or finding.message.startswith(("IR", "ONNX Runtime"))
        assert not finding.message.endswith(".")
        assert finding.help


@EVERY
def test_rule_is_silent_where_no_limit_is_known(rule: Rule[Model]) -> None:
    """A limit that nobody knows is None; what a rule finds without any is wrong for every database."""
    limits: dict[str, Any] = {name: Limit(None, "inferred", "nobody knows") for name in limit_names()}
    unknown = replace(TARGET, **limits)
    found = rule.find(example(rule), unknown)
    assert bool(found) is (rule.name not in {"large-model", "wide-input", "wide-output", "version-too-new"})


@FIXING
def test_fix_takes_its_own_finding_away_and_brings_none(rule: Rule[Model]) -> None:
    fixed = fix_model(example(rule), TARGET)
    assert check_model(fixed, TARGET).findings == ()
    assert fixed.origin.fixes == (rule.name,)


@FIXING
def test_fix_leaves_its_input_untouched_and_changes_nothing_twice(rule: Rule[Model]) -> None:
    model = example(rule)
    before = model.content
    assert rule.fix is not None
    fixed = rule.fix.apply(model, TARGET, ())
    assert model.content == before
    assert model.proto.SerializeToString(deterministic=True) == example(rule).proto.SerializeToString(
        deterministic=True
    )
    assert fix_model(fixed, TARGET).content == fixed.content
    assert rule.fix.apply(example(rule), TARGET, ()).content == fixed.content


@FIXING
def test_exact_fix_keeps_every_score_to_the_last_bit(rule: Rule[Model]) -> None:
    assert rule.fix is not None
    model = example(rule)
    fixed = rule.fix.apply(model, TARGET, ())
    onnx.checker.check_model(fixed.proto, full_check=True)
    rows = make_rows(model)
    scorer = Scorer(fixed)
    fed = [name for names in scorer.columns.values() for name in names]
    if rule.name == "unusable-name":  # its fix alone gives other names, one for one
        assert list(rows) != fed
        rows = dict(zip(fed, rows.values(), strict=True))
    before, after = Scorer(model).score(make_rows(model)), scorer.score(rows)
    assert list(before) == list(after)
    if rule.fix.exact:
        assert [name for name in before if not same_bits(before[name], after[name].astype(before[name].dtype))] == []
