"""What was found once and accepted: comments in a spec, and a baseline file for many.

# deployer: allow single-row because the table has a thousand rows   (in a script: -- deployer: allow …)

- rule: lost-names            # the baseline is a list of these
  spec: old/scoring.yml       # the end of the spec's path; any spec without it
  where: inputs               # as the finding says it; anywhere without it
  reason: the export is of 2019, and its source is gone
  until: 2027-06-30           # counts up to and with this day; always without it
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePath

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from deployer.errors import SpecError
from deployer.rule import Finding
from deployer.yaml_file import read_text, read_yaml

_COMMENT = re.compile(r"^[ \t]*#(.*)$", re.MULTILINE)
_SAID = re.compile(r"\s*deployer:\s*(.*?)\s*")
_ALLOW = re.compile(r"allow\s+(?P<rule>[a-z][a-z0-9-]*)\s+because\s+(?P<reason>\S.*)")


class _Entry(BaseModel):
    """An entry of a baseline as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rule: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    spec: str = ""
    where: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Which findings are accepted, why, and until when."""

    rule: str
    reason: str
    spec: str = ""
    where: str = ""
    until: date | None = None
    line: int = 0
    """Where it stands, counted from 1."""

    def covers(self, spec: str, finding: Finding, today: date) -> bool:
        """Whether a finding of a spec is accepted on that day."""
        if self.until is not None and today > self.until:
            return False
        return finding.rule == self.rule and self.where in ("", finding.where) and self.is_about(spec)

    def is_about(self, spec: str) -> bool:
        """Whether it speaks of that spec: of its path's end, or of any."""
        parts, ends = PurePath(spec).parts, PurePath(self.spec).parts
        return parts[len(parts) - len(ends) :] == ends


def read_baseline(path: Path) -> tuple[Acceptance, ...]:
    """The entries of a baseline file. Raises `SpecError` where it is not a list of them."""
    file = read_yaml(path)
    try:
        entries = TypeAdapter(list[_Entry]).validate_python([] if file.value is None else file.value)
    except ValidationError as error:
        raise file.refuse((file.line(entry["loc"]), _describe(entry)) for entry in error.errors()) from None
    if file.problems:
        raise file.refuse(())
    return tuple(Acceptance(**entry.model_dump(), line=file.line((at,))) for at, entry in enumerate(entries))


def _describe(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "the file"
    return f"{where}: {error['msg']}; an entry has rule and reason, and, if wanted, spec, where and until"


def read_comments(path: Path) -> tuple[Acceptance, ...]:
    """What comments in a spec allow. Raises `SpecError` for one that is not as it should be."""
    text = read_text(path)
    comments = ((text.count("\n", 0, match.start(1)) + 1, match[1]) for match in _COMMENT.finditer(text))
    return tuple(parse_comments(path, comments))


def parse_comments(path: Path, comments: Iterable[tuple[int, str]]) -> Iterator[Acceptance]:
    """What comments allow, given with their lines. Raises `SpecError` for one that is not as it should be."""
    for line, comment in comments:
        said = _SAID.fullmatch(comment)
        if said is None:
            continue
        allow = _ALLOW.fullmatch(said[1])
        if allow is None:
            raise SpecError(
                f"{path}:{line}: cannot read {said[1]!r}",
                hint="deployer: allow RULE because REASON",
                line=line,
            )
        yield Acceptance(allow["rule"], allow["reason"], line=line)


def find_stale(
    entries: Sequence[Acceptance],
    found: Sequence[tuple[str, Finding]],
    today: date,
    unfinished: Collection[str] = (),
) -> Iterator[tuple[Acceptance, str]]:
    """The entries that are of no use any more, each with why: their day is over, or they cover nothing.

    Of the specs that are `unfinished` nobody knows what else would be found.
    """
    for entry in entries:
        if entry.until is not None and today > entry.until:
            yield entry, f"it was accepted until {entry.until}"
        elif not any(map(entry.is_about, unfinished)) and not any(
            entry.covers(spec, finding, today) for spec, finding in found
        ):
            yield entry, "nothing is found that it covers"
