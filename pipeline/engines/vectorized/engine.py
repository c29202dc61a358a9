"""Chooses the lane that trains next, and gives trials that no lane can train to the fallback engine."""

import logging
from collections import deque
from collections.abc import Sequence
from typing import Final, final

from pipeline.engines.vectorized.fallback import Fallback
from pipeline.engines.vectorized.lane import Lane
from pipeline.engines.vectorized.lanes import LaneRefused, Lanes
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.errors import one_line
from pipeline.values.trial import Epoch, Fitted, Trial, TrialFailed

AHEAD: Final = 16
"""The number of trials asked ahead, enough to fill lanes. A long search asks for an eighth of its trials."""
SHORT: Final = 8
"""The least number asked ahead. A search of fewer than 64 trials asks for a quarter: its sampler has yet to learn."""

log = logging.getLogger("pipeline")


@final
class VectorizedEngine:
    """Trains trials in lanes. Which lane trains next depends only on the trials, never on timing."""

    def __init__(self, blueprint: Blueprint, prepared: Prepared, trials: int, ahead: int | None = None) -> None:
        self.capacity = ahead or max(SHORT, min(AHEAD, trials // 4), trials // 8)
        self._blueprint = blueprint
        self.lanes = Lanes(blueprint, prepared)
        self._fallback = Fallback(blueprint, prepared)
        self._current: Lane | None = None
        self._places: dict[int, Lane | Fallback] = {}
        self._parents: dict[int, Fitted | None] = {}
        self._failures: deque[TrialFailed] = deque()

    def start(self, trial: Trial, weights: Fitted | None) -> None:
        self._parents[trial.number] = weights
        settings = self._blueprint.settings(trial.params)
        try:
            self._places[trial.number] = self.lanes.take(trial, settings, weights)
        except MemoryError as error:
            raise TrialFailed(trial.number, f"MemoryError: {error}") from error
        except LaneRefused:
            self._refer([trial])
        except Exception as error:  # noqa: BLE001  a model may raise anything; `fit` trains it or fails too
            log.info("trial %d is trained by model.fit: %s", trial.number, one_line(error))
            self._refer([trial])

    def step(self) -> Sequence[Epoch]:
        if self._failures:
            raise self._failures.popleft()
        self._current = self._next()
        if self._current is None:
            return self._fallback.step()
        return self._stepped(self._current) if self._is_ready(self._current) else ()

    def keep(self, trial: Trial) -> None:
        self._place(trial).keep(trial)

    def stop(self, trial: Trial) -> Fitted:
        fitted = self._place(trial).leave(trial)
        del self._places[trial.number], self._parents[trial.number]
        return fitted

    def _place(self, trial: Trial) -> Lane | Fallback:
        if trial.number not in self._places:
            raise ValueError(f"trial {trial.number} is not in this engine")
        return self._places[trial.number]

    def _refer(self, trials: Sequence[Trial]) -> None:
        for trial in trials:
            self._fallback.add(trial, self._parents[trial.number])
            self._places[trial.number] = self._fallback

    def _is_ready(self, lane: Lane) -> bool:
        """Whether a lane's program could be compiled; waits for it. If not, its trials go to the fallback engine."""
        try:
            lane.wait()
        except Exception as error:  # noqa: BLE001  tracing and compiling may raise anything
            log.info("%d trials are trained by model.fit: %s", len(lane.trials), one_line(error))
            self.lanes.refuse(lane, one_line(error))
            self._refer(lane.trials)
            return False
        return True

    def _stepped(self, lane: Lane) -> Sequence[Epoch]:
        try:
            return lane.step()
        except Exception as error:  # noqa: BLE001  most likely out of memory
            self.lanes.refuse(lane, one_line(error))
            self._failures.extend(TrialFailed(trial.number, one_line(error)) for trial in lane.trials)
            return ()

    def _next(self) -> Lane | None:
        """The lane with the most filled slots; among equals the current one, then the oldest.

        None if all are empty: the fallback engine, which trains one trial at a time, comes last. Two lanes at once,
        each in a thread, were no faster (measured: 8.3 s against 6.8 s for 64 trials): one lane keeps both cores busy.
        """
        filled = {lane: min(len(lane.trials), lane.slots) for lane in self.lanes}
        waiting = [lane for lane, count in filled.items() if count]
        return min(waiting, key=lambda lane: (-filled[lane], lane is not self._current), default=None)
