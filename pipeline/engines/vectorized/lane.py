"""A lane: K slots for trials of one structure, trained as one program. The next trial takes a slot that is free."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import final

import numpy as np
from keras import ops, tree

from pipeline.engines._shuffle import order
from pipeline.engines.vectorized.backends import Tree, own
from pipeline.engines.vectorized.initial_state import InitialState
from pipeline.engines.vectorized.plan import LanePlan
from pipeline.engines.vectorized.program import Size, Slots, epoch
from pipeline.engines.vectorized.template import Template
from pipeline.engines.vectorized.traced_numbers import columns
from pipeline.values.data import Prepared
from pipeline.values.trial import Epoch, Fitted, Trial


@final
@dataclass(slots=True, eq=False)
class Seat:
    """A trial in a slot.

    `keeping` means that its present weights will be copied to the kept ones when the next epoch begins. `insides` are
    the measurements for the diagnosis in the last epoch, `noted` those in the epoch whose weights are kept.
    """

    initial_state: InitialState
    seconds: dict[str, float]
    epoch: int
    kept: bool = False
    keeping: bool = False
    insides: Sequence[float] | None = None
    noted: Sequence[float] | None = None


@final
class Lane:
    """Trains the trials of one structure, one in each slot of its plan; the others wait in a queue."""

    def __init__(self, template: Template, plan: LanePlan, batch: int, prepared: Prepared, executor: Executor) -> None:
        self.slots = plan.slots
        self._template = template
        self._queue: deque[InitialState] = deque()
        self._waited = 0.0
        self._seats: list[Seat | None] = [None] * plan.slots
        self._folds = prepared.folds
        rows, validated = _rows(prepared)
        self._size = Size(rows, validated, min(batch, rows), plan.tail and rows % batch > 0, bool(prepared.folds))
        parts = (prepared.train.x, prepared.train.y, prepared.validation.x, prepared.validation.y)
        self._data = tuple(map(ops.convert_to_tensor, parts))
        self._given: Slots = {
            "numbers": np.zeros((plan.slots, len(columns([handle.value for handle in template.handles]))), np.float32),
            "sizes": [np.zeros((plan.slots, len(v.shape)), np.int32) for v in template.model.trainable_variables],
        }
        self._slots: Slots = template.empty(plan.slots)
        self._names = [*template.names, *(f"val_{name}" for name in template.names if validated)]
        self._program: Future[Callable[..., Tree]] = executor.submit(self._compiled, plan)

    @property
    def trials(self) -> list[Trial]:
        """The trials in slots and in the queue."""
        seated = [seat.initial_state.trial for seat in self._seats if seat is not None]
        return [*seated, *(state.trial for state in self._queue)]

    def add(self, initial_state: InitialState) -> None:
        """Queue a trial."""
        self._queue.append(initial_state)

    def wait(self) -> None:
        """Wait until the program is compiled; raises the error if compiling failed."""
        began = time.perf_counter()
        self._program.result()
        self._waited += time.perf_counter() - began

    def step(self) -> list[Epoch]:
        """One epoch of every trial in a slot; free slots are filled first."""
        program = self._program.result()
        began = time.perf_counter()
        self._fill()
        keep = np.array([seat is not None and seat.keeping for seat in self._seats])
        self._slots, measured, insides = program(
            self._slots, {**self._given, **self._rows_of_slots(), "keep": keep}, self._data
        )
        sums, inner = ops.convert_to_numpy(measured), ops.convert_to_numpy(insides)
        seats = [(slot, seat) for slot, seat in enumerate(self._seats) if seat is not None]
        seconds = (time.perf_counter() - began) / len(seats)
        for slot, seat in seats:
            seat.insides = [float(value) for value in inner[slot]]
        return sorted((self._measured(seat, sums[slot], seconds) for slot, seat in seats), key=lambda e: e.trial)

    def keep(self, trial: Trial) -> None:
        """Mark a trial's present weights as those to keep."""
        seat = self._seat(trial)[1]
        seat.keeping, seat.noted = True, seat.insides

    def leave(self, trial: Trial) -> Fitted:
        """A trial's weights; its slot or its place in the queue becomes free."""
        waiting = next((e for e in self._queue if e.trial == trial), None)
        if waiting is not None:
            self._queue.remove(waiting)
            return self._template.fitted(waiting.values, waiting, {})
        slot, seat = self._seat(trial)
        self._seats[slot] = None
        trainable, other, _ = self._slots["state"]
        values = self._slots["best"] if seat.kept and not seat.keeping else [*trainable, *other]
        insides = seat.noted if seat.noted is not None else seat.insides
        return self._template.fitted([np.asarray(v)[slot] for v in values], seat.initial_state, seat.seconds, insides)

    def _compiled(self, plan: LanePlan) -> Callable[..., Tree]:
        given = {**self._given, **self._rows_of_slots(), "keep": np.zeros(plan.slots, bool)}
        program = epoch(self._template.step, self._size, mapped=plan.mapped)
        return own().compiled(program, (self._template.empty(plan.slots), given, self._data), xla=plan.xla)

    def _seat(self, trial: Trial) -> tuple[int, Seat]:
        for slot, seat in enumerate(self._seats):
            if seat is not None and seat.initial_state.trial == trial:
                return slot, seat
        raise ValueError(f"trial {trial.number} is not in this engine")

    def _fill(self) -> None:
        free = [slot for slot, seat in enumerate(self._seats) if seat is None]
        entering = [(slot, self._queue.popleft()) for slot in free if self._queue]
        if not entering:
            return
        self._slots = tree.map_structure(np.array, self._slots)  # to the host, because slots are written there
        for slot, initial_state in entering:
            self._template.write(self._slots, slot, initial_state)
            self._given["numbers"][slot] = columns(initial_state.numbers)
            for sizes, value in zip(self._given["sizes"], initial_state.values, strict=False):
                sizes[slot] = value.shape
            seconds = {"build": initial_state.seconds, "compile": self._waited}
            self._seats[slot] = Seat(initial_state, seconds, initial_state.trial.initial_epoch)
            self._waited = 0.0

    def _rows_of_slots(self) -> dict[str, np.ndarray]:
        """For each slot the rows that it trains on, in the order of the epoch; with folds, also those that judge it."""
        orders = np.zeros((self.slots, self._size.rows + self._size.padding), np.int32)
        judging = np.zeros((self.slots, self._size.validation), np.int32)
        for slot, seat in enumerate(self._seats):
            if seat is None:
                continue
            trial = seat.initial_state.trial
            found = order(trial.seed, seat.epoch + 1, self._size.rows)
            if trial.fold is not None:
                found = self._folds[trial.fold].train[found]
                judging[slot] = self._folds[trial.fold].validation
            orders[slot, : self._size.rows] = found
        return {"order": orders, "judging": judging} if self._folds else {"order": orders}

    def _measured(self, seat: Seat, sums: np.ndarray, seconds: float) -> Epoch:
        seat.kept, seat.keeping = seat.kept or seat.keeping, False
        seat.epoch += 1
        seat.seconds["train"] = seat.seconds.get("train", 0.0) + seconds
        metrics: dict[str, float] = dict(zip(self._names, map(float, sums.ravel()), strict=True))
        metrics["learning_rate"] = float(np.float32(seat.initial_state.learning_rate))
        return Epoch(seat.initial_state.trial.number, seat.epoch, metrics, seconds)


def _rows(prepared: Prepared) -> tuple[int, int]:
    """How many rows a trial trains on, and how many judge its epochs; all folds have as many."""
    if prepared.folds:
        return len(prepared.folds[0].train), len(prepared.folds[0].validation)
    return len(prepared.train), len(prepared.validation)
