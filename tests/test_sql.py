"""Whatever text comes in, it comes back out of T-SQL as it was, and never as SQL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from deployer.errors import PlanError
from deployer.names import NAME_LENGTH, name_problem
from deployer.sql import (
    Sql,
    find_templates,
    indent,
    label_text,
    make_environment,
    quote_bytes,
    quote_comment,
    quote_label,
    quote_literal,
    quote_message,
    quote_name,
    quote_parameter,
    quote_right,
    quote_text,
    render,
)
from tests.cases import refuse_what_is_no_sql

HOSTILE = (
    "'; DROP TABLE x; --",
    "''",
    "'",
    "\\\nGO\n",
    "a\r\nGO\r\nb",
    ":r /etc/passwd",
    "\n:!!rm\n",
    "$(PATH)",
    "$$((a)",
    "]; DROP TABLE x; --",
    "]]",
    "[",
    "/* ' */ -- \u2028 '",
    "*/ DROP TABLE x /*",
    "?",
    "{{ 7 * 7 }}{% raw %}",
    "\ufeff\uff24\uff32\u2019\u02bc\uff07",  # full-width letters, and what some code pages turn into an apostrophe
    "\U0001f600",
    "\x7f\x85\u2029",
    "N'x' + NCHAR(10)",
)

TEXT = (
    st.sampled_from(HOSTILE)
    | st.text()
    | st.lists(st.sampled_from([*HOSTILE, "'", "]", "\\", "\n", "$", "("])).map("".join)
)


def value_of(expression: exp.Expr) -> str:
    """What a literal, or several joined by `+`, stands for; anything else is no literal."""
    match expression:
        case exp.Paren():
            return value_of(expression.this)
        case exp.Add():
            return value_of(expression.left) + value_of(expression.right)
        case exp.National():
            return str(expression.this)
        case (
            exp.Chr(expressions=[exp.Literal(this=code)])
            | exp.Anonymous(this="NCHAR", expressions=[exp.Literal(this=code)])
        ):
            return chr(int(code))
    raise AssertionError(f"{expression!r} is no literal")


def only_expression(sql: str) -> exp.Expr:
    """The one expression of the one SELECT that a text must be."""
    (statement,) = sqlglot.parse(sql, read="tsql")
    assert isinstance(statement, exp.Select)
    (expression,) = statement.expressions
    assert not isinstance(expression, exp.Alias)
    result: exp.Expr = expression
    return result


def storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


@given(TEXT)
def test_text_comes_back(text: str) -> None:
    if not storable(text):
        with pytest.raises(PlanError):
            quote_text(text)
        return
    literal = quote_text(text)
    assert value_of(only_expression(f"SELECT {literal}")) == text
    assert not any(ord(character) < 32 for character in literal)
    assert "$(" not in literal


@given(TEXT)
def test_names_come_back(text: str) -> None:
    if name_problem(text):
        with pytest.raises(PlanError):
            quote_name(text)
        return
    column = only_expression(f"SELECT {quote_name(text)}")
    assert isinstance(column, exp.Column)
    assert column.name == text
    assert column.this.quoted


@given(TEXT)
def test_a_comment_ends_at_its_line_and_not_before(text: str) -> None:
    comment = quote_comment(text)
    assert len(f"-- {comment}".splitlines()) == 1
    assert isinstance(only_expression(f"-- {comment}\nSELECT 1 /* {comment} */"), exp.Literal)


@given(TEXT)
def test_a_message_is_one_literal(text: str) -> None:
    message = value_of(only_expression(f"SELECT {quote_message(text * 50)}"))
    assert len(message) <= 2_000
    assert message.isprintable() or not text.isprintable()


@given(st.lists(TEXT.filter(storable), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_microsoft_s_grammar_takes_it(texts: list[str]) -> None:
    """One batch holds them all, so that one that broke out would leave the rest unparsed."""
    names = [text for text in texts if not name_problem(text)]
    lines = [f"SELECT {quote_text(text)} AS [a]; -- {quote_comment(text)}" for text in texts]
    lines += [f"SELECT [t].{quote_name(name)} FROM {quote_name(name)} AS [t];" for name in names]
    lines += [f"THROW 51000, {quote_message(text)}, 1;" for text in texts]
    refuse_what_is_no_sql("\n".join(lines) + "\n")


@given(st.binary())
def test_bytes_come_back(content: bytes) -> None:
    literal = quote_bytes(content)
    assert bytes.fromhex(literal.removeprefix("0x")) == content
    assert "\n" not in literal


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1))
def test_numbers_come_back(value: float) -> None:
    literal = quote_literal(value)
    assert type(value)(literal) == value
    assert ("e" in literal) == isinstance(value, float)  # an exponent makes it a float, and not a decimal


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, [1], object()])
def test_what_has_no_literal_is_refused(value: Any) -> None:
    with pytest.raises(PlanError, match="cannot be written"):
        quote_literal(value)


def test_null_is_a_literal() -> None:
    assert quote_literal(None) == "NULL"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\0", "x" * (NAME_LENGTH + 1), "a$(b)", "\ud800"])
def test_names_that_brackets_cannot_hold_are_refused(name: str) -> None:
    with pytest.raises(PlanError, match="name"):
        quote_name(name)


def folder_with(folder: Path, text: str) -> Path:
    (folder / "one.sql.j2").write_text(text)
    return folder


@pytest.mark.parametrize(
    "template",
    [
        "SELECT {{ text }}",
        "SELECT {{ 'a' ~ text }}",
        "SELECT {{ text|literal ~ text }}",
        "SELECT {{ text|literal ~ '' }}",
        "SELECT {{ [text] }}",
        "{% macro m() %}x{% endmacro %}{{ m() }}",
        "{% set x %}{{ text|literal }}{% endset %}{{ x }}",
        "SELECT {{ number }}",
        "SELECT {{ none }}",
    ],
)
def test_a_template_that_forgets_a_filter_is_stopped(tmp_path: Path, template: str) -> None:
    with pytest.raises(PlanError, match="without a filter"):
        render(make_environment(folder_with(tmp_path, template)), "one.sql.j2", text="x", number=1.5)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ gone|literal }}", "'gone' is undefined"),
        ("{{ gone }}", "'gone' is undefined"),
        ("a\n{% for %}", r"one.sql.j2:2: "),
        ("{{ text|safe }}", "No filter named 'safe'"),
        ("{{ text.__class__|name }}", "unsafe"),
        ("{{ number|name }}", "one.sql.j2"),
        ("{% include 'none.sql.j2' %}", "no template 'none.sql.j2'"),
    ],
)
def test_a_template_that_is_wrong_is_told(tmp_path: Path, template: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        render(make_environment(folder_with(tmp_path, template)), "one.sql.j2", text="x", number=1)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ gone|literal }}", "'gone' is undefined"),
        ("{{ text }}", "a template prints 'x' without a filter"),
        ("{{ text ~ text }}", "a template prints 'xx' without a filter"),
        ("{{ number|name }}", "'int' object"),
        ("{{ bad|name }}", "name 'a\\\\nb' holds a control character"),
        ("{{ 1 // 0 }}", "division"),
        ("{{ text.__class__|literal }}", "unsafe"),
        ("{% for x in number %}{% endfor %}", "not iterable"),
        ("{% include 'none.sql.j2' %}", "no template 'none.sql.j2'"),
        ("{% for %}", "Expected an expression"),
        ("{% include 'inner.sql.j2' %}", "recursion"),
        ("{% for x in range(10**9) %}{% endfor %}", "Range too big"),
    ],
)
def test_an_error_deep_within_names_its_file_and_line(tmp_path: Path, template: str, message: str) -> None:
    (tmp_path / "outer.sql.j2").write_text(
        "SELECT 1\n{% filter indent %}\n{% include 'middle.sql.j2' %}\n{% endfilter %}\n"
    )
    (tmp_path / "middle.sql.j2").write_text("{% for x in [1, 2] %}\n\n{% include 'inner.sql.j2' %}\n{% endfor %}\n")
    (tmp_path / "inner.sql.j2").write_text(f"-- a\n-- b\n{{# c\n #}}\n{template}\n")
    with pytest.raises(PlanError, match=message) as caught:
        render(make_environment(tmp_path), "outer.sql.j2", text="x", number=1, bad="a\nb")
    assert f"{tmp_path / 'inner.sql.j2'}:5: " in caught.value.message
    assert caught.value.hint


def test_a_template_that_changes_is_read_again(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "SELECT 1")
    assert render(make_environment(folder), "one.sql.j2") == "SELECT 1\n"
    (tmp_path / "one.sql.j2").write_text("SELECT 2")
    os.utime(tmp_path / "one.sql.j2", (1, 1))
    assert render(make_environment(folder), "one.sql.j2") == "SELECT 2\n"


@given(TEXT)
def test_a_label_is_one_short_literal(text: str) -> None:
    label = quote_label(text * 20)
    literal = only_expression(f"SELECT {label}")
    assert isinstance(literal, exp.Literal)
    assert len(literal.this) <= 255
    assert literal.this.isascii()
    assert literal.this == label_text(text * 20)
    assert "?" not in label
    assert "$(" not in label


@given(st.lists(TEXT.filter(storable), min_size=1, max_size=5))
def test_moving_lines_in_changes_no_text(texts: list[str]) -> None:
    """A literal has no line break, so none of what is moved lies within one."""
    block = "\n".join(f"SELECT {quote_text(text)}" for text in texts)
    moved = indent(block)
    assert [line.removeprefix("    ") for line in moved.split("\n")] == block.split("\n")


@pytest.mark.parametrize("name", ["", "a b", "@a", "a;", "1a", "ä", "a]", "a\n"])
def test_what_is_no_name_of_a_parameter_is_refused(name: str) -> None:
    with pytest.raises(PlanError, match="is no name of a parameter"):
        quote_parameter(name)


@pytest.mark.parametrize("right", ["", "CONTROL", "select", "SELECT; DROP"])
def test_only_rights_that_are_known_are_given(right: str) -> None:
    with pytest.raises(PlanError, match="is no right that is given"):
        quote_right(right)


def test_the_first_folder_wins(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "SELECT {{ text|literal }}")
    (tmp_path / "schema.sql.j2").write_text("mine")
    environment = make_environment(folder, find_templates() / "common")
    assert render(environment, "schema.sql.j2") == "mine\n"
    assert render(environment, "create_schema.sql.j2", schema="a") == "CREATE SCHEMA [a]\n"
    assert render(environment, "one.sql.j2", text=Sql("x")) == "SELECT N'x'\n"
