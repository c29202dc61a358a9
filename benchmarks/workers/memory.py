"""A long search on the default engine, with the memory of its process after each trial."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from benchmarks.configurations import plain
from benchmarks.ours import Timed
from pipeline.run import run as run_stages
from pipeline.trackers import Links, Tracker, mlflow
from pipeline.values.events import Event, SearchRecord, TrialEnded
from pipeline.values.trial import BASELINE


@final
class Weighed:
    """A tracker that records the process's resident bytes after each trial."""

    def __init__(self, inner: Tracker) -> None:
        self._inner = inner
        self.resident: list[int] = []

    def open(self, search: SearchRecord) -> None:
        self._inner.open(search)

    def record(self, event: Event) -> None:
        self._inner.record(event)
        if isinstance(event, TrialEnded) and event.outcome.number > BASELINE:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.resident.append(pages * os.sysconf("SC_PAGE_SIZE"))

    def close(self) -> Links:
        return self._inner.close()


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """When each trial of the experiment's own search was told, and the resident bytes then."""
    experiment = plain(task["overrides"])
    mlruns = folder / "mlruns"
    timed = Timed(mlflow.create(mlruns), mlruns, experiment.training.engine)
    tracker = Weighed(timed)
    finished = run_stages(experiment, tracker, mlruns, lambda *_: None)
    return {**timed.figures(), "resident": tracker.resident, "stages": dict(finished.seconds)}
