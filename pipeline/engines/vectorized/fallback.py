"""The fallback engine: the engine `fit` with a queue, for trials that no lane takes."""

from collections import deque
from collections.abc import Sequence
from typing import final

from pipeline.config import parts
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.trial import Epoch, Fitted, Trial, TrialFailed


@final
class Fallback:
    """Trains queued trials with `model.fit`, one after another."""

    def __init__(self, blueprint: Blueprint, prepared: Prepared) -> None:
        self._engine = parts.engine("fit").create(blueprint, prepared)
        self._queue: deque[tuple[Trial, Fitted | None]] = deque()
        self._running: Trial | None = None

    def add(self, trial: Trial, weights: Fitted | None) -> None:
        """Queue a trial."""
        self._queue.append((trial, weights))

    def step(self) -> Sequence[Epoch]:
        """An epoch of one trial; TrialFailed if it cannot go on. The next call then takes the next trial."""
        if self._running is None and self._queue:
            trial, weights = self._queue.popleft()
            self._engine.start(trial, weights)
            self._running = trial
        try:
            return self._engine.step()
        except TrialFailed:
            self._running = None
            raise

    def keep(self, trial: Trial) -> None:
        """Keep a trial's present weights."""
        self._engine.keep(trial)

    def leave(self, trial: Trial) -> Fitted:
        """A trial's weights; it is then no longer here."""
        waiting = next((entry for entry in self._queue if entry[0] == trial), None)
        if waiting is not None:
            self._queue.remove(waiting)
            return Fitted(())
        self._running = None
        return self._engine.stop(trial)
