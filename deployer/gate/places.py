"""`find_line`: the line of a spec that a finding is about, for annotations."""

from __future__ import annotations

from deployer.rule import Finding
from deployer.yaml_file import YamlFile

_KEYS = {
    "key": "key",
    "data": "data",
    "scores": "tolerance",
    "columns": "columns",
    "outputs": "outputs",
    "statement": "statements",
}


def find_line(file: YamlFile, finding: Finding) -> int:
    """The line of the column or output that is named, else of the key that led to what was found; 1 for none."""
    kind, _, quoted = finding.where.partition(" ")
    section = {"input": "columns", "output": "outputs"}.get(kind)
    for place, line in file.lines.items():
        # Names stand in a finding's place as `repr` gives them: `input 'fare'`.
        if place and place[:-1] == (section,) and repr(place[-1]) == quoted:
            return line
    return file.line((_KEYS.get(kind, "model"),))
