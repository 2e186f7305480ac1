"""`read_yaml`: a YAML file as plain values that know their lines, so that whatever is wrong can be pointed at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deployer.errors import SpecError
from deployer.names import shorten

_FILE_BYTES = 1_000_000
_FILE_NODES = 100_000
"""A file of a few lines of aliases can stand for billions of values; no file of use here is near either limit."""

Place = tuple[int | str, ...]
"""The keys and indexes that lead to a value."""


@dataclass(frozen=True, slots=True)
class YamlFile:
    """What a file holds. `problems` are those that did not stop the reading, each with its line."""

    path: Path
    value: Any
    lines: Mapping[Place, int]
    problems: tuple[tuple[int, str], ...]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it: what is missing has no line of its own."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def refuse(self, problems: Iterable[tuple[int, str]]) -> SpecError:
        """All problems as one error, to be raised."""
        return _refuse(self.path, [*self.problems, *problems])


def read_yaml(path: Path) -> YamlFile:
    """Read a file. Raises `SpecError`, with the line, for what is no file, no UTF-8 or no YAML."""
    reader = _Reader(path)
    value = reader.read()
    return YamlFile(path, value, reader.lines, tuple(reader.problems))


def read_text(path: Path) -> str:
    """A text file of a sensible size. Raises `SpecError` for what cannot be read as that."""
    try:
        with path.open("rb") as file:
            content = file.read(_FILE_BYTES + 1)
    except OSError as error:
        raise SpecError(f"cannot read {str(path)!r}: {error.strerror}", hint="give the file's path") from error
    if len(content) > _FILE_BYTES:
        raise SpecError(f"{str(path)!r} is larger than {_FILE_BYTES:,} bytes", hint="is it the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refuse(path, [(line, f"byte {content[error.start]:#x} is not UTF-8")]) from None


def _refuse(path: Path, problems: list[tuple[int, str]]) -> SpecError:
    told = [f"{path}:{line}: {text}" for line, text in sorted(problems)]
    first = min(line for line, _ in problems)
    if len(told) == 1:
        return SpecError(told[0], hint="correct that line", line=first)
    listed = "\n  ".join(told)
    return SpecError(f"{len(told)} problems in {str(path)!r}:\n  {listed}", hint="correct these lines", line=first)


class _Loader(yaml.SafeLoader):
    """PyYAML reads YAML 1.1, where `1e-6` is text for want of a dot; here it is a number, as in YAML 1.2."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+"), list("-+0123456789")
)


class _Reader:
    """One pass over PyYAML's nodes, which know their lines: gives plain values, and the line of each by its place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.problems: list[tuple[int, str]] = []
        self.nodes = 0

    def read(self) -> object:
        text = read_text(self.path)
        try:
            self.loader = _Loader(text)
            node = self.loader.get_single_node()
            return self._value(node, ()) if node is not None else None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise _refuse(self.path, [(mark.line + 1 if mark else 1, f"not YAML: {error.problem}")]) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise _refuse(self.path, [(line, f"not YAML: character {error.character:#x} is not allowed")]) from None
        except RecursionError:
            raise SpecError(f"{str(self.path)!r} is nested too deeply", hint="a spec has four levels") from None

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self.nodes += 1
        if self.nodes > _FILE_NODES:
            raise SpecError(f"{str(self.path)!r} stands for more than {_FILE_NODES:,} values", hint="leave out aliases")
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(entry, (*place, index)) for index, entry in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        try:
            return self.loader.construct_object(node)
        except (ValueError, yaml.constructor.ConstructorError) as error:
            text = error.problem if isinstance(error, yaml.MarkedYAMLError) else str(error)
            self.problems.append((line, f"{shorten(node.value)}: {text}"))
            return None

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._value(key_node, (*place, "?"))
            if not isinstance(key, str):
                self.problems.append((line, f"key {shorten(key)} is not text; write it in quotes"))
                continue
            if key in values:
                first = self.lines[*place, key]
                self.problems.append((line, f"key {key!r} stands here for the second time; first on line {first}"))
                continue
            self.lines[*place, key] = line
            values[key] = self._value(value_node, (*place, key))
        return values
