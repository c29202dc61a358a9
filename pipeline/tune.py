"""Stage 4: the baseline and then a search's trials, trained and ranked."""

import math
from collections.abc import Callable
from typing import Final, cast

from pipeline import choose
from pipeline.clock import Clock
from pipeline.data import Blueprint, Prepared
from pipeline.engines import EnginePart
from pipeline.events import SearchMeasured
from pipeline.experiment import Experiment
from pipeline.interrupt import interruptible
from pipeline.ledgers import Ledger
from pipeline.loop import Limits, Loop
from pipeline.pruning import Rungs
from pipeline.searches import Search, SearchPart
from pipeline.searches.listed import Listed
from pipeline.seeds import trial_seed
from pipeline.study import Study
from pipeline.trial import BASELINE, Leaderboard, Trial

EVALUATION: Final = 0.1
"""The share of `search.minutes` that is kept for what follows the search, at least `LEAST` seconds of it."""
LEAST: Final = 15.0


def tune(
    blueprint: Blueprint, prepared: Prepared, experiment: Experiment, ledger: Ledger, study: Study, began: float
) -> Leaderboard:
    """All trials of the experiment's search, best first, the baseline trained before them.

    `study` keeps the search's journal and weights, and knows the outcomes of earlier goes; `began` is when the command
    did, on the monotonic clock. Ctrl-C and SIGTERM end the search after the running epoch; what has not ended then has
    no outcome.
    """
    clock = Clock()
    with clock.phase("start"):
        part = cast("EnginePart", choose.part("engines", experiment.training.engine, "training.engine"))
        engine = part.create(blueprint, prepared, experiment.search.trials)
        search = _search(experiment, study)
    ledger.record(SearchMeasured({"trials/planned": search.total} if search.total is not None else {}))
    baseline = next((o for o in study.past if o.number == BASELINE), None)
    with interruptible() as interrupted:
        if baseline is None:
            first = Loop(_baseline(experiment), engine, blueprint, experiment, ledger, study)
            baseline = next((o for o in first.run(clock, Limits(interrupted)) if o.number == BASELINE), None)
        loop = Loop(search, engine, blueprint, experiment, ledger, study)
        outcomes = loop.run(clock, _limits(experiment, interrupted, began))
        stopped = interrupted()
    ledger.record(SearchMeasured({f"seconds/tune/{phase}": seconds for phase, seconds in clock.seconds.items()}))
    return Leaderboard.of(experiment.search.objective, outcomes, baseline, study.weights, interrupted=stopped)


def _search(experiment: Experiment, study: Study) -> Search:
    part = cast("SearchPart", choose.part("searches", experiment.search.part, "search.library"))
    search = part.create(experiment.space, experiment.search, experiment.epochs, study.folder)
    if experiment.search.pruner == "rungs":
        return Rungs(search, experiment.search.objective, [o for o in study.past if o.number != BASELINE])
    return search


def _baseline(experiment: Experiment) -> Search:
    epochs = int(experiment.baseline["epochs"])
    return Listed([Trial(BASELINE, experiment.baseline, trial_seed(experiment.search.seed, BASELINE), epochs)])


def _limits(experiment: Experiment, interrupted: Callable[[], bool], began: float) -> Limits:
    minutes, budget = experiment.search.minutes, experiment.search.budget
    seconds = math.inf if minutes is None else minutes * 60
    kept = min(max(seconds * EVALUATION, LEAST), seconds / 2)
    return Limits(
        interrupted,
        deadline=began + seconds - kept if minutes is not None else math.inf,
        epochs=math.inf if budget is None else budget * experiment.epochs,
    )
