"""Whether one model is better than another, or whether the difference could be chance.

A score on a test part depends on two things that chance decides: which rows are in the part, and which initial weights,
row orders and folds the models were trained from. A test that looks at the rows alone claims a difference between a
procedure and itself too often (Nadeau and Bengio, Inference for the Generalization Error, 2003). So the variance of a
difference has two parts: the variance over rows of the paired difference, divided by the number of rows, and the
variance over models of each side (`Candidate.models`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, final

from pipeline.evaluation.scores import COVERAGE, Score, log_losses
from pipeline.values.confirmed import SQUARED_ERROR, Confirmed
from pipeline.values.data import Task
from pipeline.values.trial import Direction

if TYPE_CHECKING:
    import numpy as np

NORMAL: Final = 1.959963984540054
"""The two-sided quantile of the normal distribution for `COVERAGE`."""
assert COVERAGE == 0.95, "NORMAL belongs to it"  # noqa: S101

RMSE: Final = "RMSE"
"""The name of the loss that people read for squared errors."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One side of a comparison in one metric: its value, each row's share in it (rows,), the variance by its models."""

    value: float
    influence: "np.ndarray"
    models: float = 0.0


def averaged(task: Task, truth: "np.ndarray", members: "Sequence[np.ndarray]") -> dict[str, Candidate]:
    """By metric: the model whose prediction is the mean of its members' predictions.

    The variance over models is the jackknife estimate: each member is left out once (Efron and Tibshirani, An
    Introduction to the Bootstrap, 1993, ch. 11). A single member, for example a linear model, has none.
    """
    import numpy as np

    total = np.sum(members, axis=0)
    whole = measured(task, truth, total / len(members))
    if len(members) == 1:
        return {metric: Candidate(*found) for metric, found in whole.items()}
    without = [measured(task, truth, (total - member) / (len(members) - 1)) for member in members]
    return {
        metric: Candidate(*found, jackknife([left[metric][0] for left in without])) for metric, found in whole.items()
    }


def singles(task: Task, truth: "np.ndarray", members: "Sequence[np.ndarray]") -> dict[str, Candidate]:
    """By metric: a single model of a kind, known by several of them; the value is the mean of their values.

    The variance over models is that of this mean: of four models, a quarter of the variance between them.
    """
    import numpy as np

    each = [measured(task, truth, member) for member in members]
    found = {}
    for metric in each[0]:
        values = [of[metric][0] for of in each]
        models = float(np.var(values, ddof=1)) / len(values) if len(values) > 1 else 0.0
        found[metric] = Candidate(float(np.mean(values)), np.mean([of[metric][1] for of in each], axis=0), models)
    return found


def jackknife(without: Sequence[float]) -> float:
    """The jackknife estimate of a statistic's variance, from its values `without` one member each."""
    mean = sum(without) / len(without)
    return (len(without) - 1) / len(without) * sum((value - mean) ** 2 for value in without)


def advantage(of: Candidate, over: Candidate, metric: str) -> Score:
    """By how much one side is better than the other (positive: better), with a normal interval of 95 %."""
    sign = 1.0 if Direction.of(metric) is Direction.MAXIMIZE else -1.0
    return _interval(sign * (of.value - over.value), of.influence - over.influence, of.models + over.models)


@final
@dataclass(frozen=True, slots=True)
class Contest:
    """Two champions on the rows on which both were confirmed, in the figures that people read.

    `name` is that of the loss, `of` and `over` are the losses of the two, `advantage` says by how much the first is
    lower (positive: better), with an interval of 95 %.
    """

    name: str
    of: float
    over: float
    advantage: Score


def contest(of: Confirmed, over: Confirmed) -> Contest | None:
    """The confirmed losses of two champions, compared.

    None if they cannot be compared: other data, another target, another loss, or fewer than two common rows.
    """
    import numpy as np

    if (of.metric, of.digest, of.target) != (over.metric, over.digest, over.target):
        return None
    _, mine, theirs = np.intersect1d(of.rows, over.rows, return_indices=True)
    if len(mine) < 2:
        return None
    one, other = np.asarray(of.losses)[mine], np.asarray(over.losses)[theirs]
    lower = _interval(float((other - one).mean()), other - one, of.models + over.models)
    if of.metric != SQUARED_ERROR:
        return Contest(of.metric, float(one.mean()), float(other.mean()), lower)
    roots = math.sqrt(one.mean()), math.sqrt(other.mean())
    # a difference of squares, divided by the sum, is the difference of the roots
    total = sum(roots) or 1.0
    return Contest(RMSE, *roots, Score(lower.value / total, lower.low / total, lower.high / total))


def figure(of: Confirmed) -> tuple[str, Score]:
    """A confirmed champion's loss as people read it: its name, and its value with an interval of 95 %.

    For squared errors this is the RMSE; its interval is by the first term of the delta method.
    """
    import numpy as np

    losses = np.asarray(of.losses)
    if of.metric != SQUARED_ERROR:
        return of.metric, _interval(of.loss, losses, of.models)
    rmse = math.sqrt(of.loss)
    slope = 1 / (2 * rmse) if rmse else 0.0
    return RMSE, _interval(rmse, losses * slope, of.models * slope**2)


def measured(task: Task, truth: "np.ndarray", predicted: "np.ndarray") -> "Mapping[str, tuple[float, np.ndarray]]":
    """Each deciding metric of predictions: its value, and each row's influence on it (rows,).

    For a metric that is a mean over rows the influence is the row's own value. For the RMSE it is the row's squared
    error divided by twice the RMSE: the first term of the delta method.
    """
    import numpy as np

    if task is Task.REGRESSION:
        error = np.asarray(predicted, np.float64) - np.asarray(truth, np.float64)
        rmse = math.sqrt(float(np.mean(error**2)))
        return {
            "rmse": (rmse, error**2 / (2 * rmse) if rmse else error**2),
            "mae": (float(np.abs(error).mean()), np.abs(error)),
        }
    losses = log_losses(truth, predicted)
    right = (predicted.argmax(axis=1) == truth).astype(np.float64)
    return {"log_loss": (float(losses.mean()), losses), "accuracy": (float(right.mean()), right)}


def _interval(value: float, by_row: "np.ndarray", models: float) -> Score:
    import numpy as np

    half = NORMAL * math.sqrt(float(np.var(by_row, ddof=1)) / len(by_row) + models) if len(by_row) > 1 else math.inf
    return Score(value, value - half, value + half)
