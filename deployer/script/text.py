"""`ScriptText`: a script as text that is small whatever it carries, and knows where everything stood in the file."""

from __future__ import annotations

import codecs
import io
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

from deployer.errors import ScriptError

_CHUNK = 1 << 20
_KEPT, _LONG = 64, 1024
"""Of a run of hex digits longer than the second, only the first so many are kept: a model is megabytes of them."""

_DIGITS = r"[0-9A-Fa-f]*+(?:\\\r?\n[0-9A-Fa-f]++)*+"
_REST = re.compile(_DIGITS)
_RUN = re.compile(rf"[0-9A-Fa-f]{{{_KEPT}}}{_DIGITS}")
"""A backslash at a line's end goes on with the literal (learn.microsoft.com: backslash, line continuation)."""
_TAIL = re.compile(r"[0-9A-Fa-f]*+(?:\\\r?\n[0-9A-Fa-f]++)*+(?:\\\r?\n?)?\Z")
"""What may go on in the next chunk."""


class _Anchor(NamedTuple):
    """From `at` on, until the line ends, the text is what stands in the file from this line and column on."""

    at: int
    line: int
    column: int
    removed: int
    """Characters that were cut before it."""


@dataclass(frozen=True)
class ScriptText:
    """`content` is the text without the inside of long hex literals."""

    content: str
    anchors: tuple[_Anchor, ...] = (_Anchor(0, 1, 1, 0),)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.content))]

    def place(self, at: int) -> tuple[int, int]:
        """Line and column in the file, both from 1, of a place in `content`."""
        anchor = self.anchors[bisect_right(self.anchors, at, key=lambda entry: entry.at) - 1]
        index = bisect_right(self._starts, at) - 1
        lines = index - (bisect_right(self._starts, anchor.at) - 1)
        return (
            (anchor.line + lines, at - self._starts[index] + 1)
            if lines
            else (anchor.line, anchor.column + at - anchor.at)
        )

    def size(self, start: int, end: int) -> int:
        """How many characters the file has between two places of `content`."""
        first, last = (
            self.anchors[bisect_right(self.anchors, at, key=lambda entry: entry.at) - 1].removed for at in (start, end)
        )
        return end - start + last - first


def read_script_text(path: Path) -> ScriptText:
    """A file in UTF-8, or in UTF-16 with a byte order mark, as SSMS saves it. It is read in pieces.

    Raises `ScriptError`, with the line where one is to blame, for what cannot be read as that.
    """
    try:
        with path.open("rb") as file:
            return _shrink(_decode(path, file))
    except OSError as error:
        raise ScriptError(
            f"cannot read {str(path)!r}: {error.strerror}", hint="give the path of a .sql file"
        ) from error


def make_script_text(text: str) -> ScriptText:
    """The same of a text that is at hand."""
    return _shrink(iter([text]))


def _decode(path: Path, file: BinaryIO) -> Iterator[str]:
    mark = file.read(2)
    file.seek(0)
    encoding = "utf-16" if mark in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig"
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            where = lines + error.object.count(b"\n", 0, error.start)
            raise ScriptError(
                f"{path}:{where}: byte {error.object[error.start]:#x} is not {encoding[:6].rstrip('-').upper()}",
                hint="save the script as UTF-8, or as UTF-16 with a byte order mark",
                line=where,
            ) from None
        if "\0" in text:
            where = lines + text.count("\n", 0, text.index("\0"))
            raise ScriptError(
                f"{path}:{where}: a NUL character stands in the text",
                hint="save the script as UTF-8, or as UTF-16 with a byte order mark",
                line=where,
            )
        lines += text.count("\n")
        yield text
        if not chunk:
            return


class _Shrinker:
    """Keeps what is read, and where it stood."""

    def __init__(self) -> None:
        self.kept = io.StringIO()
        self.line = self.column = 1
        self.removed = 0
        self.anchors = [_Anchor(0, 1, 1, 0)]

    def keep(self, text: str) -> None:
        self.kept.write(text)
        self._advance(text)

    def cut(self, text: str) -> None:
        if not text:
            return
        self._advance(text)
        self.removed += len(text)
        anchor = _Anchor(self.kept.tell(), self.line, self.column, self.removed)
        if self.anchors[-1].at == anchor.at:
            self.anchors.pop()
        self.anchors.append(anchor)

    def _advance(self, text: str) -> None:
        newlines = text.count("\n")
        self.line += newlines
        self.column = len(text) - text.rfind("\n") if newlines else self.column + len(text)


def _shrink(chunks: Iterator[str]) -> ScriptText:
    shrinker = _Shrinker()
    held, inside = "", False
    """What waits for the next chunk, and whether that goes on with a run that is being cut."""
    for chunk in chunks:
        text, at = held + chunk, 0
        if inside:
            match = _REST.match(text)
            at = match.end() if match else 0
            shrinker.cut(text[:at])
        tail = _TAIL.search(text, max(at, len(text) - _LONG - 4))
        end = tail.start() if tail else len(text)
        # A run that reaches the end is held back as long as it is short; a long one is cut, and is gone on with.
        inside = inside and at == end
        for match in _RUN.finditer(text, at):
            if match.end() - match.start() <= _LONG:
                continue
            shrinker.keep(text[at : match.start() + _KEPT])
            shrinker.cut(text[match.start() + _KEPT : match.end()])
            at = match.end()
            inside = not text[at:].strip("\\\r\n")
        end = max(at, end) if not inside else at
        shrinker.keep(text[at:end])
        held = text[end:]
    shrinker.keep(held)
    return ScriptText(shrinker.kept.getvalue(), tuple(shrinker.anchors))
