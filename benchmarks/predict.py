"""Rows a second through PREDICT, table to table, against ONNX Runtime alone on arrays in memory, and against others.

python -m benchmarks.predict [ROWS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnxruntime

from benchmarks.estimators import train
from benchmarks.models import COLUMNS, ESTIMATORS, fix_at_one_row, make_model, make_wide
from deployer.emulator import dbapi

CORES = len(os.sched_getaffinity(0))
OUTPUT = "probabilities_1"
ROUNDS = 5
ALONE = "onnxruntime on arrays"
Arrays = Mapping[str, np.ndarray]


def best_seconds(contenders: Mapping[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Seconds on the clock and of the processors, each the best of several rounds in which all have their turn.

    Others may be at work on the machine: that lengthens the first more than the second.
    """
    best = dict.fromkeys(contenders, (float("inf"), float("inf")))
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            start, busy = time.perf_counter(), time.process_time()
            run()
            passed = time.perf_counter() - start, time.process_time() - busy
            best[name] = (min(best[name][0], passed[0]), min(best[name][1], passed[1]))
    return best


def alone(content: bytes, arrays: Arrays) -> Callable[[], object]:
    """One `InferenceSession.run` over all rows, with a thread a core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = CORES
    session = onnxruntime.InferenceSession(content, options)
    return lambda: session.run([OUTPUT], dict(arrays))


def through_predict(connection: dbapi.Connection, content: bytes, name: str) -> Callable[[], object]:
    """CREATE TABLE … AS SELECT … FROM PREDICT."""
    cursor = connection.cursor()
    cursor.execute("INSERT INTO models (name, model) SELECT ?, CAST(? AS varbinary(max));", [name, content])

    def run() -> None:
        cursor.execute(
            f"CREATE TABLE scored WITH (HEAP, DISTRIBUTION = ROUND_ROBIN) AS SELECT d.id, p.{OUTPUT} AS score "
            f"FROM PREDICT(MODEL = (SELECT model FROM models WHERE name = '{name}'), DATA = rows AS d, RUNTIME = ONNX) "
            f"WITH ({OUTPUT} real) AS p;"
        )
        cursor.execute("DROP TABLE scored;")

    return run


def through_pyfunc(name: str, wide: np.ndarray, folder: Path) -> Callable[[], object]:
    """MLflow's own way to score an ONNX model, here with one wide input: it cannot feed inputs of `[N,1]`."""
    import mlflow

    path = folder / name
    mlflow.onnx.save_model(make_wide(name), str(path), onnx_execution_providers=["CPUExecutionProvider"])
    model = mlflow.pyfunc.load_model(str(path))
    return lambda: model.predict(wide)


def through_orbital(name: str, connection: dbapi.Connection) -> Callable[[], object] | None:
    """The model as SQL by orbital, from table to table in the same DuckDB; None where orbital is not installed."""
    python = os.environ.get("ORBITAL_PYTHON", sys.executable)
    command = [python, "-m", "benchmarks.orbital_sql", name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return None
    duckdb = connection.session.connection
    query = done.stdout.replace('FROM "rows"', 'FROM dbo."rows"')
    return lambda: duckdb.execute(f'CREATE OR REPLACE TABLE orbital AS SELECT "output_probability.1" FROM ({query})')


def one_row_a_run(content: bytes, arrays: Arrays, rows: int = 20_000) -> float:
    """Rows a second of a `[1, 1]` model fed row by row, as a client would."""
    session = onnxruntime.InferenceSession(content)
    start = time.perf_counter()
    for row in range(rows):
        session.run([OUTPUT], {name: values[row : row + 1] for name, values in arrays.items()})
    return rows / (time.perf_counter() - start)


def main(rows: int) -> None:
    print(f"{rows:,} rows of {len(COLUMNS)} real columns, {CORES} cores; the best of {ROUNDS} rounds")
    print(f"ratio: rows a second / rows a second of {ALONE}, one InferenceSession.run with a thread a core\n")
    random = np.random.default_rng(0)
    wide = random.normal(size=(rows, len(COLUMNS))).astype(np.float32)
    arrays = {name: np.ascontiguousarray(wide[:, [at]]) for at, name in enumerate(COLUMNS)}
    with tempfile.TemporaryDirectory() as folder:
        connection = dbapi.connect(Path(folder) / "pool.duckdb", autocommit=True)
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE models (name varchar(50), model varbinary(max)) WITH (HEAP);")
        cursor.execute(f"CREATE TABLE rows (id bigint, {', '.join(f'{name} real' for name in COLUMNS)}) WITH (HEAP);")
        fill_table(connection, arrays)
        for name, estimator in ((name, train(name)) for name in ESTIMATORS):
            content = make_model(name)
            fixed = fix_at_one_row(content)
            contenders: dict[str, Callable[[], object] | None] = {
                ALONE: alone(content, arrays),
                "PREDICT, [N,1] inputs": through_predict(connection, content, f"{name}, free"),
                "PREDICT, [1,1] inputs": through_predict(connection, fixed, f"{name}, fixed"),
                "scikit-learn on an array": lambda estimator=estimator: estimator.predict_proba(wide),
                "MLflow's pyfunc on an array": through_pyfunc(name, wide, Path(folder)),
                "orbital's SQL on DuckDB": through_orbital(name, connection),
            }
            print(name)
            best = best_seconds({label: run for label, run in contenders.items() if run is not None})
            for label in contenders:
                if label in best:
                    clock, busy = best[label]
                    ratio = f"ratio {best[ALONE][0] / clock:6.3f}   {rows / clock:12,.0f} rows/s"
                    print(f"  {label:28} {ratio}   {1e6 * busy / rows:6.2f} processor seconds a million rows")
                else:
                    print(f"  {label:28} not installed: make bench installs it")
            slow = one_row_a_run(fixed, arrays)
            print(f"  {'[1,1], one run a row':28} ratio {slow * best[ALONE][0] / rows:6.3f}   {slow:12,.0f} rows/s\n")
        connection.close()


def fill_table(connection: dbapi.Connection, arrays: Arrays) -> None:
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
