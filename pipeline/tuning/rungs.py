"""Asynchronous rungs around any search: a trial goes on if it is among the best third that reached its rung."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf, isnan, nan
from typing import Final, final

from pipeline.searches import Search
from pipeline.values.trial import Direction, End, Epoch, Outcome, Trial, Verdict

FACTOR: Final = 3
"""One of `FACTOR` trials passes a rung, and the next rung is `FACTOR` times as far.

Measured: factor 2, and rungs that begin at epoch 2 or 3, leave more regret for the same epochs.
"""


@final
class Rungs:
    """Successive halving without waiting: rungs at epochs 1, 3, 9, 27, … before a trial's last.

    At a rung a trial goes on if its best objective so far is the best, or among the best third, of all trials that ever
    reached the rung, itself included. The wrapped search is told that a pruned trial failed, with `pruned` set in its
    outcome: the last value of a stopped trial would mislead a sampler.

    `past` are the outcomes of a search that is continued: their curves count on the rungs again.
    """

    def __init__(self, search: Search, objective: str, past: Iterable[Outcome] = ()) -> None:
        self.total = search.total
        self.epochs = search.epochs
        self.promotes = search.promotes
        self._search = search
        self._objective = objective
        self._direction = Direction.of(objective)
        self._trials: dict[int, Trial] = {}
        self._best: dict[int, float] = {}
        self._reached: defaultdict[int, list[float]] = defaultdict(list)
        for outcome in past:
            self._trials[outcome.number] = outcome.trial
            for epoch in outcome.curve:
                self._climb(epoch)
            self._forget(outcome.number)

    def ask(self, count: int) -> Sequence[Trial]:
        trials = self._search.ask(count)
        self._trials.update((trial.number, trial) for trial in trials)
        return trials

    def report(self, epoch: Epoch) -> Verdict:
        own = self._climb(epoch)
        return Verdict.PRUNE if Verdict.PRUNE in (own, self._search.report(epoch)) else Verdict.GO_ON

    def tell(self, outcome: Outcome) -> None:
        self._forget(outcome.number)
        if outcome.end is End.PRUNED:
            outcome = replace(outcome, end=End.FAILED, pruned=True)
        self._search.tell(outcome)

    def _climb(self, epoch: Epoch) -> Verdict:
        value = epoch.metrics.get(self._objective, nan)
        if self._direction.better(value, self._best.get(epoch.trial, nan)):
            self._best[epoch.trial] = value
        if not _is_rung(epoch.number) or epoch.number >= self._trials[epoch.trial].epochs:
            return Verdict.GO_ON
        best = self._best.get(epoch.trial, nan)
        key = inf if isnan(best) else self._direction.key(best)
        reached = self._reached[epoch.number]
        insort(reached, key)
        return Verdict.GO_ON if bisect_left(reached, key) < max(1, len(reached) // FACTOR) else Verdict.PRUNE

    def _forget(self, number: int) -> None:
        del self._trials[number]
        self._best.pop(number, None)


def _is_rung(epoch: int) -> bool:
    while epoch > 1 and epoch % FACTOR == 0:
        epoch //= FACTOR
    return epoch == 1
