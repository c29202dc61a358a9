"""How many trials a sampler runs before it ends by itself, compared with the file's `trials`, and their epochs."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from pipeline.checks import Finding, Level
from pipeline.config import parts
from pipeline.config.experiment import Experiment

ENDLESS: Final = 10**6
"""A search that would run for this number of trials counts as one that never ends by itself."""


@final
@dataclass(frozen=True, slots=True)
class Workload:
    """The most that a search does: its trials and the sum of their epochs, both with the baseline.

    `own` is the number of trials after which the sampler ends by itself, None if it never does. With `promotes` a later
    trial may continue from the weights of any other. Each trial is trained on `folds` folds, and an epoch of a trial is
    one of each fold. `confirmed` models are kept after the search: those of the trainings that confirm its best
    settings.
    """

    own: int | None
    trials: int
    epochs: int
    promotes: bool = False
    folds: int = 1
    confirmed: int = 0


def workload(experiment: Experiment) -> Workload:
    """The workload of an experiment's search, the baseline included; imports the search's library."""
    search = experiment.search
    with tempfile.TemporaryDirectory() as folder:
        unlimited = search.model_copy(update={"trials": ENDLESS})
        part = parts.search(search.part)
        made = part.create(experiment.space, unlimited, experiment.epochs, Path(folder))
    own = None if made.total is None or made.total >= ENDLESS else made.total
    trials = search.trials if own is None else min(own, search.trials)
    epochs = trials * experiment.epochs
    if made.epochs is not None:
        epochs = min(epochs, made.epochs)
    if search.budget is not None:
        epochs = min(epochs, round(search.budget * experiment.epochs))
    asked = experiment.evaluate
    confirmed = (asked.confirm + 1) * asked.folds if asked.confirm and experiment.data.split.validation else 0
    whole = epochs + int(experiment.baseline["epochs"])
    return Workload(own, trials + 1, whole, made.promotes, search.folds, confirmed)


def differences(experiment: Experiment, found: Workload) -> list[Finding]:
    """A finding if the sampler's own number of trials and the file's `trials` differ."""
    search, own = experiment.search, found.own
    if own is None or own == search.trials:
        return []
    if own < search.trials:
        sentence = f"{search.sampler} ends after {own} trials: `trials = {search.trials}` is only an upper limit."
        return [Finding(Level.NOTE, "search.trials", sentence)]
    sentence = (
        f"{search.sampler} needs {own} trials, and `trials = {search.trials}` ends it before all of them have run."
    )
    return [Finding(Level.WARNING, "search.trials", sentence)]
