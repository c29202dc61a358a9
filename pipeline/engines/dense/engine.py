"""Gives each trial a thread, and says whose epoch comes next."""

import logging
import math
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, final

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.config import parts
from pipeline.engines import Engine, _memory
from pipeline.engines._outline import initial, outline
from pipeline.engines.dense.chain import Chain, NoChain, chain
from pipeline.engines.dense.front import Fronts
from pipeline.engines.dense.rules import rule
from pipeline.engines.dense.training import Measured, Training
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.errors import one_line
from pipeline.values.space import Choice, Params
from pipeline.values.trial import Epoch, Fitted, Trial, TrialFailed

AHEAD: Final = 2
"""So many epochs of a trial may be trained before the last one was judged; at its end they are lost."""
QUEUED: Final = 1
"""So many more trials than cores are asked for: one is made ready while the others train."""
PROBES: Final = 32
"""At most so many settings are looked at before a search, to see whether its models are chains."""
OTHERS: Final = "vectorized"
"""The engine that trains what is no chain."""

log = logging.getLogger("pipeline")


def create(blueprint: Blueprint, prepared: Prepared, trials: int, ahead: int | None) -> Engine:
    """The engine of this room, or the one for models that are no chains if a search would often need it."""
    for settings in islice(_samples(blueprint), PROBES):
        reason = refusal(blueprint, settings)
        if reason:
            log.info("the search is trained by the engine %s: %s", OTHERS, reason)
            return parts.engine(OTHERS).create(blueprint, prepared, trials, ahead)
    return DenseEngine(blueprint, prepared, ahead)


def refusal(blueprint: Blueprint, settings: Params) -> str:
    """Why a model with these settings is not trained in this room; empty if it is."""
    try:
        made = chain(outline(blueprint, settings).model, blueprint.output)
        rule(blueprint.optimizer(settings), int(made.net.spans[-1]), "float32")
    except Exception as error:  # noqa: BLE001  a model may raise anything; the other engine says what
        return one_line(error)
    return ""


def _samples(blueprint: Blueprint) -> Iterator[Params]:
    """Settings of the middle of the space, then those with each other option of each choice."""
    dimensions = blueprint.space.dimensions
    middle = blueprint.space.at([0.5] * len(dimensions))
    yield blueprint.settings(middle)
    for name, dimension in dimensions.items():
        if isinstance(dimension, Choice) and name in middle:
            for option in dimension.options:
                if option != middle[name]:
                    yield blueprint.settings({**middle, name: option})


@final
@dataclass(slots=True, eq=False)
class Slot:
    """A thread and the trial that it trains; `clock` is the effort of all epochs that it has delivered."""

    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "train"))
    clock: float = 0.0
    training: Training | None = None
    epochs: deque[Future[Measured | None]] = field(default_factory=deque)
    last: Measured | None = None
    kept: Measured | None = None

    def seat(self, training: Training, now: float) -> None:
        """Begin to train a trial."""
        self.training, self.last, self.kept = training, None, None
        self.clock = max(self.clock, now)
        self.epochs = deque(self.pool.submit(training.advance) for _ in range(AHEAD))

    @property
    def due(self) -> float:
        """When its next epoch ends, by the clock."""
        return self.clock + self.training.effort if self.training is not None else math.inf


@final
class DenseEngine:
    """Trains chains, as many at a time as there are cores; others are queued.

    Which trial's epoch is delivered next depends only on the trials and on the number of cores, never on timing: each
    epoch takes as long as its arithmetic, by a clock of its own.
    """

    def __init__(
        self, blueprint: Blueprint, prepared: Prepared, ahead: int | None = None, dtype: str = "float32"
    ) -> None:
        cores = len(os.sched_getaffinity(0))
        self.capacity = ahead or cores + QUEUED
        self._blueprint = blueprint
        self._prepared = prepared
        self._dtype = dtype
        self._fronts = Fronts(prepared, dtype)
        self._slots = [Slot() for _ in range(cores)]
        self._queue: deque[Training] = deque()
        self._others: Engine | None = None
        self.elsewhere: set[int] = set()
        """The numbers of the trials that another engine trains."""
        self._others_turn = False
        self._now = 0.0
        # each thread multiplies its own small matrices; threads of the library would only wait for each other
        threadpool_limits(1, "blas")

    def start(self, trial: Trial, weights: Fitted | None) -> None:
        try:
            training = self._training(trial, weights)
        except NoChain as reason:
            log.info("trial %d is trained by the engine %s: %s", trial.number, OTHERS, reason)
            if self._others is None:
                self._others = parts.engine(OTHERS).create(self._blueprint, self._prepared, 1, self.capacity)
            self._others.start(trial, weights)
            self.elsewhere.add(trial.number)
            return
        except Exception as error:
            raise TrialFailed(trial.number, one_line(error)) from error
        self._queue.append(training)
        self._fill()

    def step(self) -> Sequence[Epoch]:
        slot = min(self._slots, key=lambda s: s.due)
        training = slot.training
        self._others_turn = not self._others_turn
        if self._others is not None and self.elsewhere and (self._others_turn or training is None):
            return self._others.step()
        if training is None:
            return ()
        self._now = slot.clock = slot.due
        try:
            measured = slot.epochs.popleft().result()
        except Exception as error:
            self._empty(slot)
            raise TrialFailed(training.trial.number, one_line(error)) from error
        if measured is None:
            raise RuntimeError(f"{training.trial.name} has ended, but has a place")
        slot.last = measured
        slot.epochs.append(slot.pool.submit(training.advance))
        return [training.delivered(measured)]

    def keep(self, trial: Trial) -> None:
        if trial.number in self.elsewhere and self._others is not None:
            self._others.keep(trial)
            return
        slot = self._slot(trial)
        slot.kept = slot.last

    def stop(self, trial: Trial) -> Fitted:
        if trial.number in self.elsewhere and self._others is not None:
            self.elsewhere.remove(trial.number)
            return self._others.stop(trial)
        waiting = next((t for t in self._queue if t.trial == trial), None)
        if waiting is not None:
            self._queue.remove(waiting)
            return waiting.fitted(None)
        slot = self._slot(trial)
        training, kept = slot.training, slot.kept or slot.last
        self._empty(slot)
        if training is None:
            raise RuntimeError("an empty place")
        return training.fitted(kept)

    def _slot(self, trial: Trial) -> Slot:
        for slot in self._slots:
            if slot.training is not None and slot.training.trial == trial:
                return slot
        raise ValueError(f"trial {trial.number} is not in this engine")

    def _empty(self, slot: Slot) -> None:
        if slot.training is not None:
            slot.training.stopped = True
        slot.training = None
        slot.epochs.clear()
        self._fill()

    def _fill(self) -> None:
        for slot in self._slots:
            if slot.training is None and self._queue:
                slot.seat(self._queue.popleft(), self._now)

    def _training(self, trial: Trial, weights: Fitted | None) -> Training:
        began = time.perf_counter()
        settings = self._blueprint.settings(trial.params)
        made = chain(outline(self._blueprint, settings, trial.seed).model, self._blueprint.output)
        batch = int(settings["batch_size"])
        _memory.needed(made.model, batch)
        how = rule(self._blueprint.optimizer(settings), int(made.net.spans[-1]), self._dtype)
        data = self._fronts.data(made, trial.fold)
        training = Training(trial, made, how, self._values(made, weights), data, batch)
        training.seconds["build"] = time.perf_counter() - began
        return training

    def _values(self, made: Chain, weights: Fitted | None) -> np.ndarray:
        """The first values of all variables: those of a parent, or as their initializers draw them."""
        known = dict(zip(map(id, made.model.weights), weights.weights, strict=True)) if weights is not None else {}
        values = [known[id(v)] if id(v) in known else initial(v) for v in made.variables]
        return np.concatenate([np.asarray(v, self._dtype).ravel() for v in values])
