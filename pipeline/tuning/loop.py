"""The loop that drives any search through any engine: ask, start, step, judge, tell."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

from pipeline.config.experiment import Experiment
from pipeline.engines import Engine
from pipeline.searches import Search
from pipeline.trackers import Tracker
from pipeline.tuning import early_stopping
from pipeline.tuning.clock import Clock
from pipeline.tuning.study import Study
from pipeline.values.blueprint import Blueprint
from pipeline.values.events import EpochEnded, Event, TrialEnded, TrialStarted
from pipeline.values.space import Params
from pipeline.values.trial import BASELINE, End, Epoch, Fitted, Leaderboard, Outcome, Trial, TrialFailed, Verdict


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """When a search ends although it has more trials: at `deadline` on the monotonic clock, after `epochs` in all."""

    interrupted: Callable[[], bool] = lambda: False
    deadline: float = math.inf
    epochs: float = math.inf

    def reached(self, epochs: int) -> str:
        """The limit that is reached after `epochs` epochs in all, in words; empty if none is."""
        if time.monotonic() > self.deadline:
            return "the search reached its time limit (search.minutes)"
        return "the search used up its budget of epochs (search.budget)" if epochs >= self.epochs else ""


@final
@dataclass(frozen=True, slots=True)
class RunningTrial:
    """A trial in flight, with what is known about it so far."""

    trial: Trial
    settings: Params
    rule: early_stopping.Rule
    watch: early_stopping.Watch = field(default_factory=early_stopping.Watch)
    curve: tuple[Epoch, ...] = ()

    def outcome(self, end: End, fitted: Fitted, **known: Any) -> Outcome:
        """The outcome of this trial; `known` are the fields of `Outcome` that are not stored here."""
        return Outcome(
            self.trial,
            self.settings,
            end,
            curve=self.curve,
            seconds=fitted.seconds,
            parameters=fitted.parameters,
            summary=fitted.summary,
            diagnosis=fitted.diagnosis,
            **known,
        )


@final
class Loop:
    """Drives one search through one engine. When a trial ends, the next one takes its place at once.

    Its `clock` measures ask and tell, build, train and tracking; the rest of the time is spent in the loop itself.
    """

    def __init__(
        self,
        search: Search,
        engine: Engine,
        blueprint: Blueprint,
        experiment: Experiment,
        tracker: Tracker,
        study: Study,
    ) -> None:
        self.clock = Clock()
        self._search = search
        self._study = study
        self._kept = None if search.promotes else study.kept
        self._engine = engine
        self._blueprint = blueprint
        self._training = experiment.training
        self._objective = experiment.search.objective
        self._tracker = tracker
        self._running: dict[int, RunningTrial] = {}
        self._past = {outcome.number: outcome for outcome in study.past}
        self._outcomes = [outcome for outcome in study.past if outcome.number != BASELINE]
        self._epochs = sum(len(outcome.curve) for outcome in self._outcomes)

    def run(self, limits: Limits, judge: early_stopping.Judge = early_stopping.judge) -> list[Outcome]:
        """The outcomes, those of earlier runs first, until the search has no more trials or a limit is reached.

        `judge` says after each epoch whether to keep its weights, and whether its trial has ended.

        The best trials' weights are on disk before their outcome is told. After an interrupt, the trials in flight have
        no outcome. At another limit they end as pruned after the running epoch.
        """
        while not limits.interrupted():
            spent = limits.reached(self._epochs)
            for running in [*self._running.values()] if spent else ():
                # queued trials too: their first epoch might be minutes away
                self._end(running, End.PRUNED, spent)
            with self.clock.phase("ask and tell"):
                free = self._engine.capacity - len(self._running)
                asked = self._search.ask(free) if free > 0 and not spent else ()
            for trial in asked:
                self._start(trial)
            if not self._running:
                if spent or not asked:
                    break
                continue
            for epoch in self._step():
                self._judge(epoch, judge)
        for running in self._running.values():
            self._engine.stop(running.trial)
        return self._outcomes

    def _start(self, trial: Trial) -> None:
        if trial.number in self._past:
            # the process was killed after the journal had the outcome and before the search had it
            with self.clock.phase("ask and tell"):
                self._search.tell(self._past[trial.number])
            return
        settings = self._blueprint.settings(trial.params)
        rule = early_stopping.Rule.of(self._training, settings, trial.epochs)
        given = self._blueprint.given(trial.params)
        self._running[trial.number] = RunningTrial(trial, given, rule)
        self._record(TrialStarted(trial, given))
        parent = self._study.weights[trial.parent] if trial.parent is not None else None
        try:
            with self.clock.phase("build"):
                self._engine.start(trial, parent)
        except TrialFailed as failure:
            self._failed(failure)

    def _step(self) -> Sequence[Epoch]:
        try:
            with self.clock.phase("train"):
                return self._engine.step()
        except TrialFailed as failure:
            self._failed(failure)
            return ()

    def _judge(self, epoch: Epoch, judge: early_stopping.Judge) -> None:
        self._epochs += 1
        self._record(EpochEnded(epoch))
        running = self._running[epoch.trial]
        running = replace(running, curve=(*running.curve, epoch))
        wrong = early_stopping.not_finite(epoch, self._objective)
        if wrong:
            self._end(running, End.FAILED, wrong)
            return
        judgement = judge(running.rule, running.watch, epoch)
        running = replace(running, watch=judgement.watch)
        self._running[epoch.trial] = running
        if judgement.keep:
            self._engine.keep(running.trial)
        with self.clock.phase("ask and tell"):
            verdict = self._search.report(epoch)
        if judgement.end is not None:
            self._end(running, judgement.end)
        elif verdict is Verdict.PRUNE:
            self._end(running, End.PRUNED, f"by the pruner after epoch {epoch.number}")

    def _end(self, running: RunningTrial, end: End, reason: str = "") -> None:
        fitted = self._engine.stop(running.trial)
        value, best = None, None
        if end in (End.COMPLETE, End.STOPPED_EARLY):
            best = running.watch.kept or running.curve[-1].number
            value = next(e for e in running.curve if e.number == best).metrics[self._objective]
            self._study.weights.put(running.trial.number, fitted)
        self._tell(running.outcome(end, fitted, value=value, best_epoch=best, reason=reason))

    def _failed(self, failure: TrialFailed) -> None:
        running = self._running[failure.trial]
        outcome = running.outcome(End.FAILED, Fitted(()), value=None, best_epoch=None, reason=failure.reason)
        self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        del self._running[outcome.number]
        self._outcomes.append(outcome)
        if outcome.value is not None and self._kept is not None:
            best = Leaderboard.of(self._objective, self._outcomes, None, {}).outcomes[: self._kept]
            self._study.weights.keep_only({BASELINE, *(o.number for o in best)})
        # in this order: a trial that only the tracker has is trained again, to the same end and in the same run
        self._record(TrialEnded(outcome))
        with self.clock.phase("ask and tell"):
            self._study.journal.append(outcome)
            self._search.tell(outcome)

    def _record(self, event: Event) -> None:
        with self.clock.phase("tracking"):
            self._tracker.record(event)
