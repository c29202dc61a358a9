"""The loop: when the search is asked, what is kept, and what is told and recorded."""

import math
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np
import pytest

from pipeline.searches.listed import Listed
from pipeline.trackers import Links
from pipeline.tuning.loop import Limits, Loop
from pipeline.tuning.study import Study
from pipeline.values.blueprint import Blueprint
from pipeline.values.events import EpochEnded, Event, SearchRecord, TrialEnded, TrialStarted
from pipeline.values.trial import End, Epoch, Fitted, Outcome, Trial, TrialFailed
from tests.conftest import Make

PARAMS = {"width": 8, "depth": 1, "dropout": 0.0, "learning_rate": 0.01}


@final
class Scripted:
    """An engine whose curves are given; a trial's weights are the number of the epoch that made them."""

    def __init__(self, curves: Mapping[int, Sequence[float]], capacity: int = 1, queued: Container[int] = ()) -> None:
        self.capacity = capacity
        self._queued = queued
        self.started: dict[int, Fitted | None] = {}
        self.flying: dict[int, Trial] = {}
        self.most = 0
        self._curves = curves
        self._epoch: dict[int, int] = {}
        self._kept: dict[int, int] = {}

    def start(self, trial: Trial, weights: Fitted | None) -> None:
        self.started[trial.number] = weights
        if not self._curves[trial.number]:
            raise TrialFailed(trial.number, "no curve")
        self.flying[trial.number] = trial
        self._epoch[trial.number] = trial.initial_epoch
        self.most = max(self.most, len(self.flying))

    def step(self) -> list[Epoch]:
        made = []
        for number, trial in self.flying.items():
            if number in self._queued:
                continue
            self._epoch[number] += 1
            value = self._curves[number][self._epoch[number] - trial.initial_epoch - 1]
            made.append(Epoch(number, self._epoch[number], {"loss": 1.0, "val_loss": value, "val_accuracy": 0.5}))
        return made

    def keep(self, trial: Trial) -> None:
        self._kept[trial.number] = self._epoch[trial.number]

    def stop(self, trial: Trial) -> Fitted:
        del self.flying[trial.number]
        return Fitted((np.array([self._kept.get(trial.number, self._epoch[trial.number])]),))


@final
class Notes:
    """A tracker that collects events in a list."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def open(self, search: SearchRecord) -> None: ...

    def record(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> Links:
        return Links({})


def trials(*epochs: int) -> list[Trial]:
    return [Trial(i, PARAMS, i, e) for i, e in enumerate(epochs, 1)]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study.at(tmp_path / "study")


class Fixture:
    """A loop over a scripted engine."""

    def __init__(self, blueprint: Blueprint, titanic: Make, study: Study) -> None:
        self.blueprint, self.titanic, self.study = blueprint, titanic, study
        self.notes = Notes()

    def run(self, asked: list[Trial], engine: Scripted, limits: Limits | None = None) -> dict[int, Outcome]:
        loop = Loop(Listed(asked), engine, self.blueprint, self.titanic(), self.notes, self.study)
        outcomes = loop.run(limits or Limits())
        return {o.number: o for o in outcomes}


@pytest.fixture
def looped(blueprint: Blueprint, titanic: Make, study: Study) -> Fixture:
    return Fixture(blueprint, titanic, study)


def test_a_trial_ends_with_the_value_and_the_weights_of_its_best_epoch(looped: Fixture) -> None:
    curve = [0.9, 0.5, *[0.6] * 18]
    outcome = looped.run(trials(20), Scripted({1: curve}))[1]
    assert (outcome.end, outcome.value, outcome.best_epoch) == (End.STOPPED_EARLY, 0.5, 2)
    assert looped.study.weights[1].weights[0][0] == 2


def test_patience_is_that_of_the_trials_own_settings(looped: Fixture) -> None:
    patient = Trial(1, {**looped.blueprint.settings(PARAMS), "patience": 4}, 1, 10)
    outcome = looped.run([patient], Scripted({1: [0.5] + [0.6] * 9}))[1]
    assert len(outcome.curve) == 5


def test_a_place_freed_by_one_trial_is_taken_by_the_next_at_once(looped: Fixture) -> None:
    engine = Scripted({i: [0.9, 0.8, 0.7, 0.6] for i in range(1, 6)}, capacity=2)
    outcomes = looped.run(trials(1, 4, 1, 1, 2), engine)
    assert engine.most == 2
    assert len(outcomes) == 5
    assert [e.epoch.trial for e in looped.notes.events if isinstance(e, EpochEnded)] == [1, 2, 2, 3, 2, 4, 2, 5, 5]


def test_each_event_is_recorded_once_in_order(looped: Fixture) -> None:
    looped.run(trials(2, 2), Scripted({1: [0.9, 0.8], 2: [0.9, 0.8]}))
    kinds = [type(e).__name__ for e in looped.notes.events]
    assert kinds == ["TrialStarted", "EpochEnded", "EpochEnded", "TrialEnded"] * 2
    started = [e.settings for e in looped.notes.events if isinstance(e, TrialStarted)]
    assert started[0]["epochs"] == 100
    assert started[0]["width"] == 8


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_trial_whose_loss_is_no_number_fails_alone_with_its_reason(looped: Fixture, bad: float) -> None:
    engine = Scripted({1: [0.9, bad, 0.1], 2: [0.9, 0.8, 0.7], 3: [0.9, 0.9, 0.9]}, capacity=2)
    outcomes = looped.run(trials(3, 3, 3), engine)
    assert outcomes[1].end is End.FAILED
    assert outcomes[1].value is None
    assert f"val_loss became {bad} in epoch 2" in outcomes[1].reason
    assert (outcomes[2].end, outcomes[2].value) == (End.COMPLETE, 0.7)
    assert outcomes[3].end is End.COMPLETE


def test_a_trial_that_cannot_start_fails_and_the_search_goes_on(looped: Fixture) -> None:
    outcomes = looped.run(trials(1, 1), Scripted({1: [], 2: [0.5]}))
    assert (outcomes[1].end, outcomes[1].reason) == (End.FAILED, "no curve")
    assert outcomes[2].value == 0.5
    assert sum(isinstance(e, TrialEnded) for e in looped.notes.events) == 2


def test_a_child_is_given_its_parents_kept_weights(looped: Fixture) -> None:
    child = Trial(2, PARAMS, 2, epochs=4, parent=1, initial_epoch=2)
    engine = Scripted({1: [0.5, 0.9], 2: [0.4, 0.3]})
    outcomes = looped.run([*trials(2), child], engine)
    given = engine.started[2]
    assert given is not None
    assert given.weights[0][0] == 1
    assert [e.number for e in outcomes[2].curve] == [3, 4]


def test_the_budget_ends_trials_in_flight_as_pruned_after_the_running_epoch(looped: Fixture) -> None:
    engine = Scripted({i: [1 / (e + i) for e in range(1, 9)] for i in range(1, 9)}, capacity=2)
    outcomes = looped.run(trials(*[4] * 8), engine, Limits(epochs=10))
    ends = [outcomes[i].end for i in sorted(outcomes)]
    assert ends == [End.COMPLETE, End.COMPLETE, End.PRUNED, End.PRUNED]
    assert "budget" in outcomes[3].reason
    assert not engine.flying


def test_at_the_limit_a_trial_that_waits_for_its_first_epoch_is_not_waited_for(looped: Fixture) -> None:
    engine = Scripted({1: [0.5, 0.4, 0.3], 2: [0.5]}, capacity=2, queued={2})
    outcomes = looped.run(trials(9, 9), engine, Limits(epochs=2))
    assert {n: (o.end, len(o.curve)) for n, o in outcomes.items()} == {1: (End.PRUNED, 2), 2: (End.PRUNED, 0)}
    assert not engine.flying


def test_an_interrupt_leaves_the_finished_recorded_and_the_others_without_an_end(looped: Fixture) -> None:
    engine = Scripted({1: [0.9, 0.8], 2: [0.9] * 9})
    limits = Limits(interrupted=lambda: sum(isinstance(e, EpochEnded) for e in looped.notes.events) >= 3)
    outcomes = looped.run(trials(2, 9), engine, limits)
    assert list(outcomes) == [1]
    assert not engine.flying
    assert [e.outcome.number for e in looped.notes.events if isinstance(e, TrialEnded)] == [1]


def test_only_the_best_ten_and_the_baseline_keep_their_weights(looped: Fixture) -> None:
    engine = Scripted({i: [i / 100] for i in range(15)})
    asked = [Trial(i, PARAMS, i, 1) for i in range(15)]
    looped.run(asked, engine)
    assert list(looped.study.weights) == list(range(10))


def test_a_search_taken_up_again_ends_as_if_nothing_had_been(looped: Fixture, tmp_path: Path) -> None:
    asked = trials(*[3] * 6)
    curves = {i: [0.9 / i, 0.5 + i / 100, 0.6] for i in range(1, 7)}
    whole = looped.run(asked, Scripted(curves, capacity=2))
    again = Fixture(looped.blueprint, looped.titanic, Study.at(tmp_path / "other"))
    for stop in (2, 7, 4):
        before = len(again.notes.events)
        limits = Limits(interrupted=lambda: len(again.notes.events) - before >= stop)  # noqa: B023
        again.run(asked, Scripted(curves, capacity=2), limits)
        again.study = Study.at(again.study.folder)
    engine = Scripted(curves, capacity=2)
    assert again.run(asked, engine) == whole
    assert len(engine.started) < 6
    assert {o.number: o for o in Study.at(again.study.folder).past} == whole
    ended = [e.outcome.number for e in again.notes.events if isinstance(e, TrialEnded)]
    assert sorted(ended) == [1, 2, 3, 4, 5, 6]
