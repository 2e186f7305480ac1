"""Forms of queries that people write around PREDICT."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from deployer.emulator.errors import DatabaseError
from tests.emulator.conftest import Run

ROWS: dict[str, list[tuple[Any, ...]]] = {
    # APPLY sees the tables before it.
    "SELECT t.k, u.m FROM t CROSS APPLY (SELECT TOP 1 o.v AS m FROM t AS o WHERE o.k = t.k ORDER BY o.v DESC) AS u ORDER BY t.k, u.m;": [
        (1, 2),
        (1, 2),
        (2, 2),
        (3, 5),
    ],
    "SELECT t.k, u.m FROM t OUTER APPLY (SELECT o.v AS m FROM t AS o WHERE o.k = t.k AND o.v > 4) AS u ORDER BY t.k;": [
        (1, None),
        (1, None),
        (2, None),
        (3, 5),
    ],
    "SELECT u.w FROM t CROSS APPLY (SELECT t.v * 2) AS u(w) WHERE t.k = 1 ORDER BY u.w;": [(2,), (4,)],
    "SELECT s.value FROM STRING_SPLIT('a,b,,c', ',') AS s;": [("a",), ("b",), ("",), ("c",)],
    "SELECT t.k, s.value FROM t CROSS APPLY STRING_SPLIT(t.y, '-') AS s WHERE t.k = 3;": [(3, "p"), (3, "q")],
    # TOP.
    "SELECT TOP (2) WITH TIES k, v FROM t ORDER BY v, k;": [(1, 1), (1, 2)],
    "SELECT TOP (2) WITH TIES v FROM t ORDER BY v;": [(1,), (2,), (2,)],
    "SELECT DISTINCT TOP (2) WITH TIES v FROM t ORDER BY v DESC;": [(5,), (2,)],
    "DECLARE @n int = 1; SELECT TOP (@n) k FROM t ORDER BY k DESC;": [(3,)],
    "SELECT TOP (0) k FROM t;": [],
    # GROUP BY.
    "SELECT x, SUM(v), GROUPING(x) FROM t GROUP BY ROLLUP(x) ORDER BY GROUPING(x), x;": [
        (None, 5, 0),
        ("a", 3, 0),
        ("b", 2, 0),
        (None, 10, 1),
    ],
    "SELECT k, COUNT(*) FROM t GROUP BY k HAVING COUNT(*) > 1 OPTION (LABEL = 'q');": [(1, 2)],
    "SELECT k + 1 AS n, COUNT(*) FROM t GROUP BY k + 1 ORDER BY n DESC;": [(4, 1), (3, 1), (2, 2)],
    "SELECT k, STRING_AGG(x, ',') WITHIN GROUP (ORDER BY v DESC) FROM t WHERE k < 3 GROUP BY k ORDER BY k;": [
        (1, "A,a"),
        (2, "b"),
    ],
    "SELECT STRING_AGG(k, '') WITHIN GROUP (ORDER BY k) FROM t;": [("1123",)],
    "SELECT AVG(v * 1.0), SUM(v), MIN(x), MAX(x), COUNT(*), COUNT(DISTINCT x), APPROX_COUNT_DISTINCT(x) FROM t;": [
        (Decimal("2.500000"), 10, "a", "b", 4, 2, 2)
    ],
    # Windows.
    "SELECT v, SUM(v) OVER (ORDER BY v ROWS 1 PRECEDING) FROM t WHERE k > 1 ORDER BY v;": [(2, 2), (5, 7)],
    "SELECT v, SUM(v) OVER (ORDER BY v) FROM t ORDER BY v;": [(1, 1), (2, 5), (2, 5), (5, 10)],
    "SELECT v, SUM(v) OVER (ORDER BY v ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM t WHERE k <> 2 ORDER BY v;": [
        (1, 8),
        (2, 7),
        (5, 5),
    ],
    "SELECT v, LAG(v) OVER (ORDER BY v), LEAD(v, 1, 0) OVER (ORDER BY v) FROM t WHERE k <> 2 ORDER BY v;": [
        (1, None, 2),
        (2, 1, 5),
        (5, 2, 0),
    ],
    "SELECT k, FIRST_VALUE(v) OVER (PARTITION BY k ORDER BY v), LAST_VALUE(v) OVER (PARTITION BY k ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t WHERE k = 1;": [
        (1, 1, 2),
        (1, 1, 2),
    ],
    "SELECT v, NTILE(2) OVER (ORDER BY v), PERCENT_RANK() OVER (ORDER BY v), CUME_DIST() OVER (ORDER BY v) FROM t WHERE k <> 2 ORDER BY v;": [
        (1, 1, 0.0, 1 / 3),
        (2, 1, 0.5, 2 / 3),
        (5, 2, 1.0, 1.0),
    ],
    "SELECT DISTINCT k, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY v) OVER (PARTITION BY k) FROM t ORDER BY k;": [
        (1, 1.5),
        (2, 2.0),
        (3, 5.0),
    ],
    "SELECT DISTINCT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY v) OVER (PARTITION BY k) FROM t WHERE k = 1;": [(1,)],
    "SELECT k, SUM(SUM(v)) OVER () FROM t GROUP BY k ORDER BY k;": [(1, 10), (2, 10), (3, 10)],
    "SELECT ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) FROM t WHERE k = 2;": [(1,)],
    # Subqueries.
    "SELECT k FROM t WHERE v > ALL (SELECT v FROM t WHERE k < 3);": [(3,)],
    "SELECT k FROM t WHERE v = ANY (SELECT 5 UNION ALL SELECT NULL);": [(3,)],
    "SELECT k FROM t WHERE v <> SOME (SELECT v FROM t WHERE 1 = 0);": [],
    "SELECT COUNT(*) FROM t WHERE v > ALL (SELECT v FROM t WHERE 1 = 0);": [(4,)],
    "SELECT COUNT(*) FROM t WHERE 9 > ALL (SELECT v FROM t UNION ALL SELECT NULL);": [(0,)],
    "SELECT COUNT(*) FROM t WHERE NOT (9 > ALL (SELECT v FROM t UNION ALL SELECT NULL));": [(0,)],
    # CTEs, joins, sets, order.
    "WITH a AS (SELECT k, v FROM t), b (k, m) AS (SELECT k, MAX(v) FROM a GROUP BY k) SELECT a.k FROM a JOIN b ON b.k = a.k AND b.m = a.v ORDER BY a.k;": [
        (1,),
        (2,),
        (3,),
    ],
    "SELECT t.k, d.z FROM t RIGHT JOIN (SELECT 3 AS z UNION ALL SELECT 9) AS d ON d.z = t.k ORDER BY d.z;": [
        (3, 3),
        (None, 9),
    ],
    "SELECT k FROM t UNION SELECT 9 ORDER BY k DESC OPTION (LABEL = 'q');": [(9,), (3,), (2,), (1,)],
    "SELECT v AS w FROM t ORDER BY w DESC, 1;": [(5,), (2,), (2,), (1,)],
    # Collations.
    "SELECT x FROM t WHERE x COLLATE Latin1_General_CS_AS = 'a';": [("a",)],
    "SELECT x FROM t WHERE k < 3 ORDER BY x COLLATE Latin1_General_CS_AS;": [("a",), ("A",), ("b",)],
    "SELECT x FROM t WHERE k < 3 ORDER BY x COLLATE Latin1_General_BIN2;": [("A",), ("a",), ("b",)],
    "SELECT COUNT(*) FROM t WHERE k < 3 GROUP BY x COLLATE Latin1_General_BIN2;": [(1,), (1,), (1,)],
    "SELECT x FROM t WHERE x COLLATE Latin1_General_BIN2 LIKE '[a-z]%' ORDER BY x;": [("a",), ("b",)],
}


@pytest.fixture(autouse=True)
def table(run: Run) -> None:
    run("CREATE TABLE t (k int, x varchar(5), v int, y varchar(9)) WITH (HEAP);")
    for row in ((1, "a", 1, ""), (1, "A", 2, ""), (2, "b", 2, ""), (3, None, 5, "p-q")):
        run("INSERT INTO t (k, x, v, y) VALUES (?, ?, ?, ?);", *row)


@pytest.mark.parametrize("query", ROWS)
def test_query_gives_the_servers_rows(run: Run, query: str) -> None:
    assert run(query) == ROWS[query]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("SELECT TOP (-1) k FROM t;", 127),
        ("SELECT TOP (1.5) k FROM t;", 1060),
        ("SELECT TOP (1) WITH TIES k FROM t;", 1062),
        ("SELECT TOP (10) PERCENT k FROM t;", 104),
        ("SELECT k FROM t GROUP BY CUBE(k);", 104),
        ("SELECT k FROM t GROUP BY GROUPING SETS ((k), ());", 104),
        ("SELECT k FROM t ORDER BY k OFFSET 1 ROWS;", 104),
        ("WITH a AS (SELECT 1 AS n), A AS (SELECT 2 AS n) SELECT n FROM a;", 239),
        ("SELECT STRING_AGG(x, ',') OVER (ORDER BY v) FROM t;", 4113),
        ("SELECT LAG(v) FROM t;", 10753),
        ("SELECT LAG(v) OVER (PARTITION BY k) FROM t;", 4112),
        ("SELECT s.value FROM STRING_SPLIT('a', ', ') AS s;", 214),
        ("SELECT k FROM t WHERE v > ALL (SELECT k, v FROM t);", 116),
        ("SELECT k FROM t OPTION (MAXDOP 1);", 50000),
    ],
)
def test_query_that_the_pool_lacks_or_refuses(run: Run, query: str, number: int) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(query)
    assert refusal.value.number == number, refusal.value


def test_collation_of_a_column_is_kept(run: Run) -> None:
    run("CREATE TABLE c (a varchar(5) COLLATE Latin1_General_BIN2) WITH (HEAP);")
    for text in ("a", "A "):
        run("INSERT INTO c (a) VALUES (?);", text)
    assert run("SELECT a FROM c WHERE a = 'A';") == [("A ",)]
    assert run("SELECT COUNT(*) FROM c AS l JOIN t ON t.x COLLATE Latin1_General_BIN2 = l.a;") == [(2,)]
    run("CREATE TABLE d WITH (DISTRIBUTION = ROUND_ROBIN, HEAP) AS SELECT a FROM c;")
    assert run("SELECT COUNT(DISTINCT a) FROM d;") == [(2,)]


def test_identifiers_are_ordered_by_their_last_bytes(run: Run) -> None:
    ids = ["00000000-0000-0000-0000-000000000001", "01000000-0000-0000-0000-000000000000"]
    rows = " UNION ALL ".join(f"SELECT CAST('{text}' AS uniqueidentifier) AS g" for text in ids)
    assert [str(found) for (found,) in run(f"SELECT g FROM ({rows}) AS d ORDER BY g DESC;")] == ids


def test_a_query_may_stand_in_parentheses_wherever_one_stands(run: Run) -> None:
    run("CREATE TABLE [emulator].[dbo].[made] WITH(DISTRIBUTION = ROUND_ROBIN, HEAP) AS (SELECT 1 AS x);")
    run("CREATE VIEW dbo.made_view AS (SELECT x + 1 AS x FROM dbo.made)")
    run("INSERT INTO dbo.made (SELECT x FROM dbo.made_view);")
    run("INSERT INTO dbo.made (x) (SELECT 3 AS x);")
    assert run("(SELECT x FROM dbo.made) UNION ALL (SELECT 9) ORDER BY x;") == [(1,), (2,), (3,), (9,)]
    assert run("IF 1 = 1 (SELECT 5);") == [(5,)]


def test_binary_literals_of_any_length(run: Run) -> None:
    assert run("SELECT 0x, 0xF, 0xABC, DATALENGTH(0x), 0xabcdef + 0x;") == [
        (b"", b"\x0f", b"\x0a\xbc", 0, b"\xab\xcd\xef")
    ]


def test_object_id_reads_names_in_double_quotes(run: Run) -> None:
    run('CREATE VIEW [dbo].[a "b" c] AS SELECT 1 AS x')
    found = run("SELECT OBJECT_ID(N'[dbo].[a \"b\" c]');")
    assert found != [(None,)]
    assert run("""SELECT OBJECT_ID('"dbo"."a ""b"" c"', 'V');""") == found
    assert run("""SELECT OBJECT_ID('emulator.dbo."a ""b"" c"');""") == found
