"""What `sp_datatype_info` answers: the types as ODBC's SQLGetTypeInfo tells them.

Drivers ask at the first parameter how long a value may be. The columns and their meaning: learn.microsoft.com,
sp_datatype_info and SQLGetTypeInfo; the numbers of types: ODBC's sql.h and Microsoft's msodbcsql.h.
"""

from __future__ import annotations

from collections.abc import Sequence

from deployer.emulator.types import INT, SqlColumn, SqlType

_NAME, _SHORT_TEXT, _SMALLINT = SqlType("nvarchar", 128), SqlType("varchar", 32), SqlType("smallint")

COLUMNS = tuple(
    SqlColumn(name, kind)
    for name, kind in (
        ("TYPE_NAME", _NAME),
        ("DATA_TYPE", _SMALLINT),
        ("PRECISION", INT),
        ("LITERAL_PREFIX", _SHORT_TEXT),
        ("LITERAL_SUFFIX", _SHORT_TEXT),
        ("CREATE_PARAMS", _SHORT_TEXT),
        ("NULLABLE", _SMALLINT),
        ("CASE_SENSITIVE", _SMALLINT),
        ("SEARCHABLE", _SMALLINT),
        ("UNSIGNED_ATTRIBUTE", _SMALLINT),
        ("MONEY", _SMALLINT),
        ("AUTO_INCREMENT", _SMALLINT),
        ("LOCAL_TYPE_NAME", _NAME),
        ("MINIMUM_SCALE", _SMALLINT),
        ("MAXIMUM_SCALE", _SMALLINT),
        ("SQL_DATA_TYPE", _SMALLINT),
        ("SQL_DATETIME_SUB", _SMALLINT),
        ("NUM_PREC_RADIX", INT),
        ("INTERVAL_PRECISION", _SMALLINT),
        ("USERTYPE", _SMALLINT),
    )
)

# Name, number, precision, quotes, what stands in parentheses, scales, radix; and the number of the type without its
# ODBC 3 subtype, with the subtype.
_TYPES: tuple[tuple[str, int, int, str, str | None, tuple[int | None, int | None], int | None], ...] = (
    ("datetimeoffset", -155, 34, "'", "scale", (0, 7), None),
    ("time", -154, 16, "'", "scale", (0, 7), None),
    ("uniqueidentifier", -11, 36, "'", None, (None, None), None),
    ("nvarchar", -9, 4000, "N'", "max length", (None, None), None),
    ("nchar", -8, 4000, "N'", "length", (None, None), None),
    ("bit", -7, 1, "", None, (0, 0), None),
    ("tinyint", -6, 3, "", None, (0, 0), 10),
    ("bigint", -5, 19, "", None, (0, 0), 10),
    ("varbinary", -3, 8000, "0x", "max length", (None, None), None),
    ("binary", -2, 8000, "0x", "length", (None, None), None),
    ("char", 1, 8000, "'", "length", (None, None), None),
    ("numeric", 2, 38, "", "precision,scale", (0, 38), 10),
    ("decimal", 3, 38, "", "precision,scale", (0, 38), 10),
    ("money", 3, 19, "$", None, (4, 4), 10),
    ("smallmoney", 3, 10, "$", None, (4, 4), 10),
    ("int", 4, 10, "", None, (0, 0), 10),
    ("smallint", 5, 5, "", None, (0, 0), 10),
    ("float", 6, 53, "", None, (None, None), 2),
    ("real", 7, 24, "", None, (None, None), 2),
    ("varchar", 12, 8000, "'", "max length", (None, None), None),
    ("date", 91, 10, "'", None, (0, 0), None),
    ("datetime2", 93, 27, "'", "scale", (0, 7), None),
    ("datetime", 93, 23, "'", None, (3, 3), None),
    ("smalldatetime", 93, 16, "'", None, (0, 0), None),
)
_ODBC_2 = {91: 9, 93: 11}
"""What ODBC 2 calls date and timestamp."""


def type_rows(wanted: int, odbc: int) -> Sequence[tuple[object, ...]]:
    """A row for each type with that number of ODBC's (0: all), in the order that the procedure has."""
    rows = []
    for name, number, precision, quote, create, (least, most), radix in _TYPES:
        told = _ODBC_2.get(number, number) if odbc < 3 else number
        if wanted not in {0, told, number}:
            continue
        is_text = "char" in name
        is_moment = number in {91, 93}
        number_like = radix is not None
        rows.append((
            name,
            told,
            precision,
            quote or None,
            "'" if quote.endswith("'") else None,
            create,
            1,
            0,
            3 if is_text or "'" in quote else 2,
            int(name == "tinyint") if number_like else None,
            int("money" in name),
            0 if number_like else None,
            name,
            least,
            most,
            9 if is_moment else told,
            {91: 1, 93: 3}.get(number),
            radix,
            None,
            0,
        ))  # fmt: skip
    return rows
