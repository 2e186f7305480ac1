"""`read_batches`: a T-SQL script cut into batches where sqlcmd and SSMS cut it. GO belongs to the client."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import ScriptError

_TOKEN = re.compile(
    r"""
    (?P<quoted>
        '[^']*'?                            # a doubled quote ends one text and begins the next, to the same end
        | \[[^\]]*(?:\]\][^\]]*)*\]?        # a name; what does not end goes to the end of the script
        | "[^"]*"?
    )
    | --[^\n]*
    | (?P<comment>/\*)
    | (?P<go>^[ \t]*GO[ \t]*(?P<times>\d+)?[ \t]*;?[ \t]*(?:--[^\n]*)?\r?$\n?)
    | (?P<command>^[ \t]*(?::[A-Za-z]\w*|!!)[^\r\n]*)
    | (?P<variable>\$\([A-Za-z_][\w-]*\))
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_VARIABLE = re.compile(r"\$\([A-Za-z_][\w-]*\)")
_COMMENT_MARK = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Batch:
    """What is sent to the server at once: its text, the line of the script where it begins, and how often it runs."""

    sql: str
    line: int = 1
    times: int = 1


def read_batches(path: Path) -> tuple[Batch, ...]:
    """The batches of a script in a file. Raises `ScriptError` where it cannot be read, and as `split_batches`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScriptError(f"cannot read {str(path)!r}: {error.strerror}", "give the path of a .sql file") from error
    return split_batches(decode_script(content, str(path)), str(path))


def decode_script(content: bytes, name: str = "script") -> str:
    """A script's text, from UTF-8 or from UTF-16 with a byte order mark, as SSMS saves it.

    Raises `ScriptError`, with the line, for what is neither; `name` is what the script is called there.
    """
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    hint = "save it as UTF-8, or as UTF-16 with a byte order mark"
    try:
        script = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ScriptError(f"{name}:{line}: the script is not {'UTF-16' if is_wide else 'UTF-8'}", hint, line) from None
    if "\0" in script:
        line = script.count("\n", 0, script.index("\0")) + 1
        raise ScriptError(f"{name}:{line}: a NUL character stands in the script", hint, line)
    return script


def split_batches(script: str, name: str = "script") -> tuple[Batch, ...]:
    """The batches of a script, without the GO lines. Empty batches are left out.

    Raises `ScriptError`, with the line, for what is sqlcmd's own language: `:setvar`, `:r`, `!!`, `$(variable)`.
    """
    return tuple(batch for batch in _split(script, name) if batch.sql.strip())


def _split(script: str, name: str) -> Iterator[Batch]:
    start = at = 0
    line = 1
    while match := _TOKEN.search(script, at):
        at = match.end()
        if match["comment"]:
            at = _comment_end(script, at)
        elif match["go"]:
            yield Batch(script[start : match.start()], line, int(match["times"] or 1))
            line += script.count("\n", start, at)
            start = at
        elif found := match["command"] or match["variable"] or _first_variable(match["quoted"]):
            where = line + script.count("\n", start, match.start())
            raise ScriptError(
                f"{name}:{where}: {found.split()[0]!r} is sqlcmd's and not T-SQL",
                "write the value where the variable stands, or run the script with sqlcmd",
                where,
            )
    yield Batch(script[start:], line)


def _first_variable(text: str | None) -> str:
    """Values are put into texts and names too."""
    match = _VARIABLE.search(text or "")
    return match[0] if match else ""


def _comment_end(script: str, at: int) -> int:
    """Where the comment that began before `at` ends; in T-SQL they nest."""
    depth = 1
    for match in _COMMENT_MARK.finditer(script, at):
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return match.end()
    return len(script)
