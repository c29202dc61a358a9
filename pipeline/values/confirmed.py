"""How good settings and champions are on rows that their models did not train on."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

from pipeline.values.trial import Direction, Epoch, Outcome, trial_name

LOG_LOSS: Final = "log loss"
"""The name of a classification's loss."""
SQUARED_ERROR: Final = "squared error"
"""The name of a regression's loss; people read its root, the RMSE."""


@final
@dataclass(frozen=True, slots=True)
class Confirmed:
    """The confirmed loss of a champion: what two champions are compared by.

    `rows` are numbers of the data set's rows. `losses` are the losses of these rows, each by the average of the models
    that did not train on it: log losses for classes, squared errors of the target in its raw units for a regression.
    `models` is the variance of the losses' mean that comes from the models' training: a jackknife over the models.
    `digest` and `target` say on which data all this was measured. `metric` names the loss, in words: `log loss` or
    `squared error`.
    """

    metric: str
    digest: str
    target: str
    rows: tuple[int, ...]
    losses: tuple[float, ...]
    models: float

    @property
    def loss(self) -> float:
        """The mean of the rows' losses."""
        return sum(self.losses) / len(self.losses)


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean of at least two values, and its standard error: their standard deviation / the root of their number."""
    return statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values))


@final
@dataclass(frozen=True, slots=True)
class ConfirmedSetting:
    """A trial of the search, or its baseline, and the outcomes of its settings on each fold, two at least.

    `objective` is the metric that they were searched by. A fold's figures are read at the epoch that is best on the
    other folds, by the mean of their curves. At its own best epoch they would flatter the setting: that epoch was
    chosen by the rows that they are measured on.
    """

    outcome: Outcome
    folds: tuple[Outcome, ...]
    objective: str

    @property
    def number(self) -> int:
        """The number of the search's trial."""
        return self.outcome.number

    @property
    def name(self) -> str:
        """The search's trial as people read it."""
        return trial_name(self.number)

    @property
    def value(self) -> float:
        """The mean of the objective over the folds."""
        return self._measured[0]

    @property
    def error(self) -> float:
        """The standard error of `value`."""
        return self._measured[1]

    @property
    def _measured(self) -> tuple[float, float]:
        return mean_and_error([epoch.metrics[self.objective] for epoch in self._read])

    @property
    def _read(self) -> list[Epoch]:
        """For each fold the epoch that its figures are read at; its last one, if it stopped before that."""
        best = Direction.of(self.objective).key
        curves = [[best(epoch.metrics[self.objective]) for epoch in o.curve] for o in self.folds]
        found = []
        for own, outcome in enumerate(self.folds):
            others = [curve for fold, curve in enumerate(curves) if fold != own]
            # a fold that stopped stays at its last value
            means = [sum(c[min(e, len(c) - 1)] for c in others) for e in range(max(map(len, others)))]
            found.append(outcome.curve[min(means.index(min(means)), len(outcome.curve) - 1)])
        return found

    @property
    def epochs(self) -> int:
        """The mean number of epochs after which the folds' weights were the best, rounded."""
        return max(1, round(statistics.fmean(o.best_epoch or 1 for o in self.folds)))

    @property
    def measured(self) -> Mapping[str, tuple[float, float]]:
        """Each metric of the folds' own validation rows: its mean and its standard error."""
        found = {}
        epochs = [epoch.metrics for epoch in self._read]
        for name in epochs[0]:
            if name.startswith("val_"):
                found[name] = mean_and_error([metrics[name] for metrics in epochs])
        return found
