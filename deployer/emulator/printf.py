"""The text of RAISERROR: conversions as C's printf has them, and as learn.microsoft.com says of RAISERROR."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from deployer.emulator.errors import ProgrammingError

_SPEC = re.compile(
    r"%(?:(?P<percent>%)|(?P<flags>[-+0# ]*)(?P<width>\d+|\*)?(?:\.(?P<precision>\d+|\*))?(?P<size>h|l|I64)?"
    r"(?P<type>[diosuxX])|(?P<wrong>.?))",
    re.DOTALL,
)
_LONGEST = 2_047
"""Characters of a message; longer ones end in an ellipsis after 2,044."""

Wanted = TypeVar("Wanted", int, str)


def format_message(text: str, arguments: Sequence[object]) -> str:
    """The message with its arguments put in; `(null)` for what is NULL or not given.

    Raises `ProgrammingError` 2786 for an argument of the wrong type, 2787 for a conversion that there is not.
    """
    given = list(enumerate(arguments, start=1))

    def take(kind: type[Wanted]) -> Wanted | None:
        if not given:
            return None
        number, value = given.pop(0)
        if value is not None and not isinstance(value, kind):
            raise ProgrammingError(
                f"The data type of substitution parameter {number} does not match the expected type of the format "
                "specification.",
                2786,
            )
        return value

    def convert(spec: re.Match[str]) -> str:
        if spec["percent"]:
            return "%"
        if spec["type"] is None:
            raise ProgrammingError(f"Invalid format specification: '{spec[0]}'.", 2787)
        width = (take(int) or 0) if spec["width"] == "*" else int(spec["width"] or 0)
        precision = (take(int) or 0) if spec["precision"] == "*" else int(spec["precision"] or -1)
        if spec["type"] == "s":
            text = take(str)
            shown = "(null)" if text is None else text[:precision] if precision >= 0 else text
            return shown.ljust(width) if "-" in spec["flags"] else shown.rjust(width)
        value = take(int)
        return "(null)" if value is None else _number(value, spec, width, precision)

    whole = _SPEC.sub(convert, text)
    return whole if len(whole) <= _LONGEST else f"{whole[:2_044]}..."


def _number(value: int, spec: re.Match[str], width: int, precision: int) -> str:
    flags, kind = spec["flags"], spec["type"]
    bits = 64 if spec["size"] == "I64" else 32
    sign = ""
    if kind in "di":
        sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
        digits = str(abs(value))
    else:
        digits = format(value % 2**bits, {"u": "d"}.get(kind, kind))
    digits = digits.zfill(precision)
    if "#" in flags and value and kind in "oxX":
        sign = {"o": "0", "x": "0x", "X": "0X"}[kind]
    if "-" in flags:
        return (sign + digits).ljust(width)
    if "0" in flags and precision < 0:
        return sign + digits.zfill(width - len(sign))
    return (sign + digits).rjust(width)
