"""Verdicts as SARIF 2.1.0, which code scanning on GitHub, Azure DevOps and editors read."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deployer.errors import need
from deployer.rule import Finding, Rule, Severity
from deployer.verdict import Verdict

if TYPE_CHECKING:
    import sarif_pydantic as sarif

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render_sarif(verdicts: Sequence[Verdict], rules: Sequence[Rule[Any]]) -> str:
    """One run with a result a finding; what is accepted is there too, as suppressed.

    Raises `MissingPackage` where sarif-pydantic is not installed.
    """
    need("sarif_pydantic", "ci")
    import sarif_pydantic as sarif

    results = [_make_result(verdict, finding, None) for verdict in verdicts for finding in verdict.findings] + [
        _make_result(verdict, entry.finding, (entry.in_spec, entry.reason))
        for verdict in verdicts
        for entry in verdict.accepted
    ]
    broken = [verdict for verdict in verdicts if verdict.error]
    invocation = sarif.Invocation.model_validate(
        {
            "executionSuccessful": not broken,
            "toolExecutionNotifications": [
                {
                    "level": "error",
                    "message": {"text": _tell(verdict)},
                    "locations": [_locate(verdict.spec, verdict.error_line)],
                }
                for verdict in broken
            ],
        }
    )
    driver = sarif.ToolDriver.model_validate(
        {
            "name": "deployer",
            "semanticVersion": version("onnx-sql-deployer"),
            "rules": [_describe_rule(rule) for rule in rules],
        }
    )
    run = sarif.Run(tool=sarif.Tool(driver=driver), results=results, invocations=[invocation])
    log = sarif.Sarif.model_validate({"version": "2.1.0", "runs": [run]})
    return str(log.model_dump_json(indent=2, by_alias=True, exclude_none=True))


def _tell(verdict: Verdict) -> str:
    return f"{verdict.error} ({verdict.hint})" if verdict.hint else verdict.error


def _describe_rule(rule: Rule[Any]) -> dict[str, object]:
    page = rule.doc.strip()
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": page.partition("\n\n")[2].partition("\n\n")[0].replace("\n", " ") or rule.title},
        "help": {"text": page, "markdown": page},
    }


def _make_result(verdict: Verdict, finding: Finding, accepted: tuple[bool, str] | None) -> sarif.Result:
    import sarif_pydantic as sarif

    result: dict[str, object] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.where}: {finding.message}. {finding.help}"},
        "locations": [_locate(verdict.spec, finding.line, finding.column)],
        # Lines move; a finding is the same one as long as its rule and place are.
        "partialFingerprints": {"place/v1": f"{finding.rule}:{finding.where}"},
    }
    if accepted is not None:
        in_spec, reason = accepted
        result["suppressions"] = [{"kind": "inSource" if in_spec else "external", "justification": reason}]
    return sarif.Result.model_validate(result)


def _locate(spec: str, line: int, column: int = 0) -> dict[str, object]:
    path = PurePath(spec)
    uri = Path(path).as_uri() if path.is_absolute() else quote(path.as_posix())
    place: dict[str, object] = {"artifactLocation": {"uri": uri}}
    if line:
        place["region"] = {"startLine": line} | ({"startColumn": column} if column else {})
    return {"physicalLocation": place}
