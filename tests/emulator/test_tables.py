"""Tables as they are defined and altered: defaults, IDENTITY, keys, indexes, statistics."""

from __future__ import annotations

import pytest

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from tests.emulator.conftest import Run


@pytest.fixture(autouse=True)
def t(run: Run) -> None:
    run("CREATE TABLE t (n int NOT NULL, v varchar(5)) WITH (HEAP, DISTRIBUTION = HASH(n));")
    run("INSERT INTO t VALUES (1, 'one'); INSERT INTO t VALUES (2, NULL);")


def refused(run: Run, batch: str) -> int:
    with pytest.raises(DatabaseError) as refusal:
        run(batch)
    return refusal.value.number


def test_default_fills_what_insert_leaves_out(run: Run) -> None:
    run("""CREATE TABLE d (n int NOT NULL, a int NOT NULL DEFAULT -5, b nvarchar(3) CONSTRAINT df_b DEFAULT (N'x'),
        c float DEFAULT 1.5e0) WITH (DISTRIBUTION = HASH(n), HEAP);""")
    run(
        "INSERT INTO d (n) VALUES (1); INSERT INTO d (n, a, b) VALUES (2, 7, NULL); INSERT INTO d (n) SELECT n + 2 FROM t;"
    )
    run("MERGE d USING t ON d.n = t.n + 9 WHEN NOT MATCHED THEN INSERT (n, c) VALUES (t.n + 9, NULL);")
    assert run("SELECT n, a, b, c FROM d ORDER BY n;") == [
        (1, -5, "x", 1.5),
        (2, 7, None, 1.5),
        (3, -5, "x", 1.5),
        (4, -5, "x", 1.5),
        (10, -5, "x", None),
        (11, -5, "x", None),
    ]


def test_default_that_its_column_cannot_take_is_refused_at_once(run: Run) -> None:
    assert refused(run, "CREATE TABLE u (n int DEFAULT 'x') WITH (HEAP);") == 245
    assert refused(run, "CREATE TABLE u (v varchar(2) DEFAULT 'xyz') WITH (HEAP);") == 2628
    assert run("SELECT OBJECT_ID(N'u');") == [(None,)]


def test_identity_gives_values_of_its_own(run: Run) -> None:
    run("CREATE TABLE i (v varchar(5), id int IDENTITY(10, 5) NOT NULL) WITH (HEAP);")
    run("INSERT INTO i VALUES ('a'); INSERT INTO i (v) SELECT v FROM t;")
    assert run("SELECT id FROM i ORDER BY id;") == [(10,), (15,), (20,)]
    assert refused(run, "INSERT INTO i (v, id) VALUES ('b', 1);") == 544
    assert refused(run, "UPDATE i SET id = 1;") == 8102
    run("SET IDENTITY_INSERT i ON; INSERT INTO i (v, id) VALUES ('b', 1);")
    assert refused(run, "INSERT INTO i (v) VALUES ('c');") == 545
    run("SET IDENTITY_INSERT i OFF; INSERT INTO i (v) VALUES ('c');")
    assert run("SELECT id FROM i ORDER BY id;") == [(1,), (10,), (15,), (20,), (25,)]
    run("RENAME OBJECT i TO j; INSERT INTO j (v) VALUES ('d'); DROP TABLE j;")


def test_identity_has_the_pools_limits(run: Run) -> None:
    run("CREATE TABLE i (id bigint IDENTITY, n int) WITH (DISTRIBUTION = HASH(n), HEAP);")
    assert refused(run, "MERGE i USING t ON i.n = t.n WHEN NOT MATCHED THEN INSERT (n) VALUES (t.n);") == 104
    assert refused(run, "CREATE TABLE u (id bigint IDENTITY, n int) WITH (DISTRIBUTION = HASH(id), HEAP);") == 104
    assert refused(run, "CREATE TABLE u (id bigint IDENTITY, i int IDENTITY) WITH (HEAP);") == 2744
    assert refused(run, "CREATE TABLE u (id smallint IDENTITY) WITH (HEAP);") == 2749
    assert refused(run, "SET IDENTITY_INSERT t ON;") == 8106
    with pytest.raises(DatabaseError, match="IDENTITY column 'id'"):
        run("CREATE TABLE c WITH (DISTRIBUTION = ROUND_ROBIN) AS SELECT id, n FROM i;")


def test_bulk_copy_fills_defaults(run: Run, connection: dbapi.Connection) -> None:
    import pyarrow as pa

    run("CREATE TABLE d (n int, id int IDENTITY, a int DEFAULT 9) WITH (HEAP);")
    assert connection.cursor().bulkcopy("d", pa.table({"n": pa.array([1, 2], pa.int32())})) == 2
    assert run("SELECT n, id, a FROM d ORDER BY n;") == [(1, 1, 9), (2, 2, 9)]


def test_columns_are_added(run: Run) -> None:
    run("ALTER TABLE t ADD a int NULL, b varchar(3) NOT NULL CONSTRAINT df DEFAULT 'new';")
    run("INSERT INTO t (n) VALUES (3);")
    assert run("SELECT * FROM t ORDER BY n;") == [
        (1, "one", None, "new"),
        (2, None, None, "new"),
        (3, None, None, "new"),
    ]
    assert refused(run, "ALTER TABLE t ADD c int NOT NULL;") == 4901
    assert refused(run, "ALTER TABLE t ADD n int;") == 2705
    assert refused(run, "ALTER TABLE nowhere ADD n int;") == 4902
    assert run("SELECT COUNT(*) FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = N't';") == [(4,)]


def test_columns_are_altered(run: Run) -> None:
    run("ALTER TABLE t ALTER COLUMN v nvarchar(10) NULL; INSERT INTO t VALUES (3, N'longer');")
    assert run("SELECT v FROM t ORDER BY n;") == [("one",), (None,), ("longer",)]
    assert refused(run, "ALTER TABLE t ALTER COLUMN v varchar(3) NULL;") == 2628
    assert refused(run, "ALTER TABLE t ALTER COLUMN v nvarchar(10) NOT NULL;") == 515
    assert refused(run, "ALTER TABLE t ALTER COLUMN v int;") == 245
    assert refused(run, "ALTER TABLE t ALTER COLUMN n bigint NOT NULL;") == 5074
    assert refused(run, "ALTER TABLE t ALTER COLUMN x bigint;") == 207
    run("DELETE FROM t WHERE v IS NULL; ALTER TABLE t ALTER COLUMN v nvarchar(10) NOT NULL;")
    assert refused(run, "UPDATE t SET v = NULL;") == 515
    run("ALTER TABLE t ALTER COLUMN v nvarchar(10); UPDATE t SET v = NULL;")
    assert run("SELECT v FROM t;") == [(None,), (None,)]


def test_columns_are_dropped(run: Run) -> None:
    run("ALTER TABLE t ADD a int, i varchar(2) DEFAULT 'x';")
    assert refused(run, "ALTER TABLE t DROP COLUMN i;") == 5074
    assert refused(run, "ALTER TABLE t DROP COLUMN n;") == 5074
    run("ALTER TABLE t DROP COLUMN v, a;")
    assert run("SELECT * FROM t ORDER BY n;") == [(1, None), (2, None)]
    run("CREATE TABLE one (n int) WITH (HEAP);")
    assert refused(run, "ALTER TABLE one DROP COLUMN n;") == 4923


def test_keys_are_written_down_and_not_enforced(run: Run) -> None:
    run("ALTER TABLE t ADD CONSTRAINT pk_t PRIMARY KEY NONCLUSTERED (n) NOT ENFORCED;")
    run("ALTER TABLE t ADD UNIQUE (v) NOT ENFORCED; INSERT INTO t VALUES (1, 'one');")
    assert run("SELECT COUNT(*) FROM t WHERE n = 1;") == [(2,)]
    assert refused(run, "ALTER TABLE t ADD PRIMARY KEY NONCLUSTERED (n) NOT ENFORCED;") == 1779
    assert refused(run, "ALTER TABLE t ADD UNIQUE (x) NOT ENFORCED;") == 1911
    assert refused(run, "ALTER TABLE t ADD UNIQUE (v);") == 104
    assert refused(run, "ALTER TABLE t DROP COLUMN v;") == 5074
    assert refused(run, "ALTER TABLE t DROP CONSTRAINT nothing;") == 3728
    run("ALTER TABLE t DROP CONSTRAINT pk_t; ALTER TABLE t ADD d int NOT NULL CONSTRAINT df DEFAULT 1;")
    run("ALTER TABLE t DROP CONSTRAINT df; ALTER TABLE t DROP COLUMN d;")
    run("CREATE TABLE k (n int PRIMARY KEY NONCLUSTERED NOT ENFORCED, m int) WITH (HEAP);")
    assert refused(run, "INSERT INTO k VALUES (NULL, 1);") == 515
    run("CREATE TABLE l (n int NULL) WITH (HEAP);")
    assert refused(run, "ALTER TABLE l ADD PRIMARY KEY NONCLUSTERED (n) NOT ENFORCED;") == 8111


def test_partitions_change_no_answer(run: Run) -> None:
    run("CREATE TABLE p (n int, d date) WITH (HEAP, PARTITION (n RANGE RIGHT FOR VALUES (1, 10, 100)));")
    run("CREATE TABLE q WITH (DISTRIBUTION = HASH(n), PARTITION (n RANGE LEFT FOR VALUES ())) AS SELECT n FROM t;")
    assert run("SELECT COUNT(*) FROM q;") == [(2,)]
    assert refused(run, "CREATE TABLE r (n int) WITH (HEAP, PARTITION (m RANGE FOR VALUES (1)));") == 1911
    assert refused(run, "ALTER TABLE p SPLIT RANGE (5);") == 50000


def test_default_is_added_later(run: Run) -> None:
    run("ALTER TABLE t ADD CONSTRAINT df_v DEFAULT 'late' FOR v; INSERT INTO t (n) VALUES (3);")
    assert run("SELECT v FROM t WHERE n = 3;") == [("late",)]
    assert refused(run, "ALTER TABLE t ADD DEFAULT 'x' FOR v;") == 1781


def test_table_in_a_transaction_is_not_altered(run: Run) -> None:
    for batch in (
        "ALTER TABLE t ADD a int;",
        "CREATE STATISTICS s ON t (n);",
        "CREATE INDEX i ON t (n);",
        "ALTER SCHEMA dbo TRANSFER t;",
    ):
        assert refused(run, f"BEGIN TRAN; {batch}") == 226
        run("ROLLBACK;")


def test_indexes_and_statistics(run: Run) -> None:
    run("CREATE INDEX i ON t (v); CREATE STATISTICS s ON t (n, v) WITH SAMPLE 20 PERCENT;")
    run("UPDATE STATISTICS t; UPDATE STATISTICS dbo.t (s) WITH FULLSCAN; ALTER INDEX ALL ON t REBUILD;")
    run("ALTER INDEX i ON t REORGANIZE;")
    assert refused(run, "CREATE INDEX i ON t (n);") == 1913
    assert refused(run, "CREATE STATISTICS s ON t (n);") == 1927
    assert refused(run, "CREATE STATISTICS x ON t (nothing);") == 207
    assert refused(run, "UPDATE STATISTICS t (x);") == 2767
    assert refused(run, "CREATE INDEX x ON nowhere (n);") == 1088
    assert refused(run, "DROP INDEX x ON t;") == 3701
    assert refused(run, "DROP STATISTICS t.x;") == 3701
    run("DROP INDEX i ON t; DROP STATISTICS dbo.t.s;")
    run("CREATE CLUSTERED COLUMNSTORE INDEX c ON t;")
    assert refused(run, "CREATE CLUSTERED INDEX d ON t (n);") == 1902
    assert refused(run, "ALTER TABLE t ADD m varbinary(max);") == 35343
    run("DROP INDEX c ON t; ALTER TABLE t ADD m varbinary(max);")
    assert refused(run, "CREATE CLUSTERED COLUMNSTORE INDEX c ON t;") == 35343


def test_view_is_altered_and_keeps_its_number_and_rights(run: Run) -> None:
    run("CREATE VIEW v AS SELECT n FROM t;")
    number = run("SELECT OBJECT_ID(N'v');")
    run("GRANT SELECT ON v TO public;")
    run("/* a view */ ALTER VIEW dbo.v (a, b) AS SELECT n, v FROM t;")
    assert run("SELECT a, b FROM v ORDER BY a;") == [(1, "one"), (2, None)]
    assert run("SELECT OBJECT_ID(N'v');") == number
    assert run("SELECT COUNT(*) FROM sys.database_permissions WHERE major_id = OBJECT_ID(N'v');") == [(1,)]
    assert run("SELECT definition FROM sys.sql_modules;") == [
        ("/* a view */ CREATE VIEW dbo.v (a, b) AS SELECT n, v FROM t;",)
    ]
    assert refused(run, "ALTER VIEW nothing AS SELECT n FROM t;") == 208
    assert refused(run, "SELECT 1; ALTER VIEW v AS SELECT n FROM t;") == 111


def test_procedure_is_altered(run: Run) -> None:
    run("CREATE PROCEDURE p @n int AS SELECT @n;")
    run("ALTER PROC p @n int, @m int AS SELECT @n + @m;")
    assert run("EXEC p 1, 2;") == [(3,)]
    assert refused(run, "ALTER PROCEDURE nothing AS SELECT 1;") == 208


def test_object_moves_to_another_schema(run: Run) -> None:
    run("CREATE SCHEMA s")
    run("ALTER SCHEMA s TRANSFER OBJECT::dbo.t;")
    assert run("SELECT n, v FROM s.t ORDER BY n;") == [(1, "one"), (2, None)]
    assert refused(run, "SELECT n FROM t;") == 208
    assert refused(run, "INSERT INTO s.t VALUES (NULL, 'x');") == 515
    assert refused(run, "ALTER SCHEMA s TRANSFER t;") == 15151


def test_only_tables_are_renamed(run: Run) -> None:
    run("CREATE VIEW v AS SELECT n FROM t;")
    number = run("SELECT OBJECT_ID(N't');")
    run("RENAME OBJECT::dbo.t TO u;")
    assert run("SELECT OBJECT_ID(N'u');") == number
    run("CREATE TABLE t (n int NOT NULL) WITH (HEAP);")
    assert run("SELECT OBJECT_ID(N't');") != number
    assert refused(run, "RENAME OBJECT v TO w;") == 104
