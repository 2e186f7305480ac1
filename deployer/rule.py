"""`Rule`, `Finding`, `Fix`: the records that rules are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from deployer.model import Model
from deployer.target import Target

Subject = TypeVar("Subject")
"""What a rule looks at: a `Model`, the columns bound to one, a script."""


class Severity(StrEnum):
    """How bad a finding is: it will not run or may score wrongly; it is unproven or costly; good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, found in one place. A rule gives the first four fields; `check_model` fills in the rest."""

    where: str
    """The place, in the graph's own words: `input 'X'`, `output 'probabilities'`, `opset ai.onnx`, `model`."""
    message: str
    """What is wrong: the value and the limit."""
    help: str
    """What to do about it."""
    severity: Severity = Severity.ERROR
    rule: str = ""
    fixable: bool = True
    """Whether the rule's fix can take care of it; always false in the end for a rule that has no fix."""
    line: int = 0
    """Where it stands in the spec or the script that was read, counted from 1; 0 where there is no such place."""
    column: int = 0


@dataclass(frozen=True, slots=True)
class Fix:
    """What takes a rule's findings away.

    `apply(model, target, columns)` gives a new model or raises `FixError`; `columns` are the names that the user gave
    for the columns of wide inputs, empty where none were given. `exact` promises that every score stays bit for bit
    the same; an inexact fix is applied only when asked for.
    """

    title: str
    apply: Callable[[Model, Target, tuple[str, ...]], Model]
    exact: bool
    renames: bool = False
    """Whether inputs and outputs get other names, one for one and in the same order."""


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """One rule: one module, named after the problem, whose docstring is its page."""

    name: str
    doc: str
    check: Callable[[Subject, Target], Iterable[Finding]]
    fix: Fix | None = None

    @classmethod
    def of(
        cls,
        module: str,
        doc: str | None,
        check: Callable[[Subject, Target], Iterable[Finding]],
        fix: Fix | None = None,
    ) -> Rule[Subject]:
        """The rule of a module: `deployer.rules.wide_input` is `wide-input`, so that its name stands in one place."""
        return cls(module.rpartition(".")[2].replace("_", "-"), doc or "", check, fix)

    @property
    def title(self) -> str:
        """The first line of the page."""
        return self.doc.strip().partition("\n")[0].rstrip(".")

    @property
    def example(self) -> str:
        """The model in ONNX text that shows the problem: the block between ```` ```onnx ```` and ```` ``` ````."""
        return self.show("onnx")

    def show(self, language: str) -> str:
        """The page's block of that language: `onnx`; `yaml`, the MLmodel beside the model; `json`, its example."""
        match = re.search(rf"```{language}\n(.*?)```", self.doc, re.DOTALL)
        return match.group(1) if match else ""

    def find(self, subject: Subject, target: Target) -> tuple[Finding, ...]:
        """What the rule finds, in the order of the graph or of the text."""
        return tuple(
            replace(finding, rule=self.name, fixable=finding.fixable and self.fix is not None)
            for finding in self.check(subject, target)
        )
