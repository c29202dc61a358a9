"""Stage 4: the baseline and then a search's trials, trained and ranked."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

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
from pipeline.trial import BASELINE, Leaderboard, Trial
from pipeline.weights import Weights


def tune(blueprint: Blueprint, prepared: Prepared, experiment: Experiment, ledger: Ledger, folder: Path) -> Leaderboard:
    """All trials of the experiment's search, best first, the baseline trained before them.

    `folder` is the search's own: its journal and the kept weights. Ctrl-C and SIGTERM end the search after the
    running epoch; what has not ended then has no outcome.
    """
    clock = Clock()
    weights = Weights(folder / "weights")
    with clock.phase("start"):
        part = cast("EnginePart", choose.part("engines", experiment.training.engine, "training.engine"))
        engine = part.create(blueprint, prepared, experiment.search.trials)
        search = _search(experiment, folder)
    ledger.record(SearchMeasured({"trials/planned": search.total} if search.total is not None else {}))
    with interruptible() as interrupted:
        baseline = Loop(_baseline(experiment), engine, blueprint, experiment, ledger).run(
            weights, clock, Limits(interrupted)
        )
        outcomes = Loop(search, engine, blueprint, experiment, ledger).run(
            weights, clock, _limits(experiment, interrupted)
        )
        stopped = interrupted()
    ledger.record(SearchMeasured({f"seconds/tune/{phase}": seconds for phase, seconds in clock.seconds.items()}))
    first = baseline[0] if baseline else None
    return Leaderboard.of(experiment.search.objective, outcomes, first, weights, interrupted=stopped)


def _search(experiment: Experiment, folder: Path) -> Search:
    part = cast("SearchPart", choose.part("searches", experiment.search.part, "search.library"))
    search = part.create(experiment.space, experiment.search, experiment.epochs, folder)
    if experiment.search.pruner == "rungs":
        return Rungs(search, experiment.search.objective)
    return search


def _baseline(experiment: Experiment) -> Search:
    epochs = int(experiment.baseline["epochs"])
    return Listed([Trial(BASELINE, experiment.baseline, trial_seed(experiment.search.seed, BASELINE), epochs)])


def _limits(experiment: Experiment, interrupted: Callable[[], bool]) -> Limits:
    minutes, budget = experiment.search.minutes, experiment.search.budget
    return Limits(
        interrupted,
        deadline=math.inf if minutes is None else time.monotonic() + minutes * 60,
        epochs=math.inf if budget is None else budget * experiment.epochs,
    )
