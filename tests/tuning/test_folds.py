"""Trials on folds: what the loop, the search and the study learn of trainings whose curves are given."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import stdev
from typing import Any, final

import numpy as np
import pytest

from pipeline.searches.listed import Listed
from pipeline.tuning.folds import Folds, on_fold
from pipeline.tuning.loop import Limits, Loop
from pipeline.tuning.study import Study
from pipeline.values.blueprint import Blueprint
from pipeline.values.events import EpochEnded
from pipeline.values.trial import FOLD_SD, MOST_FOLDS, End, Epoch, Fitted, Outcome, Trial, TrialFailed, Verdict
from tests.conftest import Make
from tests.tuning.test_loop import PARAMS, Notes, trials

SETTINGS = {"search.folds": 2, "training.early_stopping.patience": 2}


@final
class Scripted:
    """An engine whose curves are given by the number of the trial and the fold.

    A value that is a text fails all trainings that the engine then has, one in each step, as a lane does. While they
    are failing, none of them can be taken out.
    """

    def __init__(self, curves: Mapping[tuple[int, int], Sequence[float | str]], capacity: int) -> None:
        self.capacity = capacity
        self.flying: dict[int, Trial] = {}
        self.order: list[tuple[int, int]] = []
        self.kept: list[tuple[int, int, int]] = []
        self._curves = curves
        self._epoch: dict[int, int] = {}
        self._failures: list[TrialFailed] = []

    def start(self, trial: Trial, weights: Fitted | None) -> None:
        assert weights is None
        assert len(self.flying) < self.capacity
        self.flying[trial.number] = trial
        self._epoch[trial.number] = 0

    def step(self) -> list[Epoch]:
        if self._failures:
            failure = self._failures.pop()
            del self.flying[failure.trial]
            raise failure
        made = []
        for number, trial in self.flying.items():
            assert trial.fold is not None
            own = divmod(number, MOST_FOLDS)
            self._epoch[number] += 1
            self.order.append(own)
            value = self._curves[own][self._epoch[number] - 1]
            if isinstance(value, str):
                self._failures = [TrialFailed(flying, value) for flying in self.flying]
                return []
            metrics = {"loss": 1.0, "val_loss": value, "val_accuracy": 1 - value, "learning_rate": 0.1}
            made.append(Epoch(number, self._epoch[number], metrics, seconds=1.0))
        return made

    def keep(self, trial: Trial) -> None:
        self.kept.append((*divmod(trial.number, MOST_FOLDS), self._epoch[trial.number]))

    def stop(self, trial: Trial) -> Fitted:
        assert not self._failures
        fold = self.flying.pop(trial.number).fold or 0
        return Fitted((np.zeros(3),), {"train": 2.0}, 7, "a model", {"dead_units/all": fold / 2})


@final
class Told:
    """A search over given trials that notes what is reported, and prunes a trial after the epoch that `prune` gives."""

    promotes = False
    total: int | None = None
    epochs: int | None = None

    def __init__(self, trials: Sequence[Trial], prune: Mapping[int, int]) -> None:
        self.reported: list[Epoch] = []
        self._listed = Listed(trials)
        self._prune = prune

    def ask(self, count: int) -> Sequence[Trial]:
        return self._listed.ask(count)

    def report(self, epoch: Epoch) -> Verdict:
        self.reported.append(epoch)
        return Verdict.PRUNE if self._prune.get(epoch.trial) == epoch.number else Verdict.GO_ON

    def tell(self, outcome: Outcome) -> None:
        self._listed.tell(outcome)


@final
class Fixture:
    """A loop over trials on folds."""

    def __init__(self, blueprint: Blueprint, titanic: Make, folder: Path) -> None:
        self.blueprint, self.titanic = blueprint, titanic
        self.study = Study.at(folder)
        self.notes = Notes()
        self.reported: list[Epoch] = []

    def run(
        self,
        asked: Sequence[Trial],
        engine: Scripted,
        limits: Limits | None = None,
        prune: Mapping[int, int] | None = None,
        **settings: Any,
    ) -> dict[int, Outcome]:
        experiment = self.titanic({**SETTINGS, **{f"search.{name}": value for name, value in settings.items()}})
        # the patience is a setting that the blueprint of the tests does not have from this experiment
        asked = [Trial(t.number, {**self.blueprint.settings(PARAMS), "patience": 2}, t.seed, t.epochs) for t in asked]
        search = Told(asked, prune or {})
        folds = Folds(engine, self.blueprint, experiment)
        loop = Loop(search, folds, self.blueprint, experiment, self.notes, self.study)
        outcomes = loop.run(limits or Limits(), folds.judge)
        self.reported = search.reported
        return {o.number: o for o in outcomes}


@pytest.fixture
def looped(blueprint: Blueprint, titanic: Make, tmp_path: Path) -> Fixture:
    return Fixture(blueprint, titanic, tmp_path / "study")


CURVES = {(1, 0): [0.5, 0.7, 0.8], (1, 1): [0.9, 0.8, 0.4, 0.3, 0.6, 0.7]}
"""Fold 0 stops after epoch 3 and restores epoch 1; fold 1 stops after epoch 6 and restores epoch 4."""


@pytest.mark.parametrize("capacity", [1, 2, 8])
def test_the_value_is_the_mean_over_the_folds_at_their_own_restored_epochs(looped: Fixture, capacity: int) -> None:
    outcome = looped.run(trials(9), Scripted(CURVES, capacity))[1]
    assert outcome.end is End.STOPPED_EARLY
    assert outcome.value == pytest.approx((0.5 + 0.3) / 2)
    assert outcome.restored is not None
    assert outcome.restored.metrics["val_loss"] == outcome.value
    assert outcome.restored.metrics["val_accuracy"] == pytest.approx(1 - 0.4)
    assert outcome.best_epoch == 6


@pytest.mark.parametrize("capacity", [1, 2, 8])
def test_an_epoch_is_the_mean_over_folds_and_a_fold_that_ended_counts_as_it_was_restored(
    looped: Fixture, capacity: int
) -> None:
    outcome = looped.run(trials(9), Scripted(CURVES, capacity))[1]
    # epoch 3 is the last one of fold 0: from there on it counts with 0.5, its epoch 1
    pairs = [(0.5, 0.9), (0.7, 0.8), (0.5, 0.4), (0.5, 0.3), (0.5, 0.6), (0.5, 0.3)]
    assert [e.metrics["val_loss"] for e in outcome.curve] == pytest.approx([sum(pair) / 2 for pair in pairs])
    assert [e.metrics[FOLD_SD + "val_loss"] for e in outcome.curve] == pytest.approx([stdev(pair) for pair in pairs])
    assert {name for name in outcome.curve[0].metrics if name.startswith(FOLD_SD)} == {
        FOLD_SD + "val_loss",
        FOLD_SD + "val_accuracy",
    }
    assert [e.number for e in outcome.curve] == [1, 2, 3, 4, 5, 6]
    assert [e.seconds for e in outcome.curve] == [2.0, 2.0, 2.0, 1.0, 1.0, 1.0]


def test_a_trial_is_complete_if_a_fold_trains_to_its_last_epoch(looped: Fixture) -> None:
    outcome = looped.run(trials(4), Scripted(CURVES, 8))[1]
    assert (outcome.end, len(outcome.curve)) == (End.COMPLETE, 4)
    assert outcome.value == pytest.approx(0.4)


def test_each_fold_keeps_its_own_epochs(looped: Fixture) -> None:
    engine = Scripted(CURVES, 2)
    looped.run(trials(9), engine)
    assert engine.kept == [(1, 0, 1), (1, 1, 1), (1, 1, 2), (1, 1, 3), (1, 1, 4)]


def test_a_trial_is_asked_for_when_there_are_places_for_all_its_folds(looped: Fixture) -> None:
    engine = Scripted({**CURVES, (2, 0): [0.5, 0.4], (2, 1): [0.5, 0.4]}, 3)
    looped.run(trials(9, 2), engine)
    # fold 0 of the first trial ends after epoch 3
    assert engine.order[:6] == [(1, 0), (1, 1)] * 3
    assert engine.order[6:12] == [(1, 1), (2, 0), (2, 1)] * 2
    assert engine.order[12:] == [(1, 1)]


def test_an_engine_of_one_place_trains_fold_after_fold(looped: Fixture) -> None:
    engine = Scripted({(i, fold): [0.5, 0.4] for i in (1, 2) for fold in range(3)}, 1)
    looped.run(trials(2, 2), engine, folds=3)
    assert engine.order == [(i, fold) for i in (1, 2) for fold in range(3) for _ in range(2)]
    ended = [(e.epoch.trial, e.epoch.number) for e in looped.notes.events if isinstance(e, EpochEnded)]
    assert ended == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_what_is_known_of_a_trial_is_that_of_all_folds_and_it_has_no_weights(looped: Fixture) -> None:
    outcome = looped.run(trials(2), Scripted(CURVES, 2))[1]
    assert (outcome.seconds, outcome.parameters, outcome.summary) == ({"train": 4.0}, 7, "a model")
    assert outcome.diagnosis == {"dead_units/all": 0.25}
    assert list(looped.study.weights) == []


@pytest.mark.parametrize("capacity", [1, 2])
def test_the_search_is_told_means_and_its_pruning_ends_all_folds(looped: Fixture, capacity: int) -> None:
    engine = Scripted({**CURVES, (2, 0): [0.5], (2, 1): [0.1]}, capacity)
    outcomes = looped.run(trials(9, 1), engine, prune={1: 2})
    assert [(e.trial, e.number) for e in looped.reported] == [(1, 1), (1, 2), (2, 1)]
    assert [e.metrics["val_loss"] for e in looped.reported] == pytest.approx([0.7, 0.75, 0.3])
    assert (outcomes[1].end, outcomes[1].value, len(outcomes[1].curve)) == (End.PRUNED, None, 2)
    assert outcomes[2].value == pytest.approx(0.3)
    assert not engine.flying
    assert engine.order.count((1, 1)) == 2


@pytest.mark.parametrize("capacity", [1, 4])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_fold_whose_loss_is_no_number_fails_its_trial_alone(looped: Fixture, capacity: int, bad: float) -> None:
    curves = {(1, 0): [0.9, 0.8, 0.7], (1, 1): [0.9, bad, 0.1], (2, 0): [0.5] * 3, (2, 1): [0.3] * 3}
    engine = Scripted(curves, capacity)
    outcomes = looped.run(trials(3, 3), engine)
    assert (outcomes[1].end, outcomes[1].value) == (End.FAILED, None)
    assert outcomes[1].reason.startswith(f"fold 2 of 2: val_loss became {bad} in epoch 2")
    assert outcomes[2].value == pytest.approx(0.4)
    assert (1, 1) in engine.order
    assert not engine.flying


def test_a_lane_that_fails_takes_its_trials_along_and_the_search_goes_on(looped: Fixture) -> None:
    curves: dict[tuple[int, int], list[float | str]] = {(i, fold): [0.5] for i in (1, 2, 3) for fold in (0, 1)}
    engine = Scripted({**curves, (1, 1): ["no memory"], (2, 0): ["no memory"]}, 4)
    outcomes = looped.run(trials(1, 1, 1), engine)
    ends = {number: (outcome.end, outcome.reason[:5]) for number, outcome in outcomes.items()}
    assert ends == {1: (End.FAILED, "fold "), 2: (End.FAILED, "fold "), 3: (End.COMPLETE, "")}
    assert outcomes[1].reason.endswith("of 2: no memory")
    assert not engine.flying


@pytest.mark.parametrize("capacity", [1, 2, 4])
def test_at_a_limit_the_folds_in_flight_and_those_that_wait_end_with_their_trials(
    looped: Fixture, capacity: int
) -> None:
    engine = Scripted({(i, fold): [0.9 / e for e in range(1, 9)] for i in (1, 2) for fold in (0, 1)}, capacity)
    limits = Limits(epochs=4)
    assert looped.run(trials(8, 8), engine, limits)[1].end is End.PRUNED
    assert sum(isinstance(e, EpochEnded) for e in looped.notes.events) == 4
    assert not engine.flying


def test_a_search_taken_up_again_ends_as_if_nothing_had_been(looped: Fixture, tmp_path: Path) -> None:
    asked = trials(*[3] * 6)
    curves = {(i, f): [0.9 / i, 0.5 + i / 100 + f / 10, 0.6] for i in range(1, 7) for f in range(2)}
    whole = looped.run(asked, Scripted(curves, 4))
    again = Fixture(looped.blueprint, looped.titanic, tmp_path / "other")
    for stop in (2, 7, 4):
        before = sum(isinstance(e, EpochEnded) for e in again.notes.events)
        limits = Limits(
            interrupted=lambda: sum(isinstance(e, EpochEnded) for e in again.notes.events) - before >= stop  # noqa: B023
        )
        again.run(asked, Scripted(curves, 4), limits)
        again.study = Study.at(again.study.folder)
    engine = Scripted(curves, 4)
    assert again.run(asked, engine) == whole
    assert len({number for number, _ in engine.order}) < 6


def test_trainings_have_numbers_and_seeds_that_no_other_has() -> None:
    made = [on_fold(Trial(number, PARAMS, number, 3), fold) for number in range(40) for fold in range(MOST_FOLDS - 1)]
    assert len({trial.number for trial in made}) == len({trial.seed for trial in made}) == len(made)
    assert {trial.fold for trial in made} == set(range(MOST_FOLDS - 1))


def test_a_trial_on_folds_cannot_continue_another(blueprint: Blueprint, titanic: Make) -> None:
    folds = Folds(Scripted({}, 1), blueprint, titanic(SETTINGS))
    with pytest.raises(ValueError, match="trial 2 cannot continue another one"):
        folds.start(Trial(2, PARAMS, 2, 4, parent=1, initial_epoch=2), Fitted(()))
