"""What the server refuses is refused with its number; what the emulator does not know, by its name."""

from __future__ import annotations

import pytest

from deployer.emulator.errors import DatabaseError, NotSupportedError
from tests.emulator.conftest import Run

ENGINE: dict[str, int] = {
    "SELECT 1 / 0;": 8134,
    "SELECT 1e0 / 0;": 8134,
    "SELECT 2147483647 + 1;": 8115,
    "SELECT CAST(3e9 AS int);": 232,
    "SELECT 1e308 * 10;": 232,
    "SELECT SQRT(-1e0);": 3623,
    "SELECT CAST('x' AS int);": 245,
    "SELECT CAST('1.5' AS int);": 245,
    "SELECT CAST('x' AS float);": 8114,
    "SELECT CAST('2020-13-01' AS date);": 241,
    "SELECT x FROM filled;": 207,
    "SELECT a.n FROM filled;": 4104,
    "SELECT n FROM nowhere;": 208,
    "SELECT n FROM filled AS a CROSS JOIN filled AS b;": 209,
    "SELECT a.n FROM filled AS a CROSS JOIN filled AS a;": 1011,
    "SELECT (SELECT n FROM filled);": 512,
    "SELECT (SELECT n, t FROM filled);": 116,
    "SELECT n, COUNT(*) FROM filled;": 8120,
    "SELECT n = 1 FROM (SELECT 1 AS m) AS t WHERE m;": 4145,
    "SELECT s.* FROM (SELECT 1) AS s;": 8155,
    "SELECT s.a FROM (SELECT 1 AS a, 2 AS a) AS s;": 8156,
    "SELECT 1 UNION SELECT 1, 2;": 205,
    "SELECT CAST('2020-01-01' AS date) + 1;": 206,
    "SELECT @nothing;": 137,
    "DECLARE @a int, @a int;": 134,
    "SELECT ISNULL(1);": 174,
    "INSERT INTO filled (n) SELECT NULL;": 515,
    "INSERT INTO filled (n, t) VALUES (3, 'too long');": 2628,
    "INSERT INTO filled (n, x) VALUES (3, 'a');": 207,
    "INSERT INTO filled (n, n) VALUES (3, 3);": 264,
    "INSERT INTO filled VALUES (1);": 213,
    "INSERT INTO filled (n) VALUES (CAST('2020-01-01' AS date));": 206,
    "INSERT INTO filled (n, t) SELECT 1, 0x01;": 257,
    "CREATE TABLE filled (n int) WITH (HEAP);": 2714,
    "CREATE TABLE nowhere.t (n int) WITH (HEAP);": 2760,
    "CREATE TABLE u (n int, N int) WITH (HEAP);": 2705,
    "CREATE TABLE u (n nothing) WITH (HEAP);": 2715,
    "CREATE TABLE u (n varchar(9000)) WITH (HEAP);": 131,
    "DROP TABLE nowhere;": 3701,
    "CREATE SCHEMA dbo;": 2714,
    "CREATE VIEW v AS SELECT 1;": 1038,
    "CREATE VIEW v AS SELECT nothing FROM filled;": 207,
    "SELECT 1; CREATE VIEW v AS SELECT 1 AS a;": 111,
    "EXEC nowhere;": 2812,
    "SELECT NULLIF(n, 1) OVER (ORDER BY n) FROM filled;": 50000,
    "SELECT 12345678901234567890123456789012345678901;": 1007,
    "SELECT 1e400;": 168,
    "SELECT CAST('1e400' AS float);": 232,
    "SELECT LOG(0);": 3623,
    "SELECT 1 % 0;": 8134,
    "SELECT LEFT('abc', -1);": 536,
    "SELECT SUBSTRING('abc', 1, -1);": 537,
    "SELECT CONVERT(varbinary(2), '1F', 1);": 8114,
    "SELECT CONVERT(varbinary(2), 'xyz', 2);": 8114,
    "SELECT CAST('no date' AS date);": 241,
    "SELECT CAST('2020-02-30' AS datetime);": 242,
    "SELECT CAST('1752-12-31' AS datetime);": 242,
    "SELECT CAST('3000000000' AS int);": 248,
    "SELECT CAST(300 AS tinyint);": 220,
    "SELECT CAST('300' AS tinyint);": 244,
    "SELECT CAST(99999.5 AS decimal(3, 1));": 8115,
    "SELECT CAST('x' AS uniqueidentifier);": 8169,
    "SELECT CAST(GETDATE() AS decimal(9, 2));": 50000,  # the emulator's own: nobody documents how it rounds
    "SELECT 'a' - 'b';": 8117,
    "SELECT CAST(1 AS bit) + CAST(1 AS bit);": 8117,
    "SELECT 1e0 & 1;": 402,
    "SELECT DATEADD(day, 1, CAST('9999-12-31' AS date));": 517,
    "SELECT DATEADD(hour, 1, CAST('2020-01-01' AS date));": 9810,
    "SELECT DATEADD(fortnight, 1, GETDATE());": 155,
    "SELECT DATEDIFF(second, '1900-01-01', '2020-01-01');": 535,
    "SELECT DATEFROMPARTS(2021, 2, 29);": 289,
    "SELECT ROUND(748.58, -3);": 8115,
    "SELECT 'a' COLLATE Latin1_General_BIN2 + 'b' COLLATE Latin1_General_CS_AS;": 468,
    "SELECT 1 COLLATE Latin1_General_BIN2;": 447,
    "SELECT ROW_NUMBER() OVER (ORDER BY 1);": 5308,
    "SELECT SUM(n) OVER (ORDER BY n RANGE 1 PRECEDING) FROM filled;": 4194,
    "SELECT SUM(n) OVER (ROWS UNBOUNDED PRECEDING) FROM filled;": 10756,
    "SELECT ROW_NUMBER() OVER (ORDER BY n ROWS UNBOUNDED PRECEDING) FROM filled;": 10752,
    "SELECT CAST(CAST('2020-01-01' AS date) AS int);": 529,
    "SELECT SUM('1');": 8117,
    "SELECT SUM(n) FROM (SELECT 2147483647 AS n UNION ALL SELECT 1) AS t;": 8115,
    "SELECT AVG(n) FROM (SELECT 2147483647 AS n UNION ALL SELECT 1) AS t;": 8115,
    "SELECT COUNT(DISTINCT n) OVER (ORDER BY n) FROM filled;": 10759,
    "SELECT ROW_NUMBER() OVER (PARTITION BY n) FROM filled;": 4112,
    "SELECT n FROM filled GROUP BY 1;": 164,
    "SELECT DISTINCT n FROM filled ORDER BY t;": 145,
    "SELECT n FROM filled ORDER BY 2;": 108,
    "SELECT d.n FROM (SELECT n FROM filled ORDER BY n) AS d;": 1033,
    "CREATE VIEW v AS SELECT n FROM filled ORDER BY n;": 1033,
    "CREATE VIEW v AS SELECT n FROM #t;": 4508,
    "CREATE TABLE u (n int) WITH (HEAP, DISTRIBUTION = HASH(m));": 1911,
    "DROP SCHEMA nowhere;": 15151,
    "DROP SCHEMA dbo;": 15151,
    "CREATE SCHEMA sys;": 2714,
    "SELECT n FROM filled LIMIT 1;": 102,
    "SELECT n FROM filled ORDER BY n NULLS FIRST;": 102,
    "SELECT n FROM filled AS f(m);": 102,
    "SELECT;": 102,
    "SELECT 1 WITH c AS (SELECT 1 AS a) SELECT a FROM c;": 319,
    "BEGIN TRY SELECT 1 / 0; END TRY BEGIN CATCH PRINT N'x' THROW; END CATCH": 102,
    "SELECT ?;": 8179,
    "SELECT NCHAR(65, 66);": 174,
    "SELECT n FROM filled WHERE COUNT(*) > 1;": 147,
    "THROW;": 10704,
    "THROW 51000, 'mine', 7;": 51000,
    "THROW 120000, 'not here', 1;": 35100,
    "COMMIT;": 111214,
    "BREAK;": 135,
    "THROW 51000, 'a' + 'b', 1;": 102,
    "RAISERROR (N'mine %d', 16, 4, 5);": 50000,
    "RAISERROR (N'%d', 16, 1, N'text');": 2786,
    "RAISERROR (N'%p', 16, 1);": 2787,
    "RAISERROR (N'fatal', 20, 1) WITH LOG;": 2754,
    "SELECT @@NOTHING;": 137,
    "ROLLBACK;": 111214,
    "SELECT 1 FROM;": 102,
    "SELEC 1;": 102,
    "SELECT 'open": 102,
}
ENGINE["SELECT CAST('2020-01-01 00:00:00.1234567' AS datetime2);"] = 50000  # the emulator's own: times have six digits
ABSENT: tuple[str, ...] = (
    "INSERT INTO filled (n) OUTPUT inserted.n VALUES (3);",
    "INSERT INTO filled (n) VALUES (3), (4);",
    "INSERT INTO filled DEFAULT VALUES;",
    "INSERT INTO filled EXEC other;",
    "WITH c AS (SELECT 3 AS n) INSERT INTO filled (n) SELECT n FROM c;",
    "DECLARE @t TABLE (n int);",
    "DECLARE @c CURSOR;",
    "SELECT @v = 1;",
    "CREATE OR ALTER VIEW v AS SELECT 1 AS a;",
    "DROP TABLE IF EXISTS filled;",
    "DROP VIEW IF EXISTS v;",
    "SELECT n FROM filled FOR XML AUTO;",
    "SELECT n FROM filled FOR JSON AUTO;",
    "SELECT n FROM filled ORDER BY n OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY;",
    "SELECT n FROM other.dbo.filled;",
    "CREATE TABLE u (n text) WITH (HEAP);",
    "CREATE TABLE u (n image) WITH (HEAP);",
    "CREATE TABLE u (n varbinary(max));",
    "CREATE TABLE u (n int PRIMARY KEY) WITH (HEAP);",
    "CREATE TABLE u (n int UNIQUE) WITH (HEAP);",
    "CREATE TABLE u WITH (HEAP) AS SELECT 1 AS a;",
    "SELECT CAST(0x01 AS varbinary(max)) AS m INTO u;",
    "CREATE PROCEDURE p @a int = 1 AS SELECT @a;",
    "USE other;",
    "WAITFOR DELAY '00:00:01';",
    "GOTO label;",
    "RETURN;",
    "SELECT SCOPE_IDENTITY();",
    "SELECT @@IDENTITY;",
    "DECLARE @r int; EXEC @r = p;",
    "INSERT INTO filled (n) VALUES (DEFAULT);",
    "CREATE TABLE u (n datetime DEFAULT GETDATE()) WITH (HEAP);",
    "CREATE TABLE u (n int DEFAULT 2 + 3) WITH (HEAP);",
    "CREATE TABLE u (n int CHECK (n > 1)) WITH (HEAP);",
    "CREATE TABLE u (n int REFERENCES filled (n)) WITH (HEAP);",
    "CREATE UNIQUE INDEX i ON filled (n);",
    "CREATE TABLE u (n int, FOREIGN KEY (n) REFERENCES filled (n)) WITH (HEAP);",
    "CREATE NONCLUSTERED COLUMNSTORE INDEX i ON filled (n);",
    "ALTER TABLE filled ADD i int IDENTITY(1, 1);",
    "SELECT @@ROWCOUNT;",
    "SELECT ERROR_LINE();",
    "WHILE 1 = 0 CONTINUE;",
    "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
    "RAISERROR (50001, 16, 1);",
    "UPDATE filled SET n += 1;",
    "DENY EXECUTE ON DATABASE::emulator TO public;",
    "MERGE INTO filled USING filled AS s ON filled.n = s.n WHEN NOT MATCHED THEN INSERT VALUES (s.n, s.t);",
)
UNKNOWN: dict[str, str] = {
    "SELECT SOUNDEX('a');": "SOUNDEX",
    "ALTER TABLE filled SWITCH TO other;": "SWITCH",
    "ALTER DATABASE emulator SET READ_COMMITTED_SNAPSHOT ON;": "DATABASE",
    "CREATE FUNCTION f() RETURNS int AS BEGIN RETURN 1 END": "FUNCTION",
    "EXPLAIN SELECT 1;": "EXPLAIN",
    "DBCC CHECKIDENT('filled');": "DBCC",
    "SELECT n FROM filled WITH (TABLOCKX);": "TABLOCKX",
    "SELECT HASHBYTES('MD4', 0x01);": "MD4",
    "SELECT CAST('Jan 1 2020' AS date);": "form of a date",
    "SELECT CONVERT(varchar(30), GETDATE(), 130);": "style 130",
    "SELECT CONVERT(date, '2020', 99);": "style 99",
    "SELECT CAST(0.285e0 AS decimal(3, 2));": "rounds the float",
    "SELECT CAST(1 AS money) / 3;": "money",
    "SELECT n FROM filled WHERE t LIKE '[a-1]%';": "range",
    "SELECT FORMAT(1, 'N');": "FORMAT",
    "SELECT CHECKSUM(1);": "CHECKSUM",
    "DECLARE @s int = 120; SELECT CONVERT(varchar(30), GETDATE(), @s);": "style",
    "SELECT TRIM('a' FROM 'aba');": "TRIM",
    "SELECT PARSE('1' AS int);": "",
    "SELECT RAND();": "RAND",
    "SELECT SWITCHOFFSET(GETDATE(), '+00:00');": "SWITCHOFFSET",
    "SELECT $1.50;": "constant",
    "DECLARE @d datetimeoffset;": "datetimeoffset",
    "SELECT TOP 10 PERCENT n FROM filled;": "PERCENT",
    "SET LANGUAGE german;": "LANGUAGE german",
    "SET DEADLOCK_PRIORITY HIGH;": "DEADLOCK_PRIORITY",
    "SELECT n FROM filled TABLESAMPLE (10 PERCENT);": "",
    "SELECT * EXCEPT (n) FROM filled;": "EXCEPT",
    "SELECT n FROM filled QUALIFY n = 1;": "QUALIFY",
    "SELECT f.n FROM filled AS f JOIN filled AS g USING (n);": "USING",
    "SELECT 'a' || 'b';": "'a' + 'b'",
    "SELECT 1::int;": "CAST and CONVERT only",
    "SELECT '日本';": "code page 1252",
    "SELECT N'a\\\nb';": "backslash",
    "SELECT LEFT(N'a😀b', 2);": "basic plane",
    "SELECT SUBSTRING(N'a😀b', 1, 1);": "basic plane",
    "SELECT CHARINDEX(N'b', N'a😀b');": "basic plane",
    "SELECT CAST(N'a😀b' AS nvarchar(2));": "basic plane",
    "SELECT CAST(N'日本' AS varchar(5));": "code page 1252",
    "SELECT 'a' COLLATE Japanese_CI_AS;": "Japanese_CI_AS",
    "CREATE TABLE u (t varchar(5) COLLATE Greek_BIN2) WITH (HEAP);": "Greek_BIN2",
    "SET ANSI_NULLS OFF;": "ANSI_NULLS",
    "SET ANSI_PADDING, ANSI_NULLS OFF;": "ANSI_PADDING OFF",
    "SET TEXTSIZE 100;": "TEXTSIZE 100",
}


@pytest.fixture(autouse=True)
def filled(run: Run) -> None:
    run("CREATE TABLE filled (n int NOT NULL, t varchar(3)) WITH (HEAP);")
    for n in (1, 2):
        run("INSERT INTO filled (n, t) VALUES (?, 'abc');", n)


@pytest.mark.parametrize("batch", ENGINE)
def test_engine_error_has_the_servers_number(run: Run, batch: str) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(batch)
    assert refusal.value.number == ENGINE[batch], refusal.value
    assert run("SELECT COUNT(*) FROM filled;") == [(2,)]


@pytest.mark.parametrize("batch", ABSENT)
def test_what_the_pool_lacks_is_refused(run: Run, batch: str) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(batch)
    assert refusal.value.number in {102, 104, 137, 35343, 50000, 103010}, refusal.value
    assert run("SELECT COUNT(*) FROM filled;") == [(2,)]


@pytest.mark.parametrize("batch", UNKNOWN)
def test_what_the_emulator_does_not_know_is_refused_by_name(run: Run, batch: str) -> None:
    with pytest.raises(NotSupportedError) as refusal:
        run(batch)
    assert UNKNOWN[batch].lower() in refusal.value.message.lower()


def test_error_after_a_first_result_comes_with_the_next(run: Run) -> None:
    with pytest.raises(DatabaseError, match="8134"):
        run("SELECT 1; SELECT 1 / 0;")
