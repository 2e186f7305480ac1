"""Credentials out of what is printed."""

from __future__ import annotations

import re


def mask(text: str) -> str:
    """The text with `user:password@` of every URI in it hidden, and everything after a URI's `?`.

    A query can hold a token (`?sig=…`) or a whole connection string (`?odbc_connect=…`).
    """
    text = re.sub(r"(?<=://)\S*@", "***@", text)  # up to the last @: a password may hold one, or a slash
    return re.sub(r"(://[^\s?'\"]*)\?[^\s'\"]*", r"\1?***", text)
