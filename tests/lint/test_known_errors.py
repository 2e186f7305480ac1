"""How many of the errors and gaps that are known of the pool are found before a server is asked.

One row for each message that the engine is known to give, and for each thing that its T-SQL is known to lack or to
limit: what shows it, and the rule of `check`, the contract or `lint` that finds it. A row without a rule says why
nothing finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import onnx.parser
import pytest

from deployer.check import check_model
from deployer.contract import check_columns
from deployer.lint import LINT_RULES, lint_script
from deployer.model import Model
from deployer.plan import make_plan
from deployer.rule import Finding
from deployer.rules import RULES
from deployer.script import parse_script
from deployer.target import Target
from deployer.targets import get_target
from tests.cases import TABLE, make_model, make_spec
from tests.lint.test_promises import NARROWED

TARGET = get_target("synapse-dedicated")
EXAMPLES = {rule.name: rule.example for rule in RULES}

Find = Callable[[], tuple[Finding, ...]]


@dataclass(frozen=True)
class Known:
    """`about` is the message or the topic; `finder` is `check`, `contract` or `lint`, empty for what none finds."""

    about: str
    rule: str
    finder: str
    find: Find
    why_not: str = ""


def by_check(about: str, rule: str, target: Target = TARGET) -> Known:
    """The model of the rule's page."""
    model = Model("m", 1, onnx.parser.parse_model(EXAMPLES[rule]).SerializeToString())
    return Known(about, rule, "check", lambda: check_model(model, target).findings)


def by_lint(about: str, rule: str, script: str = "") -> Known:
    """A script of its own, else the one of the rule's page."""
    text = script or {entry.name: entry.show("sql") for entry in LINT_RULES}[rule]
    target = TARGET.with_limit(*NARROWED[rule]) if rule in NARROWED else TARGET
    return Known(about, rule, "lint", lambda: lint_script(parse_script(text), target))


def by_nothing(about: str, why: str) -> Known:
    return Known(about, "", "", tuple, why)


def _find_unknown_output() -> tuple[Finding, ...]:
    return check_columns(make_model(), make_spec(outputs={"nothing": {}}), TARGET, TABLE)[1]


ERRORS = (
    by_nothing("Msg 102: PREDICT is not enabled on this pool", "only the pool knows; `deployer targets` warns"),
    by_lint("Msg 102: no RUNTIME", "missing-runtime"),
    by_nothing(
        "Msg 39051: the subquery gave no model", "rows are the server's; a plan reads them back before it scores"
    ),
    by_check("Msg 39051: bytes that the engine cannot load", "unloadable"),
    by_check("Msg 39051: a newer opset than the engine's", "version-too-new"),
    Known("Msg 39096: WITH names other outputs", "unbound-column", "contract", _find_unknown_output),
    by_check("an input of several columns has shape [1,2]", "wide-input"),
    by_nothing(
        "the type of a column does not match the model's, for want of a CAST",
        "a plan casts every input, so it cannot happen there; in a script by hand the model's types are not seen",
    ),
)
"""What the engine says when it refuses."""

ABSENT = (
    by_lint("OUTPUT", "output-clause"),
    by_lint("SCOPE_IDENTITY", "identity-value"),
    by_lint("@@IDENTITY", "identity-value", "SELECT @@IDENTITY AS i"),
    by_lint("multi-row VALUES", "multi-row-values"),
    by_lint("DEFAULT VALUES", "default-values"),
    by_lint("table variables", "table-variable"),
    by_lint("cursors", "cursor"),
    by_lint("SELECT @v =", "select-assignment"),
    by_lint("RETURN", "absent-statement", "IF 1 = 1 RETURN"),
    by_lint("GOTO", "absent-statement", "GOTO done"),
    by_lint("USE", "absent-statement"),
    by_lint("WAITFOR", "absent-statement", "WAITFOR DELAY '00:00:01'"),
    by_lint("default procedure parameters", "default-parameter"),
    by_lint("INSERT … EXEC", "insert-exec"),
    by_lint("DEFAULT with a function", "function-default"),
    *(
        by_lint(f"type {name}", "absent-type", f"DECLARE @x {name}")
        for name in ("text", "ntext", "image", "xml", "sql_variant")
    ),
    by_lint("FOR XML", "for-xml", "SELECT a FROM t FOR XML AUTO"),
    by_lint("FOR JSON", "for-xml"),
    by_lint("OFFSET/FETCH", "offset-fetch"),
    by_lint("cross-database names", "cross-database"),
    by_lint("@@ROWCOUNT is not documented", "unknown-rowcount"),
    by_lint("CREATE OR ALTER", "create-or-alter"),
    by_lint("DROP … IF EXISTS", "if-exists"),
    by_lint("CREATE TABLE IF NOT EXISTS", "if-exists", "CREATE TABLE IF NOT EXISTS t (a int)"),
)
"""What its T-SQL does not have."""

LIMITED = (
    by_lint("the models table as a columnstore", "max-in-columnstore"),
    by_lint("an enforced PRIMARY KEY", "enforced-key"),
    by_lint("an enforced UNIQUE", "enforced-key", "CREATE TABLE t (a int UNIQUE)"),
    by_nothing("duplicate keys", "rows are the server's; a plan counts them there"),
    by_lint("a MODEL subquery that may return two rows", "unfiltered-model"),
    by_lint("CREATE VIEW, not alone in its batch", "shared-batch"),
    by_lint("CREATE PROCEDURE, not alone in its batch", "shared-batch", "PRINT 'x' CREATE PROC p AS PRINT 'y'"),
    by_lint("CREATE SCHEMA, not alone in its batch", "shared-batch", "CREATE SCHEMA s; SELECT 1 AS a"),
    by_lint("DDL in a transaction", "ddl-in-transaction"),
    by_lint("nested transactions", "nested-transaction", "BEGIN TRAN; BEGIN TRAN; COMMIT; COMMIT"),
    by_lint("savepoints", "nested-transaction"),
    by_lint("marks", "nested-transaction", "BEGIN TRAN t WITH MARK 'x'; COMMIT"),
    by_lint("XACT_STATE() is -2", "xact-state"),
    by_lint("ROLLBACK before reading ERROR_*()", "late-rollback"),
    by_lint("ROLLBACK with none open", "closed-transaction"),
    by_nothing("readers see uncommitted rows", "a design, not a text: versions are rows that never change"),
    by_lint("THROW within 100,000-150,000", "throw-number"),
    by_lint("MERGE without ;", "open-merge"),
    by_lint("MERGE into a target that is not HASH-distributed", "merge-target"),
    by_lint("CTAS without DISTRIBUTION", "missing-distribution"),
    by_lint(
        "SELECT … INTO with a (max) column", "max-in-columnstore", "SELECT CAST(m AS varchar(max)) AS m INTO t FROM s"
    ),
    by_lint("#temp tables outlive their procedure", "left-temp-table"),
    by_lint("RENAME OBJECT to a name with a schema", "qualified-rename"),
    by_lint("GO sent to the server", "go-in-text"),
    by_lint("a batch over 256 MiB", "large-batch"),
    by_nothing("prepared statements over 20 MB of memory", "what a driver prepares is in no script"),
    by_lint("over 2,098 parameters", "many-parameters"),
    by_lint("over 1,024 columns in a view", "wide-view"),
    by_lint("identifiers over 128 characters", "long-name"),
    by_check("a model too large for a literal", "large-model", TARGET.with_limit("literal_bytes", 50)),
)
"""The other lines about its T-SQL."""

EVERY = (*ERRORS, *ABSENT, *LIMITED)


@pytest.mark.parametrize("known", [entry for entry in EVERY if entry.finder], ids=lambda entry: entry.about)
def test_it_is_found_before_a_server_is_asked(known: Known) -> None:
    assert known.rule in {finding.rule for finding in known.find()}


def test_cast_that_a_script_may_forget_is_in_every_plan() -> None:
    """Why the message about types is not among what is found: a plan cannot lead to it."""
    plan = make_plan(make_model(), make_spec(), TARGET, TABLE)
    for binding in plan.contract.bindings:
        assert f"AS {binding.sql_type}) AS [{binding.input.name}]" in plan.rows.sql


def test_share_that_is_found() -> None:
    shares = [(sum(bool(row.finder) for row in rows), len(rows)) for rows in (ERRORS, ABSENT, LIMITED)]
    assert shares == [(5, 8), (28, 28), (27, 30)]
    assert all(row.why_not for row in EVERY if not row.finder)
