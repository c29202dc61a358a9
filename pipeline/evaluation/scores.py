"""Scores of predictions, each with its interval, from one set of resamples for all models.

Predictions are probabilities (rows, classes) in the order of the class numbers, or (rows,) in the target's raw units.
Intervals are percentile bootstrap intervals (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13).
A resample is one weight for each row, a whole number: how often the row was drawn.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, final

from pipeline.values.data import Task

if TYPE_CHECKING:
    import numpy as np

RESAMPLES: Final = 1000
COVERAGE: Final = 0.95
CELLS: Final = 1 << 21
"""The largest number of weights in memory at once: 16 MiB. So a large test part is resampled in small portions."""

DECIDING: Final[Mapping[Task, tuple[str, str]]] = {
    Task.BINARY: ("log_loss", "accuracy"),
    Task.MULTICLASS: ("log_loss", "accuracy"),
    Task.REGRESSION: ("rmse", "mae"),
}
"""The metric that decides between two models, and a second one that people ask for."""


@final
@dataclass(frozen=True, slots=True)
class Score:
    """A metric's value and its 95 % interval; NaN if the rows do not define it.

    `sd` is the standard deviation between several models of a kind, if `value` is their mean.
    """

    value: float
    low: float
    high: float
    sd: float | None = None

    @staticmethod
    def of(value: float, resampled: "np.ndarray") -> "Score":
        """The score; its interval leaves out the same share of the defined resamples on both sides."""
        import numpy as np

        defined = resampled[np.isfinite(resampled)]
        if not len(defined) or not math.isfinite(value):
            return Score(value, math.nan, math.nan)
        low, high = np.quantile(defined, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
        return Score(value, float(low), float(high))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """A model's metrics: their values on the rows, and their values in each of the common resamples."""

    values: Mapping[str, float]
    resampled: Mapping[str, "np.ndarray"]

    def table(self) -> dict[str, Score]:
        """Each metric with its interval."""
        return {metric: Score.of(value, self.resampled[metric]) for metric, value in self.values.items()}


def scores(task: Task, truth: "np.ndarray", models: Mapping[str, "np.ndarray"], seed: int) -> dict[str, Scores]:
    """The scores of each model's predictions of `truth` (rows,), all from the same resamples."""
    import numpy as np

    once = np.ones((1, len(truth)))
    parts = [
        {name: measure(task, truth, predicted, weights) for name, predicted in models.items()}
        for weights in resamples(len(truth), seed)
    ]
    found = {}
    for name, predicted in models.items():
        values = {metric: float(value[0]) for metric, value in measure(task, truth, predicted, once).items()}
        found[name] = Scores(values, {m: np.concatenate([part[name][m] for part in parts]) for m in values})
    return found


def standardized(of: Scores, scale: float) -> Scores:
    """A regression's scores, with the mean squared error of the target divided by `scale`: the loss of the training."""
    name = "standardized_mse"
    return Scores(
        {**of.values, name: (of.values["rmse"] / scale) ** 2},
        {**of.resampled, name: (of.resampled["rmse"] / scale) ** 2},
    )


def single(models: Sequence[Scores]) -> dict[str, Score]:
    """Each metric of a single model of a kind, known by several of them: their mean, and how much they differ."""
    import numpy as np

    found = {}
    for metric in models[0].values:
        values = [of.values[metric] for of in models]
        resampled = np.mean([of.resampled[metric] for of in models], axis=0)
        sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
        found[metric] = replace(Score.of(float(np.mean(values)), resampled), sd=sd)
    return found


def resamples(rows: int, seed: int, count: int = RESAMPLES) -> "Iterator[np.ndarray]":
    """Weights (resamples, rows), `count` resamples in all, in portions; the same for the same rows and seed."""
    import numpy as np

    generator = np.random.default_rng(seed)
    portion = max(1, CELLS // rows)
    for start in range(0, count, portion):
        size = min(portion, count - start)
        drawn = generator.integers(0, rows, (size, rows)) * size + np.arange(size)[:, None]
        # a row's weights are next to each other in memory, which makes reordering rows four times faster
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(rows, size).astype(np.float64).T


def measure(task: Task, truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> dict[str, "np.ndarray"]:
    """Each metric (resamples,) of predictions under `weights` (resamples, rows); NaN if it is not defined."""
    import numpy as np

    predicted = np.asarray(predicted, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if task is Task.REGRESSION:
            return _regression(np.asarray(truth, np.float64), predicted, weights)
        return _classification(task, np.asarray(truth, np.int64), predicted, weights)


def log_losses(truth: "np.ndarray", predicted: "np.ndarray") -> "np.ndarray":
    """The log loss of each row (rows,) of probabilities (rows, classes); `truth` are class numbers (rows,)."""
    import numpy as np

    # networks answer in float32: a probability that was rounded to 0 gets the same loss as in scikit-learn and Keras
    given = np.clip(predicted[np.arange(len(truth)), truth], np.finfo(np.float32).eps, 1.0)
    losses: np.ndarray = -np.log(given)
    return losses


def counts(truth: "np.ndarray", predicted: "np.ndarray") -> "np.ndarray":
    """The confusion matrix (classes, classes): rows are the true classes, columns the most probable ones."""
    import numpy as np

    classes = predicted.shape[1]
    cells = np.asarray(truth, np.int64) * classes + predicted.argmax(axis=1)
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def _regression(truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray") -> dict[str, "np.ndarray"]:
    import numpy as np

    total = weights.sum(axis=1)
    error = predicted - truth
    centred = truth - truth.mean()  # otherwise the variance below is a small difference of large numbers
    squares = weights @ error**2
    spread = weights @ centred**2 - (weights @ centred) ** 2 / total
    defined = spread > 1e-12 * (weights @ centred**2)
    return {
        "rmse": np.sqrt(squares / total),
        "mae": weights @ np.abs(error) / total,
        "r2": np.where(defined, 1 - squares / spread, np.nan),
    }


def _classification(
    task: Task, truth: "np.ndarray", predicted: "np.ndarray", weights: "np.ndarray"
) -> dict[str, "np.ndarray"]:
    import numpy as np

    total = weights.sum(axis=1)
    chosen = predicted.argmax(axis=1)
    positive = [1] if task is Task.BINARY else np.union1d(truth, chosen)
    ranked = [1] if task is Task.BINARY else np.unique(truth)
    return {
        "log_loss": weights @ log_losses(truth, predicted) / total,
        "accuracy": weights @ (chosen == truth) / total,
        "roc_auc": np.mean([_area(truth == k, predicted[:, k], weights) for k in ranked], axis=0),
        "f1": np.mean([_f1(truth == k, chosen == k, weights) for k in positive], axis=0),
    }


def _f1(truth: "np.ndarray", chosen: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    found: np.ndarray = 2 * (weights @ (truth & chosen)) / (weights @ truth + weights @ chosen)
    return found


def _area(truth: "np.ndarray", score: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    """Area under the ROC curve: the share of pairs in the right order; ties count half (Hanley and McNeil 1982)."""
    import numpy as np
    from scipy.sparse import csr_array

    positives, negatives = np.flatnonzero(truth), np.flatnonzero(~truth)
    levels, level = np.unique(score[positives], return_inverse=True)
    # half of a negative counts from the first level that is at least its score, the other half from the first level
    # above its score: these two levels differ only for ties
    first, above = (np.searchsorted(levels, score[negatives], side) for side in ("left", "right"))
    entries = (np.full(2 * len(negatives), 0.5), (np.r_[first, above], np.r_[negatives, negatives]))
    halves = csr_array(entries, shape=(len(levels) + 1, len(truth)))
    ones = csr_array((np.ones(len(positives)), (level, positives)), shape=(len(levels), len(truth)))
    negative, positive = halves @ weights.T, ones @ weights.T
    below = np.cumsum(negative, axis=0)[: len(levels)]
    area: np.ndarray = (positive * below).sum(axis=0) / (positive.sum(axis=0) * negative.sum(axis=0))
    return area
