"""`split_batches`: GO belongs to the client. A script is cut where sqlcmd cuts it."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    '(?:[^']|'')*'?             # text, over several lines too; one that does not end goes to the end
    | \[(?:[^\]]|\]\])*\]?
    | "(?:[^"]|"")*"?
    | --[^\n]*
    | (?P<comment>/\*)
    | (?P<go>^[ \t]*GO[ \t]*(?P<count>\d+)?[ \t]*;?[ \t]*(?:--[^\n]*)?\r?$\n?)
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)


def split_batches(script: str) -> list[str]:
    """The batches of a script, without the GO lines; `GO 3` gives its batch three times. Empty batches are left out."""
    batches: list[str] = []
    start = at = 0
    while match := _TOKEN.search(script, at):
        at = match.end()
        if match["comment"]:
            at = _comment_end(script, at)
        elif match["go"]:
            batches += [script[start : match.start()]] * int(match["count"] or 1)
            start = at
    batches.append(script[start:])
    return [batch for batch in batches if batch.strip()]


def _comment_end(script: str, at: int) -> int:
    """Where the comment that began before `at` ends; in T-SQL they nest."""
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(script, at):
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return match.end()
    return len(script)
