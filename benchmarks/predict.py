"""Rows a second through PREDICT, from table to table, against ONNX Runtime alone on arrays in memory.

python benchmarks/predict.py [ROWS]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

from benchmarks.models import COLUMNS, ESTIMATORS, fix_at_one_row, make_model
from deployer.emulator import dbapi

CORES = len(os.sched_getaffinity(0))
OUTPUT = "probabilities_1"
ROUNDS = 5


def median_seconds(run: Callable[[], object]) -> float:
    """The median of several rounds, after one that warms up."""
    run()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[ROUNDS // 2]


def baseline(content: bytes, arrays: dict[str, np.ndarray]) -> float:
    """Seconds for one `InferenceSession.run` over all rows, with a thread a core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = CORES
    session = onnxruntime.InferenceSession(content, options)
    return median_seconds(lambda: session.run([OUTPUT], arrays))


def through_predict(connection: dbapi.Connection, content: bytes) -> float:
    """Seconds for CREATE TABLE … AS SELECT … FROM PREDICT."""
    cursor = connection.cursor()
    cursor.execute("DELETE FROM models; INSERT INTO models (model) SELECT CAST(? AS varbinary(max));", [content])

    def run() -> None:
        cursor.execute(
            f"CREATE TABLE scored WITH (HEAP, DISTRIBUTION = ROUND_ROBIN) AS SELECT d.id, p.{OUTPUT} AS score "
            "FROM PREDICT("
            f"MODEL = (SELECT model FROM models), DATA = rows AS d, RUNTIME = ONNX) WITH ({OUTPUT} real) AS p;"
        )
        cursor.execute("DROP TABLE scored;")

    return median_seconds(run)


def one_row_a_run(content: bytes, arrays: dict[str, np.ndarray], rows: int = 20_000) -> float:
    """Rows a second of a `[1, 1]` model fed row by row, as a client would."""
    session = onnxruntime.InferenceSession(content)
    start = time.perf_counter()
    for row in range(rows):
        session.run([OUTPUT], {name: values[row : row + 1] for name, values in arrays.items()})
    return rows / (time.perf_counter() - start)


def main(rows: int) -> None:
    print(f"PREDICT from table to table, {rows:,} rows of {len(COLUMNS)} real columns, {CORES} cores")
    print("ratio: rows a second through PREDICT / rows a second of one InferenceSession.run on arrays in memory\n")
    with tempfile.TemporaryDirectory() as folder:
        connection = dbapi.connect(str(Path(folder) / "pool.duckdb"), autocommit=True)
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE models (model varbinary(max)) WITH (HEAP);")
        cursor.execute(f"CREATE TABLE rows (id bigint, {', '.join(f'{name} real' for name in COLUMNS)}) WITH (HEAP);")
        random = np.random.default_rng(0)
        arrays = {name: random.normal(size=(rows, 1)).astype(np.float32) for name in COLUMNS}
        fill_table(connection, arrays)
        for name in ESTIMATORS:
            content = make_model(name)
            alone = baseline(content, arrays)
            fixed = fix_at_one_row(content)
            for shape, model in (("[N,1]", content), ("[1,1]", fixed)):
                seconds = through_predict(connection, model)
                print(
                    f"{name:30} {shape}  ratio {alone / seconds:5.2f}   {rows / seconds:12,.0f} rows/s   "
                    f"alone {rows / alone:12,.0f} rows/s"
                )
            slow = one_row_a_run(fixed, arrays)
            print(f"{'':30} one run a row, for comparison: ratio {slow * alone / rows:7.4f}   {slow:12,.0f} rows/s")
        connection.close()


def fill_table(connection: dbapi.Connection, arrays: dict[str, np.ndarray]) -> None:
    """Load the arrays past T-SQL, which has no bulk load; nothing of it is measured."""
    import pyarrow as pa

    count = len(next(iter(arrays.values())))
    table = pa.table({"id": np.arange(count), **{name: values.ravel() for name, values in arrays.items()}})
    inner = connection.session.connection
    inner.register("arrays", table)
    inner.execute("INSERT INTO dbo.rows SELECT * FROM arrays")
    inner.unregister("arrays")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
