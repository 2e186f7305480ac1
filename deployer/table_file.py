"""`read_table_file`: a table from a file in git, for work without a connection.

A `.sql` file is any script with its CREATE TABLE. A `.json` file (or YAML) lists the columns:

{"columns": [{"name": "trip_id", "type": "bigint", "nullable": false}, {"name": "fare", "type": "decimal(10, 2)"}]}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from deployer.batches import split_batches
from deployer.errors import ScriptError, SpecError, need
from deployer.names import LONGEST_TEXT, ObjectName, name_problem, nearest, shorten
from deployer.table import Table, TableColumn
from deployer.yaml_file import read_text, read_yaml

_TYPE = re.compile(
    r"\s*(double\s+precision|[A-Za-z]\w*)\s*(?:\(\s*(?:(max)|(\d{1,5})(?:\s*,\s*(\d{1,3}))?)\s*\))?\s*", re.IGNORECASE
)
_ALIASES = {
    "integer": "int",
    "dec": "decimal",
    "character": "char",
    "sysname": "nvarchar",
    "double": "float",
    "double precision": "float",
}
_NO_COLUMNS = frozenset({"CONSTRAINT", "PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CHECK", "INDEX", "PERIOD"})
"""What stands in a CREATE TABLE between commas and is no column."""


_LISTS = (".json", ".yml", ".yaml")


def read_table_file(path: Path, name: ObjectName) -> Table:
    """The table `name` in a `.sql` file; for `.json` or YAML, the one table that the file lists.

    Raises `SpecError` where it is not there or cannot be read, `MissingPackage` for a `.sql` file without sqlglot.
    """
    suffix = path.suffix.lower()
    if suffix == ".sql":
        return _read_script(path, name)
    if suffix in _LISTS:
        return _read_list(path, name)
    # Any other file is not opened: what it holds would stand in the messages about it.
    raise SpecError(f"{str(path)!r} ends in none of {', '.join(('.sql', *_LISTS))}", hint="name the table's script")


def make_column(name: str, written: str, nullable: bool = True) -> TableColumn:
    """A column from its type as it is written: `decimal(10, 2)`. Raises `ValueError` for what is no type."""
    match = _TYPE.fullmatch(written)
    if match is None:
        raise ValueError(f"{shorten(written)} is not a T-SQL type")
    base, is_max, first, second = match[1].lower(), match[2], match[3], match[4]
    base = _ALIASES.get(base, base)
    number = int(first) if first else None
    if base in {"decimal", "numeric"}:
        # Without a precision it is 18, without a scale 0: learn.microsoft.com, decimal and numeric.
        return TableColumn(name, base, None, nullable, number or 18, int(second or 0))
    if base == "float" and number is not None and number <= 24:
        base = "real"  # learn.microsoft.com, float and real
    if base in LONGEST_TEXT:
        length = 128 if match[1].lower() == "sysname" else -1 if is_max else number or 1
        return TableColumn(name, base, length, nullable)
    return TableColumn(name, base, None, nullable)


# --- A list of columns -----------------------------------------------------------------------------------------------


def _check_type(written: str) -> str:
    make_column("", written)
    return written


def _check_name(name: str) -> str:
    if problem := name_problem(name):
        raise ValueError(f"name {shorten(name)} {problem}")
    return name


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, AfterValidator(_check_name)]
    type: Annotated[str, AfterValidator(_check_type)]
    nullable: bool = True


class _List(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    columns: list[_Listed] = Field(min_length=1)


def _read_list(path: Path, name: ObjectName) -> Table:
    file = read_yaml(path)  # JSON is YAML
    try:
        listed = _List.model_validate(file.value)
    except ValidationError as error:
        raise file.refuse(
            (file.line(entry["loc"]), f"{'.'.join(map(str, entry['loc'])) or 'the file'}: {entry['msg']}")
            for entry in error.errors()
        ) from None
    if file.problems:
        raise file.refuse(())
    return Table(str(name), tuple(make_column(entry.name, entry.type, entry.nullable) for entry in listed.columns))


# --- A script --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Word:
    """One of sqlglot's tokens; `kind` is its type's name: L_PAREN, IDENTIFIER for a quoted name, STRING, …"""

    text: str
    kind: str


def _read_script(path: Path, name: ObjectName) -> Table:
    need("sqlglot", "emulator")
    from sqlglot.dialects.tsql import TSQL
    from sqlglot.errors import TokenError

    try:
        tokens = [token for batch in split_batches(read_text(path), str(path)) for token in TSQL().tokenize(batch.sql)]
    except TokenError as error:
        raise SpecError(f"{str(path)!r} is not T-SQL: {error}".splitlines()[0], hint="correct the script") from error
    except ScriptError as error:
        raise SpecError(error.message, error.hint, error.line) from error
    tables = dict(_find_tables([_Word(token.text, token.token_type.name) for token in tokens]))
    found = {str(entry).casefold(): entry for entry in tables}.get(str(name).casefold())
    if found is None:
        raise SpecError(
            f"{str(path)!r} has no CREATE TABLE {name}{nearest(str(name), map(str, tables))}",
            hint="name the file that creates the table of `data`",
        )
    try:
        columns = tuple(_read_columns(tables[found]))
    except ValueError as error:
        raise SpecError(f"{str(path)!r}: {name}: {error}", hint="columns are NAME TYPE [NOT NULL]") from error
    return Table(str(name), columns)


def _find_tables(words: Sequence[_Word]) -> Iterator[tuple[ObjectName, Sequence[_Word]]]:
    """Each CREATE TABLE with the words between its parentheses."""
    for at in range(len(words) - 3):
        if (words[at].kind, words[at + 1].kind) != ("CREATE", "TABLE"):
            continue
        parts = [words[at + 2].text]
        here = at + 3
        while here + 1 < len(words) and words[here].kind == "DOT":
            parts.append(words[here + 1].text)
            here += 2
        if here < len(words) and words[here].kind == "L_PAREN":
            yield ObjectName(parts[-2] if len(parts) > 1 else "dbo", parts[-1]), words[here:]


def _read_columns(words: Sequence[_Word]) -> Iterator[TableColumn]:
    """The columns from the opening parenthesis on."""
    entry: list[_Word] = []
    depth = 0
    for word in words:
        depth += {"L_PAREN": 1, "R_PAREN": -1}.get(word.kind, 0)
        if depth == 0 or (depth == 1 and word.kind == "COMMA"):
            if entry and (entry[0].kind == "IDENTIFIER" or entry[0].text.upper() not in _NO_COLUMNS):
                yield _read_column(entry)
            entry = []
            if depth == 0:
                return
        elif (depth, word.kind) != (1, "L_PAREN") or entry:
            entry.append(word)
    raise ValueError("the list of columns has no end")


def _read_column(words: Sequence[_Word]) -> TableColumn:
    name, kinds = words[0].text, [word.kind for word in words]
    if len(words) == 1:
        raise ValueError(f"column {name!r} has no type")
    if words[1].text.upper() == "AS":
        return TableColumn(name, "")  # computed: its type stands nowhere
    if words[1].kind == "STRING":
        raise ValueError(f"column {name!r} has text where its type should stand")
    end = kinds.index("R_PAREN") + 1 if kinds[2:3] == ["L_PAREN"] and "R_PAREN" in kinds else 2
    required = "PRIMARY_KEY" in kinds or ("NOT", "NULL") in pairwise(kinds)
    return make_column(name, "".join(word.text for word in words[1:end]), not required)
