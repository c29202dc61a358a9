"""A trial from its proposal to its end, and the leaderboard of all."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, final

from pipeline.values.space import Params

if TYPE_CHECKING:
    import numpy as np

    Weights: TypeAlias = "tuple[np.ndarray, ...]"

BASELINE = 0
"""The number of the baseline; the search's own trials count from 1."""
MOST_FOLDS = 100
"""The rows are cut into fewer folds than this."""
FOLD_SD = "fold_sd/"
"""Before a metric's name: its standard deviation over the folds of a trial that is trained on several."""


@final
class End(Enum):
    """How a trial ended, in the words that people read."""

    COMPLETE = "complete"
    STOPPED_EARLY = "stopped early"
    PRUNED = "pruned"
    FAILED = "failed"


@final
class Verdict(Enum):
    """What a search decides after an epoch of a trial."""

    GO_ON = "go on"
    PRUNE = "prune"


@final
class Direction(Enum):
    """Whether small or large values of a metric are good."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @staticmethod
    def of(metric: str) -> "Direction":
        """The direction of a metric, by its name: accuracies, areas and scores are maximized, all others minimized."""
        name = metric.removeprefix("val_")
        large = name.endswith(("accuracy", "auc", "f1", "r2", "precision", "recall"))
        return Direction.MAXIMIZE if large else Direction.MINIMIZE

    def better(self, value: float, than: float) -> bool:
        """Whether `value` is better than `than`; any number is better than NaN, and NaN is never better."""
        if math.isnan(value) or math.isnan(than):
            return math.isnan(than) and not math.isnan(value)
        return value < than if self is Direction.MINIMIZE else value > than

    def key(self, value: float) -> float:
        """A sort key that puts the best value first."""
        return value if self is Direction.MINIMIZE else -value


@final
@dataclass(frozen=True, slots=True)
class Confirms:
    """What a training after the search confirms: the settings of `trial` on one `fold` of `folds`, counted from 0.

    With a single fold it trains on all rows.
    """

    trial: int
    fold: int
    folds: int

    @property
    def number(self) -> int:
        """The number of this training. It is below 0, so it is never the number of a search's own trial."""
        return -(self.trial * MOST_FOLDS**2 + self.folds * MOST_FOLDS + self.fold + 1)

    @staticmethod
    def of(number: int) -> "Confirms | None":
        """What the training with this `number` confirms; None for the number of a search's own trial."""
        if number >= 0:
            return None
        trial, rest = divmod(-number, MOST_FOLDS**2)
        folds, fold = divmod(rest, MOST_FOLDS)
        return Confirms(trial, fold - 1, folds)

    @property
    def name(self) -> str:
        """The training as people read it: `trial 7, fold 2 of 4`."""
        where = "all rows" if self.folds == 1 else f"fold {self.fold + 1} of {self.folds}"
        return f"{trial_name(self.trial)}, {where}"


@final
@dataclass(frozen=True, slots=True)
class Trial:
    """A proposal: train with `params` from `seed` until epoch `epochs`.

    `params` holds the searched parameters only (a listed trial may name any setting). With a `parent` the trial
    starts from that trial's kept weights, with a fresh optimizer, and its epochs are `initial_epoch` + 1 … `epochs`.
    With a `fold` it trains on the rows of that fold of the prepared data, counted from 0. `confirms` is set for a
    training after the search.
    """

    number: int
    params: Params
    seed: int
    epochs: int
    parent: int | None = None
    initial_epoch: int = 0
    fold: int | None = None
    confirms: Confirms | None = None

    @property
    def name(self) -> str:
        """The trial as people read it."""
        return trial_name(self.number) if self.confirms is None else self.confirms.name


def trial_name(number: int) -> str:
    """A trial by its number, as people read it: `trial 7`, or `baseline`."""
    return "baseline" if number == BASELINE else f"trial {number}"


def trial_seed(seed: int, number: int) -> int:
    """The seed in [0, 2**31) of a search's trial `number`: a hash of both, so the trials' seeds are unrelated."""
    digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


@final
@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch of one trial measured; `number` counts from 1, `seconds` is its wall time."""

    trial: int
    number: int
    metrics: Mapping[str, float]
    seconds: float = 0.0


@final
@dataclass(frozen=True, slots=True)
class Fitted:
    """A trial's kept weights, in the order of `keras.Model.get_weights()`, and what its engine knows about it."""

    weights: "Weights"
    seconds: Mapping[str, float] = field(default_factory=dict)
    parameters: int = 0
    summary: str = ""
    diagnosis: Mapping[str, float] = field(default_factory=dict)


@final
class TrialFailed(Exception):
    """Raised by an engine when one trial cannot go on; the other trials can."""

    def __init__(self, trial: int, reason: str) -> None:
        super().__init__(trial, reason)
        self.trial = trial
        self.reason = reason


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial after its end.

    `value` is the objective at the restored epoch `best_epoch` (None for pruned and failed trials, which keep their
    `curve`). For a trial on several folds this is the last epoch, see `pipeline.tuning.folds`. `settings` are all its
    settings, searched and fixed; `seconds` is wall time by phase; `diagnosis` belongs to the epoch whose weights were
    kept. `pruned`: the trial was pruned, and its sampler is told that it failed.
    """

    trial: Trial
    settings: Params
    end: End
    value: float | None
    best_epoch: int | None
    curve: tuple[Epoch, ...]
    reason: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    parameters: int = 0
    summary: str = ""
    diagnosis: Mapping[str, float] = field(default_factory=dict)
    pruned: bool = False

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.trial.number

    @property
    def restored(self) -> Epoch | None:
        """The epoch whose weights the trial ended with; None for pruned and failed trials."""
        return next((epoch for epoch in self.curve if epoch.number == self.best_epoch), None)


@final
@dataclass(frozen=True, slots=True)
class Leaderboard:
    """The outcomes of a search, best first; those without a value follow in the order of their numbers.

    `seconds` is the wall time of this run of the search, by phase.
    """

    objective: str
    direction: Direction
    outcomes: tuple[Outcome, ...]
    baseline: Outcome | None
    fitted: Mapping[int, Fitted]
    interrupted: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def of(
        objective: str,
        outcomes: "list[Outcome]",
        baseline: Outcome | None,
        fitted: Mapping[int, Fitted],
        *,
        interrupted: bool = False,
    ) -> "Leaderboard":
        """The leaderboard of `outcomes` in any order; ties go to the earlier trial."""
        direction = Direction.of(objective)

        def place(outcome: Outcome) -> tuple[bool, float, int]:
            if outcome.value is None:
                return (True, 0.0, outcome.number)
            return (False, direction.key(outcome.value), outcome.number)

        return Leaderboard(objective, direction, tuple(sorted(outcomes, key=place)), baseline, fitted, interrupted)

    @property
    def best(self) -> Outcome | None:
        """The best outcome of the search, if any trial has a value."""
        return self.outcomes[0] if self.outcomes and self.outcomes[0].value is not None else None
