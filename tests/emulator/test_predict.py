"""PREDICT binds as the engine does, says what the engine says, and streams."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx.parser
import pytest

from deployer.emulator import dbapi, predict
from deployer.emulator.errors import DatabaseError
from deployer.model import Model
from deployer.runtime import Scorer
from tests.emulator.conftest import Run, need_tsql

SUM = """
<ir_version: 6, opset_import: ["": 9]>
agraph (float[N, 1] a, float[N, 1] b) => (float[N, 1] total, seq(map(int64, float)) maps)
{ total = Add(a, b)
  x = Concat <axis = 1> (a, b)
  maps = ai.onnx.ml.ZipMap <classlabels_int64s = [0, 1]> (x) }
"""
TYPES = """
<ir_version: 6, opset_import: ["": 9]>
agraph (double[N, 1] d, int64[N, 1] big, int32[N, 1] small, string[N, 1] text)
    => (double[N, 1] d2, int64[N, 1] big2, int32[N, 1] small2, string[N, 1] text2)
{ d2 = Identity(d) big2 = Identity(big) small2 = Identity(small) text2 = Identity(text) }
"""
WIDE = '<ir_version: 6, opset_import: ["": 9]> agraph (float[N, 2] x) => (float[N, 2] y) { y = Identity(x) }'
NEW = '<ir_version: 6, opset_import: ["": 15]> agraph (float[N, 1] a) => (float[N, 1] y) { y = Identity(a) }'
ROOT = '<ir_version: 6, opset_import: ["": 9]> agraph (float[N, 1] a) => (float[N, 1] y) { y = Sqrt(a) }'
INVERSE = '<ir_version: 6, opset_import: ["": 9]> agraph (float[N, 1] a) => (float[N, 1] y) { y = Reciprocal(a) }'

QUERY = "SELECT d.id, p.{output} FROM PREDICT(MODEL = ?, DATA = rows AS d, RUNTIME = ONNX) WITH ({output} {type}) AS p ORDER BY d.id;"


def content(text: str) -> bytes:
    proto = onnx.parser.parse_model(text)
    if "ai.onnx.ml" in text:
        proto.opset_import.add(domain="ai.onnx.ml", version=1)
    return bytes(proto.SerializeToString())


@pytest.fixture(autouse=True)
def rows(run: Run) -> None:
    run("CREATE TABLE rows (id int, a real, b real, f float, text nvarchar(20)) WITH (HEAP);")
    for row in ((1, 1.5, 2.0, 0.1, "é"), (2, None, 4.0, 0.2, "b"), (3, -1.0, 0.5, 0.3, None)):
        run("INSERT INTO rows (id, a, b, f, text) SELECT ?, ?, ?, ?, ?;", *row)


def score(run: Run, model: str, output: str, kind: str) -> list[tuple[Any, ...]]:
    return run(QUERY.format(output=output, type=kind), content(model))


def test_scores_stand_beside_the_rows_and_null_is_nan(run: Run) -> None:
    assert score(run, SUM, "total", "real") == [(1, 3.5), (2, None), (3, -0.5)]


def test_float_tensor_may_be_read_as_float(run: Run) -> None:
    assert score(run, SUM, "total", "float")[0] == (1, 3.5)


def test_every_type_goes_in_and_comes_out(run: Run) -> None:
    run("""
        CREATE VIEW typed AS SELECT id, f AS d, id * CAST(3000000000 AS bigint) AS big, id AS small,
            CAST(ISNULL(text, N'none') AS nvarchar(20)) AS text FROM rows
    """)
    names = [("d2", "float"), ("big2", "bigint"), ("small2", "int"), ("text2", "nvarchar(20)")]
    listed = ", ".join(f"{name} {kind}" for name, kind in names)
    found = run(
        f"SELECT p.* FROM PREDICT(MODEL = ?, DATA = typed AS d, RUNTIME = ONNX) WITH ({listed}) AS p ORDER BY d.id;",
        content(TYPES),
    )
    assert found == [(0.1, 3_000_000_000, 1, "é"), (0.2, 6_000_000_000, 2, "b"), (0.3, 9_000_000_000, 3, "none")]


@pytest.mark.parametrize(
    ("model", "output", "kind", "number", "words"),
    [
        (SUM, "nothing", "real", 39096, "is 'total real, maps seq(map(int64, tensor(float)))'"),
        (SUM, "total", "bigint", 39096, "different output columns"),
        (SUM, "Total", "real", 39096, "different output columns"),
        (SUM, "maps", "real", 39096, "different output columns"),
        (WIDE, "y", "real", 39051, "Input column 1 (1-based) has shape [1,2] which is not supported."),
        (ROOT.replace("float[N, 1] a", "float[N, 1] c").replace("(a)", "(c)"), "y", "real", 39051, "'c'"),
        (ROOT.replace("float[N, 1] a", "float[N, 1] A").replace("(a)", "(A)"), "y", "real", 39051, "case"),
        (
            ROOT.replace("float[N, 1] a", "float[N, 1] f").replace("(a)", "(f)"),
            "y",
            "real",
            39051,
            "The type of model column 'f' is 'real'. Doesn't match the input column type.",
        ),
        (TYPES.replace("double[N, 1] d,", "double[N, 1] f,").replace("(d)", "(f)"), "d2", "float", 39051, "'big'"),
        (NEW, "y", "real", 39051, "Model is corrupt or invalid."),
    ],
)
def test_refusal_is_the_engines(run: Run, model: str, output: str, kind: str, number: int, words: str) -> None:
    with pytest.raises(DatabaseError) as refusal:
        score(run, model, output, kind)
    assert refusal.value.number == number
    assert words in refusal.value.message


@pytest.mark.parametrize("model", [None, b"", b"no model", content(SUM)[:-40]])
def test_bytes_that_are_no_model_are_corrupt(run: Run, model: bytes | None) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(QUERY.format(output="total", type="real"), model)
    assert (refusal.value.number, refusal.value.level, refusal.value.state) == (39051, 16, 2)
    assert "with HRESULT 0x80070057. Model is corrupt or invalid." in refusal.value.message


def test_two_rows_under_one_id_are_no_model(run: Run) -> None:
    run("CREATE TABLE models (ID int, model varbinary(max)) WITH (HEAP);")
    for _ in range(2):
        run("INSERT INTO models (ID, model) SELECT 1, CAST(? AS varbinary(max));", content(SUM))
    with pytest.raises(DatabaseError, match="512"):
        run("""
            SELECT p.total FROM PREDICT(MODEL = (SELECT model FROM models WHERE ID = 1), DATA = rows AS d,
                RUNTIME = ONNX) WITH (total real) AS p;
        """)


def test_null_in_text_or_integer_is_refused_with_the_columns_name(run: Run) -> None:
    text = (
        '<ir_version: 6, opset_import: ["": 9]> agraph (string[N, 1] text) => (string[N, 1] y) { y = Identity(text) }'
    )
    with pytest.raises(DatabaseError, match="Input column 'text' is NULL"):
        score(run, text, "y", "nvarchar(20)")


def test_nan_comes_back_as_null_and_infinity_not_at_all(run: Run) -> None:
    assert score(run, ROOT, "y", "real")[2] == (3, None)
    run("UPDATE rows SET a = 0;")
    with pytest.raises(DatabaseError, match="'y' is infinite"):
        score(run, INVERSE, "y", "real")


@pytest.mark.parametrize(
    "batch",
    [
        "SELECT p.total FROM PREDICT(MODEL = 0x00, DATA = (SELECT a, b FROM rows) AS d, RUNTIME = ONNX) WITH (total real) AS p;",
        "SELECT p.total FROM PREDICT(MODEL = 0x00, DATA = rows AS d) WITH (total real) AS p;",
        "SELECT p.total FROM PREDICT(MODEL = 0x00, DATA = rows AS d, RUNTIME = ONNX) AS p;",
        "SELECT p.total FROM PREDICT(MODEL = 0x00, DATA = rows AS d, RUNTIME = SPARK) WITH (total real) AS p;",
    ],
)
def test_syntax_that_does_not_parse(run: Run, batch: str) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(batch)
    assert (refusal.value.number, refusal.value.level) == (102, 15)


PLACES = {
    "a literal, without aliases": "SELECT id, total FROM PREDICT(MODEL = 0x{hex}, DATA = rows, RUNTIME = ONNX) WITH (total real);",
    "a variable": "DECLARE @m varbinary(max) = 0x{hex}; SELECT d.id, p.total FROM PREDICT(MODEL = @m, DATA = rows AS d, "
    "RUNTIME = ONNX) WITH (total real) AS p;",
    "a CTE": "WITH c AS (SELECT id, a, CAST(b AS real) AS b FROM rows WHERE a IS NOT NULL) SELECT c.id, p.total FROM "
    "PREDICT(MODEL = 0x{hex}, DATA = c, RUNTIME = ONNX) WITH (total real) AS p;",
    "a temporary table": "SELECT id, a, b INTO #t FROM rows; SELECT d.id, p.total FROM PREDICT(MODEL = 0x{hex}, DATA = #t "
    "AS d, RUNTIME = ONNX) WITH (total real) AS p; DROP TABLE #t;",
    "grouped": "SELECT d.id, MAX(p.total) AS total FROM PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) WITH "
    "(total real) AS p GROUP BY d.id;",
    "joined to itself": "WITH s AS (SELECT d.id, p.total FROM PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) "
    "WITH (total real) AS p) SELECT l.id, r.total FROM s AS l JOIN s AS r ON l.id = r.id;",
    "a procedure": "EXEC score;",
    "a view": "SELECT id, total FROM scores;",
    "a table made from it": "CREATE TABLE made WITH (DISTRIBUTION = HASH(id), HEAP) AS SELECT d.id, p.total FROM "
    "PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) WITH (total real) AS p; SELECT id, total FROM made;",
    "rows inserted from it": "CREATE TABLE kept (id int, total real); INSERT INTO kept (id, total) SELECT d.id, p.total FROM "
    "PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) WITH (total real) AS p; SELECT id, total FROM kept;",
    "two at once": "SELECT l.id, r.total FROM (SELECT d.id, p.total FROM PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = "
    "ONNX) WITH (total real) AS p) AS l JOIN (SELECT e.id, q.total FROM PREDICT(MODEL = 0x{hex}, DATA = rows AS e, RUNTIME = "
    "ONNX) WITH (total real) AS q) AS r ON r.id = l.id;",
    "both arms of a UNION": "SELECT d.id, p.total FROM PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) WITH (total "
    "real) AS p WHERE d.id = 1 UNION ALL SELECT d.id, p.total FROM PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) "
    "WITH (total real) AS p WHERE d.id = 3;",
    "TOP with ties": "SELECT TOP (9) WITH TIES d.id, p.total FROM PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) "
    "WITH (total real) AS p ORDER BY p.total DESC;",
    "a window": "SELECT s.id, s.total FROM (SELECT d.id, p.total, ROW_NUMBER() OVER (PARTITION BY d.id ORDER BY p.total) AS n "
    "FROM PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) WITH (total real) AS p) AS s WHERE s.n = 1;",
    "beside an APPLY": "SELECT d.id, a.doubled / 2 FROM PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) WITH (total "
    "real) AS p CROSS APPLY (SELECT p.total * 2 AS doubled) AS a;",
    "within an EXISTS": "SELECT r.id, CASE r.id WHEN 1 THEN 3.5 ELSE -0.5 END FROM rows AS r WHERE EXISTS (SELECT 1 FROM "
    "PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) WITH (total real) AS p WHERE d.id = r.id AND p.total IS NOT NULL);",
    "a MERGE's source": "CREATE TABLE kept (id int, total real) WITH (DISTRIBUTION = HASH(id), HEAP); MERGE INTO kept AS k USING "
    "scores AS s ON k.id = s.id WHEN NOT MATCHED THEN INSERT (id, total) VALUES (s.id, s.total); SELECT id, total FROM kept;",
    "a transaction that wrote its data": "BEGIN TRAN; INSERT INTO rows (id, a, b) SELECT 9, 1, 1; SELECT d.id, p.total FROM "
    "PREDICT(MODEL = 0x{hex}, DATA = rows AS d, RUNTIME = ONNX) WITH (total real) AS p WHERE d.id < 4; ROLLBACK;",
}


@pytest.mark.parametrize("place", PLACES)
def test_predict_stands_wherever_it_may(run: Run, place: str) -> None:
    model = content(SUM).hex()
    source = f"PREDICT(MODEL = 0x{model}, DATA = rows AS d, RUNTIME = ONNX) WITH (total real) AS p"
    run(f"CREATE VIEW scores AS SELECT d.id, p.total FROM {source}")
    run(f"CREATE PROCEDURE score AS BEGIN SELECT d.id, p.total FROM {source}; END")
    batch = PLACES[place].format(hex=model)
    need_tsql(batch)
    found: dict[int, float] = dict(run(batch))
    assert found[1] == 3.5
    assert found[3] == -0.5


def test_rows_of_an_open_transaction_are_scored_too(run: Run) -> None:
    assert run(
        """
        BEGIN TRAN;
        INSERT INTO rows (id, a, b) SELECT 9, 1, 1;
        SELECT COUNT(*) FROM PREDICT(MODEL = ?, DATA = rows AS d, RUNTIME = ONNX) WITH (total real) AS p;
        ROLLBACK;
    """,
        content(SUM),
    ) == [(4,)]


def test_many_batches_keep_rows_and_scores_together(run: Run, connection: dbapi.Connection) -> None:
    """More rows than a batch has, read back with their keys: every score stands beside its own row."""
    rows = 3 * predict.BATCH_ROWS + 17
    run("CREATE TABLE many (id bigint, a real, b real) WITH (HEAP);")
    connection.session.connection.execute(
        f"INSERT INTO dbo.many SELECT i, CAST(i % 1000 AS FLOAT), CAST(i % 7 AS FLOAT) FROM range({rows}) AS t(i)"
    )
    cursor = connection.cursor().execute(
        "SELECT d.id, p.total FROM PREDICT(MODEL = ?, DATA = many AS d, RUNTIME = ONNX) WITH (total real) AS p;",
        [content(SUM)],
    )
    seen = np.zeros(rows, bool)
    for batch in cursor.arrow_reader():
        ids, totals = (batch.column(index).to_numpy() for index in range(2))
        assert np.array_equal(totals, (ids % 1000 + ids % 7).astype(np.float32))
        seen[ids] = True
    assert seen.all()


def test_outputs_that_are_not_asked_for_are_not_computed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    original = Scorer.score

    def spy(self: Scorer, batch: Any, outputs: Any = None) -> Any:
        asked.append(outputs)
        return original(self, batch, outputs)

    monkeypatch.setattr(Scorer, "score", spy)
    score(run, SUM, "total", "real")
    assert asked == [("total",)]


def test_limits_of_the_emulated_pool_can_be_lifted() -> None:
    connection = dbapi.connect(":memory:", {"opset_unproven": 15, "opset": 15}, autocommit=True)
    try:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE rows (a real) WITH (HEAP); INSERT INTO rows (a) VALUES (2);")
        cursor.execute(
            "SELECT p.y FROM PREDICT(MODEL = ?, DATA = rows AS d, RUNTIME = ONNX) WITH (y real) AS p;", [content(NEW)]
        )
        assert cursor.fetchall() == [(2.0,)]
    finally:
        connection.close()


def test_empty_data_gives_no_scores(run: Run) -> None:
    run("DELETE FROM rows;")
    assert score(run, SUM, "total", "real") == []


def test_score_of_a_model_of_one_row_is_that_of_the_row_alone(run: Run) -> None:
    text = SUM.replace("[N, 1]", "[1, 1]")
    (first, _, third) = score(run, text, "total", "real")
    alone = Scorer(Model("m", 1, content(text)))
    for found, (a, b) in ((first[1], (1.5, 2.0)), (third[1], (-1.0, 0.5))):
        row = {"a": np.array([a], np.float32), "b": np.array([b], np.float32)}
        assert found == alone.score(row, ("total",))["total"][0]


def test_error_in_the_rows_that_are_scored_is_the_queries_own(run: Run) -> None:
    run("CREATE VIEW bad AS SELECT id, CAST(1 / (id - 3) AS real) AS a, b FROM rows")
    score_bad = "SELECT d.id, p.total FROM PREDICT(MODEL = ?, DATA = bad AS d, RUNTIME = ONNX) WITH (total real) AS p;"
    with pytest.raises(DatabaseError) as refusal:
        run(score_bad, content(SUM))
    assert refusal.value.number == 8134
    assert run(f"BEGIN TRY {score_bad} END TRY BEGIN CATCH SELECT ERROR_NUMBER(); END CATCH", content(SUM)) == [(8134,)]


def second_model() -> bytes:
    """The same sum, of the first one's score instead of `a`."""
    text = SUM.replace("float[N, 1] a,", "float[N, 1] total,").replace("Add(a,", "Add(total,")
    text = text.replace("Concat <axis = 1> (a,", "Concat <axis = 1> (total,")
    return content(text.replace("=> (float[N, 1] total", "=> (float[N, 1] twice").replace("total = Add", "twice = Add"))


def test_scores_may_feed_a_second_model(run: Run) -> None:
    rows = run(
        """
        WITH once AS (
            SELECT d.id, d.b, p.total FROM PREDICT(MODEL = ?, DATA = rows AS d, RUNTIME = ONNX) WITH (total real) AS p
        )
        SELECT o.id, q.twice FROM PREDICT(MODEL = ?, DATA = once AS o, RUNTIME = ONNX) WITH (twice real) AS q ORDER BY o.id;
        """,
        content(SUM),
        second_model(),
    )
    assert rows == [(1, 5.5), (2, None), (3, 0.0)]


def test_scores_of_a_view_feed_a_second_model(run: Run) -> None:
    """DATA names a view that holds a PREDICT itself."""
    run(
        f"CREATE VIEW first AS SELECT d.id, d.b, p.total FROM PREDICT(MODEL = 0x{content(SUM).hex()}, DATA = rows AS d, "
        "RUNTIME = ONNX) WITH (total real) AS p"
    )
    rows = run(
        "SELECT f.id, q.twice FROM PREDICT(MODEL = ?, DATA = first AS f, RUNTIME = ONNX) WITH (twice real) AS q ORDER BY f.id;",
        second_model(),
    )
    assert rows == [(1, 5.5), (2, None), (3, 0.0)]


def test_model_may_come_from_a_cte_and_data_named_with_its_schema_may_not(run: Run) -> None:
    run(
        "CREATE TABLE models (model varbinary(max)) WITH (HEAP); INSERT INTO models (model) SELECT CAST(? AS varbinary(max));",
        content(SUM),
    )
    query = "SELECT d.id, p.total FROM PREDICT(MODEL = (SELECT model FROM m), DATA = {data} AS d, RUNTIME = ONNX) WITH (total real) AS p;"
    ctes = "WITH m AS (SELECT model FROM models), rows AS (SELECT 7 AS id, CAST(1 AS real) AS a, CAST(2 AS real) AS b) "
    assert run(ctes + query.format(data="rows")) == [(7, 3.0)]
    assert len(run(ctes + query.format(data="dbo.rows"))) == 3


def test_table_that_is_written_is_read_as_it_was(run: Run) -> None:
    """INSERT, UPDATE and DELETE over PREDICT of the same table see the rows from before the statement."""
    source = "PREDICT(MODEL = ?, DATA = rows AS d, RUNTIME = ONNX) WITH (total real) AS p"
    run(f"INSERT INTO rows (id, a) SELECT d.id + 10, p.total FROM {source};", content(SUM))
    assert run("SELECT COUNT(*) FROM rows;") == [(6,)]
    run(f"UPDATE rows SET f = 9 WHERE id IN (SELECT d.id FROM {source} WHERE p.total > 0);", content(SUM))
    assert run("SELECT id FROM rows WHERE f = 9;") == [(1,)]
    run(f"DELETE FROM rows WHERE id IN (SELECT d.id FROM {source} WHERE p.total IS NULL);", content(SUM))
    assert run("SELECT id FROM rows ORDER BY id;") == [(1,), (3,)]
