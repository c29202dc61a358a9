"""Trials that are trained on several folds each: for the loop one trial, whose epochs are the means over its folds."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import fsum
from statistics import fmean, stdev
from typing import final

from pipeline.config.experiment import Experiment
from pipeline.engines import Engine
from pipeline.tuning.early_stopping import Judgement, Rule, Watch, judge, not_finite
from pipeline.values.blueprint import Blueprint
from pipeline.values.trial import FOLD_SD, MOST_FOLDS, End, Epoch, Fitted, Trial, TrialFailed, trial_seed


@final
@dataclass(slots=True, eq=False)
class FoldTraining:
    """A trial's training on one fold, with what is known about it so far; `fitted` is set when it leaves the engine."""

    trial: Trial
    rule: Rule
    watch: Watch = field(default_factory=Watch)
    epochs: list[Epoch] = field(default_factory=list)
    end: End | None = None
    fitted: Fitted | None = None

    def at(self, number: int) -> Epoch | None:
        """The fold's part in the trial's epoch `number`; None if it is not trained yet.

        From its end on, a fold counts with the epoch whose weights it restores.
        """
        last = len(self.epochs)
        if self.end is not None and number >= last:
            return self.epochs[(self.watch.kept or last) - 1]
        return self.epochs[number - 1] if number <= last else None


@final
@dataclass(slots=True, eq=False)
class FoldedTrial:
    """A trial on all its folds. The loop has its first `shown` epochs; `failure` says which fold failed, and why."""

    trial: Trial
    trainings: tuple[FoldTraining, ...]
    shown: int = 0
    failure: str = ""

    @property
    def end(self) -> End | None:
        """How the trial ends once the loop has all its epochs; complete if a fold was trained to the last epoch."""
        ends = {training.end for training in self.trainings}
        if None in ends or self.shown < max(len(training.epochs) for training in self.trainings):
            return None
        return End.COMPLETE if End.COMPLETE in ends else End.STOPPED_EARLY

    def next(self) -> Epoch | None:
        """The mean of the first epoch that the loop does not have; None until every fold has reached it or ended."""
        number = self.shown + 1
        parts = [epoch for training in self.trainings if (epoch := training.at(number)) is not None]
        if self.end is not None or len(parts) < len(self.trainings):
            return None
        values = {name: [part.metrics[name] for part in parts] for name in parts[0].metrics}
        means = {name: fmean(found) for name, found in values.items()}
        spread = {FOLD_SD + name: stdev(found) for name, found in values.items() if name.startswith("val_")}
        trained = [training.epochs[number - 1] for training in self.trainings if number <= len(training.epochs)]
        return Epoch(self.trial.number, number, {**means, **spread}, fsum(epoch.seconds for epoch in trained))

    def fitted(self) -> Fitted:
        """What is known about the trial, without weights: seconds of all folds, and the mean of their diagnoses."""
        found = [training.fitted for training in self.trainings if training.fitted is not None]
        if not found:
            return Fitted(())
        phases = dict.fromkeys(phase for one in found for phase in one.seconds)
        seconds = {phase: fsum(one.seconds.get(phase, 0.0) for one in found) for phase in phases}
        names = dict.fromkeys(name for one in found for name in one.diagnosis)
        about = {name: fmean(one.diagnosis[name] for one in found if name in one.diagnosis) for name in names}
        return Fitted((), seconds, found[0].parameters, found[0].summary, about)


@final
class Folds:
    """Trains each trial on every fold of the prepared data, through another engine.

    Each fold has its own seed, its own early stopping and its own kept weights. An epoch of the trial is handed out as
    soon as every fold has reached it or has ended: its metrics are the means over the folds, and `FOLD_SD` before the
    name of a validation metric marks its standard deviation over the folds. From its end on, a fold counts with the
    epoch whose weights it restores. So in the trial's last epoch each metric is the mean over all folds at their own
    restored epochs, and this is the trial's value. The trial has no weights: these would be those of a single fold.

    An engine that trains one trial at a time trains fold after fold. All epochs of a trial then come with its last one.
    """

    def __init__(self, engine: Engine, blueprint: Blueprint, experiment: Experiment) -> None:
        self._engine = engine
        self._blueprint = blueprint
        self._training = experiment.training
        self._objective = experiment.search.objective
        self._count = experiment.search.folds
        self._trials: dict[int, FoldedTrial] = {}
        self._waiting: deque[FoldTraining] = deque()
        self._running: dict[int, FoldTraining] = {}

    @property
    def capacity(self) -> int:
        """The trials that are here, and as many more as have places for all their folds; at least one."""
        free = max(0, self._engine.capacity - len(self._running) - len(self._waiting))
        return max(1, len(self._trials) + free // self._count)

    def start(self, trial: Trial, weights: Fitted | None) -> None:
        if weights is not None:
            raise ValueError(f"trial {trial.number} cannot continue another one: on folds, none has weights")
        rule = Rule.of(self._training, self._blueprint.settings(trial.params), trial.epochs)
        folded = FoldedTrial(trial, tuple(FoldTraining(on_fold(trial, fold), rule) for fold in range(self._count)))
        self._trials[trial.number] = folded
        self._waiting += folded.trainings
        self._fill()

    def step(self) -> Sequence[Epoch]:
        if not any(folded.failure or folded.next() for folded in self._trials.values()):
            self._train()
        failed = next((folded for folded in self._trials.values() if folded.failure), None)
        if failed is not None:
            self.stop(failed.trial)
            raise TrialFailed(failed.trial.number, failed.failure)
        ready = [(folded, epoch) for folded in self._trials.values() if (epoch := folded.next()) is not None]
        for folded, _ in ready:
            folded.shown += 1
        return [epoch for _, epoch in ready]

    def keep(self, trial: Trial) -> None:
        """Do nothing: each fold keeps its own weights."""

    def stop(self, trial: Trial) -> Fitted:
        folded = self._trials.pop(trial.number)
        for training in folded.trainings:
            if training.trial.number in self._running:
                self._leave(training)
        self._waiting = deque(training for training in self._waiting if training not in folded.trainings)
        return folded.fitted()

    def judge(self, rule: Rule, watch: Watch, epoch: Epoch) -> Judgement:  # noqa: ARG002 each fold has its own
        """The judgement of a trial's newest epoch: the trial ends when all its folds have ended."""
        return Judgement(watch, keep=False, end=self._trials[epoch.trial].end)

    def _fill(self) -> None:
        """Start trainings that wait, as many as the engine takes."""
        while self._waiting and len(self._running) < self._engine.capacity:
            training = self._waiting.popleft()
            self._running[training.trial.number] = training
            try:
                self._engine.start(training.trial, None)
            except TrialFailed as failure:
                self._failed(failure.trial, failure.reason)

    def _train(self) -> None:
        self._fill()
        for epoch in self._stepped():
            training = self._running[epoch.trial]
            training.epochs.append(epoch)
            wrong = not_finite(epoch, self._objective)
            if wrong:
                self._leave(training)
                self._fail(training, wrong)
                continue
            judgement = judge(training.rule, training.watch, epoch)
            training.watch, training.end = judgement.watch, judgement.end
            if judgement.keep:
                self._engine.keep(training.trial)
            if judgement.end is not None:
                self._leave(training)

    def _stepped(self) -> Sequence[Epoch]:
        """The epochs of the engine's next step that raises no failure.

        A lane that fails takes all its trials along, one in each step. Before the last of them is known, the other
        folds of a failed trial cannot be taken out: they may be in the same lane.
        """
        while True:
            try:
                return self._engine.step()
            except TrialFailed as failure:
                self._failed(failure.trial, failure.reason)

    def _failed(self, number: int, reason: str) -> None:
        self._fail(self._running.pop(number), reason)

    def _fail(self, training: FoldTraining, reason: str) -> None:
        folded = self._trials[training.trial.number // MOST_FOLDS]
        folded.failure = f"fold {folded.trainings.index(training) + 1} of {self._count}: {reason}"

    def _leave(self, training: FoldTraining) -> None:
        del self._running[training.trial.number]
        training.fitted = replace(self._engine.stop(training.trial), weights=())


def on_fold(trial: Trial, fold: int) -> Trial:
    """A trial's training on one fold: with a number that no other training of the search has, and a seed of its own."""
    return replace(trial, number=trial.number * MOST_FOLDS + fold, seed=trial_seed(trial.seed, fold), fold=fold)
