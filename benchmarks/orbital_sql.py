"""Writes a trained model as DuckDB's SQL by orbital, in an environment of its own: orbital needs an older onnx.

python -m benchmarks.orbital_sql "logistic regression"
"""

from __future__ import annotations

import sys

import orbital
from orbital.types import FloatColumnType
from sklearn.pipeline import Pipeline

from benchmarks.estimators import COLUMNS, train

if __name__ == "__main__":
    pipeline = Pipeline([("model", train(sys.argv[1]))])
    parsed = orbital.parse_pipeline(pipeline, features={name: FloatColumnType() for name in COLUMNS})
    print(orbital.export_sql("rows", parsed, dialect="duckdb", optimize=False))
