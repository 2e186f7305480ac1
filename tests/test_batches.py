"""GO is a line of its own, outside of text, names and comments."""

from __future__ import annotations

import codecs

import pytest

from deployer.batches import Batch, decode_script, split_batches
from deployer.errors import ScriptError


@pytest.mark.parametrize(
    ("script", "batches"),
    [
        ("SELECT 1\nGO\nSELECT 2", [("SELECT 1\n", 1), ("SELECT 2", 3)]),
        ("SELECT 1\r\n  go -- now\r\nSELECT 2\r\nGo;\r\n", [("SELECT 1\r\n", 1), ("SELECT 2\r\n", 3)]),
        ("GO\nGO\n", []),
        ("\n\nGO\n\nSELECT 1", [("\nSELECT 1", 4)]),
        ("SELECT 'a\nGO\nb'\nGO\n", [("SELECT 'a\nGO\nb'\n", 1)]),
        ("SELECT 'it''s\nGO\n'\nGO\n", [("SELECT 'it''s\nGO\n'\n", 1)]),
        ('SELECT 1 AS "x\nGO\n""y"', [('SELECT 1 AS "x\nGO\n""y"', 1)]),
        ("SELECT 1 AS [x\nGO\n]]y\nGO\n]", [("SELECT 1 AS [x\nGO\n]]y\nGO\n]", 1)]),
        ("/* /* inner */\nGO\n*/ SELECT 1\nGO", [("/* /* inner */\nGO\n*/ SELECT 1\n", 1)]),
        ("-- it's\nSELECT 1\nGO\n", [("-- it's\nSELECT 1\n", 1)]),
        ("SELECT GO\nFROM GOT", [("SELECT GO\nFROM GOT", 1)]),
        ("SELECT 1 GO\n", [("SELECT 1 GO\n", 1)]),
        ("-- :setvar x 1, $(x)\nSELECT '$ (x)'", [("-- :setvar x 1, $(x)\nSELECT '$ (x)'", 1)]),
    ],
)
def test_script_is_cut_where_sqlcmd_cuts_it(script: str, batches: list[tuple[str, int]]) -> None:
    assert split_batches(script) == tuple(Batch(sql, line) for sql, line in batches)


def test_go_says_how_often() -> None:
    assert split_batches("INSERT x\nGO 3\nSELECT 1\nGO 0") == (Batch("INSERT x\n", 1, 3), Batch("SELECT 1\n", 3, 0))


@pytest.mark.parametrize(
    ("script", "line", "said"),
    [
        (":setvar name x\nSELECT 1", 1, "':setvar'"),
        ("SELECT 1\nGO\n  :r other.sql", 3, "':r'"),
        ("SELECT 1\n!!dir", 2, "'!!dir'"),
        ("SELECT 1\nGO\nSELECT 2\nFROM $(t)", 4, r"'\$\(t\)'"),
        ("SELECT 'a$(t)b'", 1, r"'\$\(t\)'"),
        ("USE [$(name)]", 1, r"'\$\(name\)'"),
    ],
)
def test_what_only_sqlcmd_knows_is_refused(script: str, line: int, said: str) -> None:
    with pytest.raises(ScriptError, match=f"script:{line}: {said}") as raised:
        split_batches(script)
    assert raised.value.line == line


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_script_is_read_as_ssms_saves_it(encoding: str) -> None:
    assert decode_script("PRINT N'é✓'".encode(encoding)) == "PRINT N'é✓'"


@pytest.mark.parametrize(
    "content", [b"SELECT 1\nSELECT '\xe9'", "a\nb".encode("utf-16-le"), codecs.BOM_UTF16_LE + b"a\0\n\0b"]
)
def test_what_is_no_text_is_refused_with_its_line(content: bytes) -> None:
    with pytest.raises(ScriptError, match=r"UTF-8|UTF-16|NUL") as raised:
        decode_script(content)
    assert raised.value.line in {1, 2}
