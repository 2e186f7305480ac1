"""`read_tokens`: the words, names and literals of T-SQL, each with its place; comments are told apart from them.

Any script can be read that closes what it opens: nothing here knows the grammar, so nothing is refused for being new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, get_args

from deployer.errors import ScriptError
from deployer.script.text import ScriptText

Kind = Literal["word", "mark", "name", "text", "number", "binary", "variable", "comment", "go"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_TOKEN = re.compile(
    r"""
    \s*+(?:
        (?P<word>(?![Nn]')[^\W\d][\w@\#$]*+ | \$\w++)
      | (?P<mark>[,()=.;])
      | (?P<number>\d++(?![xX])(?:\.\d*+)?(?:[eE][+-]?\d++)?)
      | (?P<text>[Nn]?'(?:[^']++|'')*+(?:'|(?P<open>\Z)))
      | (?P<name>\[(?:[^\]]++|\]\])*+(?:\]|(?P<open_name>\Z)) | "(?:[^"]++|"")*+(?:"|(?P<open_quoted>\Z))
          | \#\#?[\w@\#$]++ | \$\(\w++\))               # a temporary table; a variable of sqlcmd
      | (?P<variable>@[\w@\#$]*+)
      | (?P<comment>--[^\n]*+)
      | (?P<block>/\*)
      | (?P<binary>0[xX](?:[0-9A-Fa-f]++|\\\r?\n)*+)
      | (?P<other>[<>!+\-*/%&|^]=|<>|::|\S)
    )
    """,
    re.VERBOSE,
)
_OPEN = ("open", "open_name", "open_quoted")
_BLOCK = re.compile(r"/\*|\*/")
_GO = re.compile(r"GO(?:[ \t]++\d++)?+[ \t]*+;?[ \t]*+(?:--[^\n]*+)?\r?$", re.IGNORECASE | re.MULTILINE)
_COMMAND = re.compile(r"(?::[A-Za-z!?]|!!)[^\n]*+")
"""sqlcmd's own lines: `:setvar x y`, `:r file`, `!! dir`."""


def read_tokens(source: ScriptText) -> Iterator[tuple[Kind, str, int, int]]:
    """Kind, word, begin and end of each token, in order.

    The word is that of a word in capitals, a mark, or a `@@FUNCTION`; it is empty for names, literals and variables.
    Raises `ScriptError` for text, a quoted name or a comment that does not end.
    """
    content, at = source.content, 0
    words: dict[str, str] = {}
    while match := _TOKEN.match(content, at):
        kind = match.lastgroup
        start, at = match.span(kind)  # type: ignore[arg-type]  # one of the groups has matched
        if kind == "word":
            written = content[start:at]
            word = words.get(written) or words.setdefault(written, written.upper())
            if word == "GO" and (go := _match_line(_GO, content, start)):
                at = go.end()
                yield "go", word, start, at
            else:
                yield "word", word, start, at
        elif kind == "mark":
            yield "mark", content[start], start, at
        elif kind == "other":
            if content[start] in ":!" and (command := _match_line(_COMMAND, content, start)):
                at = command.end()
            else:
                yield "mark", content[start:at], start, at
        elif kind == "block":
            at = _end_comment(source, start)
        elif kind == "variable":
            yield "variable", content[start:at].upper() if content.startswith("@@", start) else "", start, at
        elif kind in {"text", "name"} and any(end is not None for end in match.group(*_OPEN)):
            raise _refuse(source, start, f"quoted {kind}")
        else:
            yield kind, "", start, at  # type: ignore[misc]  # the other groups are named as their kinds


def _match_line(pattern: re.Pattern[str], content: str, start: int) -> re.Match[str] | None:
    """What stands alone on its line."""
    if content[content.rfind("\n", 0, start) + 1 : start].strip():
        return None
    return pattern.match(content, start)


def _end_comment(source: ScriptText, start: int) -> int:
    """Where the comment ends that begins at `start`; in T-SQL they nest."""
    depth = 0
    for match in _BLOCK.finditer(source.content, start):
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return match.end()
    raise _refuse(source, start, "comment")


def _refuse(source: ScriptText, at: int, what: str) -> ScriptError:
    line, column = source.place(at)
    return ScriptError(
        f"the {what} that begins on line {line}, column {column} does not end", hint="close it", line=line
    )
