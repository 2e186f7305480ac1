"""pyodbc with Microsoft's ODBC Driver 18."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

VALUES: dict[str, tuple[str, object]] = {
    "bit": ("CAST(1 AS bit)", True),
    "tinyint": ("CAST(255 AS tinyint)", 255),
    "smallint": ("CAST(-32768 AS smallint)", -32_768),
    "int": ("CAST(-2147483648 AS int)", -(2**31)),
    "bigint": ("CAST(9223372036854775807 AS bigint)", 2**63 - 1),
    "real": ("CAST(0.1 AS real)", 0.10000000149011612),
    "float": ("CAST(1.7976931348623157E308 AS float)", 1.7976931348623157e308),
    "decimal(9,2)": ("CAST(-1234567.89 AS decimal(9,2))", Decimal("-1234567.89")),
    "decimal(19,4)": ("CAST(123456789012345.6789 AS decimal(19,4))", Decimal("123456789012345.6789")),
    "decimal(28,10)": ("CAST(-1.0000000001 AS decimal(28,10))", Decimal("-1.0000000001")),
    "decimal(38,0)": ("CAST(-99999999999999999999999999999999999999 AS decimal(38,0))", Decimal("-" + "9" * 38)),
    "money": ("CAST(-1.5 AS money)", Decimal("-1.5000")),
    "char": ("CAST('ab' AS char(4))", "ab  "),
    "varchar": ("CAST('caf\u00e9 \u20ac' AS varchar(20))", "caf\u00e9 \u20ac"),
    "nchar": ("CAST(N'\u00e9' AS nchar(3))", "\u00e9  "),
    "nvarchar": ("N'\u65e5\u672c \U0001f600'", "\u65e5\u672c \U0001f600"),
    "varchar(max)": ("CAST('long' AS varchar(max))", "long"),
    "nvarchar(max)": ("CAST(N'\u65e5' AS nvarchar(max))", "\u65e5"),
    "empty": ("CAST('' AS varchar(max))", ""),
    "binary": ("CAST(0x01 AS binary(3))", b"\x01\0\0"),
    "varbinary": ("0x00FF", b"\0\xff"),
    "varbinary(max)": ("CAST(0x00FF AS varbinary(max))", b"\0\xff"),
    "date": ("CAST('0001-01-01' AS date)", dt.date(1, 1, 1)),
    "time": ("CAST('23:59:59.999999' AS time(6))", dt.time(23, 59, 59, 999_999)),
    "datetime": ("CAST('1899-12-31 12:00:00.003' AS datetime)", dt.datetime(1899, 12, 31, 12, 0, 0, 3000)),
    "datetime2": ("CAST('9999-12-31 23:59:59.123456' AS datetime2(7))", dt.datetime(9999, 12, 31, 23, 59, 59, 123_456)),
    "datetime2(0)": ("CAST('2020-02-29 23:59:58' AS datetime2(0))", dt.datetime(2020, 2, 29, 23, 59, 58)),
    "datetime2(3)": ("CAST('2020-02-29 01:02:03.456' AS datetime2(3))", dt.datetime(2020, 2, 29, 1, 2, 3, 456_000)),
    "smalldatetime": ("CAST('2079-06-06 23:59:00' AS smalldatetime)", dt.datetime(2079, 6, 6, 23, 59)),
    "uniqueidentifier": (
        "CAST('0E984725-C51C-4BF4-9960-E1C80E27ABA0' AS uniqueidentifier)",
        "0E984725-C51C-4BF4-9960-E1C80E27ABA0",
    ),
}


@pytest.mark.parametrize("kind", VALUES)
def test_each_type_arrives_as_it_is(connection: Any, kind: str) -> None:
    sql, value = VALUES[kind]
    assert connection.execute(f"SELECT {sql}").fetchval() == value


def test_all_types_in_one_row_with_and_without_null(connection: Any) -> None:
    columns = [sql for sql, _ in VALUES.values()]
    values = [value for _, value in VALUES.values()]
    full = "SELECT " + ", ".join(f"{sql} AS c{at}" for at, sql in enumerate(columns))
    empty = "SELECT " + ", ".join(f"NULLIF({sql}, {sql})" for sql in columns)
    cursor = connection.execute(f"{full} UNION ALL {empty}")
    rows = cursor.fetchall()
    assert sorted(list(row) for row in rows if row[0] is not None) == [values]
    assert [list(row) for row in rows if row[0] is None] == [[None] * len(columns)]


PARAMETERS: tuple[object, ...] = (
    True,
    -1,
    2**40,
    1.5,
    Decimal("-12345678901234567890.123"),
    "\u65e5\u672c",
    "x" * 5_000,
    b"\x00\xff",
    b"\x01" * 9_000,
    dt.date(2020, 2, 29),
    dt.time(1, 2, 3),
    dt.datetime(2020, 2, 29, 1, 2, 3, 456_000),
)


@pytest.mark.parametrize("value", PARAMETERS, ids=lambda value: type(value).__name__)
def test_parameter_comes_back(connection: Any, value: object) -> None:
    assert connection.execute("SELECT ?", value).fetchval() == value
