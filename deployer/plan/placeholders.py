"""`split_placeholders`: where the parameters of a statement stand."""

from __future__ import annotations

import re

from deployer.errors import PlanError

_TOKEN = re.compile(
    r"'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|\"(?:[^\"]|\"\")*\"|--[^\n]*|(?P<comment>/\*)|(?P<mark>\?)|(?P<open>['\"\[])"
)


def split_placeholders(sql: str) -> list[str]:
    """The text around each `?` that stands outside of literals, quoted names and comments.

    Raises `PlanError` for a literal, name or comment that does not end.
    """
    parts, start, at = [], 0, 0
    while match := _TOKEN.search(sql, at):
        at = match.end()
        if match["open"]:
            raise PlanError(f"a statement has a {match['open']} that does not end", hint="correct the template")
        if match["comment"]:
            at = _comment_end(sql, at)
        if match["mark"]:
            parts.append(sql[start : match.start()])
            start = at
    return [*parts, sql[start:]]


def _comment_end(sql: str, at: int) -> int:
    """Where the block comment ends that began before `at`; in T-SQL they nest."""
    depth = 1
    for match in re.finditer(r"/\*|\*/", sql[at:]):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return at + match.end()
    raise PlanError("a statement has a comment that does not end", hint="correct the template")
