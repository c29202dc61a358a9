"""Stage 4: ask, start, step, judge, tell; the same loop for every search and every engine."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast, final

from pipeline import choose, stopping
from pipeline.clock import Clock
from pipeline.data import Blueprint, Prepared
from pipeline.engines import Engine, EnginePart
from pipeline.events import EpochEnded, SearchMeasured, TrialEnded, TrialStarted
from pipeline.experiment import Experiment
from pipeline.interrupt import interruptible
from pipeline.ledgers import Ledger
from pipeline.pruning import Rungs
from pipeline.searches import Search, SearchPart
from pipeline.searches.listed import ListedSearch
from pipeline.seeds import trial_seed
from pipeline.space import Params
from pipeline.trial import BASELINE, End, Epoch, Fitted, Leaderboard, Outcome, Trial, TrialFailed, Verdict
from pipeline.weights import Weights

KEPT: Final = 10
"""So many of the best trials keep their weights on disk; a search that promotes keeps all."""


def tune(blueprint: Blueprint, prepared: Prepared, experiment: Experiment, ledger: Ledger, folder: Path) -> Leaderboard:
    """All trials of the experiment's search, best first, the baseline trained before them.

    `folder` is the search's own: its journal and the kept weights. Ctrl-C and SIGTERM end the search after the
    running epoch; what has not ended then has no outcome.
    """
    clock = Clock()
    with clock.phase("start"):
        engine = cast("EnginePart", choose.part("engines", experiment.training.engine, "training.engine"))
        loop = _Loop(engine.create(blueprint, prepared), blueprint, experiment, ledger, Weights(folder / "weights"))
        search = _search(experiment, folder)
    ledger.record(SearchMeasured({"trials/planned": search.total} if search.total is not None else {}))
    with interruptible() as interrupted:
        loop.interrupted = interrupted
        loop.run(_baseline(experiment), clock)
        loop.deadline = time.monotonic() + experiment.search.minutes * 60 if experiment.search.minutes else math.inf
        loop.run(search, clock)
        stopped = interrupted()
    ledger.record(SearchMeasured({f"seconds/tune/{phase}": seconds for phase, seconds in clock.seconds.items()}))
    outcomes = [o for o in loop.outcomes if o.number != BASELINE]
    baseline = next((o for o in loop.outcomes if o.number == BASELINE), None)
    return Leaderboard.of(experiment.search.objective, outcomes, baseline, loop.weights, interrupted=stopped)


def _search(experiment: Experiment, folder: Path) -> Search:
    part = cast("SearchPart", choose.part("searches", experiment.search.part, "search.library"))
    search = part.create(experiment.space, experiment.search, experiment.epochs, folder)
    if experiment.search.pruner == "rungs":
        return Rungs(search, experiment.search.objective)
    return search


def _baseline(experiment: Experiment) -> Search:
    epochs = int(experiment.baseline["epochs"])
    return ListedSearch([Trial(BASELINE, experiment.baseline, trial_seed(experiment.search.seed, BASELINE), epochs)])


@final
@dataclass(frozen=True, slots=True)
class _Flight:
    """A trial in flight, with what is known of it so far."""

    trial: Trial
    settings: Params
    rule: stopping.Rule
    watch: stopping.Watch
    curve: tuple[Epoch, ...] = ()

    def outcome(self, end: End, fitted: Fitted, **known: Any) -> Outcome:
        return Outcome(
            self.trial,
            self.settings,
            end,
            curve=self.curve,
            seconds=fitted.seconds,
            parameters=fitted.parameters,
            summary=fitted.summary,
            **known,
        )


@final
class _Loop:
    """Drives searches through one engine, one after the other."""

    def __init__(
        self, engine: Engine, blueprint: Blueprint, experiment: Experiment, ledger: Ledger, weights: Weights
    ) -> None:
        self.weights = weights
        self.outcomes: list[Outcome] = []
        self.interrupted: Callable[[], bool] = lambda: False
        self.deadline = math.inf
        self._engine = engine
        self._blueprint = blueprint
        self._experiment = experiment
        self._ledger = ledger
        self._flights: dict[int, _Flight] = {}
        self._epochs = 0

    def run(self, search: Search, clock: Clock) -> None:
        """Trials asked, trained and told until the search has no more, or a limit is reached."""
        while not self.interrupted():
            spent = self._spent()
            with clock.phase("ask"):
                free = self._engine.capacity - len(self._flights)
                asked = search.ask(free) if free > 0 and not spent else ()
            for trial in asked:
                self._start(trial, search)
            if not self._flights:
                if spent or not asked:
                    return
                continue
            with clock.phase("train"):
                epochs = self._step(search)
            with clock.phase("judge"):
                for epoch in epochs:
                    self._judge(epoch, search, spent)

    def _spent(self) -> str:
        """The limit that is reached, in words; empty while none is."""
        if time.monotonic() > self.deadline:
            return f"the {self._experiment.search.minutes:g} minutes of the search were over"
        budget = self._experiment.search.budget
        if budget is not None and self._epochs >= budget * self._experiment.epochs:
            return f"the budget of {budget:g} full trainings was spent"
        return ""

    def _start(self, trial: Trial, search: Search) -> None:
        settings = self._blueprint.settings(trial.params)
        # a setting `epochs` of the trial's own is a limit too, beside what the search gives it
        last = min(trial.epochs, int(settings["epochs"]))
        rule = stopping.Rule.of(self._experiment.training, settings, last)
        self._flights[trial.number] = _Flight(trial, settings, rule, stopping.Watch())
        self._ledger.record(TrialStarted(trial, settings))
        parent = self.weights[trial.parent] if trial.parent is not None else None
        try:
            self._engine.start(trial, parent)
        except TrialFailed as failure:
            self._failed(failure, search)

    def _step(self, search: Search) -> "list[Epoch]":
        try:
            return list(self._engine.step())
        except TrialFailed as failure:
            self._failed(failure, search)
            return []

    def _judge(self, epoch: Epoch, search: Search, spent: str) -> None:
        flight = self._flights[epoch.trial]
        flight = replace(flight, curve=(*flight.curve, epoch))
        self._flights[epoch.trial] = flight
        self._ledger.record(EpochEnded(epoch))
        if epoch.trial != BASELINE:
            self._epochs += 1
        wrong = _not_finite(epoch, self._experiment.search.objective)
        if wrong:
            self._end(flight, search, End.FAILED, reason=wrong)
            return
        judgement = stopping.judge(flight.rule, flight.watch, epoch)
        flight = replace(flight, watch=judgement.watch)
        self._flights[epoch.trial] = flight
        if judgement.keep:
            self._engine.keep(flight.trial)
        verdict = search.report(epoch)
        if judgement.end is not None:
            self._end(flight, search, judgement.end)
        elif verdict is Verdict.PRUNE:
            self._end(flight, search, End.PRUNED, reason=f"the pruner ended it after epoch {epoch.number}")
        elif spent and epoch.trial != BASELINE:
            self._end(flight, search, End.PRUNED, reason=spent)

    def _end(self, flight: _Flight, search: Search, end: End, reason: str = "") -> None:
        fitted = self._engine.stop(flight.trial)
        value, best = None, None
        if end in (End.COMPLETE, End.STOPPED_EARLY):
            best = flight.watch.kept or flight.curve[-1].number
            value = next(e for e in flight.curve if e.number == best).metrics[self._experiment.search.objective]
            self.weights.put(flight.trial.number, fitted)
        self._tell(flight.outcome(end, fitted, value=value, best_epoch=best, reason=reason), search)

    def _failed(self, failure: TrialFailed, search: Search) -> None:
        flight = self._flights[failure.trial]
        self._tell(flight.outcome(End.FAILED, Fitted(()), value=None, best_epoch=None, reason=failure.reason), search)

    def _tell(self, outcome: Outcome, search: Search) -> None:
        del self._flights[outcome.number]
        self.outcomes.append(outcome)
        if not search.promotes:
            self.weights.keep_only(self._best())
        search.tell(outcome)
        self._ledger.record(TrialEnded(outcome))

    def _best(self) -> set[int]:
        board = Leaderboard.of(self._experiment.search.objective, self.outcomes, None, {})
        return {BASELINE, *(o.number for o in board.outcomes[:KEPT])}


def _not_finite(epoch: Epoch, objective: str) -> str:
    """What is wrong with an epoch's numbers, in words; empty where nothing is."""
    for name in ("loss", "val_loss", objective):
        value = epoch.metrics.get(name, 0.0)
        if not math.isfinite(value):
            return f"{name} became {value} in epoch {epoch.number}: the learning rate may be too high"
    return ""
