"""What the deployer writes passes its own linter, and what its emulator refuses the linter finds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployer.bundle import write_bundle
from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from deployer.lint import lint_script
from deployer.script import parse_script, read_script
from deployer.targets import get_target
from tests.emulator.test_refusals import ABSENT
from tests.test_plan import CASES, GOLDEN

POOL = get_target("synapse-dedicated")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.sql")), ids=lambda path: path.stem)
def test_golden_file_has_no_findings(path: Path) -> None:
    target = get_target(CASES[path.stem].target) if path.stem in CASES else POOL
    assert not lint_script(read_script(path), target)


@pytest.mark.parametrize("name", CASES)
def test_every_statement_has_no_findings(name: str) -> None:
    plan = CASES[name].plan()
    for statement in (*plan.statements, plan.score, plan.rows, plan.stored_digest, plan.stored_model):
        assert not lint_script(parse_script(statement.script), plan.target), statement.purpose


@pytest.mark.parametrize("name", CASES)
def test_every_script_of_a_bundle_has_no_findings(name: str, tmp_path: Path) -> None:
    plan = CASES[name].plan()
    scripts = [path for path in write_bundle(plan, tmp_path) if path.suffix == ".sql"]
    assert len(scripts) == 3
    for path in scripts:
        assert not lint_script(read_script(path), plan.target), path.name


UNSEEN = {
    "ALTER TABLE filled ADD i int IDENTITY(1, 1);": "what ALTER TABLE may add is not among the known facts",
    "RAISERROR (50001, 16, 1);": "a message's number is the database's own, in which sys.messages lacks it",
    "DENY EXECUTE ON DATABASE::emulator TO public;": "a right to nobody in particular, not known to be lacking",
    "MERGE INTO filled USING filled AS s ON filled.n = s.n WHEN NOT MATCHED THEN INSERT VALUES (s.n, s.t);": (
        "how a table is distributed is seen where it is created, and this script does not create it"
    ),
}
"""What the emulator refuses in the pool's name and text does not show, each with why."""


@pytest.mark.parametrize("batch", ABSENT)
def test_what_the_emulator_refuses_is_found(batch: str) -> None:
    found = lint_script(parse_script(batch), POOL)
    assert bool(found) is (batch not in UNSEEN), found


def is_refused(text: str) -> bool:
    """Whether the emulator refuses a batch; the table `filled` is there."""
    connection = dbapi.connect(":memory:", autocommit=True)
    try:
        connection.cursor().execute("CREATE TABLE filled (n int NOT NULL, t varchar(3)) WITH (HEAP);")
        connection.cursor().execute(text)
    except DatabaseError:
        return True
    finally:
        connection.close()
    return False


PLAIN = (
    "SELECT n FROM filled;",
    "DECLARE @x int = 1;",
    "IF 1 = 1 PRINT 'RETURN';",
    "PRINT N'it''s; USE x';",
    "/* ' */",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(PLAIN), max_size=3),
    st.sampled_from([batch for batch in ABSENT if batch not in UNSEEN]),
    st.lists(st.sampled_from(PLAIN), max_size=3),
    st.randoms(use_true_random=False),
)
def test_refusal_is_found_wherever_it_stands(
    before: list[str], absent: str, after: list[str], chance: random.Random
) -> None:
    """Among other statements, in any case of letters, with comments for blanks."""
    spaced = "".join(chance.choice([" ", "\n", " /* x */ ", "\t"]) if letter == " " else letter for letter in absent)
    text = "\n".join([*before, chance.choice([spaced, spaced.lower(), absent]), *after])
    assert lint_script(parse_script(text), POOL) or not is_refused(text)
