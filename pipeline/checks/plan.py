"""How many trials a sampler runs before it ends by itself, compared with the file's `trials`, and their epochs."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast, final

from pipeline import choose
from pipeline.checks import Finding, Level
from pipeline.experiment import Experiment
from pipeline.searches import SearchPart
from pipeline.searches.keras_tuner import brackets

ENDLESS: Final = 10**6
"""A search that would run for this number of trials counts as one that never ends by itself."""


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """The most that a search does: its trials and the sum of their epochs, both with the baseline.

    `own` is the number of trials after which the sampler ends by itself, None if it never does.
    """

    own: int | None
    trials: int
    epochs: int


def plan(experiment: Experiment) -> Plan:
    """The plan of an experiment's search, the baseline included; imports the search's library."""
    search = experiment.search
    part = cast("SearchPart", choose.part("searches", search.part, "search.library"))
    with tempfile.TemporaryDirectory() as folder:
        unlimited = search.model_copy(update={"trials": ENDLESS})
        total = part.create(experiment.space, unlimited, experiment.epochs, Path(folder)).total
    own = None if total is None or total >= ENDLESS else total
    trials = search.trials if own is None else min(own, search.trials)
    epochs = trials * experiment.epochs
    if search.part == "keras_tuner" and search.sampler == "hyperband":
        epochs = min(epochs, _promoted(experiment.epochs))
    if search.budget is not None:
        epochs = min(epochs, round(search.budget * experiment.epochs))
    return Plan(own, trials + 1, epochs + int(experiment.baseline["epochs"]))


def differences(experiment: Experiment, found: Plan) -> list[Finding]:
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


def _promoted(epochs: int) -> int:
    """The sum of the epochs of all of hyperband's trials: a promoted trial continues where its parent ended."""
    total = 0
    for bracket in brackets(epochs):
        before = 0
        for size, end in bracket:
            total += size * (end - before)
            before = end
    return total
