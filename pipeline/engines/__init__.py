"""Engines train the trials in flight, an epoch at a time; they do not decide whether a trial goes on.

The file's name is the value of `training.engine`. Each file offers

    create(blueprint, prepared, trials, ahead) -> Engine

where `trials` is the largest number of trials that the search can have. An engine that sorts trials uses it to decide
how many it takes in advance, unless `ahead` says how many: trials that do not depend on each other's results can all
be taken at once. The file imports Keras only inside its functions. An engine is called from one thread.
What it returned is never changed afterwards. Epochs are numbered from `trial.initial_epoch` + 1. Metrics carry Keras's
names: `loss`, `accuracy`, `val_loss`, … and `learning_rate`. If one trial cannot be trained (an impossible shape, too
little memory), `start` or `step` raises `TrialFailed`. That trial is then no longer in the engine; the others are
unchanged. If the prepared data have folds, each trial names one: it trains on the rows of this fold and is judged on
the fold's other rows. The engine holds the data once, whatever the number of folds.
"""

from collections.abc import Sequence
from typing import Protocol

from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.trial import Epoch, Fitted, Trial


class Engine(Protocol):
    """Trains trials; holds up to `capacity` of them."""

    @property
    def capacity(self) -> int:
        """How many trials may be started and not yet stopped, queued ones included."""

    def start(self, trial: Trial, weights: Fitted | None) -> None:
        """Take a trial in. It begins from its seed or from a parent's `weights`, always with a new optimizer."""

    def step(self) -> Sequence[Epoch]:
        """One `Epoch` for each trial that this call trained for an epoch; may be empty."""

    def keep(self, trial: Trial) -> None:
        """Keep the trial's present weights; they replace those kept before."""

    def stop(self, trial: Trial) -> Fitted:
        """Take the trial out; its kept weights, or the present ones if none were kept."""


class EnginePart(Protocol):
    """A file of this folder, as `parts` returns it."""

    def create(self, blueprint: Blueprint, prepared: Prepared, trials: int = 1, ahead: int | None = None) -> Engine: ...
