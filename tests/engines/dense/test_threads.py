"""A trial's numbers do not depend on its company, on threads or on the run; what comes when follows from the trials."""

import os
from typing import Any

import numpy as np
import pytest

from pipeline.engines.dense.engine import DenseEngine
from pipeline.values.data import Prepared
from tests.engines.conftest import Make, trained, trial

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]


def test_a_trial_is_the_same_to_the_bit_alone_amid_others_and_on_one_core(
    blueprints: Make, few: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = trial(dropout=0.3)
    crowd = [trial(i, seed=i, dropout=0.1 + i / 100, width=8 + i, learning_rate=0.001 * i) for i in range(2, 20)]
    alone = trained(DenseEngine(blueprints(), few), [one], epochs=10)[1]
    amid = trained(DenseEngine(blueprints(), few), [*crowd[:9], one, *crowd[9:]], epochs=10)[1]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    single = trained(DenseEngine(blueprints(), few), [one, *crowd[:3]], epochs=10)[1]
    for curve, fitted in (amid, single):
        assert curve == alone[0]
        assert all(np.array_equal(a, b) for a, b in zip(fitted.weights, alone[1].weights, strict=True))


def order(blueprints: Make, few: Prepared) -> list[tuple[int, int]]:
    """The epochs of eight trials of different sizes, in the order in which they come."""
    trials = [trial(i, seed=i, width=8 * i, depth=1 + i % 2) for i in range(1, 9)]
    own = DenseEngine(blueprints(), few)
    for one in trials:
        own.start(one, None)
    left, found = {one.number: one for one in trials}, []
    while left:
        for epoch in own.step():
            found.append((epoch.trial, epoch.number))
            if epoch.number == 3 + epoch.trial:
                own.stop(left.pop(epoch.trial))
    return found


def test_what_comes_in_which_order_follows_from_the_trials_alone(blueprints: Make, few: Prepared) -> None:
    first = order(blueprints, few)
    assert first == order(blueprints, few)
    assert len({trial for trial, _ in first}) == 8


def test_it_asks_for_one_trial_more_than_there_are_cores_unless_told(blueprints: Make, few: Prepared) -> None:
    assert DenseEngine(blueprints(), few).capacity == len(os.sched_getaffinity(0)) + 1
    assert DenseEngine(blueprints(), few, ahead=28).capacity == 28


def test_a_trial_that_waits_or_has_made_no_epoch_gives_its_first_weights(blueprints: Make, few: Prepared) -> None:
    trials = [trial(i, seed=i) for i in range(1, 30)]
    own = DenseEngine(blueprints(), few, ahead=30)
    for one in trials:
        own.start(one, None)
    first: dict[int, Any] = {one.number: own.stop(one) for one in reversed(trials)}
    again = DenseEngine(blueprints(), few)
    for number in (1, 29):
        one = trials[number - 1]
        again.start(one, None)
        assert all(np.array_equal(a, b) for a, b in zip(first[number].weights, again.stop(one).weights, strict=True))
    assert list(own.step()) == []
