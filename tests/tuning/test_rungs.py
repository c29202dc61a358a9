"""The rungs: which trials go on, what the sampler is told, and that rungs can be rebuilt."""

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pipeline.searches.listed import Listed
from pipeline.tuning.rungs import Rungs
from pipeline.values.trial import End, Epoch, Outcome, Trial, Verdict


class Overheard:
    """A search that proposes its list, prunes at the epoch `prunes_at`, and keeps what it was told."""

    promotes = False
    epochs: int | None = None

    def __init__(self, trials: Sequence[Trial], prunes_at: int = 0) -> None:
        self._listed = Listed(trials)
        self._prunes_at = prunes_at
        self.total = self._listed.total
        self.told: list[Outcome] = []

    def ask(self, count: int) -> Sequence[Trial]:
        return self._listed.ask(count)

    def report(self, epoch: Epoch) -> Verdict:
        return Verdict.PRUNE if epoch.number == self._prunes_at else Verdict.GO_ON

    def tell(self, outcome: Outcome) -> None:
        self.told.append(outcome)


def trials(count: int, epochs: int = 30) -> list[Trial]:
    return [Trial(number, {}, number, epochs) for number in range(1, count + 1)]


def on_rungs(count: int, epochs: int = 30, objective: str = "val_loss") -> Rungs:
    rungs = Rungs(Listed(trials(count, epochs)), objective)
    rungs.ask(count)
    return rungs


def goes_on(rungs: Rungs, trial: int, epoch: int, value: float, objective: str = "val_loss") -> bool:
    return rungs.report(Epoch(trial, epoch, {objective: value})) is Verdict.GO_ON


def test_a_trial_goes_on_if_it_is_in_the_best_third_of_all_that_reached_the_rung() -> None:
    rungs = on_rungs(9)
    values = [0.5, 0.6, 0.4, 0.45, 0.3, 0.35, 0.1, 0.2, 0.15]
    went_on = [goes_on(rungs, trial, 1, value) for trial, value in enumerate(values, start=1)]
    # of 1 to 5 trials on the rung the best one goes on, of 6 to 8 the best two, of 9 the best three
    assert went_on == [True, False, True, False, True, True, True, True, True]


def test_the_best_so_far_counts_and_not_the_last() -> None:
    rungs = on_rungs(2)
    assert goes_on(rungs, 1, 1, 0.5)
    assert goes_on(rungs, 1, 2, 0.1)
    assert goes_on(rungs, 1, 3, 0.9)
    assert goes_on(rungs, 2, 1, 0.4)
    assert not goes_on(rungs, 2, 3, 0.2)


def test_large_objectives_are_better_where_the_name_says_so() -> None:
    rungs = on_rungs(2, objective="val_accuracy")
    assert goes_on(rungs, 1, 1, 0.7, "val_accuracy")
    assert not goes_on(rungs, 2, 1, 0.6, "val_accuracy")


def test_rungs_are_at_powers_of_three_before_the_last_epoch() -> None:
    rungs = on_rungs(2, epochs=27)
    pruned = []
    for epoch in range(1, 28):
        goes_on(rungs, 1, epoch, 0.1)
        if not goes_on(rungs, 2, epoch, 0.9):
            pruned.append(epoch)
    assert pruned == [1, 3, 9]


def test_no_number_is_worse_than_any_and_does_not_end_the_search() -> None:
    rungs = on_rungs(3)
    assert goes_on(rungs, 1, 1, math.nan), "the only one that reached the rung is its best"
    assert goes_on(rungs, 2, 1, 5.0)
    assert not goes_on(rungs, 3, 1, math.nan)


def test_the_wrapped_search_is_told_of_a_pruned_trial_as_failed() -> None:
    search = Overheard(trials(3))
    rungs = Rungs(search, "val_loss")
    for trial, end in zip(rungs.ask(3), (End.PRUNED, End.COMPLETE, End.FAILED), strict=True):
        rungs.tell(Outcome(trial, {}, end, 1.0 if end is End.COMPLETE else None, None, (), reason="its own"))
    assert [(o.end, o.pruned, o.reason) for o in search.told] == [
        (End.FAILED, True, "its own"),
        (End.COMPLETE, False, "its own"),
        (End.FAILED, False, "its own"),
    ]


def test_the_wrapped_search_may_prune_too() -> None:
    rungs = Rungs(Overheard(trials(1), prunes_at=2), "val_loss")
    rungs.ask(1)
    assert goes_on(rungs, 1, 1, 0.5)
    assert not goes_on(rungs, 1, 2, 0.4)


def test_total_is_that_of_the_wrapped_search() -> None:
    assert on_rungs(7).total == 7


@given(st.lists(st.lists(st.floats(0, 1) | st.just(math.nan), min_size=10, max_size=10), min_size=2, max_size=12))
def test_rebuilt_from_the_curves_of_the_past_it_judges_as_before(curves: list[list[float]]) -> None:
    def train(rungs: Rungs, trial: Trial) -> Outcome:
        curve: list[Epoch] = []
        verdict = Verdict.GO_ON
        for number, value in enumerate(curves[trial.number - 1], start=1):
            curve.append(Epoch(trial.number, number, {"val_loss": value}))
            verdict = rungs.report(curve[-1])
            if verdict is Verdict.PRUNE:
                break
        end = End.PRUNED if verdict is Verdict.PRUNE else End.COMPLETE
        outcome = Outcome(trial, {}, end, None, None, tuple(curve))
        rungs.tell(outcome)
        return outcome

    whole = Rungs(Listed(trials(len(curves))), "val_loss")
    expected = [train(whole, trial) for trial in whole.ask(len(curves))]
    half = len(curves) // 2
    resumed = Rungs(Listed(trials(len(curves))[half:]), "val_loss", past=expected[:half])
    found = [train(resumed, trial) for trial in resumed.ask(len(curves))]
    assert [(o.end, len(o.curve)) for o in found] == [(o.end, len(o.curve)) for o in expected[half:]]
