"""Stage 4: the baseline and then a search's trials, trained and ranked."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pipeline.build import build
from pipeline.config import parts
from pipeline.config.experiment import Experiment
from pipeline.engines import Engine
from pipeline.preprocess import folded
from pipeline.searches import Search
from pipeline.searches.listed import Listed
from pipeline.trackers import Tracker
from pipeline.tuning import early_stopping
from pipeline.tuning.clock import Clock
from pipeline.tuning.deadline import CONFIRMATION, EVALUATION, deadline
from pipeline.tuning.folds import Folds
from pipeline.tuning.interrupt import interruptible
from pipeline.tuning.loop import Limits, Loop
from pipeline.tuning.rungs import Rungs
from pipeline.tuning.study import Study
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.events import SearchMeasured
from pipeline.values.trial import BASELINE, Leaderboard, Outcome, Trial, trial_seed

SPLIT: Final = ("compile", "first epoch", "validation")
"""Parts of training that an engine may measure. A lane's validation is inside its program, so it counts as `train`."""


def tune(
    blueprint: Blueprint, prepared: Prepared, experiment: Experiment, tracker: Tracker, study: Study, began: float
) -> Leaderboard:
    """All trials of the experiment's search, best first; the baseline is trained before them.

    `study` keeps the search's journal and weights, and knows the outcomes of earlier runs. `began` is when the command
    began, on the monotonic clock. Ctrl-C and SIGTERM end the search after the running epoch; trials that have not ended
    by then have no outcome.
    """
    entered = time.perf_counter()
    engine, judge = _engine(blueprint, prepared, experiment)
    search = _search(experiment, study)
    prepared_in = time.perf_counter() - entered
    tracker.record(SearchMeasured({"trials/planned": search.total} if search.total is not None else {}))
    first = Loop(_baseline(experiment), engine, blueprint, experiment, tracker, study)
    loop = Loop(search, engine, blueprint, experiment, tracker, study)
    baseline = next((o for o in study.past if o.number == BASELINE), None)
    with interruptible() as interrupted:
        if baseline is None:
            baseline = next((o for o in first.run(Limits(interrupted), judge) if o.number == BASELINE), None)
        outcomes = loop.run(_limits(experiment, interrupted, began), judge)
        stopped = interrupted()
    past = {outcome.number for outcome in study.past}
    trained = [o for o in (*outcomes, *([baseline] if baseline else [])) if o.number not in past]
    clock = _account(trained, first.clock, loop.clock)
    clock.add("build", prepared_in)
    clock.add("idle", time.perf_counter() - entered - sum(clock.seconds.values()))
    tracker.record(SearchMeasured({f"seconds/tune/{phase}": seconds for phase, seconds in clock.seconds.items()}))
    board = Leaderboard.of(experiment.search.objective, outcomes, baseline, study.weights, interrupted=stopped)
    return replace(board, seconds=clock.seconds)


def past(experiment: Experiment, study: Study) -> Leaderboard:
    """All trials that a study already has, best first."""
    baseline = next((o for o in study.past if o.number == BASELINE), None)
    outcomes = [o for o in study.past if o.number != BASELINE]
    return Leaderboard.of(experiment.search.objective, outcomes, baseline, study.weights)


def _account(trained: Sequence[Outcome], *clocks: Clock) -> Clock:
    """The loops' time by phase; training is split further by what the engine measured for each of `trained`."""
    total = Clock()
    for clock in clocks:
        for phase, seconds in clock.seconds.items():
            total.add(phase, seconds)
    for phase in SPLIT:
        seconds = sum(outcome.seconds.get(phase, 0.0) for outcome in trained)
        if seconds:
            total.add(phase, seconds)
            total.add("train", -seconds)
    return total


def _engine(blueprint: Blueprint, prepared: Prepared, experiment: Experiment) -> tuple[Engine, early_stopping.Judge]:
    """What trains the search's trials, and what judges their epochs; with `search.folds` each trial on every fold."""
    part, search = parts.engine(experiment.training.engine), experiment.search
    if search.folds == 1:
        return part.create(blueprint, prepared, search.trials), early_stopping.judge
    cut = folded(prepared, experiment, search.folds, search.seed)
    # the joined rows may have categories, and so inputs, that the training part lacks
    blueprint = build(experiment, cut)
    folds = Folds(part.create(blueprint, cut, search.trials * search.folds), blueprint, experiment)
    return folds, folds.judge


def _search(experiment: Experiment, study: Study) -> Search:
    part = parts.search(experiment.search.part)
    search = part.create(experiment.space, experiment.search, experiment.epochs, study.folder)
    if experiment.search.pruner == "rungs":
        return Rungs(search, experiment.search.objective, [o for o in study.past if o.number != BASELINE])
    return search


def _baseline(experiment: Experiment) -> Search:
    epochs = int(experiment.baseline["epochs"])
    return Listed([Trial(BASELINE, experiment.baseline, trial_seed(experiment.search.seed, BASELINE), epochs)])


def _limits(experiment: Experiment, interrupted: Callable[[], bool], began: float) -> Limits:
    budget = experiment.search.budget
    reserved = EVALUATION + (CONFIRMATION if experiment.evaluate.confirm else 0.0)
    return Limits(
        interrupted,
        deadline(experiment.search, began, reserved),
        epochs=math.inf if budget is None else budget * experiment.epochs,
    )
