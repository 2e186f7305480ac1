"""Two models, trained with scikit-learn and exported with skl2onnx the way most people do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deployer.demo.trips import TABLE, TABLE_FILE, Trips

if TYPE_CHECKING:
    import onnx
    import pandas as pd

Array = np.ndarray[Any, np.dtype[Any]]

TIP_FEATURES = ("fareAmount", "tripDistance", "tripTimeSecs", "passengerCount", "paymentType")
FARE_FEATURES = ("tripDistance", "tripTimeSecs", "passengerCount", "pickupTimeBin")

_TRAINING_ROWS = 50_000
"""More rows make the demo slower and the models no better to look at."""


@dataclass(frozen=True)
class TrainedModel:
    """A model as scikit-learn has it and as ONNX, with what its registration and deployment need."""

    name: str
    kind: str
    exported: onnx.ModelProto
    example: pd.DataFrame
    """A few rows of its inputs."""
    outputs: Mapping[str, str]
    """ONNX output of the fixed model, to the column of the result."""
    predict: Callable[[Trips], Mapping[str, Array]]
    """What scikit-learn says for trips: the columns of the result, computed in 64 bits where it does so."""

    @property
    def example_scores(self) -> pd.DataFrame:
        """What scikit-learn says for the example."""
        import pandas as pd

        rows = {str(name): column.to_numpy() for name, column in self.example.items()}
        return pd.DataFrame(dict(self.predict(rows)))

    @property
    def spec(self) -> str:
        """The text of the spec that deploys it."""
        outputs = "".join(f"  {output}: {{as: {column}}}\n" for output, column in self.outputs.items())
        return (
            f"# What is deployed, from where, into what.\n"
            f"model: models:/{self.name}@champion\n"
            f"target: synapse-dedicated\n"
            f"models_table: ml.models\n"
            f"data: {TABLE}\n"
            f"schema: {TABLE_FILE}\n"
            f"key: [trip_id]\n"
            f"outputs:\n{outputs}"
            f"statements:\n"
            f"  - view: ml.{self.name}_scores\n"
            f"  - procedure: ml.score_{self.name}\n"
            f"    into: ml.{self.name}_results\n"
            f"    mode: merge\n"
            f"# ONNX computes in 32 bits what scikit-learn computes in 64, so the seventh digit may differ.\n"
            f"tolerance: {{absolute: 1e-6, relative: 1e-5}}\n"
        )


def train_tip(trips: Trips) -> TrainedModel:
    """Whether a trip is tipped: boosted trees over one wide float input, ZipMap left on.

    scikit-learn reads 32-bit floats here as ONNX Runtime does, and the columns' values are further apart than a 32-bit
    threshold is off, so that both take the same way through every tree.
    """
    from skl2onnx import to_onnx
    from sklearn.ensemble import GradientBoostingClassifier

    features = _wide(trips)
    model = GradientBoostingClassifier(n_estimators=60, max_depth=3, random_state=0)
    model.fit(features[:_TRAINING_ROWS], trips["tipped"][:_TRAINING_ROWS])

    def predict(rows: Trips) -> Mapping[str, Array]:
        probability = model.predict_proba(_wide(rows))
        return {"tipped": model.classes_[probability.argmax(axis=1)], "tip_probability": probability[:, 1]}

    return TrainedModel(
        name="nyc_taxi_tip",
        kind="boosted trees",
        exported=to_onnx(model, features[:1]),
        example=_frame(trips, TIP_FEATURES).head().astype(np.float32),
        outputs={"output_label": "tipped", "output_probability_1": "tip_probability"},
        predict=predict,
    )


def train_fare(trips: Trips) -> TrainedModel:
    """What the fare will be: a pipeline over one input a column, numbers and text."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, texts = list(FARE_FEATURES[:3]), list(FARE_FEATURES[3:])
    columns = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(), texts))
    model = make_pipeline(columns, LinearRegression())
    frame = _frame(trips, FARE_FEATURES)
    model.fit(frame.head(_TRAINING_ROWS), trips["fareAmount"][:_TRAINING_ROWS])

    kinds = (FloatTensorType, Int64TensorType, Int64TensorType, StringTensorType)
    inputs = [(name, kind([None, 1])) for name, kind in zip(FARE_FEATURES, kinds, strict=True)]
    return TrainedModel(
        name="nyc_taxi_fare",
        kind="linear pipeline",
        exported=convert_sklearn(model, initial_types=inputs),
        example=frame.head(),
        outputs={"variable": "predicted_fare"},
        predict=lambda rows: {"predicted_fare": model.predict(_frame(rows, FARE_FEATURES))},
    )


def _wide(trips: Trips) -> Array:
    return np.column_stack([trips[name].astype(np.float32) for name in TIP_FEATURES])


def _frame(trips: Trips, names: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: trips[name] for name in names})
