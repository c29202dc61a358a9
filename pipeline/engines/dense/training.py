"""A trial in its thread: its weights, its optimizer, and its epochs one after another."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from pipeline.engines._probes import ROWS
from pipeline.engines._shuffle import order
from pipeline.engines.dense import kernels
from pipeline.engines.dense.chain import Chain
from pipeline.engines.dense.kernels import Moment, Net, Rows, Rule, Work
from pipeline.values.diagnosis import diagnosis
from pipeline.values.trial import Epoch, Fitted, Trial


@final
@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What a trial trains on and what judges its epochs, as it enters the first step: `x` (rows, columns), `y` (rows,).

    `taken` are the numbers of the rows in both. Without rows that judge, `judging` has none.
    """

    x: np.ndarray
    y: np.ndarray
    taken: np.ndarray
    judging_x: np.ndarray
    judging_y: np.ndarray
    judging: np.ndarray


@final
@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """An epoch: its loss and metric, then those of validation if rows judge it; its seconds, and the values after it.

    `squares` are the mean squared norm of the gradients and the squared norm of the trainable weights.
    """

    metrics: Sequence[float]
    seconds: float
    values: np.ndarray
    squares: tuple[float, float]


@final
class Training:
    """Trains one trial. Only its thread calls `advance`."""

    def __init__(self, trial: Trial, chain: Chain, rule: Rule, values: np.ndarray, data: Data, batch: int) -> None:
        self.trial = trial
        self.chain = chain
        self.seconds: dict[str, float] = {}
        self.stopped = False
        self._rule = rule
        self._first = values.copy()
        self._values = values
        self._data = data
        self._batch = min(batch, len(data.taken))
        self._epoch = self._delivered = trial.initial_epoch
        self._names = ("loss", chain.metric, "val_loss", f"val_{chain.metric}")
        self._steps = 0
        self._work: Work | None = None

    @property
    def effort(self) -> float:
        """How long an epoch takes, in a unit of its own: it depends only on the trial, never on the machine."""
        rows = 3 * len(self._data.taken) + len(self._data.judging)
        return float(rows * (self.chain.size + 16 * int(self.chain.net.widths.sum())))

    def advance(self) -> Measured | None:
        """Train an epoch; None if the trial was stopped before, or has made all its epochs."""
        if self.stopped or self._epoch >= self.trial.epochs:
            return None
        began = time.perf_counter()
        net, data = self.chain.net, self._data
        if self._work is None:
            # here, so that the memory is near the core that uses it
            self._work = _work(net, max(self._batch, min(ROWS, len(data.judging))), self._values)
        self._epoch += 1
        rows = Rows(data.x, data.y, data.taken[order(self.trial.seed, self._epoch, len(data.taken))], self._batch)
        key = np.random.SeedSequence((self.trial.seed, self._epoch)).generate_state(1)
        loss, metric, gradients = kernels.epoch(
            net, self._rule, self._values, self._work, rows, Moment(int(key[0]), self._steps)
        )
        self._steps += -(-len(data.taken) // self._batch)
        metrics = [loss, metric]
        if len(data.judging):
            metrics += kernels.judge(net, self._values, self._work, self._judging(ROWS)).tolist()
        trained = self._values[: net.spans[-1]]
        values = self._values.copy()
        squares = (float(gradients), float(trained @ trained))
        return Measured([float(m) for m in metrics], time.perf_counter() - began, values, squares)

    def delivered(self, measured: Measured) -> Epoch:
        """The next epoch as the loop takes it."""
        self._delivered += 1
        self.seconds["train"] = self.seconds.get("train", 0.0) + measured.seconds
        metrics = dict(zip(self._names, measured.metrics, strict=False))
        metrics["learning_rate"] = float(np.float32(self._rule.numbers[0]))
        return Epoch(self.trial.number, self._delivered, metrics, measured.seconds)

    def fitted(self, kept: Measured | None) -> Fitted:
        """The weights of an epoch with its diagnosis; None: those before the first."""
        values = self._first if kept is None else kept.values
        weights = self.chain.split(values)
        about = {}
        if kept is not None:
            units = [int(self.chain.net.widths[step + 1]) for step in self.chain.rectified]
            about = dict(diagnosis(*kept.squares, units, self._alive(values) if units else []))
        return Fitted(weights, self.seconds, sum(w.size for w in weights), diagnosis=about)

    def _alive(self, values: np.ndarray) -> list[int]:
        rows = self._judging(ROWS)
        if not len(rows.order):
            rows = Rows(self._data.x, self._data.y, self._data.taken[:ROWS], ROWS)
        work = _work(self.chain.net, min(ROWS, len(rows.order)), values)
        found = kernels.alive(self.chain.net, values, work, rows)
        return [int(found[step]) for step in self.chain.rectified]

    def _judging(self, batch: int) -> Rows:
        return Rows(self._data.judging_x, self._data.judging_y, self._data.judging, batch)


def _work(net: Net, rows: int, values: np.ndarray) -> Work:
    of = values.dtype
    total, widest = int(net.widths.sum()), int(net.widths.max())
    return Work(
        rows,
        np.zeros(rows * total, of),
        np.zeros(rows * total, of),
        np.zeros((len(net.kinds), max(rows, widest))),
        np.zeros((2, rows * widest), of),
        np.zeros(net.spans[-1], of),
        np.zeros(rows, of),
    )
