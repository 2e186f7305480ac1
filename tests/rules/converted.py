"""Models as today's converters write them: trained in milliseconds, converted as most people do.

@pytest.mark.parametrize("name", CONVERTED)
def test_something(name: str) -> None:
    model = convert(name)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from deployer.model import Model, Signature, SignatureField

ROWS = 200
COLUMNS = ("fare", "distance", "minutes", "passengers")


@cache
def data() -> dict[str, Any]:
    """`x`: numbers in float32; `table`: numbers and text; `flag`, `kind`, `name` and `value` to be learnt."""
    import pandas as pd

    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, len(COLUMNS))).astype(np.float32)
    value = (x @ [1.0, 2.0, -1.0, 0.5] + random.normal(scale=0.1, size=ROWS)).astype(np.float32)
    kind = np.digitize(value, [-1.0, 1.0])
    table = pd.DataFrame(
        {
            "fare": x[:, 0],
            "distance": x[:, 1],
            "payment": np.array(["cash", "card", "none"])[random.integers(0, 3, ROWS)],
            "passengers": random.integers(1, 6, ROWS),
        }
    )
    names = np.array(["low", "middle", "high"])[kind]
    return {"x": x, "table": table, "value": value, "flag": (value > 0).astype(int), "kind": kind, "name": names}


def estimators() -> Mapping[str, tuple[Callable[[], Any], str]]:
    """Name to an estimator that is not trained, and what it learns (`flag`, `kind`, `name`, `value`)."""
    from sklearn import (
        cluster,
        decomposition,
        ensemble,
        feature_selection,
        gaussian_process,
        mixture,
        multiclass,
        naive_bayes,
        neighbors,
        neural_network,
        svm,
        tree,
    )
    from sklearn import linear_model as linear
    from sklearn import preprocessing as pre
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.impute import KNNImputer, SimpleImputer
    from sklearn.pipeline import make_pipeline as pipe

    small = {"n_estimators": 5, "random_state": 0}
    return {
        "logistic": (linear.LogisticRegression, "flag"),
        "logistic of three": (linear.LogisticRegression, "kind"),
        "logistic of text": (linear.LogisticRegression, "name"),
        "linear": (linear.LinearRegression, "value"),
        "ridge": (linear.Ridge, "value"),
        "stochastic gradient": (lambda: linear.SGDClassifier(loss="log_loss", random_state=0), "flag"),
        "tree": (lambda: tree.DecisionTreeClassifier(max_depth=4), "kind"),
        "tree regressor": (lambda: tree.DecisionTreeRegressor(max_depth=4), "value"),
        "forest": (lambda: ensemble.RandomForestClassifier(max_depth=4, **small), "name"),
        "forest regressor": (lambda: ensemble.RandomForestRegressor(max_depth=4, **small), "value"),
        "extra trees": (lambda: ensemble.ExtraTreesClassifier(max_depth=4, **small), "kind"),
        "boosting": (lambda: ensemble.GradientBoostingClassifier(**small), "flag"),
        "boosting of three": (lambda: ensemble.GradientBoostingClassifier(**small), "kind"),
        "boosting regressor": (lambda: ensemble.GradientBoostingRegressor(**small), "value"),
        "ada boost": (lambda: ensemble.AdaBoostClassifier(**small), "kind"),
        "bagging": (lambda: ensemble.BaggingClassifier(**small), "kind"),
        "stacking": (
            lambda: ensemble.StackingClassifier(
                [("a", linear.LogisticRegression()), ("b", tree.DecisionTreeClassifier())]
            ),
            "flag",
        ),
        "isolation forest": (lambda: ensemble.IsolationForest(**small), "flag"),
        "network": (lambda: neural_network.MLPClassifier((8,), max_iter=20, random_state=0), "kind"),
        "network of two": (lambda: neural_network.MLPClassifier((8,), activation="tanh", max_iter=20), "flag"),
        "network regressor": (
            lambda: neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0),
            "value",
        ),
        "k-means": (lambda: cluster.KMeans(3, n_init=1, random_state=0), "flag"),
        "naive bayes": (naive_bayes.GaussianNB, "kind"),
        "support vectors": (svm.SVC, "kind"),
        "support vector regressor": (svm.SVR, "value"),
        "linear support vectors": (svm.LinearSVC, "kind"),
        "neighbours": (neighbors.KNeighborsClassifier, "kind"),
        "neighbours regressor": (neighbors.KNeighborsRegressor, "value"),
        "components": (lambda: pipe(decomposition.PCA(2), linear.LogisticRegression()), "flag"),
        "calibrated": (lambda: CalibratedClassifierCV(svm.LinearSVC()), "flag"),
        "one against rest": (lambda: multiclass.OneVsRestClassifier(linear.LogisticRegression()), "kind"),
        "mixture": (lambda: mixture.GaussianMixture(2, random_state=0), "flag"),
        "gaussian process": (gaussian_process.GaussianProcessRegressor, "value"),
        "scaler": (pre.StandardScaler, "flag"),
        "min-max scaler": (pre.MinMaxScaler, "flag"),
        "robust scaler": (pre.RobustScaler, "flag"),
        "powers": (lambda: pipe(pre.PolynomialFeatures(2), linear.LinearRegression()), "value"),
        "norms": (lambda: pipe(pre.Normalizer(), linear.LinearRegression()), "value"),
        "power transform": (lambda: pipe(pre.PowerTransformer(), linear.LinearRegression()), "value"),
        "bins": (
            lambda: pipe(
                pre.KBinsDiscretizer(4, encode="ordinal", quantile_method="averaged_inverted_cdf"),
                linear.LogisticRegression(),
            ),
            "flag",
        ),
        "best features": (lambda: pipe(feature_selection.SelectKBest(k=2), linear.LogisticRegression()), "flag"),
        "imputer": (lambda: pipe(SimpleImputer(), linear.LinearRegression()), "value"),
        # Written with functions of the model's own.
        "imputer by neighbours": (lambda: pipe(KNNImputer(), linear.LinearRegression()), "value"),
        "columns, logistic": (lambda: pipe(_columns(), linear.LogisticRegression()), "flag"),
        "columns, forest": (lambda: pipe(_columns(), ensemble.RandomForestClassifier(max_depth=4, **small)), "kind"),
        "columns, boosting": (lambda: pipe(_columns(), ensemble.GradientBoostingRegressor(**small)), "value"),
        "columns, ordinals": (lambda: pipe(_encoded(pre.OrdinalEncoder, -1), tree.DecisionTreeRegressor()), "value"),
        "columns, targets": (lambda: pipe(_encoded(pre.TargetEncoder), linear.LinearRegression()), "value"),
        "lightgbm": (_lightgbm("LGBMClassifier"), "flag"),
        "lightgbm of three": (_lightgbm("LGBMClassifier"), "kind"),
        "lightgbm regressor": (_lightgbm("LGBMRegressor"), "value"),
        "xgboost": (_xgboost("XGBClassifier"), "flag"),
        "xgboost of three": (_xgboost("XGBClassifier"), "kind"),
        "xgboost regressor": (_xgboost("XGBRegressor"), "value"),
    }


def _columns() -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["fare", "distance"]),
            ("text", OneHotEncoder(handle_unknown="ignore"), ["payment"]),
            ("counts", OneHotEncoder(handle_unknown="ignore"), ["passengers"]),
        ]
    )


def _encoded(encoder: Any, unknown: int | None = None) -> Any:
    from sklearn.compose import ColumnTransformer

    made = encoder() if unknown is None else encoder(handle_unknown="use_encoded_value", unknown_value=unknown)
    return ColumnTransformer([("text", made, ["payment"]), ("rest", "passthrough", ["fare", "distance", "passengers"])])


def _lightgbm(name: str) -> Callable[[], Any]:
    def make() -> Any:
        import lightgbm

        return getattr(lightgbm, name)(n_estimators=5, verbose=-1, random_state=0)

    return make


def _xgboost(name: str) -> Callable[[], Any]:
    def make() -> Any:
        import xgboost

        return getattr(xgboost, name)(n_estimators=5, random_state=0)

    return make


CONVERTED = tuple(estimators())


@cache
def train(name: str) -> Any:
    """The estimator of that name, trained."""
    make, wanted = estimators()[name]
    rows = data()["table"] if name.startswith("columns") else data()["x"]
    with warnings.catch_warnings():
        # What the libraries think of twenty rounds, or of each other's versions, is of no matter here.
        warnings.simplefilter("ignore")
        return make().fit(rows, data()[wanted])


_ASKED_FOR = {"isolation forest": 21, "imputer by neighbours": 21}
"""Versions for converters that refuse others: the first the default, ai.onnx.ml 5, the second all below 18."""


@cache
def convert(name: str, opset: int | None = None, kind: str = "float") -> Model:
    """The trained estimator as ONNX, by the converter of its library; `opset` and `kind` of input as asked for."""
    import onnxmltools
    from skl2onnx import convert_sklearn
    from skl2onnx.common import data_types

    number = {"float": data_types.FloatTensorType, "double": data_types.DoubleTensorType}[kind]
    types = [("X", number([None, len(COLUMNS)]))]
    if name.startswith("columns"):
        types = [
            ("fare", number([None, 1])),
            ("distance", number([None, 1])),
            ("payment", data_types.StringTensorType([None, 1])),
            ("passengers", data_types.Int64TensorType([None, 1])),
        ]
    converters = {"lightgbm": onnxmltools.convert_lightgbm, "xgboost": onnxmltools.convert_xgboost}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = name.split(maxsplit=1)[0]
        if library in converters:
            from onnxmltools.convert.common.data_types import FloatTensorType

            types = [("X", FloatTensorType([None, len(COLUMNS)]))]
            proto = converters[library](train(name), initial_types=types, target_opset=opset)
        else:
            wanted = _ASKED_FOR.get(name, opset)
            versions = None if wanted is None else {"": wanted, "ai.onnx.ml": 3}
            proto = convert_sklearn(train(name), initial_types=types, target_opset=versions)
    names = () if name.startswith("columns") else COLUMNS
    signature = Signature(tuple(SignatureField(column, "double") for column in names))
    return Model(name.replace(" ", "_"), 1, proto.SerializeToString(), signature)
