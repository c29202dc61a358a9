"""Models that a network has to beat, fitted on the training part of the same split."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pipeline.values.data import Prepared, Task

if TYPE_CHECKING:
    import numpy as np

Predict: TypeAlias = "Callable[[np.ndarray], np.ndarray]"
"""Rows (rows, …) to probabilities (rows, classes), or to (rows,) in the target's raw units."""

TITLES: Final = {
    Task.BINARY: {"linear": "logistic regression", "boosting": "gradient boosting", "dummy": "majority class"},
    Task.MULTICLASS: {"linear": "logistic regression", "boosting": "gradient boosting", "dummy": "majority class"},
    Task.REGRESSION: {"linear": "linear regression", "boosting": "gradient boosting", "dummy": "mean"},
}
"""The baselines by name, with their titles in a report, in its order."""

BOOSTED: Final = 10_000_000
"""Boosting is left out if rows x columns x classes are more: on 3,000 images of 28 x 28 it takes over a minute."""
ITERATED: Final = 5_000_000_000
"""Logistic regression may take this much rows x columns x iterations.

For a table this allows thousands of iterations, for 48,000 images about 100.
"""


def omitted(prepared: Prepared) -> tuple[str, ...]:
    """A sentence on each baseline that is left out because it would take minutes on this amount of data."""
    x = prepared.train.x
    if x.size * max(len(prepared.transform.classes), 1) <= BOOSTED:
        return ()
    columns = x[0].size
    sentence = f"Gradient boosting is left out: on {len(x):,} rows of {columns:,} columns it would take minutes."
    return (sentence,)


def baselines(prepared: Prepared, seed: int) -> dict[str, Predict]:
    """The dummy, linear and boosting baselines by name, without omitted ones; fitted on the training part only."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    x, y = _flat(prepared.train.x), prepared.train.y
    iterations = max(20, min(1000, ITERATED // max(x.size, 1)))
    models = _regressors(seed) if prepared.dataset.task is Task.REGRESSION else _classifiers(seed, iterations)
    if omitted(prepared):
        del models["boosting"]
    if prepared.transform.classes and len(set(y.tolist())) == 1:
        models = {"dummy": models["dummy"]}  # the others refuse to learn from a single class
    # on a busy machine, boosting's threads wait for each other: 37 s for 300 rows, against 0.2 s with one
    with threadpool_limits(1), warnings.catch_warnings():
        # a fit that has not converged is still a baseline, and its score shows how good it is
        warnings.simplefilter("ignore", ConvergenceWarning)
        return {name: _predict(model.fit(x, y), prepared) for name, model in models.items()}


def _classifiers(seed: int, iterations: int) -> dict[str, Any]:
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "dummy": DummyClassifier(strategy="prior"),
        "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=iterations)),
        "boosting": HistGradientBoostingClassifier(early_stopping=False, random_state=seed),
    }


def _regressors(seed: int) -> dict[str, Any]:
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "dummy": DummyRegressor(),
        # a small ridge penalty: one-hot columns add up to a constant, so plain least squares has no unique solution
        "linear": make_pipeline(StandardScaler(), Ridge(alpha=1.0)),
        "boosting": HistGradientBoostingRegressor(early_stopping=False, random_state=seed),
    }


def _predict(model: Any, prepared: Prepared) -> Predict:
    import numpy as np
    from threadpoolctl import threadpool_limits

    transform = prepared.transform

    def probabilities(x: "np.ndarray") -> "np.ndarray":
        # a class without a row in the training part has the probability 0
        found = np.zeros((len(x), len(transform.classes)))
        with threadpool_limits(1):
            found[:, model.classes_] = model.predict_proba(_flat(x))
        return found

    def values(x: "np.ndarray") -> "np.ndarray":
        with threadpool_limits(1):
            found: np.ndarray = model.predict(_flat(x))
        return found * transform.scale + transform.mean

    return probabilities if transform.classes else values


def _flat(x: "np.ndarray") -> "np.ndarray":
    return x.reshape(len(x), -1).astype(float)
