"""The project's side of a comparison: its imports, its data and blueprint, and a tracker that measures times."""

import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any, Final, final

from benchmarks.processes import spent
from pipeline.build import build
from pipeline.config import parts
from pipeline.config.experiment import Experiment
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.trackers import Links, Tracker
from pipeline.trackers.mlflow.spool import Spool
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.events import Event, SearchMeasured, SearchRecord, TrialEnded
from pipeline.values.trial import BASELINE

LOOK: Final = 0.05
"""Seconds between two checks of how far the delivery to MLflow is."""


def imported(engine: str) -> None:
    """Import what an engine needs."""
    import keras  # noqa: F401

    parts.engine(engine)
    if engine != "fit":
        import_module(f"pipeline.engines.{engine}.engine")


def ready(experiment: Experiment) -> tuple[Prepared, Blueprint]:
    """An experiment's data and models."""
    prepared = preprocess(load(experiment), experiment)
    return prepared, build(experiment, prepared)


@final
class Timed:
    """A tracker that passes all events on to `inner` and records when each trial ended and when MLflow had the last.

    Its `open` first opens the inner tracker and then imports what the engine needs, in the order of a usual search: the
    process that writes to MLflow starts meanwhile. `ready` is the end of these imports. `spent` are the processor
    seconds used until then, and until the end of the last trial.
    """

    def __init__(self, inner: Tracker, mlruns: Path, engine: str) -> None:
        self._inner = inner
        self._mlruns = mlruns.absolute()
        self._engine = engine
        self._spool: Spool
        self._watch: Thread | None = None
        self._closed = Flag()
        self.ready = 0.0
        self.spent = [0.0, 0.0]
        self.baseline = 0.0
        self.told: list[float] = []
        self.numbers: list[int] = []
        self.stored = 0.0
        self.phases: Mapping[str, float] = {}
        self.recording = 0.0

    def open(self, search: SearchRecord) -> None:
        self._inner.open(search)
        self._spool = Spool(self._mlruns, search.identity)
        imported(self._engine)
        self.spent[0] = spent()
        self.ready = time.time()

    def record(self, event: Event) -> None:
        began = time.perf_counter()
        self._inner.record(event)
        self.recording += time.perf_counter() - began
        if isinstance(event, TrialEnded):
            if event.outcome.number == BASELINE:
                self.baseline = time.time() - self.ready
            elif event.outcome.number > BASELINE:  # not a training that confirms settings after the search
                self.told.append(time.time())
                self.numbers.append(event.outcome.number)
        elif isinstance(event, SearchMeasured) and "seconds/tune/train" in event.metrics:
            self.spent[1] = spent()
            self.phases = {name.rpartition("/")[2]: seconds for name, seconds in event.metrics.items()}
            self._watch = Thread(target=self._wait, args=(self._spool.events.stat().st_size,), daemon=True)
            self._watch.start()

    def close(self) -> Links:
        links = self._inner.close()
        self._closed.set()
        if self._watch is not None:
            self._watch.join()
        return links

    def figures(self) -> dict[str, Any]:
        """The recorded figures, in seconds; times are since 1970. `spent` are processor seconds, from `ready` on."""
        return {
            "ready": self.ready,
            "baseline": self.baseline,
            "told": self.told,
            "stored": self.stored,
            "spent": self.spent[1] - self.spent[0],
            "phases": dict(self.phases),
            "recording": self.recording,
        }

    def _wait(self, size: int) -> None:
        """Record when all of the spool's first `size` bytes are in MLflow, if that happens."""
        while self._spool.state.offset < size:
            if self._closed.wait(LOOK) and self._spool.state.offset < size:
                return
        self.stored = time.time()
