"""The parameters that a client declares for a statement, as text: `@a int, @b nvarchar(10) OUTPUT`."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.grammar import parse_parameters
from deployer.emulator.types import SqlType


def parse_declared(text: str) -> Mapping[str, SqlType]:
    """Their types by name, in order; none for an empty text."""
    return {parameter.name.lower(): parameter.type for parameter in parse_parameters(text)} if text.strip() else {}
