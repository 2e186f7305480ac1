"""Rows a second and peak memory of scoring by CREATE TABLE … AS SELECT, for more and more rows.

python -m benchmarks.memory [--columns 10] [--model "logistic regression"] [ROWS …]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.models import COLUMNS, ESTIMATORS, make_model

OUTPUT = "probabilities_1"
_STEP = 2_000_000
TREES = "100 boosted trees, depth 3"


def score(rows: int, file: str) -> dict[str, float]:
    """Score from table to table; gives the seconds, and the process's peak of resident memory in MiB."""
    from deployer.emulator import dbapi

    connection = dbapi.connect(file, autocommit=True)
    cursor = connection.cursor()
    start = time.perf_counter()
    cursor.execute(
        f"CREATE TABLE scored WITH (HEAP, DISTRIBUTION = ROUND_ROBIN) AS SELECT d.id, p.{OUTPUT} AS score FROM PREDICT("
        f"MODEL = (SELECT model FROM models), DATA = rows AS d, RUNTIME = ONNX) WITH ({OUTPUT} real) AS p;"
    )
    seconds = time.perf_counter() - start
    ((found, scored),) = cursor.execute("SELECT COUNT_BIG(*), COUNT_BIG(score) FROM scored;").fetchall()
    assert found == scored == rows
    connection.close()
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def fill(rows: int, file: str, width: int, model: str) -> None:
    """A pool with a model and a table of random rows, made inside DuckDB; nothing of it is measured."""
    from deployer.emulator import dbapi

    columns = COLUMNS[:width]
    connection = dbapi.connect(file, autocommit=True)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE models (model varbinary(max)) WITH (HEAP);")
    cursor.execute("INSERT INTO models (model) SELECT CAST(? AS varbinary(max));", [make_model(model, width)])
    cursor.execute(f"CREATE TABLE rows (id bigint, {', '.join(f'{name} real' for name in columns)}) WITH (HEAP);")
    values = ", ".join("CAST(random() * 4 - 2 AS FLOAT)" for _ in columns)
    # What one transaction writes is held, beyond the memory limit in a temporary file.
    for start in range(0, rows, _STEP):
        numbers = f"range({start}, {min(start + _STEP, rows)}) AS t(i)"
        connection.session.connection.execute(f"INSERT INTO dbo.rows SELECT i, {values} FROM {numbers}")
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", type=int, default=[1_000_000, 10_000_000])
    parser.add_argument("--columns", type=int, default=len(COLUMNS), choices=range(5, len(COLUMNS) + 1), metavar="N")
    parser.add_argument("--model", choices=ESTIMATORS, default=TREES)
    parser.add_argument("--step", nargs=2, metavar=("fill|score", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step, file = given.step
        if step == "fill":
            fill(given.rows[0], file, given.columns, given.model)
        else:
            print(json.dumps(score(given.rows[0], file)))
        return
    print(f"{given.model}, {given.columns} real columns; each row count in a process of its own")
    peaks = []
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "pool.duckdb")
            command = [sys.executable, "-m", "benchmarks.memory", str(rows), "--columns", str(given.columns)]
            command += ["--model", given.model, "--step"]
            subprocess.run([*command, "fill", file], check=True)
            done = subprocess.run([*command, "score", file], check=True, capture_output=True, text=True)
            found = json.loads(done.stdout)
        peaks.append(found["peak"])
        print(f"{rows:>12,} rows: {rows / found['seconds']:12,.0f} rows/s   peak {found['peak']:7.0f} MiB", flush=True)
    print(f"peak of the last against the first: {peaks[-1] / peaks[0]:.2f} (aim: at most 1.3)")


if __name__ == "__main__":
    main()
