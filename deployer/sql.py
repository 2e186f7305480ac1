"""The one way to SQL text: Jinja templates that can print nothing but what went through a filter.

A template prints names through `name` and `object`, values through `literal`, types through `type`, and free text
only as `comment` or `message`. The filters return `Sql`; anything else that a template tries to print stops the
rendering, so a forgotten filter is an error at the first run and not a hole for ever.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.errors import PlanError
from deployer.names import ObjectName, SqlTypeName, name_problem, shorten

if TYPE_CHECKING:
    import jinja2

_MESSAGE_LENGTH = 2_000
"""THROW takes 2,048 characters (learn.microsoft.com: THROW)."""


_TEMPLATE_ENDING = ".sql.j2"
_LABEL_LENGTH = 255
"""learn.microsoft.com: OPTION clause, LABEL is nvarchar(255)."""


class Sql(str):
    """Text that is safe to stand in T-SQL as it is."""

    __slots__ = ()


# --- Filters ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=10_000)
def quote_name(name: str) -> Sql:
    """A name in brackets. Raises `PlanError` for what no brackets can hold."""
    if problem := name_problem(name):
        raise PlanError(f"name {shorten(name)} {problem}", hint="rename it, in the model or in the spec")
    return Sql("[" + name.replace("]", "]]") + "]")


def quote_object(name: ObjectName) -> Sql:
    """A table or view as `[schema].[name]`."""
    return Sql(f"{quote_name(name.schema)}.{quote_name(name.name)}")


def quote_literal(value: float | str | bytes | None) -> Sql:
    """A value as a literal of its own type: `N'…'`, `1`, `1.5e0`, `0x…`, `NULL`.

    Raises `PlanError` for text that no nvarchar can hold, for NaN and infinity, and for any other type.
    """
    match value:
        case None:
            return Sql("NULL")
        case str():
            return quote_text(value)
        case bytes():
            return quote_bytes(value)
        case int() if not isinstance(value, bool):
            return Sql(value)
        case float() if value - value == 0:
            # Without an exponent T-SQL reads a decimal, which rounds otherwise than a float.
            text = repr(value)
            return Sql(text if "e" in text else f"{text}e0")
    # `str` and not `repr`: it is what makes Jinja tell the name of a fact that is not there.
    raise PlanError(
        f"{shorten(str(value))} cannot be written as a T-SQL literal", hint="use text, a finite number or NULL"
    )


_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile(r"(?:[^\x00-\x1f\x7f$]|\$(?!\())+|\$(?=\()|[\x00-\x1f\x7f]")


def quote_text(text: str) -> Sql:
    """Text as an nvarchar literal on one line, or several joined by `+`.

    Control characters become `NCHAR(n)`: a backslash at the end of a line, and a line that holds `GO` or begins with
    a colon, mean something to the server or to sqlcmd even within a literal. `$(` is taken apart, since sqlcmd
    replaces `$(x)` wherever it stands.
    """
    if "\0" in text or _SURROGATE.search(text):
        raise PlanError(f"{shorten(text)} holds NUL or half of a surrogate pair", hint="T-SQL text can hold neither")
    parts = [
        f"NCHAR({ord(part)})" if len(part) == 1 and not part.isprintable() and ord(part) < 128 else _quoted(part)
        for part in _PLAIN.findall(text)
    ] or ["N''"]
    return Sql(parts[0] if len(parts) == 1 else "(" + " + ".join(parts) + ")")


def _quoted(text: str) -> str:
    return "N'" + text.replace("'", "''") + "'"


def quote_bytes(content: bytes) -> Sql:
    """Bytes as `0x…`, on one line: the dedicated pool has no line continuation (learn.microsoft.com: Backslash)."""
    return Sql("0x" + content.hex().upper())


def quote_comment(text: object) -> Sql:
    """Any text as the rest of a `--` comment: one line, with nothing that ends it, begins another, or is a `?`."""
    return Sql(_one_line(str(text)).replace("?", "").replace("/*", "/ *").replace("*/", "* /"))


def quote_message(text: str) -> Sql:
    """Text as the message of a THROW, which takes a literal and no expression: one line, cut to what fits."""
    return Sql(_quoted(_one_line(text)[:_MESSAGE_LENGTH]))


def _one_line(text: str) -> str:
    """Every control, format and line character as a blank; `$(`, which sqlcmd would replace, taken apart."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c for c in text)
    return text.replace("$(", "$ (")


def quote_type(name: SqlTypeName) -> Sql:
    return Sql(name)


def quote_label(text: str) -> Sql:
    """Text as the LABEL of a request, which takes a literal of text without an N before it."""
    return Sql("'" + label_text(text).replace("'", "''") + "'")


def label_text(text: str) -> str:
    """What of a text a label can hold: plain ASCII, as much as fits."""
    return "".join(c if " " <= c <= "~" and c != "?" else "_" for c in _one_line(text))[:_LABEL_LENGTH]


_RIGHTS = frozenset(
    ["SELECT", "INSERT", "UPDATE", "DELETE", "ALTER", "EXECUTE", "CREATE TABLE", "CREATE VIEW", "CREATE PROCEDURE"]
)


def quote_right(right: str) -> Sql:
    """A right that is given: one of few."""
    if right not in _RIGHTS:
        raise PlanError(f"{shorten(right)} is no right that is given", hint=f"one of: {', '.join(sorted(_RIGHTS))}")
    return Sql(right)


def quote_parameter(name: str) -> Sql:
    """The name of a parameter, which stands in no brackets: `@name` without its `@`."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise PlanError(f"{shorten(name)} is no name of a parameter", hint="use letters, digits and _")
    return Sql(name)


def indent(text: str) -> str:
    """A block of lines, four blanks further in. No text of a template spans lines, so none is changed."""
    return re.sub(r"^(?=[^\n]*\S)", "    ", text, flags=re.MULTILINE)


# --- Templates -------------------------------------------------------------------------------------------------------


def find_templates() -> Path:
    """The folder of the templates: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "sql_templates"
    return inside if inside.is_dir() else package.parent / "sql_templates"


@cache
def make_environment(*folders: Path) -> jinja2.Environment:
    """Templates from the first folder that has them: give the user's, the target's and the common one.

    Made once for the same folders, since compiling templates takes longer than rendering them; a template that changes
    is compiled again. Sandboxed; a fact that a template asks for and does not get is an error. The folder of
    `find_templates` comes last, so that a template can name another one whole:
    `{% extends "common/catalog_table.sql.j2" %}`.
    """
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    verdicts: dict[tuple[type, str], bool] = {}

    class Sandbox(ImmutableSandboxedEnvironment):
        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            # Jinja's verdict hangs on the type and the name alone, and every line of a template asks for it.
            key = (type(obj), attr)
            if key not in verdicts:
                verdicts[key] = super().is_safe_attribute(obj, attr, value)
            return verdicts[key]

    environment = Sandbox(
        loader=jinja2.FileSystemLoader([*folders, find_templates()]),
        undefined=jinja2.StrictUndefined,
        finalize=_refuse_unfiltered,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # HTML escaping has no place here; `finalize` is stricter
    )
    environment.filters = {
        "name": quote_name,
        "object": quote_object,
        "literal": quote_literal,
        "type": quote_type,
        "comment": quote_comment,
        "message": quote_message,
        "label": quote_label,
        "parameter": quote_parameter,
        "right": quote_right,
        "indent": indent,
        "length": len,
    }
    return environment


def _refuse_unfiltered(value: object) -> object:
    """Jinja calls this with everything that a template is about to print."""
    import jinja2

    if isinstance(value, (Sql, jinja2.Undefined)) or type(value) is int:
        return value
    raise PlanError(
        f"a template prints {shorten(value)} without a filter",
        hint="one of: |name, |object, |literal, |type, |comment, |message",
    )


def render(environment: jinja2.Environment, template: str, **facts: object) -> str:
    """One template's text. Raises `PlanError`, with file and line, for a template that cannot be rendered."""
    import jinja2

    try:
        return environment.get_template(template).render(facts).strip() + "\n"
    except jinja2.TemplateNotFound as error:
        place = _find_place(error)
        raise PlanError(
            f"{f'{place}: ' if place else ''}no template {error.name!r}",
            hint=f"the templates are in {str(find_templates())!r}",
        ) from error
    except jinja2.TemplateSyntaxError as error:
        place = f"{error.filename or template}:{error.lineno}"
        raise PlanError(f"{place}: {error.message}", hint="correct the template") from error
    except Exception as error:
        # Whatever Python raises, a template can: a user's template is a program, if a small one.
        message, hint = (error.message, error.hint) if isinstance(error, PlanError) else (str(error), "")
        place = _find_place(error) or template
        raise PlanError(f"{place}: {message or type(error).__name__}", hint=hint or "correct the template") from error


def _find_place(error: Exception) -> str:
    """File and line of the innermost template that an error came through; Jinja puts them into the traceback."""
    place, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(_TEMPLATE_ENDING):
            place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
