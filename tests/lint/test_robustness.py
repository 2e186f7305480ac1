"""No text at all brings the linter down, and none takes it long."""

from __future__ import annotations

import re
import time
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.errors import ScriptError
from deployer.lint import LINT_RULES, lint_script
from deployer.rule import Finding, Rule
from deployer.script import Script, parse_script
from deployer.targets import get_target
from tests.lint.test_cases import FINE, FOUND

TARGET = get_target("synapse-dedicated")
PIECES = re.compile(r"'[^']*'|\w+|\s+|.", re.DOTALL)
WORDS = sorted(
    {
        piece
        for text in (*FINE, *(text for texts in FOUND.values() for text in texts))
        for piece in PIECES.findall(text)
        if not piece.isspace()
    }
)


def lint(text: str) -> tuple[Finding, ...]:
    """Findings; none for what does not close what it opens."""
    try:
        return lint_script(parse_script(text), TARGET)
    except ScriptError:
        return ()


@pytest.mark.parametrize("rule", LINT_RULES, ids=lambda rule: rule.name)
def test_script_may_end_anywhere(rule: Rule[Script]) -> None:
    for text in (rule.show("sql"), *FOUND.get(rule.name, ())):
        for part in accumulate(PIECES.findall(text)):
            for finding in lint(part):
                assert part.split("\n")[finding.line - 1][finding.column - 1 :]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from([*WORDS, "\nGO\n", "(", ")", "'", "[", "]"]), max_size=40).map(" ".join))
def test_words_in_any_order_are_read(text: str) -> None:
    for finding in lint(text):
        assert text.split("\n")[finding.line - 1][finding.column - 1 :]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    lint(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 20_000 + ")" * 20_000,
        "CASE " * 20_000,
        "SELECT a, " * 10_000,
        "BEGIN TRAN; " * 10_000,
        "WITH c AS (" * 5_000,
        "MERGE t " * 5_000,
        "/*" * 20_000 + "*/" * 20_000,
        "EXEC('" + "''" * 20_000 + "')",
        "CREATE PROCEDURE p AS SELECT 1 INTO #t " * 2_000,
        "CREATE TABLE t (a int, b varchar) " * 3_000,
        "DECLARE @a varchar, " * 5_000,
    ],
    ids=lambda text: text[:20],
)
def test_long_scripts_take_time_in_proportion(text: str) -> None:
    """Half a second for a small script would be minutes for a large one; a busy machine is given ten."""
    started = time.process_time()
    lint(text)
    assert time.process_time() - started < 10
