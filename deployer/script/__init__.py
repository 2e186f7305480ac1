"""`read_script`: a T-SQL script as batches of tokens that know their places. What a linter needs, and no grammar."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from pathlib import Path

from deployer.errors import ScriptError
from deployer.script.text import ScriptText, make_script_text, read_script_text
from deployer.script.tokens import KINDS, Kind, read_tokens

__all__ = ["Batch", "Script", "parse_script", "read_script"]

_CODES = {kind: code for code, kind in enumerate(KINDS)}
_GLUED = frozenset({")", ".", ",", ";"})
_QUOTES = re.compile("''")


class Batch:
    """What is sent to the server at once: its tokens, by their positions, counted from 0."""

    def __init__(
        self, content: str, source: ScriptText, locate: Callable[[int], int], *, is_dynamic: bool = False
    ) -> None:
        self.source = source
        self.is_dynamic = is_dynamic
        """Whether it is the text of an `EXEC('…')`, which is a batch of its own."""
        self.characters = 0
        """How long it is in the file, comments included."""
        self._content = content
        self.locate = locate
        """Where something of `content` is in the whole script."""
        # A token is an object in none of these: a script may have millions.
        self._kinds = bytearray()
        self._words: list[str] = []
        self._starts, self._ends = array("Q"), array("Q")

    def add(self, kind: Kind, word: str, start: int, end: int) -> None:
        """Add a token, while the batch is being read."""
        self._kinds.append(_CODES[kind])
        self._words.append(word)
        self._starts.append(start)
        self._ends.append(end)

    def __len__(self) -> int:
        return len(self._kinds)

    @cached_property
    def _places(self) -> dict[str, array[int]]:
        places: dict[str, array[int]] = {}
        for index, word in enumerate(self._words):
            if word:
                places.setdefault(word, array("I")).append(index)
        return places

    @cached_property
    def _closing(self) -> dict[int, int]:
        opened: list[int] = []
        closing: dict[int, int] = {}
        for index in self.find("(|)"):
            if self._words[index] == "(":
                opened.append(index)
            elif opened:
                closing[opened.pop()] = index
        return closing | dict.fromkeys(opened, len(self))

    def word(self, index: int) -> str:
        """The word or mark at a position; empty for anything else, and outside of the batch."""
        return self._words[index] if 0 <= index < len(self._words) else ""

    def kind(self, index: int) -> str:
        """What kind of token stands at a position; empty outside of the batch."""
        return KINDS[self._kinds[index]] if 0 <= index < len(self._kinds) else ""

    def text(self, index: int) -> str:
        """The token as it is written; of a long hex literal only the beginning."""
        return self._content[self._starts[index] : self._ends[index]]

    def find(self, *words: str, within: range | None = None) -> Iterator[int]:
        """Where these words and marks stand in a row, in a part if one is given; `A|B` is either of them."""
        first, *rest = (word.split("|") if len(word) > 1 else [word] for word in words)
        places = [self._places[word] for word in first if word in self._places]
        if within is not None:
            places = [found[bisect_left(found, within.start) : bisect_left(found, within.stop)] for found in places]
        for place in merge(*places):
            if all(self.word(place + offset) in wanted for offset, wanted in enumerate(rest, 1)):
                yield place

    def find_longer(self, length: int) -> Iterator[int]:
        """Where a token is written with more characters than that."""
        for index, (start, end) in enumerate(zip(self._starts, self._ends, strict=True)):
            if end - start > length:
                yield index

    def close(self, index: int) -> int:
        """Where the parenthesis closes that opens at a position; the batch's end where it does not."""
        return self._closing[index]

    def flat(self, start: int, end: int | None = None) -> Iterator[int]:
        """The positions from `start` on that are in no parentheses opened there; ends where one closes around it."""
        index = start
        while index < (len(self) if end is None else end):
            word = self._words[index]
            if word == ")":
                return
            yield index
            index = self._closing[index] + 1 if word == "(" else index + 1

    def until(self, start: int, *words: str) -> int:
        """The first position from `start` on, on its level, with `;`, one of the words, or nothing more."""
        end = start
        for index in self.flat(start):
            word = self._words[index]
            if word == ";" or word in words:
                return index
            end = (self._closing[index] if word == "(" else index) + 1
        return min(end, len(self))

    def split(self, start: int, end: int) -> list[range]:
        """What stands between commas from `start` up to `end`, on that level."""
        parts, first = [], start
        for index in self.flat(start, end):
            if self._words[index] == ",":
                parts.append(range(first, index))
                first = index + 1
        return [part for part in [*parts, range(first, end)] if part]

    def name(self, index: int) -> tuple[list[str], int]:
        """The parts of the name that begins at a position, and where it ends; `a..b` has an empty part."""
        parts: list[str] = []
        if self.kind(index) not in {"word", "name"}:
            return parts, index
        parts.append(_plain(self.text(index)))
        index += 1
        while self.word(index) == ".":
            index += 1
            if self.kind(index) in {"word", "name"}:
                parts.append(_plain(self.text(index)))
                index += 1
            else:
                parts.append("")
        return parts, index

    def begin(self, index: int) -> int:
        """Where a token begins in the batch's own text."""
        return self._starts[index]

    def offset(self, index: int) -> int:
        """Where a position is in the whole script, to bring those of several batches in order."""
        return self.locate(self._starts[index])

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of a position in the file."""
        return self.source.place(self.offset(index))

    def show(self, start: int, end: int) -> str:
        """What is written from a position up to another, on one line."""
        shown = ""
        for index in range(start, min(end, len(self))):
            word, before = self.word(index), self.word(index - 1)
            calls = word == "(" and self.kind(index - 1) in {"word", "name"}
            glued = index == start or calls or before in {"(", "."} or word in _GLUED
            shown += self.text(index) if glued else f" {self.text(index)}"
        return " ".join(shown.split())


@dataclass(frozen=True)
class Script:
    """A file: its batches in the order of the text, each followed by the dynamic ones that it runs."""

    batches: tuple[Batch, ...]
    comments: tuple[tuple[int, str], ...] = ()
    """The comments that begin with `--`: line, and what they say."""

    def find(self, *words: str) -> Iterator[tuple[Batch, int]]:
        """Where words stand in a row, in any batch."""
        for batch in self.batches:
            for index in batch.find(*words):
                yield batch, index


def read_script(path: Path) -> Script:
    """Read a file. Raises `ScriptError` for what is no text, or does not close what it opens."""
    return _cut(read_script_text(path))


def parse_script(text: str) -> Script:
    """The same of a text that is at hand."""
    return _cut(make_script_text(text))


def _cut(source: ScriptText) -> Script:
    batches: list[Batch] = []
    comments: list[tuple[int, str]] = []
    batch, begun = Batch(source.content, source, _stay), 0

    def end_batch(end: int) -> None:
        if len(batch):
            batch.characters = source.size(begun, end)
            batches.extend([batch, *_find_dynamic(batch)])

    for kind, word, start, end in read_tokens(source):
        if kind == "go":
            end_batch(start)
            batch, begun = Batch(source.content, source, _stay), end
        elif kind == "comment":
            comments.append((source.place(start)[0], source.content[start + 2 : end].strip()))
        else:
            batch.add(kind, word, start, end)
    end_batch(len(source.content))
    return Script(tuple(batches), tuple(comments))


def _stay(at: int) -> int:
    return at


def _find_dynamic(batch: Batch) -> Iterator[Batch]:
    """The texts that a batch runs, where a text stands alone: `EXEC('…')`, `EXEC sp_executesql N'…'`."""
    for index in batch.find("EXEC|EXECUTE"):
        parts, at = batch.name(index + 1)
        if not parts and batch.word(at) == "(" and batch.word(at + 2) == ")":
            at += 1
        elif parts and parts[-1].lower() == "sp_executesql":
            at += 2 if batch.word(at + 1) == "=" else 0
        else:
            continue
        # A text that goes on with `+` is only a part of what is run.
        if batch.kind(at) == "text" and batch.word(at + 1) != "+":
            yield from _read_dynamic(batch, at)


def _read_dynamic(batch: Batch, at: int) -> Iterator[Batch]:
    literal = batch.text(at)
    quote = literal.index("'") + 1
    inner = literal[quote:-1]
    base = batch.begin(at) + quote
    # Each doubled quote moves what follows it by one.
    doubled = [match.start() - number for number, match in enumerate(_QUOTES.finditer(inner))]

    def locate(start: int) -> int:
        return batch.locate(base + start + bisect_left(doubled, start))

    text = ScriptText(inner.replace("''", "'"))
    inside = Batch(text.content, batch.source, locate, is_dynamic=True)
    inside.characters = len(text.content)
    try:
        for token in read_tokens(text):
            if token[0] != "comment":
                inside.add(*token)
    except ScriptError:
        return  # what is run may be put together from more than is seen here
    if len(inside):
        yield inside
        yield from _find_dynamic(inside)


def _plain(written: str) -> str:
    """A name without its quotes."""
    if written[0] in '["':
        close = "]" if written[0] == "[" else '"'
        return written[1:-1].replace(close * 2, close)
    return written
