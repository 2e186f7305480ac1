"""A script is read to its end, whatever it holds, and every token is where the file has it."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.batches import split_batches
from deployer.errors import ScriptError
from deployer.script import Batch, Script, parse_script, read_script
from deployer.script.text import _CHUNK, _shrink, make_script_text
from tests.cases import refuse_what_is_no_sql


def tell(script: Script) -> list[list[str]]:
    return [[batch.text(index) for index in range(len(batch))] for batch in script.batches]


def words(text: str) -> list[tuple[str, str]]:
    (batch,) = parse_script(text).batches
    return [(batch.kind(index), batch.text(index)) for index in range(len(batch))]


def test_tokens_are_told_apart() -> None:
    assert words(
        "SELECT [a]]b].\"c\"\"d\", N'it''s', 0xAB, 1.5e-3, @v, @@ROWCOUNT, #t, $action, $(db) -- x\n/* y */"
    ) == [
        ("word", "SELECT"),
        ("name", "[a]]b]"),
        ("mark", "."),
        ("name", '"c""d"'),
        ("mark", ","),
        ("text", "N'it''s'"),
        ("mark", ","),
        ("binary", "0xAB"),
        ("mark", ","),
        ("number", "1.5e-3"),
        ("mark", ","),
        ("variable", "@v"),
        ("mark", ","),
        ("variable", "@@ROWCOUNT"),
        ("mark", ","),
        ("name", "#t"),
        ("mark", ","),
        ("word", "$action"),
        ("mark", ","),
        ("name", "$(db)"),
    ]


def test_comments_nest_and_hide_go_and_quotes() -> None:
    assert tell(parse_script("/* a /* ' */\nGO\n*/ SELECT 1 -- it's\n")) == [["SELECT", "1"]]


@pytest.mark.parametrize("go", ["GO", "  go  ", "Go 5", "GO;", "GO -- next", "GO\r"])
def test_go_ends_a_batch_where_it_stands_alone(go: str) -> None:
    assert tell(parse_script(f"SELECT 1\n{go}\nSELECT 2")) == [["SELECT", "1"], ["SELECT", "2"]]


@pytest.mark.parametrize("no_go", ["SELECT 1 GO", "GO x", "GOTO x", "'\nGO\n'", "[\nGO\n]"])
def test_go_elsewhere_is_no_end(no_go: str) -> None:
    assert len(parse_script(f"SELECT 1\n{no_go}\nSELECT 2").batches) == 1


def test_lines_of_sqlcmd_are_no_t_sql() -> None:
    assert tell(parse_script(":setvar db 'x\n:r other.sql\n!! dir\n:on error exit\nSELECT 1")) == [["SELECT", "1"]]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["SELECT 1", "GO", "'a\nGO\n'", "[x", "]", "-- '", "/*", "*/", " go 2", "\n"])))
def test_batches_are_cut_where_those_are_cut_that_are_run(lines: list[str]) -> None:
    """The two readers are written apart; they agree wherever a script closes what it opens."""
    text = "\n".join(lines)
    try:
        batches = [batch for batch in parse_script(text).batches if not batch.is_dynamic]
    except ScriptError:
        return
    expected = [batch for entry in split_batches(text) for batch in parse_script(entry.sql).batches]
    assert tell(Script(tuple(batches))) == tell(Script(tuple(expected)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1,\n 'open", "the quoted text that begins on line 2, column 2 does not end"),
        ("SELECT [open", "the quoted name that begins on line 1, column 8 does not end"),
        ('SELECT "open""', "the quoted name that begins on line 1, column 8 does not end"),
        ("/* a /* b */", "the comment that begins on line 1, column 1 does not end"),
    ],
)
def test_what_does_not_end_is_refused_where_it_begins(text: str, message: str) -> None:
    with pytest.raises(ScriptError) as refusal:
        parse_script(text)
    assert refusal.value.message == message
    assert refusal.value.line == int(message.split("line ")[1].partition(",")[0])


# --- Text that is run ------------------------------------------------------------------------------------------------


def dynamic(text: str) -> list[Batch]:
    return [batch for batch in parse_script(text).batches if batch.is_dynamic]


@pytest.mark.parametrize(
    "text",
    [
        "EXEC('SELECT 1')",
        "EXECUTE (N'SELECT 1')",
        "EXEC sp_executesql N'SELECT 1'",
        "EXEC sys.sp_executesql @stmt = N'SELECT 1'",
        "EXEC sp_executesql N'SELECT 1', N'@x int', @x = 1",
        "EXEC('EXEC(''SELECT 1'')')",
    ],
)
def test_text_that_is_run_is_a_batch(text: str) -> None:
    refuse_what_is_no_sql(text)
    assert tell(Script((dynamic(text)[-1],))) == [["SELECT", "1"]]


@pytest.mark.parametrize(
    "text", ["EXEC('SELECT ' + @column)", "EXEC sp_executesql N'SELECT ' + @c", "EXEC p 'SELECT 1'", "PRINT 'SELECT 1'"]
)
def test_part_of_a_text_or_an_argument_is_not_read(text: str) -> None:
    assert not dynamic(text)


def test_text_that_is_run_keeps_its_places() -> None:
    text = "SELECT 1;\nEXEC('SELECT ''a'', ''it''''s'',\n  b; EXEC(''SELECT ''''c'''', d'')')"
    (outer, inner) = dynamic(text)
    assert [outer.place(index) for index in outer.find(",")] == [(2, 19), (2, 32)]
    assert [outer.place(index) for index in outer.find("B")] == [(3, 3)]
    assert [inner.place(index) for index in inner.find("D")] == [(3, text.split("\n")[2].index("d") + 1)]


# --- Files -----------------------------------------------------------------------------------------------------------

LETTERS = st.sampled_from(["SELECT", " ", "\n", "\r\n", "0x", "é", "'x'", "AB" * 40, "ab" * 700, "\\\n", "\\\r\n", ","])


@settings(deadline=None)
@given(st.lists(LETTERS, max_size=30).map("".join), st.integers(1, 3000))
def test_places_are_those_of_the_file_however_it_is_read(text: str, size: int) -> None:
    """Long literals are cut out, in pieces that end anywhere, and every token keeps its line and column."""
    whole = make_script_text(text)
    pieces = _shrink(iter([text[at : at + size] for at in range(0, len(text), size)]))
    at = 0
    for shrunk in (whole, pieces):
        assert shrunk.size(0, len(shrunk.content)) == len(text)
        for match in re.finditer(r"SELECT|é|'x'|,", shrunk.content):
            at = match.start()
            line, column = shrunk.place(at)
            assert text.split("\n")[line - 1][column - 1 :].startswith(match[0])
        count = len(re.findall("SELECT|é|'x'|,", text))
        assert len(re.findall("SELECT|é|'x'|,", shrunk.content)) == count


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-with-mark", "utf-16-be-with-mark"])
def test_encodings_that_ssms_saves_are_read(tmp_path: Path, encoding: str) -> None:
    text = "SELECT N'Größe 😀' AS [straße],\n 1;\nGO\nSELECT 2"
    plain = encoding.removesuffix("-with-mark")
    mark = "\ufeff" if plain != encoding else ""
    path = tmp_path / "a.sql"
    path.write_bytes((mark + text).encode(plain))
    assert tell(read_script(path)) == tell(parse_script(text))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"SELECT 1\nSELECT '\xe4'", ":2: byte 0xe4 is not UTF-8"),
        (b"SELECT 1;\n\nPRINT '\xc3", ":3: byte 0xc3 is not UTF-8"),
        ("\ufeffSELECT 1\n".encode("utf-16-le") + b"\x20", ":2: byte 0x20 is not UTF-16"),
        ("SELECT 1\nGO".encode("utf-16-le"), ":1: a NUL character stands in the text"),
    ],
)
def test_file_that_is_no_text_is_refused_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.sql"
    path.write_bytes(content)
    with pytest.raises(ScriptError, match=re.escape(message)) as refusal:
        read_script(path)
    assert refusal.value.hint


def test_broken_byte_far_into_a_file_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.sql"
    path.write_bytes(b"SELECT 1;\n" * (_CHUNK // 5) + b"\xff")
    with pytest.raises(ScriptError) as refusal:
        read_script(path)
    assert refusal.value.line == _CHUNK // 5 + 1


@pytest.mark.parametrize("broken", ["", "\\\n"])
def test_model_as_a_literal_is_read_in_little_memory(tmp_path: Path, broken: str) -> None:
    """Thirty megabytes, in one line or in lines of 120 digits."""
    path = tmp_path / "a.sql"
    with path.open("w", encoding="utf-8") as file:
        file.write("INSERT INTO t SELECT 0x")
        for _ in range(250):
            file.write(("ab" * 60 + broken) * 1000)
        file.write("00 AS m;\nSELECT @@ROWCOUNT;")
    tracemalloc.start()
    (batch,) = read_script(path).batches
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000
    assert batch.characters == path.stat().st_size
    assert [batch.place(index) for index in batch.find("@@ROWCOUNT")] == [(2 + 250_000 * bool(broken), 8)]


def test_empty_file_has_no_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.sql"
    path.write_bytes(b"")
    assert read_script(path) == Script(())
