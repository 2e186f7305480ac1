"""Rows that change: UPDATE and DELETE with a FROM, MERGE with what the pool's page says of it."""

from __future__ import annotations

import pytest

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from tests.emulator.conftest import Run


@pytest.fixture
def stock(run: Run) -> None:
    """A hash-distributed table of three rows, and one of changes to it."""
    run("CREATE TABLE stock (id int NOT NULL, amount int, note varchar(5)) WITH (DISTRIBUTION = HASH(id), HEAP);")
    run("CREATE TABLE change (id int NOT NULL, amount int) WITH (DISTRIBUTION = ROUND_ROBIN, HEAP);")
    for n in (1, 2, 3):
        run("INSERT INTO stock VALUES (?, ?, 'old');", n, 10 * n)
    for n, amount in ((2, 200), (3, None), (4, 400)):
        run("INSERT INTO change VALUES (?, ?);", n, amount)


def rows(run: Run) -> list[tuple[object, ...]]:
    return run("SELECT id, amount, note FROM stock ORDER BY id;")


@pytest.mark.parametrize(
    "update",
    [
        "UPDATE stock SET amount = c.amount, note = 'new' FROM stock JOIN change AS c ON c.id = stock.id;",
        "UPDATE dbo.stock SET amount = c.amount, note = 'new' FROM dbo.stock JOIN dbo.change AS c ON c.id = stock.id;",
        "UPDATE stock SET amount = c.amount, note = 'new' FROM change AS c WHERE c.id = stock.id;",
        "UPDATE s SET s.amount = c.amount, s.note = 'new' FROM change AS c JOIN stock AS s ON c.id = s.id;",
        "UPDATE stock SET amount = (SELECT amount FROM change AS c WHERE c.id = stock.id), note = 'new' "
        "WHERE id IN (SELECT id FROM change);",
        "UPDATE stock SET amount = d.amount, note = 'new' FROM stock AS s "
        "JOIN (SELECT id, amount FROM change) AS d ON d.id = s.id OPTION (LABEL = N'a label', HASH JOIN);",
    ],
)
@pytest.mark.usefixtures("stock")
def test_update_from_other_tables(run: Run, update: str) -> None:
    run(update)
    assert rows(run) == [(1, 10, "old"), (2, 200, "new"), (3, None, "new")]


@pytest.mark.usefixtures("stock")
def test_update_of_a_table_joined_with_itself_changes_the_one_without_an_alias(run: Run) -> None:
    run("UPDATE stock SET amount = s.amount FROM stock JOIN stock AS s ON s.id = stock.id + 1;")
    assert rows(run) == [(1, 20, "old"), (2, 30, "old"), (3, 30, "old")]
    with pytest.raises(DatabaseError, match="8154"):
        run("UPDATE stock SET amount = 1 FROM stock AS a JOIN stock AS b ON a.id = b.id;")


@pytest.mark.usefixtures("stock")
def test_update_changes_a_row_once_and_all_or_nothing(run: Run, connection: dbapi.Connection) -> None:
    run("INSERT INTO change VALUES (2, 222);")
    cursor = connection.cursor().execute("UPDATE stock SET amount = 0 FROM stock JOIN change AS c ON c.id = stock.id;")
    assert cursor.rowcount == 2
    with pytest.raises(DatabaseError, match="515"):
        run("UPDATE stock SET id = c.amount FROM stock JOIN change AS c ON c.id = stock.id;")
    assert rows(run) == [(1, 10, "old"), (2, 0, "old"), (3, 0, "old")]


@pytest.mark.parametrize(
    "delete",
    [
        "DELETE FROM stock FROM stock JOIN change AS c ON c.id = stock.id;",
        "DELETE stock FROM change AS c WHERE c.id = stock.id;",
        "DELETE s FROM stock AS s INNER JOIN change AS c ON c.id = s.id;",
        "DELETE FROM stock WHERE EXISTS (SELECT 1 FROM change AS c WHERE c.id = stock.id);",
    ],
)
@pytest.mark.usefixtures("stock")
def test_delete_with_other_tables(run: Run, delete: str) -> None:
    run(delete)
    assert rows(run) == [(1, 10, "old")]


def test_update_and_delete_of_a_temporary_table_in_a_transaction(run: Run) -> None:
    run("CREATE TABLE #t (n int) WITH (HEAP);")
    run("BEGIN TRAN; INSERT INTO #t VALUES (1); UPDATE #t SET n = n + 1; DELETE FROM #t WHERE n = 1; COMMIT;")
    run("INSERT INTO #t VALUES (5); UPDATE #t SET n = b.n FROM #t JOIN #t AS b ON b.n = #t.n + 3;")
    assert run("SELECT n FROM #t ORDER BY n;") == [(5,), (5,)]


@pytest.mark.usefixtures("stock")
def test_merge_with_every_clause(run: Run, connection: dbapi.Connection) -> None:
    cursor = connection.cursor().execute("""
        MERGE INTO dbo.stock AS t USING (SELECT id, amount FROM change WHERE id > 1) AS s ON t.id = s.id
        WHEN MATCHED AND s.amount IS NULL THEN DELETE
        WHEN MATCHED THEN UPDATE SET amount = t.amount + s.amount, t.note = 'new'
        WHEN NOT MATCHED BY TARGET THEN INSERT (id, amount) VALUES (s.id, s.amount)
        WHEN NOT MATCHED BY SOURCE AND t.id < 10 THEN UPDATE SET note = 'gone'
        OPTION (LABEL = 'merge');
    """)
    assert rows(run) == [(1, 10, "gone"), (2, 220, "new"), (4, 400, None)]
    # learn.microsoft.com, MERGE: an update counts as the deleted row and the inserted one.
    assert cursor.rowcount == 6


@pytest.mark.usefixtures("stock")
def test_merge_into_a_table_that_is_not_hashed_takes_no_insert(run: Run) -> None:
    run("MERGE change AS t USING stock AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.amount;")
    assert run("SELECT id, amount FROM change ORDER BY id;") == [(2, 20), (3, 30), (4, 400)]
    run("MERGE change USING stock ON change.id = stock.id WHEN MATCHED THEN DELETE;")
    assert run("SELECT id FROM change;") == [(4,)]
    with pytest.raises(DatabaseError, match="hash-distributed"):
        run("MERGE change AS t USING stock AS s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id);")


MERGE = "MERGE stock AS t USING change AS s ON t.id = s.id "


@pytest.mark.parametrize(
    ("merge", "number"),
    [
        (MERGE + "WHEN MATCHED THEN DELETE", 10713),
        ("INSERT INTO change VALUES (2, 0); " + MERGE + "WHEN MATCHED THEN UPDATE SET amount = 1;", 8672),
        (MERGE + "WHEN MATCHED THEN UPDATE SET x = 1;", 207),
        (MERGE + "WHEN MATCHED THEN UPDATE SET id = NULL;", 515),
        (MERGE + "WHEN MATCHED THEN UPDATE SET note = 'too long';", 2628),
        (MERGE + "WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (s.id);", 109),
        (MERGE + "WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.amount);", 213),
        (MERGE + "WHEN NOT MATCHED THEN INSERT (id) VALUES (t.id);", 4104),
        (MERGE + "WHEN NOT MATCHED BY SOURCE THEN UPDATE SET amount = s.amount;", 4104),
        (MERGE + "WHEN MATCHED THEN DELETE WHEN MATCHED THEN UPDATE SET amount = 1;", 5324),
        (MERGE + "OUTPUT deleted.id;", 102),
        (MERGE + "WHEN MATCHED THEN DELETE OUTPUT deleted.id;", 104),
        ("MERGE nowhere AS t USING change AS s ON t.id = s.id WHEN MATCHED THEN DELETE;", 208),
    ],
)
@pytest.mark.usefixtures("stock")
def test_merge_refuses(run: Run, merge: str, number: int) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(merge)
    assert refusal.value.number == number, refusal.value
    assert rows(run) == [(1, 10, "old"), (2, 20, "old"), (3, 30, "old")]
