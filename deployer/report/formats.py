"""`render_as`: verdicts in any of the formats that people and CI servers read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from deployer.report.annotations import render_github, render_gitlab
from deployer.report.junit import render_junit
from deployer.report.markdown import render_markdown
from deployer.report.sarif import render_sarif
from deployer.report.verdicts import describe_verdict, render_verdicts
from deployer.rule import Rule
from deployer.verdict import Verdict

FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown")


def render_as(
    name: str, verdicts: Sequence[Verdict], strict: bool, rules: Sequence[Rule[Any]], command: str = "gate"
) -> str:
    """Verdicts in the format of that name, one of `FORMATS`. `rules` are those that SARIF describes.

    `command` is what judged: `gate` judges specs, `lint` scripts.

    Raises `MissingPackage` where a format's library is not installed.
    """
    match name:
        case "json":
            described = [describe_verdict(verdict, strict, command) for verdict in verdicts]
            return json.dumps(described, indent=2, ensure_ascii=False, allow_nan=False)
        case "sarif":
            return render_sarif(verdicts, rules)
        case "junit":
            return render_junit(verdicts, strict, command)
        case "github":
            return render_github(verdicts)
        case "gitlab":
            return render_gitlab(verdicts)
        case "markdown":
            return render_markdown(verdicts, strict, command)
        case _:
            return render_verdicts(verdicts, strict)
