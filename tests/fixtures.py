"""The model folders of `fixtures/`, with their rows and the scores that the source model gave for them.

    @pytest.mark.parametrize("fixture", FIXTURES, ids=str)
    def test_something(fixture: Fixture) -> None: ...

Nothing is read before it is asked for, and nothing of it needs mlflow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deployer.rows import NUMPY_TYPES
from deployer.spec import Tolerance

FOLDER = Path(__file__).parent.parent / "fixtures"

Array = np.ndarray[Any, np.dtype[Any]]

DOUBLE = Tolerance(absolute=1e-12, relative=1e-12)
"""The graph computes in double as the source does, and adds in another order."""
SINGLE = Tolerance(absolute=2e-6, relative=2e-6)
"""The source computes in double, the graph in float, whose 24 bits are good for 6e-8 an operation."""


@dataclass(frozen=True)
class Fixture:
    """One MLflow model folder. `columns` names those of a wide input where neither signature nor metadata does."""

    name: str
    tolerance: Tolerance
    columns: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @cached_property
    def rows(self) -> Mapping[str, Array]:
        """Table column to its values: a NULL is NaN among floats and None among text."""
        return read_columns(self.folder / "rows.json")

    @cached_property
    def scores(self) -> Mapping[str, Array]:
        """What the source model gave, by the names that `deployer.scalars.output_columns` gives its outputs."""
        return read_columns(self.folder / "scores.json")

    def __str__(self) -> str:
        return self.name


def read_columns(path: Path) -> dict[str, Array]:
    """The columns that `fixtures/make.py` wrote: floats come back the same to the last bit."""
    columns = json.loads(path.read_text(encoding="utf-8"))
    return {name: _array(column["type"], column["values"]) for name, column in columns.items()}


def _array(kind: str, values: list[Any]) -> Array:
    if kind in {"float", "double"}:
        values = [float("nan") if value is None else value for value in values]
    return np.array(values, dtype=NUMPY_TYPES[kind])


FIXTURES: tuple[Fixture, ...] = (
    Fixture("linear_regression", SINGLE),
    Fixture("wide_logistic", SINGLE),
    Fixture("text_labels", SINGLE),
    Fixture("boosted_trees", SINGLE),
    Fixture("random_forest", SINGLE),
    Fixture("text_and_numbers", SINGLE),
    Fixture("mixed_integers", SINGLE),
    Fixture("one_row_inputs", SINGLE),
    Fixture("double_inputs", DOUBLE),
    # Scaler of ai.onnx.ml gives float, whatever it is fed.
    Fixture("double_scaler", SINGLE),
    Fixture("nan_imputer", SINGLE),
    Fixture("wide_without_names", SINGLE, columns=("f0", "f1", "f2", "f3", "f4")),
    Fixture("naive_bayes", SINGLE),
    # The graph takes |x|^2 - 2xc + |c|^2, which cancels to a few digits beside a centre; the source does it in double.
    Fixture("cluster_distances", Tolerance(absolute=1e-4)),
    Fixture("nearest_neighbours", SINGLE),
    Fixture("anomaly_forest", SINGLE),
    Fixture("flag_input", SINGLE),
    Fixture("nothing_to_fix", SINGLE),
    Fixture("lightgbm_classifier", SINGLE),
    Fixture("xgboost_regressor", SINGLE),
    Fixture("external_weights", SINGLE),
)

BROKEN: tuple[Path, ...] = tuple(
    FOLDER / "broken" / name
    for name in (
        "cut_off",
        "empty",
        "leaving_weights",
        "missing_model",
        "missing_weights",
        "not_a_model",
        "sklearn_flavor",
    )
)
"""Folders that no model can be read from."""
