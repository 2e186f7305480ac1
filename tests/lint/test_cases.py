"""What each rule finds beside its example, and what looks like it and is not found."""

from __future__ import annotations

import pytest

from deployer.lint import lint_script
from deployer.rule import Severity
from deployer.script import parse_script
from deployer.targets import get_target
from tests.cases import refuse_what_is_no_sql

TARGET = get_target("synapse-dedicated")
MODEL = "MODEL = (SELECT m FROM dbo.models WHERE id = 1)"

FOUND: dict[str, tuple[str, ...]] = {
    "missing-runtime": (
        f"SELECT p.s FROM PREDICT({MODEL}, DATA = dbo.t, RUNTIME = ONNX2) WITH (s real) AS p",
        f"SELECT p.s FROM predict ( {MODEL} , data = dbo.t ) WITH (s real) p",
        "DECLARE @m varbinary(max) = 0x01; SELECT p.s FROM PREDICT(MODEL = @m, DATA = #t AS d) WITH (s real) AS p",
        f"EXEC('SELECT p.s FROM PREDICT({MODEL}, DATA = dbo.t) WITH (s real) AS p')",
    ),
    "derived-data": (
        f"SELECT s FROM PREDICT({MODEL}, DATA = (VALUES (1)) AS d(a), RUNTIME = ONNX) WITH (s real) AS p",
    ),
    "unsized-text": (
        "SELECT CONVERT(nvarchar, a) AS a FROM dbo.t",
        "SELECT TRY_CAST(a + CAST(b AS varchar(3)) AS varchar) AS a FROM dbo.t",
        "DECLARE @a varchar = 'x'",
        "DECLARE @n int, @a AS char",
        "CREATE TABLE dbo.t (n int, a varchar NOT NULL) WITH (HEAP)",
        "CREATE PROCEDURE dbo.p @n int, @a nvarchar AS SELECT @a AS a",
        f"SELECT p.s FROM PREDICT({MODEL}, DATA = dbo.t, RUNTIME = ONNX) WITH (s varchar) AS p",
    ),
    "cte-in-change": (
        "WITH c AS (SELECT 1 AS a) DELETE FROM dbo.t WHERE a IN (SELECT a FROM c)",
        "WITH c (a) AS (SELECT 1), d AS (SELECT a FROM c) UPDATE dbo.t SET a = 1 FROM d",
        "WITH c AS (SELECT 1 AS a) MERGE dbo.t USING c ON t.a = c.a WHEN MATCHED THEN DELETE;",
    ),
    "unfiltered-model": (
        "SELECT s FROM PREDICT(MODEL = (SELECT m FROM a CROSS JOIN b), DATA = t, RUNTIME = ONNX) WITH (s real) p",
    ),
    "variable-in-view": (
        "ALTER VIEW v AS SELECT p.s FROM PREDICT(MODEL = @m, DATA = t, RUNTIME = ONNX) WITH (s real) AS p",
    ),
    "star-from-predict": (
        f"SELECT * FROM PREDICT({MODEL}, DATA = t, RUNTIME = ONNX) WITH (s real) AS p",
        f"SELECT TOP 5 * FROM PREDICT({MODEL}, DATA = t, RUNTIME = ONNX) WITH (s real) AS p",
        f"SELECT d.a, p.* FROM PREDICT({MODEL}, DATA = t AS d, RUNTIME = ONNX) WITH (s real) AS p",
    ),
    "create-or-alter": (
        "CREATE OR ALTER PROCEDURE dbo.p AS SELECT 1 AS a",
        "EXEC(N'create or alter view v as select 1 a')",
    ),
    "if-exists": (
        "DROP PROCEDURE IF EXISTS dbo.p",
        "ALTER TABLE dbo.t DROP COLUMN IF EXISTS a",
        "DROP INDEX IF EXISTS i ON dbo.t",
    ),
    "shared-batch": (
        "CREATE SCHEMA s; SELECT 1 AS a",
        "IF 1 = 1 CREATE SCHEMA s",
        "DECLARE @a int; CREATE PROCEDURE p AS SELECT 1 AS a",
        "CREATE VIEW v AS SELECT 1 AS a; DROP TABLE t",
        "CREATE VIEW v AS SELECT 1 AS a;\nGO\nSELECT 1 AS a; ALTER VIEW v AS SELECT 2 AS a",
    ),
    "missing-distribution": (
        "CREATE TABLE #t WITH (CLUSTERED COLUMNSTORE INDEX) AS SELECT a FROM dbo.t",
        "CREATE TABLE [s].[t] AS SELECT a FROM dbo.t",
    ),
    "max-in-columnstore": (
        "CREATE TABLE t (a int, m nvarchar(max))",
        "CREATE TABLE t (m varbinary (MAX)) WITH (CLUSTERED COLUMNSTORE INDEX, DISTRIBUTION = REPLICATE)",
        "CREATE TABLE t WITH (DISTRIBUTION = ROUND_ROBIN) AS SELECT CAST(m AS varbinary(max)) AS m FROM s",
        "SELECT a, CONVERT(varchar(max), b) AS b INTO #t FROM s",
    ),
    "enforced-key": (
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a)",
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY NONCLUSTERED (a)",
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY CLUSTERED (a) NOT ENFORCED",
        "CREATE TABLE t (a int UNIQUE)",
        "CREATE UNIQUE INDEX i ON t (a)",
        "CREATE TABLE t (a int REFERENCES s (a))",
    ),
    "absent-type": (
        "DECLARE @x xml",
        "SELECT CAST(a AS [text]) AS a FROM t",
        "CREATE TABLE t (a int, [b] sql_variant NULL)",
        "CREATE PROCEDURE p @a ntext, @b int AS SELECT @b AS b",
        "SELECT CONVERT(image, a) AS a FROM t",
    ),
    "absent-feature": (
        "CREATE TABLE t (a int, b AS a * 2)",
        "CREATE TABLE t (a int SPARSE NULL)",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
        "CREATE SYNONYM s FOR dbo.t",
        "CREATE VIEW v WITH SCHEMABINDING AS SELECT a FROM dbo.t",
        "CREATE PROCEDURE p WITH RECOMPILE AS SELECT 1 AS a",
        "CREATE SEQUENCE dbo.s START WITH 1",
        "CREATE NONCLUSTERED COLUMNSTORE INDEX i ON t (a)",
    ),
    "function-default": (
        "CREATE TABLE t (a datetime2(7) NOT NULL DEFAULT (GETDATE()))",
        "CREATE TABLE t (a datetime DEFAULT CURRENT_TIMESTAMP)",
        "ALTER TABLE t ADD CONSTRAINT d DEFAULT dbo.f(1) FOR a",
        "CREATE TABLE t (a int DEFAULT 1 + 1)",
    ),
    "default-parameter": (
        "CREATE PROCEDURE p (@a AS varchar(10) = 'x', @b int) AS SELECT @a AS a",
        "ALTER PROC p @a decimal(10, 2) NULL = 1 WITH RECOMPILE AS SELECT @a AS a",
    ),
    "left-temp-table": (
        "CREATE PROCEDURE p AS SELECT a INTO #x FROM t",
        "CREATE PROCEDURE p AS SELECT a INTO [tempdb]..[#x] FROM t",
        "CREATE PROCEDURE p AS CREATE TABLE #x (a int) WITH (HEAP); DROP TABLE #y",
    ),
    "qualified-rename": ("RENAME OBJECT :: a TO [b].[c]",),
    "ddl-in-transaction": (
        "BEGIN TRAN; CREATE TABLE #t (a int) WITH (HEAP); COMMIT",
        "BEGIN TRAN;\nGO\nTRUNCATE TABLE t;\nGO\nCOMMIT",
        "BEGIN TRY BEGIN TRAN EXEC('DROP TABLE t') COMMIT END TRY BEGIN CATCH ROLLBACK END CATCH",
        "BEGIN TRANSACTION; RENAME OBJECT a TO b; ROLLBACK",
        "CREATE PROCEDURE p AS BEGIN BEGIN TRAN; ALTER TABLE t ADD a int; COMMIT; END",
    ),
    "nested-transaction": (
        "BEGIN TRAN; BEGIN TRAN; COMMIT; COMMIT",
        "BEGIN TRAN named; COMMIT",
        "BEGIN TRAN; COMMIT TRANSACTION @name",
        "BEGIN TRAN t WITH MARK 'x'; COMMIT",
        "BEGIN DISTRIBUTED TRAN; COMMIT",
        "CREATE PROCEDURE p AS BEGIN TRAN; SAVE TRAN s; COMMIT",
    ),
    "closed-transaction": ("BEGIN TRAN; COMMIT; ROLLBACK", "DELETE FROM t;\nGO\nCOMMIT TRANSACTION"),
    "late-rollback": (
        "BEGIN TRY DELETE FROM t END TRY BEGIN CATCH PRINT ERROR_MESSAGE(); IF @@TRANCOUNT > 0 ROLLBACK END CATCH",
    ),
    "xact-state": ("IF (XACT_STATE()) = -1 ROLLBACK", "IF XACT_STATE() <> -1 COMMIT"),
    "isolation-level": ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"),
    "multi-row-values": ("SELECT a FROM (VALUES (1), (2)) AS v(a)", "INSERT t VALUES ((1), (2)), (3, 4)"),
    "default-values": (
        "INSERT INTO t DEFAULT VALUES",
        "INSERT INTO t (a, b) VALUES (1, DEFAULT)",
        "UPDATE t SET a = DEFAULT",
    ),
    "insert-exec": ("INSERT t EXECUTE dbo.p", "INSERT INTO [s].[t] (a, b) EXEC('SELECT 1, 2')"),
    "output-clause": (
        "INSERT INTO t (a) OUTPUT inserted.a VALUES (1)",
        "UPDATE t SET a = 1 OUTPUT 1, deleted.a",
        "MERGE t USING s ON t.a = s.a WHEN MATCHED THEN DELETE OUTPUT $action, deleted.a;",
        "DELETE t OUTPUT [deleted].[a]",
    ),
    "open-merge": (),
    "merge-target": (
        "CREATE TABLE t (i int IDENTITY(1, 1), a int) WITH (DISTRIBUTION = HASH(a));\n"
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE;",
    ),
    "select-assignment": (
        "DECLARE @a int; SELECT TOP (1) @a = a FROM t",
        "DECLARE @a int; SELECT @a += a FROM t",
        "DECLARE @a int, @b int; SELECT @a = 1, @b = 2",
    ),
    "change-option": (
        "UPDATE TOP (5) t SET a = 1",
        "INSERT INTO [s].[t] WITH (TABLOCK) SELECT a FROM u",
        "MERGE t WITH (HOLDLOCK) AS x USING s ON x.a = s.a WHEN MATCHED THEN DELETE;",
    ),
    "compound-assignment": ("UPDATE t SET [a] -= 1", "UPDATE t SET b = 1, a *= 2"),
    "identity-value": ("INSERT INTO t (a) SELECT @@identity", "SELECT IDENT_CURRENT('t') AS a"),
    "unknown-rowcount": ("IF @@ROWCOUNT = 0 PRINT 'x'", "SELECT ROWCOUNT_BIG() AS n"),
    "table-variable": (
        "DECLARE @t AS TABLE (a int)",
        "CREATE PROCEDURE p @t dbo.numbers READONLY AS SELECT a FROM @t",
    ),
    "cursor": ("DECLARE @c CURSOR", "DECLARE c SCROLL CURSOR FOR SELECT a FROM t", "FETCH NEXT FROM c INTO @a"),
    "absent-statement": (
        "IF 1 = 1 RETURN",
        "CREATE PROCEDURE p AS BEGIN SELECT 1 AS a; RETURN 1; END",
        "GOTO done",
        "USE [other]",
        "WAITFOR DELAY '00:00:01'",
        "WHILE 1 = 0 CONTINUE",
        "DECLARE @r int; EXEC @r = dbo.p 1",
    ),
    "absent-function": ("SELECT ERROR_LINE() AS a",),
    "throw-number": (
        "THROW 100000, 'x', 1",
        "THROW 150000, 'x', 1",
        "BEGIN TRY THROW 49999, 'x', 1 END TRY BEGIN CATCH END CATCH",
    ),
    "for-xml": ("SELECT a FROM t FOR XML PATH('')", "SELECT (SELECT a FROM t FOR JSON PATH) AS j"),
    "offset-fetch": (
        "SELECT a FROM t ORDER BY a OFFSET (@n) ROWS",
        "SELECT a FROM t ORDER BY a OFFSET 1 ROW FETCH FIRST 1 ROW ONLY",
    ),
    "cross-database": (
        "SELECT a FROM t JOIN [other].[dbo].[t] AS u ON t.a = u.a",
        "INSERT INTO other..t (a) SELECT 1",
        "EXEC server.db.dbo.p",
        "DROP TABLE tempdb..#t",
        f"SELECT s FROM PREDICT({MODEL}, DATA = other.dbo.t, RUNTIME = ONNX) WITH (s real) AS p",
    ),
    "go-in-text": ("EXEC sp_executesql N'SELECT 1\nGO\n'",),
}

FINE: tuple[str, ...] = (
    f"SELECT d.a, p.s FROM PREDICT({MODEL}, DATA = dbo.t AS d, RUNTIME = ONNX) WITH (s real) AS p",
    "DECLARE @m varbinary(max) = (SELECT m FROM dbo.models WHERE id = 1);\n"
    "SELECT p.s FROM PREDICT(MODEL = @m, DATA = #rows, RUNTIME = ONNX) WITH (s varchar(20)) AS p",
    "SELECT p.s FROM PREDICT(MODEL = (SELECT MAX(m) FROM t), DATA = t, RUNTIME = ONNX) WITH (s real) AS p",
    f"WITH c AS (SELECT CAST(a AS real) AS a FROM t)\n"
    f"SELECT p.s FROM PREDICT({MODEL}, DATA = c, RUNTIME = ONNX) WITH (s real) AS p",
    f"SELECT COUNT(*) AS n, 2 * p.s AS d FROM PREDICT({MODEL}, DATA = t, RUNTIME = ONNX) WITH (s real) AS p\n"
    "GROUP BY p.s",
    "SELECT predict, model, runtime FROM dbo.output",
    "CREATE VIEW v AS WITH c AS (SELECT 1 AS a) SELECT a FROM c",
    ";CREATE VIEW v AS SELECT 1 AS a;;",
    "CREATE PROCEDURE p @a int, @b varchar(10) OUTPUT AS\nSELECT @a AS a;\nSET @b = 'x';",
    "CREATE PROCEDURE p (@a int OUTPUT) AS BEGIN SET @a = 1; SELECT 2 AS b END",
    "GRANT CREATE VIEW, CREATE SCHEMA, CREATE TABLE TO someone; GRANT REFERENCES ON t TO someone",
    "GRANT ALTER ON SCHEMA::s TO someone; SELECT 1 AS a",
    "CREATE TABLE t (a int NOT NULL, CONSTRAINT k PRIMARY KEY NONCLUSTERED (a) NOT ENFORCED) WITH (HEAP)",
    "CREATE TABLE t (a int UNIQUE NOT ENFORCED, b int)",
    "ALTER TABLE t ADD CONSTRAINT u UNIQUE NONCLUSTERED (a) NOT ENFORCED",
    "CREATE TABLE t WITH (HEAP, DISTRIBUTION = HASH([a])) AS SELECT a, CAST(m AS varbinary(max)) AS m FROM s",
    "CREATE TABLE t (m varbinary(max)) WITH (CLUSTERED INDEX (a), DISTRIBUTION = ROUND_ROBIN)",
    "SELECT a INTO #t FROM s WHERE DATALENGTH(CAST(m AS varbinary(max))) > 1",
    "CREATE TABLE t (text int, [xml] varchar(10), image_id int DEFAULT 0, b varchar(3) DEFAULT 'a' NOT NULL)",
    "SELECT text, t.xml, MAX(image) AS i FROM t GROUP BY text, t.xml",
    "EXEC p @a = 1, @b = @c OUTPUT; SELECT 1 AS a",
    "EXEC p @b OUTPUT\nINSERT INTO t (a) VALUES (1)",
    "INSERT INTO t (a, b) VALUES ((1), (SELECT COUNT(*) FROM s)); INSERT INTO t (a) SELECT a FROM s",
    "INSERT INTO t (a) SELECT 1 UNION ALL SELECT 2; EXEC dbo.p",
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = CASE WHEN s.b = 1 THEN 1 ELSE 2 END\n"
    "WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a) WHEN NOT MATCHED BY SOURCE THEN DELETE;",
    "SELECT t.a FROM t INNER MERGE JOIN s ON t.a = s.a OPTION (MERGE JOIN, LABEL = 'x')",
    "CREATE TABLE t (a int) WITH (DISTRIBUTION = HASH(a));\n"
    "MERGE t USING s ON t.a = s.a WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a);",
    "DECLARE @a int = (SELECT COUNT(*) FROM t); SET @a = (SELECT 1); SET @a += 1; SELECT @a AS a, b = @a",
    "SELECT a FROM t WHERE @a = a AND b >= 1",
    "BEGIN TRANSACTION; DELETE FROM t; COMMIT; DROP TABLE t",
    "BEGIN TRAN; IF @@ERROR <> 0 ROLLBACK ELSE COMMIT; DROP TABLE t",
    "BEGIN TRY BEGIN TRAN; DELETE FROM t; COMMIT; END TRY\n"
    "BEGIN CATCH IF @@TRANCOUNT > 0 ROLLBACK; PRINT ERROR_MESSAGE(); END CATCH; CREATE TABLE u (a int)",
    "CREATE PROCEDURE p AS ROLLBACK",
    "BEGIN TRAN UPDATE t SET a = 1 COMMIT TRAN SELECT 1 AS a",
    "BEGIN TRAN; COMMIT WORK; SELECT 1 AS a",
    "CREATE FUNCTION f (@a int) RETURNS int WITH SCHEMABINDING AS BEGIN RETURN @a END",
    "CREATE PROCEDURE p AS BEGIN TRAN\nGO\nCREATE TABLE t (a int)",
    "IF XACT_STATE() = -2 ROLLBACK; IF XACT_STATE() = 1 PRINT 'x'",
    "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
    "CREATE FUNCTION f (@a int) RETURNS int AS BEGIN RETURN @a + 1 END",
    "SELECT a FROM t OPTION (USE HINT ('x'))",
    "THROW; THROW 51000, 'x', 1; THROW @n, 'x', 1; THROW 99999, 'x', 1",
    "SELECT dbo.t.a, other.dbo.t.b FROM dbo.t WHERE a IS DISTINCT FROM dbo.t.b",
    "RENAME OBJECT dbo.a TO b",
    "CREATE PROCEDURE p AS IF OBJECT_ID(N'tempdb..#x') IS NOT NULL DROP TABLE [#x];\n"
    "SELECT a INTO #x FROM t; DROP TABLE #X;",
    "CREATE PROCEDURE p AS INSERT INTO #x (a) SELECT 1; DELETE FROM #x",
    "EXEC('CREATE VIEW v AS SELECT 1 AS a'); EXEC('CREATE SCHEMA s')",
    "CREATE STATISTICS s ON t (a); UPDATE STATISTICS t; DBCC SHRINKLOG",
    "CREATE EXTERNAL TABLE t (a varchar(10)) WITH (LOCATION = 'x', DATA_SOURCE = s, FILE_FORMAT = f)",
    "COPY INTO dbo.t FROM 'https://x.blob.core.windows.net/a.parquet' WITH (FILE_TYPE = 'PARQUET')",
    'SELECT offset, rows, [return], "use" FROM t',
    "DECLARE @cursor int = 1; WHILE @cursor < 3 SET @cursor = @cursor + 1",
    "",
    "-- nothing\nGO\nGO",
)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in FOUND.items() for text in texts])
def test_rule_finds(rule: str, text: str) -> None:
    findings = lint_script(parse_script(text), TARGET)
    assert rule in {finding.rule for finding in findings}, findings
    lines = text.split("\n")
    for finding in findings:
        assert 1 <= finding.line <= len(lines)
        assert 1 <= finding.column <= len(lines[finding.line - 1])


@pytest.mark.parametrize("text", FINE)
def test_nothing_is_found(text: str) -> None:
    assert not lint_script(parse_script(text), TARGET)


def test_one_finding_a_place() -> None:
    text = "SELECT @a = 1, @b = 2; INSERT INTO t VALUES (1), (2), (3); DROP TABLE IF EXISTS a; DROP TABLE IF EXISTS b;"
    rules = [finding.rule for finding in lint_script(parse_script(text), TARGET)]
    assert rules == ["select-assignment", "multi-row-values", "if-exists", "if-exists"]


def test_text_without_length_is_an_error_beside_predict_only() -> None:
    cast = "WITH c AS (SELECT CAST(a AS varchar) AS a FROM t) "
    (plain,) = lint_script(parse_script(f"{cast} SELECT a FROM c"), TARGET)
    (scoring,) = lint_script(
        parse_script(f"{cast} SELECT p.s FROM PREDICT({MODEL}, DATA = c, RUNTIME = ONNX) WITH (s real) AS p"), TARGET
    )
    assert (plain.severity, scoring.severity) == (Severity.WARNING, Severity.ERROR)


@pytest.mark.parametrize("name", ["a" * 129, "😀" * 65, "#" + "a" * 128])
def test_name_over_the_limit_is_found_in_utf_16_units(name: str) -> None:
    quoted = name if name.startswith("#") else f"[{name}]"
    (finding,) = lint_script(parse_script(f"SELECT a FROM {quoted}"), TARGET)
    assert finding.rule == "long-name"
    assert not lint_script(parse_script(f"SELECT a FROM [{']]' * 128}]"), TARGET)


def test_sql_edge_has_what_the_pool_lacks() -> None:
    edge = get_target("sql-edge")
    for rule, texts in FOUND.items():
        for text in texts:
            if rule not in edge.tsql:
                assert rule not in {finding.rule for finding in lint_script(parse_script(text), edge)}


GRAMMAR_KNOWS = {"derived-data", "shared-batch", "missing-distribution", "qualified-rename", "variable-in-view"}
"""Rules whose texts Microsoft's grammar refuses too."""


def test_what_is_found_is_t_sql() -> None:
    """What the grammar refuses is not worth a rule of ours."""
    for rule, texts in FOUND.items():
        for text in () if rule in GRAMMAR_KNOWS else texts:
            refuse_what_is_no_sql(text)


@pytest.mark.parametrize("text", FINE)
def test_what_is_fine_is_t_sql(text: str) -> None:
    refuse_what_is_no_sql(text)
