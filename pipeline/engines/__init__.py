"""Who trains: an engine advances the trials in flight by an epoch at a time and judges nothing.

The file's name is the value of `training.engine`. Each file offers

    create(blueprint, prepared, trials) -> Engine

where `trials` is how many the search will have at most: an engine that sorts trials asks more of them ahead. The file
imports Keras inside its functions. An engine is called from one thread; what it hands out is never changed after.
Epochs are numbered from `trial.initial_epoch` + 1. Metrics carry Keras's names: `loss`, `accuracy`, `val_loss`, … and
`learning_rate`. What one trial cannot survive (an impossible shape, no memory) is raised as `TrialFailed` out of
`start` or `step`; that trial is then out of the engine, its neighbours are as they were.
"""

from collections.abc import Sequence
from typing import Protocol

from pipeline.blueprint import Blueprint
from pipeline.data import Prepared
from pipeline.trial import Epoch, Fitted, Trial


class Engine(Protocol):
    """Trains trials, `capacity` at a time."""

    capacity: int
    """How many trials may be asked and not finished, those it queues included."""

    def start(self, trial: Trial, weights: Fitted | None) -> None:
        """Take a trial in, from its seed or from a parent's `weights`; the optimizer is fresh either way."""

    def step(self) -> Sequence[Epoch]:
        """Advance what is in flight by an epoch; one `Epoch` for each trial that made one."""

    def keep(self, trial: Trial) -> None:
        """Remember the trial's present weights, instead of those remembered before."""

    def stop(self, trial: Trial) -> Fitted:
        """Take the trial out, with the weights kept, or the present ones where none were."""


class EnginePart(Protocol):
    """A file of this folder, as `choose` hands it out."""

    def create(self, blueprint: Blueprint, prepared: Prepared, trials: int = 1) -> Engine: ...
