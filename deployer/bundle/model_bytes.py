"""How a model's bytes stand in a script: hexadecimal literals in lines that an editor can open.

One literal of a whole model would be a single line of megabytes: the dedicated pool has no line continuation
(learn.microsoft.com: Backslash). The bytes are therefore put together from lines in a variable; that `+` joins
varbinary(max) is documented for SQL Server (learn.microsoft.com: + (String Concatenation)), and inferred for the pool.
"""

from __future__ import annotations

from collections.abc import Iterator

LINE_BYTES = 8_000
"""Bytes in a line, two digits each. A literal of up to 8,000 bytes is a plain varbinary, and common editors colour
lines of up to 20,000 characters."""

PART_BYTES = 125 * LINE_BYTES
"""Bytes that are put together before they join the rest: each `+` copies what there is, so lines are joined in two
steps, and a large model is not copied once a line."""

MODEL = "@deployer_model"
_PART = "@deployer_part"


def write_bytes(content: bytes) -> Iterator[str]:
    """T-SQL that declares `@deployer_model` and gives it these bytes, in pieces of whole lines, streamed."""
    view = memoryview(content)
    yield f"DECLARE {MODEL} varbinary(max);\nDECLARE {_PART} varbinary(max);\n"
    for start in range(0, len(view), PART_BYTES):
        part = view[start : start + PART_BYTES]
        yield f"SET {_PART} = 0x{part[:LINE_BYTES].hex()};\n"
        for at in range(LINE_BYTES, len(part), LINE_BYTES):
            yield f"SET {_PART} = {_PART} + 0x{part[at : at + LINE_BYTES].hex()};\n"
        yield f"SET {MODEL} = {_PART};\n" if start == 0 else f"SET {MODEL} = {MODEL} + {_PART};\n"
