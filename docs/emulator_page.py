"""The page about the emulator: what is there, what is not, and what each value rule answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deployer.emulator.aggregates import AGGREGATES
from deployer.emulator.answers import ABSENT_GLOBALS, GLOBALS
from deployer.emulator.catalog_functions import CATALOG
from deployer.emulator.collations import COLLATIONS, DEFAULT
from deployer.emulator.dates import DATE_PARTS, DATES, PARTS
from deployer.emulator.driver_procedures import DRIVER_PROCEDURES
from deployer.emulator.functions import OTHERS
from deployer.emulator.grammar import ABSENT_STATEMENTS, UNKNOWN_STATEMENTS
from deployer.emulator.known import ABSENT_FUNCTIONS, BARE_FUNCTIONS, SESSION_FUNCTIONS
from deployer.emulator.numbers import NUMBERS
from deployer.emulator.procedures import SYSTEM_PROCEDURES
from deployer.emulator.runners import FORMS
from deployer.emulator.settings import ISOLATION, SETTINGS
from deployer.emulator.styles import DATE_STYLES
from deployer.emulator.syntax import HINTS
from deployer.emulator.system_views import SYSTEM_VIEWS
from deployer.emulator.texts import TEXTS
from deployer.emulator.types import ABSENT_TYPES, DUCKDB_TYPES, LONGEST
from deployer.emulator.windows import ENDS, OFFSETS, PERCENTILES, RANKINGS

_INTRO = """# The emulator

A dedicated SQL pool on DuckDB and ONNX Runtime.
It reads T-SQL with an allow-list: what is not on this page is refused by name, and nothing is answered differently in silence.
Errors carry the server's number; 50000 is the emulator's own refusal, and 104 says that the pool lacks something.
"""

_FORMS = """## Queries

- SELECT with DISTINCT, TOP (n) and TOP (n) WITH TIES, FROM, WHERE, GROUP BY with ROLLUP, HAVING, ORDER BY by name, number or expression, OPTION (LABEL = …) and join hints.
- Several CTEs, each seen by those after it; views in views, 32 levels deep; derived tables.
- JOIN (INNER, LEFT, RIGHT, FULL, CROSS), CROSS APPLY and OUTER APPLY of a subquery or of STRING_SPLIT, UNION, UNION ALL, INTERSECT, EXCEPT.
- Subqueries as values, in IN, EXISTS, and behind ANY, SOME and ALL.
- Windows with PARTITION BY, ORDER BY, ROWS and RANGE.
- PREDICT wherever a table stands, several in one statement, and over a view that holds another.

Not there, because the pool's syntax lacks it: TOP … PERCENT, OFFSET and FETCH, CUBE, GROUPING SETS, FOR XML, FOR JSON, VALUES as a table, names across databases.
Not there, and refused by name: PIVOT, UNPIVOT, table hints but NOLOCK, READUNCOMMITTED and READPAST, TABLESAMPLE, AT TIME ZONE, IS DISTINCT FROM.
"""

_INFERRED = """What nobody documents for the pool, and the emulator assumes:

- An error ends its batch, RAISERROR of a severity above 10 too; SQL Server would go on behind some.
- In UPDATE and DELETE with FROM, the target may be named by its alias.
- GRANT, DENY and REVOKE, statistics and indexes are refused in a transaction, as DDL is.
- `@@SERVERNAME` is answered, since tools ask every server.
- An object that is renamed keeps its number.
- COPY reads a quoted empty field as NULL, as it does an empty one.

Roles, users and rights are written down and shown, and enforced on nobody: the one login owns the database.
Indexes, statistics and partitions are written down and change nothing.
"""

_NOTES = """## What is not known

Where nobody documents what the server does, the emulator stops instead of guessing:

- a float as a decimal, where the exact value and its shortest text round to different digits;
- money times money, money divided, AVG of money, POWER of a decimal;
- text beside a decimal that would have to lose digits;
- the digits behind the milliseconds of a datetime as datetime2(4) and finer, and a seventh digit of a second anywhere, since DuckDB keeps microseconds;
- dates in other forms than ISO's, `yyyymmdd` and numbers with a year of four digits;
- text from outside of code page 1252 as varchar, and taking text apart that has characters from outside of the basic plane;
- RAND, CHECKSUM, FORMAT, PARSE, datetimeoffset.

Three readings are assumed, and each changes an answer:

- An integer constant beside a decimal counts as a numeric of its own digits, as documented for queries that are not parameterised.
- A quotient of decimals has the digits beyond its scale cut off, and a product whose scale had to shrink is rounded, as users report.
- Text is ordered by code points once case is taken away, which differs from the server's tables in punctuation and accents.
"""


def emulator_page(folder: Path) -> str:
    """The page; the table of values stands in `values.yml` in the folder."""
    sections = [_INTRO, _statements(), _FORMS, _functions(), _types(), _views(), _NOTES, _values(folder / "values.yml")]
    return "\n".join(sections)


def _statements() -> str:
    lines = [f"- {form}" for form in FORMS.values()]
    options = [f"`{name}` ({', '.join(values) or 'a number'})" for name, values in sorted(SETTINGS.items())]
    return (
        "## Statements\n\n" + "\n".join(lines) + "\n\n"
        f"Options of SET, with the values that each takes: {', '.join(options)}, "
        f"`TRANSACTION ISOLATION LEVEL` ({ISOLATION}).\n"
        f"Hints of OPTION, which change no answer: `LABEL`, {_listed(HINTS)}\n"
        f"Procedures that are there: {_listed([*SYSTEM_PROCEDURES, *DRIVER_PROCEDURES])}\n"
        f"Variables of the server: {_listed(GLOBALS)}\n\n"
        f"Refused, because the pool lacks them: {_listed([*ABSENT_STATEMENTS, *map(str.upper, ABSENT_GLOBALS)])}\n\n"
        f"Refused, because the emulator does not know them: {_listed(UNKNOWN_STATEMENTS)}\n\n{_INFERRED}"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) + "."


def _functions() -> str:
    aggregates = {name: "*" if name.startswith("COUNT") else "[DISTINCT] value" for name in AGGREGATES}
    aggregates |= {"STRING_AGG": "text, separator", "GROUPING": "key"}
    windows = {
        **dict.fromkeys(RANKINGS, ""),
        "NTILE": "n",
        **dict.fromkeys(OFFSETS, "value [, offset [, default]]"),
        **dict.fromkeys(ENDS, "value"),
        **dict.fromkeys(PERCENTILES, "share"),
    }
    choices = {"CASE": "…", "IIF": "condition, yes, no", "CHOOSE": "index, value [, …]"}
    casts = {"CAST": "value AS type", "TRY_CAST": "value AS type"}
    casts |= dict.fromkeys(["CONVERT", "TRY_CONVERT"], "type, value [, style]")
    groups: Mapping[str, Mapping[str, str]] = {
        "Conversion": casts,
        "NULL and choice": {**_arguments(OTHERS), **choices},
        "Text and binary": _arguments(TEXTS),
        "Numbers": _arguments(NUMBERS),
        "Dates and times": {**_arguments(DATES), **{name: found[2] for name, found in DATE_PARTS.items()}},
        "Aggregates": aggregates,
        "Windows": windows,
        "Catalog and server": _arguments(CATALOG),
        "Session": {name: "…" if most else "" for name, (_, most) in SESSION_FUNCTIONS.items()},
    }
    lines = [f"- {title}: {', '.join(_signatures(found))}." for title, found in groups.items()]
    styles = ", ".join(map(str, sorted(DATE_STYLES)))
    return (
        "## Functions\n\n" + "\n".join(lines) + "\n\n"
        f"Parts of a date: {_listed(sorted(set(PARTS.values())))}\n"
        f"Styles of CONVERT that write a date: {styles}; a time: 8, 24, 108; both: 0, 100, 20, 120, 21, 25, 121, 126; "
        "of a datetime also 9, 109, 13, 113, 14, 114.\n"
        "Styles that read one: 101 to 105, 110, 111, and ISO's.\n"
        "Styles of a float: 0 to 3; of money: 0 to 2; of binary: 0 to 2.\n\n"
        f"Refused, because the pool lacks them: {_listed(ABSENT_FUNCTIONS)}\n"
    )


def _arguments(table: Mapping[str, tuple[Any, Any, Any, str]]) -> Mapping[str, str]:
    return {name: found[3] for name, found in table.items()}


def _signatures(found: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(found):
        yield f"`{name}`" if name in BARE_FUNCTIONS else f"`{name}({found[name]})`"


def _types() -> str:
    rows = [f"| `{name}` | {LONGEST.get(name, '')} | `{held}` |" for name, held in DUCKDB_TYPES.items()]
    rows.append("| `decimal`, `numeric` | 38 digits | `DECIMAL` |")
    collations = [
        f"- `{name}`: {what}{', the default' if name == DEFAULT else ''}." for name, what in COLLATIONS.items()
    ]
    return (
        "## Types\n\n| type | at most | kept as |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n\n"
        f"Refused, because the pool lacks them: {_listed(ABSENT_TYPES)}\n"
        "Refused, because DuckDB keeps no offset: `datetimeoffset`.\n\n"
        "Collations, for COLLATE in expressions and columns:\n\n" + "\n".join(collations) + "\n"
    )


def _views() -> str:
    names = sorted(f"{schema}.{name}" for schema, name in SYSTEM_VIEWS)
    return f"## Catalog views\n\n{_listed(names)}\n"


def _values(path: Path) -> str:
    sections = yaml.safe_load(path.read_text(encoding="utf-8"))
    count = sum(len(section["rows"]) for section in sections)
    lines = [
        f"## Values\n\n{count} expressions, each run by `tests/emulator/test_values.py`.",
        "A source is the title of a page at learn.microsoft.com, unless it says otherwise.\n",
    ]
    for section in sections:
        lines.append(f"### {section['title']}\n\n| T-SQL | answer | type | source |\n| --- | --- | --- | --- |")
        lines += [
            f"| {_code(row['sql'])} | {_code(row['answer'])} | {row.get('type', '')} | "
            f"{row.get('source', section['source'])} |"
            for row in section["rows"]
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")
