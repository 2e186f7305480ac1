"""GO is a line of its own, outside of text, names and comments."""

from __future__ import annotations

import pytest

from deployer.emulator.batches import split_batches


@pytest.mark.parametrize(
    ("script", "batches"),
    [
        ("SELECT 1\nGO\nSELECT 2", ["SELECT 1\n", "SELECT 2"]),
        ("SELECT 1\r\n  go -- now\r\nSELECT 2\r\nGo;\r\n", ["SELECT 1\r\n", "SELECT 2\r\n"]),
        ("GO\nGO\n", []),
        ("SELECT 'a\nGO\nb'\nGO\n", ["SELECT 'a\nGO\nb'\n"]),
        ("SELECT 1 AS [x\nGO\n]]y]", ["SELECT 1 AS [x\nGO\n]]y]"]),
        ("/* /* inner */\nGO\n*/ SELECT 1\nGO", ["/* /* inner */\nGO\n*/ SELECT 1\n"]),
        ("-- it's\nSELECT 1\nGO\n", ["-- it's\nSELECT 1\n"]),
        ("INSERT x\nGO 3\n", ["INSERT x\n"] * 3),
        ("SELECT GO\nFROM GOT", ["SELECT GO\nFROM GOT"]),
        ("SELECT 1 GO\n", ["SELECT 1 GO\n"]),
    ],
)
def test_script_is_cut_where_sqlcmd_cuts_it(script: str, batches: list[str]) -> None:
    assert split_batches(script) == batches
