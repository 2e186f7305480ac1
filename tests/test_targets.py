"""A target is data that says where each limit is from; the user's word counts more, and typing errors are told."""

from __future__ import annotations

import dataclasses

import pytest

from deployer.errors import TargetError
from deployer.names import parse_type
from deployer.target import Evidence, Limit, Target, limit_names
from deployer.targets import TARGETS, get_target

EVERY = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


@EVERY
def test_every_limit_and_type_has_evidence_and_a_source(target: Target) -> None:
    known = set(Evidence.__args__)  # type: ignore[attr-defined]  # typing gives Literal no public way in
    facts = [getattr(target, name) for name in limit_names()] + list(target.types.values())
    for fact in facts:
        assert fact.evidence in known - {"override"}
        assert len(fact.source) > 10


@EVERY
def test_every_type_is_one_that_predict_takes(target: Target) -> None:
    for kind in target.types.values():
        assert parse_type(f"{kind.sql}(1)" if "char" in kind.sql else kind.sql).base == kind.sql


@EVERY
def test_limits_agree_with_each_other(target: Target) -> None:
    assert target.opset.value is not None
    assert target.opset_unproven.value is not None
    assert target.opset.value <= target.opset_unproven.value
    assert get_target(target.name) is target


def test_names_are_distinct() -> None:
    assert len({target.name for target in TARGETS}) == len(TARGETS)


def test_limit_names_are_the_fields_that_are_limits() -> None:
    kept = {field.name for field in dataclasses.fields(Target) if isinstance(getattr(TARGETS[0], field.name), Limit)}
    assert set(limit_names()) == kept


def test_users_word_replaces_a_limit_and_says_so() -> None:
    target = get_target("synapse-dedicated", {"opset": 15, "ir_version": 8})
    assert target.opset == Limit(15, "override", "set by the user")
    assert target.ir_version.value == 8
    assert target.ml_opset is get_target("synapse-dedicated").ml_opset
    assert get_target("synapse-dedicated").opset.value == 11


def test_unknown_names_are_told_with_the_nearest_or_all() -> None:
    with pytest.raises(TargetError, match="unknown target 'synapse_dedicated'") as refusal:
        get_target("synapse_dedicated")
    assert refusal.value.hint == "did you mean 'synapse-dedicated'?"
    with pytest.raises(TargetError, match="unknown target 'x'") as refusal:
        get_target("x")
    assert refusal.value.hint == "one of: synapse-dedicated, sql-edge"
    with pytest.raises(TargetError, match="unknown limit 'opsets'") as refusal:
        get_target("sql-edge", {"opsets": 15})
    assert refusal.value.hint == f"one of: {', '.join(limit_names())}"
