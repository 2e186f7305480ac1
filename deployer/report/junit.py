"""Verdicts as JUnit XML, which every CI server shows as tests: a test case a file."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.errors import need
from deployer.report.text import render_finding
from deployer.report.verdicts import name_place
from deployer.rule import Finding, Severity
from deployer.verdict import Verdict


def render_junit(verdicts: Sequence[Verdict], strict: bool, command: str) -> str:
    """A failure for each finding that stands in the way, an error for a file that could not be judged.

    All other findings are the case's output. Raises `MissingPackage` where junitparser is not installed.
    """
    need("junitparser", "ci")
    from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

    suite = TestSuite(f"deployer {command}")
    for verdict in verdicts:
        case = TestCase(_clean(verdict.spec), classname=_clean(verdict.target or "deployer"))
        results: list[Error | Failure] = []
        if verdict.error:
            error = Error(_clean(verdict.error), "could-not-run")
            error.text = _clean(verdict.hint)
            results.append(error)
        for finding in verdict.findings:
            if _stands_in_the_way(finding, strict):
                failure = Failure(_clean(f"{name_place(verdict, finding)}: {finding.message}"), finding.rule)
                failure.text = _clean(finding.help)
                results.append(failure)
        case.result = results  # type: ignore[assignment]  # any result, says the library's documentation
        rest = [_plain(verdict, finding) for finding in verdict.findings if not _stands_in_the_way(finding, strict)]
        rest += [
            f"accepted {entry.finding.rule} at {entry.finding.where}: {entry.reason}" for entry in verdict.accepted
        ]
        if rest:
            case.system_out = _clean("\n".join(rest))
        suite.add_testcase(case)
    report = JUnitXml(f"deployer {command}")
    report.add_testsuite(suite)
    report.update_statistics()  # type: ignore[no-untyped-call]
    return str(report.tostring(), "utf-8")  # type: ignore[no-untyped-call]


def _stands_in_the_way(finding: Finding, strict: bool) -> bool:
    return finding.severity is Severity.ERROR or (strict and finding.severity is Severity.WARNING)


def _plain(verdict: Verdict, finding: Finding) -> str:
    import click

    return click.unstyle(render_finding(finding, name_place(verdict, finding)))


def _clean(text: str) -> str:
    """Text as XML 1.0 can hold it: a model's names may have any character."""
    return "".join(
        character
        if character in "\t\n\r"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character > "\uffff"
        else "\ufffd"
        for character in text
    )
