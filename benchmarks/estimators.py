"""What is trained for the benchmarks; needs scikit-learn only."""

from __future__ import annotations

import functools

import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

COLUMNS = tuple(f"c{index}" for index in range(30))
ESTIMATORS = {
    "logistic regression": LogisticRegression(max_iter=500),
    "100 boosted trees, depth 3": GradientBoostingClassifier(n_estimators=100, max_depth=3, random_state=0),
    "forest of 100 trees, depth 6": RandomForestClassifier(n_estimators=100, max_depth=6, random_state=0),
}


@functools.cache
def train(name: str, width: int = len(COLUMNS)) -> ClassifierMixin:
    """An estimator, fitted to rows of `width` columns; the same every time."""
    features, labels = make_classification(5_000, width, random_state=0)
    return clone(ESTIMATORS[name]).fit(features.astype(np.float32), labels)
