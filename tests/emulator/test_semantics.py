"""T-SQL's answers where DuckDB's would be others."""

from __future__ import annotations

import datetime as dt
import math
import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from tests.emulator.conftest import Run, need_tsql

LARGEST_REAL = struct.unpack("f", b"\xff\xff\x7f\x7f")[0]
VALUES: dict[str, Any] = {
    # Integers stay integers; a sum and an average of them too.
    "7 / 2": 3,
    "-7 / 2": -3,
    "7 % -2": 1,
    "-7 % 2": -1,
    "7 / 2e0": 3.5,
    "CAST(7 AS bigint) / CAST(2 AS smallint)": 3,
    "(SELECT SUM(n) FROM (SELECT 1 AS n UNION ALL SELECT 2) AS t)": 3,
    "(SELECT AVG(n) FROM (SELECT 1 AS n UNION ALL SELECT 2) AS t)": 1,
    # real has 32 bits.
    "CAST(0.1e0 AS real)": struct.unpack("f", struct.pack("f", 0.1))[0],
    "CAST(16777217 AS real)": 16777216.0,
    "CAST(0.1e0 AS real) + CAST(0.2e0 AS real)": struct.unpack("f", struct.pack("f", 0.3))[0],
    # CAST cuts: fractions, text, text without a length after 30.
    "CAST(2.7e0 AS int)": 2,
    "CAST(-2.7e0 AS bigint)": -2,
    "CAST(2.7 AS int)": 2,
    "CAST('abcdef' AS varchar(3))": "abc",
    "LEN(CAST(REPLICATE('x', 50) AS varchar))": 30,
    "CAST('ab' AS char(4)) + '|'": "ab  |",
    "CAST('' AS int)": 0,
    "CAST(' 12 ' AS int)": 12,
    "CAST(1234567 AS varchar(3))": "*",
    "TRY_CAST('x' AS int)": None,
    "CAST(1 AS bit)": True,
    "CONVERT(varchar(10), 0x1F2E, 1)": "0x1F2E",
    "CONVERT(varbinary(4), '1F2E', 2)": b"\x1f\x2e",
    "CAST(0x010203 AS varbinary(2))": b"\x01\x02",
    # Text: + joins, NULL makes NULL, CONCAT does not; LEN minds no trailing blanks, DATALENGTH does.
    "'a' + N'b'": "ab",
    "'a' + NULL": None,
    "CONCAT('a', NULL, 'b')": "ab",
    "LEN('ab  ')": 2,
    "DATALENGTH('ab  ')": 4,
    "DATALENGTH(N'ab')": 4,
    "LEN(N'😀')": 2,
    "SUBSTRING('abcdef', 2, 3)": "bcd",
    "SUBSTRING('abcdef', 0, 2)": "a",
    "CHARINDEX('C', 'abc')": 3,
    "CHARINDEX('', 'abc')": 0,
    "SUBSTRING('abc', 3, 10)": "c",
    "RIGHT('abc', 2)": "bc",
    "REPLACE('aXbx.', 'x', '\\1')": "a\\1b\\1.",
    "REPLACE('a.b', '.', '')": "ab",
    "REPLACE('abc', '', 'x')": "abc",
    "REPLICATE('ab', 3)": "ababab",
    "REPLICATE('a', -1)": None,
    "DATALENGTH(REPLICATE('abc', 4000))": 8000,
    "DATALENGTH(REPLICATE(N'ab', 2000) + N'x')": 8000,
    "DATALENGTH(CAST(N'' AS nvarchar(max)) + REPLICATE(N'ab', 2000) + N'x')": 8002,
    "DATALENGTH(CONCAT('a', 1))": 2,
    "CAST(N'😀' AS nchar(3)) + N'|'": "😀 |",
    "UPPER(N'a😀')": "A😀",
    "DATALENGTH(5)": 4,
    "DATALENGTH(CAST(NULL AS bigint))": None,
    "QUOTENAME('a]b')": "[a]]b]",
    "CAST(N'€' AS varchar(1))": "€",
    "CAST('ab' AS nchar(3)) + N'|'": "ab |",
    "CAST(0x01 AS binary(3))": b"\x01\x00\x00",
    "CONVERT(varbinary(4), '0x1f2E', 1)": b"\x1f\x2e",
    "TRY_CAST('1e400' AS float)": None,
    "CAST(' -1.5E1 ' AS float)": -15.0,
    "CAST('.5' AS decimal(3,1))": Decimal("0.5"),
    "TRY_CAST('-' AS int)": None,
    "POWER(2, 10)": 1024,
    "POWER(2e0, -1)": 0.5,
    "-CAST(1 AS tinyint)": -1,
    "CAST(1 AS real) / 3": struct.unpack("f", struct.pack("f", 1 / 3))[0],
    "(SELECT SUM(CAST(0.1e0 AS real)) FROM (SELECT 1 AS n UNION ALL SELECT 2) AS t)": 2
    * struct.unpack("f", struct.pack("f", 0.1))[0],
    "(SELECT AVG(n) FROM (SELECT CAST(9007199254740993 AS bigint) AS n) AS t)": 9007199254740993,
    "'1' + 2": 3,
    "ISNULL(NULL, 5)": 5,
    "ISNULL(CAST(NULL AS varchar(2)), 'abc')": "ab",
    "COALESCE(NULL, NULL, 1.5e0)": 1.5,
    "NULLIF('a ', 'A')": None,
    "IIF(1 = 2, 'yes', 'no')": "no",
    "CASE 'A ' WHEN 'a' THEN 1 ELSE 0 END": 1,
    # Decimals are exact.
    "1.10 + 2.205": Decimal("3.305"),
    "1.5 * 1.5": Decimal("2.25"),
    "3000000000 + 1": Decimal(3000000001),
    "-2147483648": Decimal(-2147483648),
    "CAST(0.5 AS varchar(10))": "0.5",
    "CAST(-.25 AS varchar(10))": "-0.25",
    "CAST(2.5 AS decimal(3,0))": Decimal(3),
    "FLOOR(-1.5)": Decimal(-2),
    "CEILING(0.2)": Decimal(1),
    # datetime counts 300ths of a second.
    "CAST('2020-01-01 00:00:00.005' AS datetime)": dt.datetime(2020, 1, 1, 0, 0, 0, 7000),
    "CAST(CAST('2020-01-01 00:00:00.0012' AS datetime2) AS datetime)": dt.datetime(2020, 1, 1),
    "CAST('2020-01-02' AS date)": dt.date(2020, 1, 2),
    "CAST('20200102' AS date)": dt.date(2020, 1, 2),
    "CAST('1969-12-31 23:59:59.998' AS datetime)": dt.datetime(1969, 12, 31, 23, 59, 59, 997000),
    "CAST('2020-01-01 10:20:30' AS smalldatetime)": dt.datetime(2020, 1, 1, 10, 21),
    "CAST('2020-01-01T10:20:29.9' AS smalldatetime)": dt.datetime(2020, 1, 1, 10, 20),
    "CAST('2020-01-01 00:00:00.0005' AS datetime2(3))": dt.datetime(2020, 1, 1, 0, 0, 0, 1000),
    "CAST('2019-12-31 23:59:59.95' AS datetime2(1))": dt.datetime(2020, 1, 1),
    "CAST(CAST('1969-12-31 23:59:59.94' AS datetime2) AS datetime2(1))": dt.datetime(1969, 12, 31, 23, 59, 59, 900000),
    "CAST('10:20:30.567' AS time(1))": dt.time(10, 20, 30, 600000),
    "CAST('23:59:59.99' AS time(1))": dt.time(0, 0),
    "CAST('2020-01-01 10:20' AS time)": dt.time(10, 20),
    "CAST(CAST('2020-01-02 03:04' AS datetime2) AS date)": dt.date(2020, 1, 2),
    "CAST(CAST('03:04' AS time) AS datetime2)": dt.datetime(1900, 1, 1, 3, 4),
    "TRY_CAST('2020-02-30' AS date)": None,
    "CAST(CAST('2020-01-02' AS date) AS varchar(10))": "2020-01-02",
    "CASE WHEN CAST('2020-01-02' AS datetime2) > '2020-01-01' THEN 1 ELSE 0 END": 1,
    # Binary.
    "0x00FF": b"\x00\xff",
    "HASHBYTES('SHA2_256', 0x616263)": bytes.fromhex(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    ),
}
CONDITIONS: dict[str, bool] = {
    # Comparison minds neither case nor trailing blanks.
    "'a' = 'A'": True,
    "'a ' = 'a'": True,
    "N'É' = N'é'": True,
    "'a' < 'B'": True,
    "' a' = 'a'": False,
    "'a' IN ('x', 'A ')": True,
    "'a ' IN (SELECT 'A')": True,
    "'Abc' LIKE 'a_C'": True,
    "'Abc' NOT LIKE 'b%'": True,
    "'Abc' NOT LIKE 'a%'": False,
    "'ab ' LIKE 'AB'": True,
    "N'ab ' LIKE N'AB'": False,
    "NULL LIKE 'a'": False,
    "1 NOT IN (2, 3)": True,
    "1 NOT IN (2, NULL)": False,
    "1 NOT BETWEEN 2 AND 3": True,
    "2 BETWEEN 1 AND 3": True,
    "CAST('2020-01-01' AS datetime2) = '2020-01-01'": True,
    "CAST(16777217 AS real) = 16777216": True,
    "'10' > 9": True,
    "NULL = NULL": False,
    "NOT (NULL = 1)": False,
    "1 = 1 OR NULL = 1": True,
    "EXISTS (SELECT 1 WHERE 1 = 0)": False,
    "OBJECT_ID(N'dbo.none') IS NULL": True,
    "SCHEMA_ID(N'DBO') IS NOT NULL": True,
}


@pytest.mark.parametrize("expression", VALUES)
def test_value_is_the_servers(run: Run, expression: str) -> None:
    ((found,),) = run(f"SELECT {expression};")
    assert found == VALUES[expression]
    assert type(found) is type(VALUES[expression])


@pytest.mark.parametrize("condition", CONDITIONS)
def test_condition_is_the_servers(run: Run, condition: str) -> None:
    ((found,),) = run(f"SELECT CASE WHEN {condition} THEN 1 ELSE 0 END;")
    assert bool(found) is CONDITIONS[condition]


def test_all_of_these_are_tsql() -> None:
    need_tsql(*(f"SELECT {value};" for value in VALUES), *(f"IF {condition} SELECT 1;" for condition in CONDITIONS))


def test_groups_and_distinct_rows_mind_no_case(run: Run) -> None:
    run("CREATE TABLE t (x varchar(5)) WITH (HEAP);")
    for value in ("a", "A", "b"):
        run("INSERT INTO t (x) VALUES (?);", value)
    assert [count for _, count in run("SELECT x, COUNT(*) FROM t GROUP BY x ORDER BY x;")] == [2, 1]
    assert run("SELECT COUNT(DISTINCT x) FROM t;") == [(2,)]
    assert len(run("SELECT DISTINCT x FROM t;")) == 2


def test_null_is_the_lowest_in_order(run: Run) -> None:
    query = "SELECT n FROM (SELECT 1 AS n UNION ALL SELECT NULL UNION ALL SELECT 2) AS t ORDER BY n{};"
    assert run(query.format("")) == [(None,), (1,), (2,)]
    assert run(query.format(" DESC")) == [(2,), (1,), (None,)]


def test_names_mind_no_case_and_keep_theirs(run: Run) -> None:
    run("CREATE TABLE Trips ([Trip ID] int, [a]]b] int) WITH (HEAP);")
    run("INSERT INTO TRIPS ([trip id], [A]]B]) VALUES (1, 2);")
    assert run("SELECT T.[TRIP ID], t.[a]]b] FROM trips AS t;") == [(1, 2)]


def test_joins_keep_rows_as_they_should(run: Run) -> None:
    left = "(SELECT 1 AS k, 'a' AS x UNION ALL SELECT 2, 'b') AS l"
    right = "(SELECT 2 AS k, 'c' AS y UNION ALL SELECT 3, 'd') AS r"
    assert run(f"SELECT l.x, r.y FROM {left} JOIN {right} ON l.k = r.k;") == [("b", "c")]
    assert run(f"SELECT l.x, r.y FROM {left} LEFT JOIN {right} ON l.k = r.k ORDER BY l.k;") == [("a", None), ("b", "c")]
    assert len(run(f"SELECT 1 AS one FROM {left} CROSS JOIN {right};")) == 4
    assert len(run(f"SELECT 1 AS one FROM {left} FULL OUTER JOIN {right} ON l.k = r.k;")) == 3


def test_windows_ctes_and_top(run: Run) -> None:
    rows = run("""
        WITH n AS (SELECT 3 AS v UNION ALL SELECT 1 UNION ALL SELECT 2), m (w) AS (SELECT v * 10 FROM n)
        SELECT TOP 2 w, ROW_NUMBER() OVER (ORDER BY w DESC) AS place, SUM(w) OVER (PARTITION BY 1) AS total
        FROM m ORDER BY w;
    """)
    assert rows == [(10, 3, 60), (20, 2, 60)]


@settings(max_examples=60, deadline=None)
@given(text=some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_text_comes_back_from_a_literal_a_parameter_and_a_name(text: str) -> None:
    assume("\\\n" not in text)
    assume("\\\r\n" not in text)
    connection = dbapi.connect(":memory:", autocommit=True)
    cursor = connection.cursor()
    try:
        quoted = text.replace("'", "''")
        assert cursor.execute(f"SELECT N'{quoted}';").fetchall() == [(text,)]
        assert cursor.execute("SELECT ?;", (text,)).fetchall() == [(text,)]
        name = text.replace("\r", "").replace("\n", "")
        if name:
            bracketed = name.replace("]", "]]")
            cursor.execute(f"SELECT 1 AS [{bracketed}];")
            assert cursor.description is not None
            assert cursor.description[0][0] == name
    finally:
        connection.close()


@settings(max_examples=60, deadline=None)
@given(value=some.floats(allow_nan=False, allow_infinity=False))
def test_cast_to_real_rounds_as_ieee_does_or_overflows(value: float) -> None:
    connection = dbapi.connect(":memory:", autocommit=True)
    try:
        if abs(value) > LARGEST_REAL:
            with pytest.raises(DatabaseError):
                connection.cursor().execute("SELECT CAST(? AS real);", (value,)).fetchall()
            return
        expected = struct.unpack("f", struct.pack("f", value))[0]
        ((found,),) = connection.cursor().execute("SELECT CAST(? AS real);", (value,)).fetchall()
        assert found == expected
        assert math.copysign(1, found) == math.copysign(1, expected)
    finally:
        connection.close()


def test_subqueries_see_the_ctes_around_them(run: Run) -> None:
    rows = run("""
        WITH low AS (SELECT 1 AS v UNION ALL SELECT 2), high AS (SELECT v + 1 AS v FROM low)
        SELECT v, (SELECT MAX(v) FROM high) AS top_one FROM low
        WHERE v IN (SELECT v FROM high) AND EXISTS (SELECT 1 FROM high WHERE high.v = low.v) ORDER BY v;
    """)
    assert rows == [(2, 3)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT x, COUNT(*) FROM t GROUP BY x;", [("a", 3), ("b", 1)]),
        ("SELECT UPPER(x), COUNT(*) FROM t GROUP BY UPPER(x) HAVING UPPER(x) < 'B';", [("A", 3)]),
        ("SELECT x + '|', MAX(n) FROM t GROUP BY x ORDER BY x DESC;", [("b|", 4), ("a|", 3)]),
        ("SELECT DISTINCT x FROM t;", [("a",), ("b",)]),
        ("SELECT DISTINCT TOP 1 x FROM t ORDER BY x DESC;", [("b",)]),
        ("SELECT COUNT(DISTINCT x) FROM t;", [(2,)]),
        ("SELECT x FROM t UNION SELECT 'B  ';", [("a",), ("b",)]),
        ("SELECT x FROM t EXCEPT SELECT 'B  ';", [("a",)]),
        ("SELECT x FROM t INTERSECT SELECT 'B  ';", [("b",)]),
        ("SELECT x FROM t UNION ALL SELECT 'c' ORDER BY x DESC;", [("c",), ("b",), ("a",), ("a",), ("a",)]),
        ("SELECT n FROM t ORDER BY x, n;", [(1,), (2,), (3,), (4,)]),
        (
            "SELECT n FROM (SELECT n, ROW_NUMBER() OVER (PARTITION BY x ORDER BY n) AS r FROM t) AS d WHERE r = 1 ORDER BY n;",
            [(1,), (4,)],
        ),
        ("SELECT a.n FROM t AS a JOIN t AS b ON a.x = b.x WHERE b.n = 2 ORDER BY a.n;", [(1,), (2,), (3,)]),
        ("SELECT MIN(x), MAX(x) FROM t;", [("a", "b")]),
    ],
)
def test_spellings_of_one_text_are_one_value(run: Run, query: str, expected: list[tuple[Any, ...]]) -> None:
    """Text that differs by case and trailing blanks is one group, one distinct value, one key."""
    need_tsql(query)
    run("CREATE TABLE t (x varchar(5), n int) WITH (HEAP);")
    for x, n in (("a", 2), ("a ", 1), ("A", 3), ("b", 4)):
        run("INSERT INTO t (x, n) VALUES (?, ?);", x, n)
    found = run(query)

    def plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Which of its spellings a group shows is not said."""
        return [tuple(v.rstrip().replace(" ", "").lower() if isinstance(v, str) else v for v in row) for row in rows]

    shown, wanted = plain(found), plain(expected)
    assert shown == wanted if "ORDER BY" in query else sorted(shown) == sorted(wanted)


def test_null_is_a_group_of_its_own(run: Run) -> None:
    run("CREATE TABLE t (x varchar(5)) WITH (HEAP); INSERT INTO t (x) VALUES (NULL); INSERT INTO t (x) VALUES (NULL);")
    assert run("SELECT x, COUNT(*) FROM t GROUP BY x;") == [(None, 2)]


def test_cte_hides_a_table_of_its_name_in_subqueries_too(run: Run) -> None:
    run("CREATE TABLE c (v int) WITH (HEAP); INSERT INTO c (v) VALUES (99);")
    assert run("WITH c AS (SELECT 1 AS v) SELECT v, (SELECT MAX(v) FROM c) FROM c WHERE v IN (SELECT v FROM c);") == [
        (1, 1)
    ]
    assert run("WITH c AS (SELECT 1 AS v) SELECT v FROM dbo.c;") == [(99,)]
    assert run("WITH c AS (SELECT v + 1 AS v FROM c) SELECT v FROM c;") == [(100,)]


def test_long_chains_are_no_deep_ones(run: Run) -> None:
    """A long text comes in hundreds of parts, many rows as hundreds of SELECTs, arithmetic over many columns."""
    text = " + NCHAR(10) + ".join(f"N'{n % 10}'" for n in range(1000))
    assert run(f"SELECT {text};") == [("\n".join(f"{n % 10}" for n in range(1000)),)]
    rows = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(600))
    assert run(f"SELECT COUNT(*), SUM(n) FROM ({rows}) AS t;") == [(600, sum(range(600)))]
    total = " + ".join(["n"] * 60)
    assert run(f"SELECT {total} FROM (SELECT CAST(1 AS float) AS n) AS t;") == [(60.0,)]
    listed = ", ".join(map(str, range(3000)))
    assert run(f"SELECT COUNT(*) FROM (SELECT 7 AS n) AS t WHERE n IN ({listed});") == [(1,)]


def test_too_deep_nesting_is_refused(run: Run) -> None:
    with pytest.raises(DatabaseError, match="nested too deeply"):
        run("SELECT " + "(" * 400 + "1" + ")" * 400)
    nested = "n"
    for _ in range(400):
        nested = f"ABS({nested})"
    with pytest.raises(DatabaseError, match="nested too deeply"):
        run(f"SELECT {nested} FROM (SELECT 1 AS n) AS t;")


def test_set_operations_bind_as_the_servers_do(run: Run) -> None:
    assert run("SELECT 1 UNION SELECT 2 INTERSECT SELECT 3;") == [(1,)]
    assert run("SELECT n FROM (SELECT 1 AS n UNION ALL SELECT NULL EXCEPT SELECT NULL) AS t;") == [(1,)]
    assert run("SELECT 1 AS n UNION ALL SELECT 2.5 ORDER BY n DESC;") == [(Decimal("2.5"),), (Decimal("1.0"),)]


def test_order_by_names_the_result_before_the_table(run: Run) -> None:
    run("CREATE TABLE t (a varchar(3), b varchar(3)) WITH (HEAP);")
    for a, b in (("x", "2"), ("y", "1")):
        run("INSERT INTO t (a, b) VALUES (?, ?);", a, b)
    assert run("SELECT b AS a, a AS b FROM t ORDER BY a;") == [("1", "y"), ("2", "x")]
    assert run("SELECT b AS a, a AS b FROM t ORDER BY t.a;") == [("2", "x"), ("1", "y")]
    assert run("SELECT a FROM t ORDER BY b + a;") == [("y",), ("x",)]
    assert run("SELECT a FROM t ORDER BY 1 DESC;") == [("y",), ("x",)]


def test_table_made_of_a_query_knows_its_columns(run: Run) -> None:
    run("SELECT 1 AS a, ISNULL(NULL, 2) AS b, N'xy' AS c, CAST(1 AS real) AS d, UPPER('abc') AS e INTO made;")
    assert run("""
        SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, IS_NULLABLE
        FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = N'made' ORDER BY ORDINAL_POSITION;
    """) == [
        ("a", "int", None, 10, "NO"),
        ("b", "int", None, 10, "NO"),
        ("c", "nvarchar", 2, None, "NO"),
        ("d", "real", None, 24, "YES"),
        ("e", "varchar", 3, None, "YES"),
    ]


def test_insert_cuts_blanks_only_and_fills_char(run: Run) -> None:
    run("CREATE TABLE t (v varchar(2), n nvarchar(2), c char(3), b binary(2)) WITH (HEAP);")
    run("INSERT INTO t (v, n, c, b) VALUES ('ab   ', N'😀 ', 'a', 0x01);")
    assert run("SELECT v, n, c, b FROM t;") == [("ab", "😀", "a  ", b"\x01\x00")]
    for column, value in (("v", "'abc'"), ("n", "N'😀x'"), ("c", "'abcd'"), ("b", "0x010203")):
        with pytest.raises(DatabaseError, match="2628"):
            run(f"INSERT INTO t ({column}) VALUES ({value});")


@settings(max_examples=60, deadline=None)
@given(numbers=some.lists(some.integers(-(2**31), 2**31 - 1), min_size=2, max_size=2).filter(lambda pair: pair[1] != 0))
def test_integer_division_and_remainder_go_towards_zero(numbers: list[int]) -> None:
    a, b = numbers
    connection = dbapi.connect(":memory:", autocommit=True)
    try:
        query = "SELECT CAST(? AS bigint) / CAST(? AS bigint), CAST(? AS bigint) % CAST(? AS bigint);"
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        assert connection.cursor().execute(query, (a, b, a, b)).fetchall() == [(quotient, a - b * quotient)]
    finally:
        connection.close()


@settings(max_examples=60, deadline=None)
@given(moment=some.datetimes(dt.datetime(1753, 1, 1), dt.datetime(9999, 12, 31)))
def test_datetime_rounds_to_the_nearest_three_hundredth(moment: dt.datetime) -> None:
    connection = dbapi.connect(":memory:", autocommit=True)
    try:
        ((found,),) = connection.cursor().execute("SELECT CAST(? AS datetime);", (moment,)).fetchall()
    finally:
        connection.close()
    assert found.microsecond % 10_000 in {0, 3000, 7000}
    # A third of a hundredth is 3,333 µs, shown as whole milliseconds.
    assert abs(found - moment) <= dt.timedelta(microseconds=1667 + 334)
