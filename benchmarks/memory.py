"""Peak memory of scoring ten million rows against one million, each in a process of its own.

python -m benchmarks.memory [ROWS]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.models import COLUMNS, make_model

OUTPUT = "probabilities_1"
FEW, MANY = 1_000_000, 10_000_000


def score(rows: int, file: str) -> int:
    """Score from table to table; gives the process's peak of resident memory, in bytes."""
    from deployer.emulator import dbapi

    connection = dbapi.connect(file, autocommit=True)
    cursor = connection.cursor()
    cursor.execute(
        f"CREATE TABLE scored WITH (HEAP, DISTRIBUTION = ROUND_ROBIN) AS SELECT d.id, p.{OUTPUT} AS score FROM PREDICT("
        f"MODEL = (SELECT model FROM models), DATA = rows AS d, RUNTIME = ONNX) WITH ({OUTPUT} real) AS p;"
    )
    ((found,),) = cursor.execute("SELECT COUNT(*) FROM scored;").fetchall()
    assert found == rows
    connection.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fill(rows: int, file: str) -> None:
    """A pool with a model and a table of random rows, made inside DuckDB; nothing of it is measured."""
    from deployer.emulator import dbapi

    connection = dbapi.connect(file, autocommit=True)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE models (model varbinary(max)) WITH (HEAP);")
    model = make_model("100 boosted trees, depth 3")
    cursor.execute("INSERT INTO models (model) SELECT CAST(? AS varbinary(max));", [model])
    cursor.execute(f"CREATE TABLE rows (id bigint, {', '.join(f'{name} real' for name in COLUMNS)}) WITH (HEAP);")
    values = ", ".join("CAST(random() * 4 - 2 AS FLOAT)" for _ in COLUMNS)
    connection.session.connection.execute(f"INSERT INTO dbo.rows SELECT i, {values} FROM range({rows}) AS t(i)")
    connection.close()


def main() -> None:
    peaks = {}
    for rows in (FEW, MANY):
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "pool.duckdb")
            command = [sys.executable, "-m", "benchmarks.memory"]
            subprocess.run([*command, "fill", str(rows), file], check=True)
            done = subprocess.run([*command, "score", str(rows), file], check=True, capture_output=True, text=True)
            peaks[rows] = int(done.stdout)
        print(f"{rows:>12,} rows: peak {peaks[rows] / 2**20:7.0f} MiB")
    print(f"ratio {peaks[MANY] / peaks[FEW]:.2f} (aim: at most 1.3)")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", count, file]:
            fill(int(count), file)
        case ["score", count, file]:
            print(score(int(count), file))
        case _:
            main()
