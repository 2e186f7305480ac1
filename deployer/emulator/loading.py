"""COPY INTO from files where a URL would stand: CSV and Parquet, streamed by DuckDB and converted as INSERT does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.emulator import statements as st
from deployer.emulator.casts import cast
from deployer.emulator.changes import Insertion, constant, plan_insert
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import quote
from deployer.emulator.frames import Result
from deployer.emulator.store import convert
from deployer.emulator.translate import Translator
from deployer.emulator.typed import Typed, finite
from deployer.emulator.types import BIGINT, BIT, DATETIME2, FLOAT, INT, NVARCHAR_MAX, REAL, VARBINARY_MAX, SqlType

if TYPE_CHECKING:
    from deployer.emulator.session import Session


def run_copy(session: Session, statement: st.Copy) -> Iterator[Result]:
    options = _known(statement.options)
    translator = Translator(session)
    explicit = options.get("IDENTITY_INSERT", "OFF") == "ON"
    names = tuple(column.name for column in statement.columns)
    target = plan_insert(session, translator, statement.name, names, explicit=explicit or None)
    count = 0
    # All files or none.
    with session.engine() if session.in_transaction else session.both():
        for path in _files(session, statement.places):
            parquet = options.get("FILE_TYPE", "CSV") == "PARQUET"
            source, kinds = _parquet(session, path) if parquet else _csv(path, _fields(statement, target), options)
            count += session.execute(target.insert(_values(translator, statement, target, kinds), source))
    yield Result(count=count)


def _fields(statement: st.Copy, target: Insertion) -> Sequence[st.CopyColumn]:
    """The columns that are listed, or all in the order of the file's fields."""
    return statement.columns or [
        st.CopyColumn(column.name, place) for place, column in enumerate(target.chosen, start=1)
    ]


def _known(options: Mapping[str, str]) -> dict[str, str]:
    """The options, held to the values that are known here."""
    found = {name: value.upper() if name in _VALUES else value for name, value in options.items()}
    for name, value in found.items():
        if name in _VALUES and value not in _VALUES[name]:
            raise NotSupportedError(f"The emulator does not know {name} = '{value}' of COPY.")
    if int(found.get("FIRSTROW", "1")) < 1:
        raise ProgrammingError("The value of FIRSTROW of COPY counts from 1.", 102, 15)
    return found


_VALUES: Mapping[str, Sequence[str]] = {
    "FILE_TYPE": ("CSV", "PARQUET"),
    "MAXERRORS": ("0",),
    "COMPRESSION": ("NONE", "GZIP", "SNAPPY"),
    "ROWTERMINATOR": ("\\N", "\\R\\N", "0X0A", "0X0D0A"),
    "DATEFORMAT": ("YMD",),
    "ENCODING": ("UTF8", "UTF16"),
    "IDENTITY_INSERT": ("ON", "OFF"),
}
"""Each way of ending a row is known without being told; dates are read in ISO's form."""


def _files(session: Session, places: Sequence[str]) -> list[Path]:
    """The files of the places: a file, a folder with all within, or a pattern. Hidden ones are left out."""
    found: list[Path] = []
    for place in places:
        if re.match(r"(?i)(https?|abfss?|wasbs?)://", place):
            raise NotSupportedError("The emulator reads local files only: give a path where the URL stands.")
        path = Path(place.removeprefix("file://"))
        if "*" in path.name:
            files = sorted(path.parent.rglob(path.name))
        else:
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
        named = [file for file in files if file == path or not file.name.startswith(("_", "."))]
        found += [file for file in named if not file.is_dir()]
        if not named or not all(file.is_file() for file in found):
            raise ProgrammingError(f"COPY cannot find the file '{place}'.", 13807)
    allowed = session.files
    for file in found:
        if allowed is not None and not file.resolve().is_relative_to(allowed.resolve()):
            raise ProgrammingError(f"COPY may not read '{file}': files below '{allowed}' only.", 105019)
    return found


def _csv(path: Path, columns: Sequence[st.CopyColumn], options: Mapping[str, str]) -> tuple[str, Sequence[SqlType]]:
    """A CSV file as a table of texts, a field each; nothing is an empty field, which COPY reads as NULL.

    DuckDB stops at rows of more than 2 MB; the pool is reported to stop at 1,000,000 bytes.
    """
    fields = max(column.field for column in columns)
    given = {
        "delim": _terminator(options.get("FIELDTERMINATOR", ",")),
        "quote": options.get("FIELDQUOTE", '"'),
        "escape": options.get("FIELDQUOTE", '"'),
        "nullstr": "",
        "encoding": "utf-16" if options.get("ENCODING") == "UTF16" else "utf-8",
        "compression": "gzip" if options.get("COMPRESSION") == "GZIP" else "auto_detect",
    }
    listed = ", ".join(f"{name} = {quote(value)}" for name, value in given.items())
    names = ", ".join(f"'f{number}': 'VARCHAR'" for number in range(1, fields + 1))
    skipped = int(options.get("FIRSTROW", "1")) - 1
    source = (
        f"read_csv({quote(str(path))}, auto_detect = false, header = false, skip = {skipped}, "
        f"{listed}, columns = {{{names}}})"
    )
    return source, [NVARCHAR_MAX] * fields


def _terminator(text: str) -> str:
    """A tab may be written by its letter, and any character by its number: `0x1F`."""
    if re.fullmatch(r"0[xX]([0-9a-fA-F]{2})+", text):
        return bytes.fromhex(text[2:]).decode("latin-1")
    return text.replace("\\t", "\t")


def _parquet(session: Session, path: Path) -> tuple[str, Sequence[SqlType]]:
    """A Parquet file, its columns by their place."""
    with session.engine():
        rows = session.connection.execute(f"DESCRIBE SELECT * FROM read_parquet({quote(str(path))})").fetchall()
    kinds = [_parquet_type(str(name), str(kind)) for name, kind, *_ in rows]
    names = ", ".join(f"f{number}" for number in range(1, len(kinds) + 1))
    return f"(SELECT * FROM read_parquet({quote(str(path))})) AS p({names})", kinds


_PARQUET: Mapping[str, SqlType] = {
    "BOOLEAN": BIT,
    "TINYINT": SqlType("smallint"),
    "SMALLINT": SqlType("smallint"),
    "INTEGER": INT,
    "BIGINT": BIGINT,
    "FLOAT": REAL,
    "DOUBLE": FLOAT,
    "VARCHAR": NVARCHAR_MAX,
    "BLOB": VARBINARY_MAX,
    "DATE": SqlType("date"),
    "TIMESTAMP": DATETIME2,
}


def _parquet_type(name: str, kind: str) -> SqlType:
    if decimal := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind):
        return SqlType("decimal", None, int(decimal[1]), int(decimal[2]))
    if kind not in _PARQUET:
        raise NotSupportedError(f"The emulator does not know the type {kind} of the Parquet column '{name}' in COPY.")
    return _PARQUET[kind]


def _values(translator: Translator, statement: st.Copy, target: Insertion, kinds: Sequence[SqlType]) -> list[str]:
    values = []
    for column, wanted in zip(_fields(statement, target), target.chosen, strict=True):
        if column.field > len(kinds):
            raise ProgrammingError(f"COPY has no field {column.field} for the column '{wanted.name}'.", 4832)
        kind = kinds[column.field - 1]
        value = Typed(f"f{column.field}", kind)
        if kind in {REAL, FLOAT}:
            value = finite(value.sql, kind)
        if kind.is_text and wanted.type.is_binary:
            # Bytes are hex digits without 0x (learn.microsoft.com: COPY and PolyBase).
            value = Typed(cast(value.sql, kind, VARBINARY_MAX, style=2), VARBINARY_MAX)
        written = convert(value, wanted, statement.name)
        if column.default:
            written = f"coalesce({written}, {constant(translator, column.default, wanted, statement.name)})"
        values.append(written)
    return values
