"""What a search will cost in memory, disk and time, compared with what is free."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from pipeline.checks import Finding, Level
from pipeline.checks.models import size
from pipeline.checks.workload import Workload
from pipeline.config import parts
from pipeline.config.experiment import Experiment
from pipeline.engines import Engine
from pipeline.tuning.study import KEPT
from pipeline.values.blueprint import BYTES, Blueprint
from pipeline.values.data import Prepared
from pipeline.values.trial import Trial, trial_seed

SEARCH_BYTES: Final = 40_000_000
"""What a search of any size writes: its pictures, which are stored twice, and its report (measured: 30 MB)."""
EPOCH_BYTES: Final = 2_000
"""What one epoch of a trial writes: its line in the spool and its rows in MLflow's database."""
AT_ONCE: Final = 16
"""At most this number of trials are trained to measure an engine that trains several at once."""
ROUNDS: Final = 3


@final
@dataclass(frozen=True, slots=True)
class Pace:
    """Measured seconds: `begin` to start a trial, `epoch` for each of its epochs."""

    begin: float
    epoch: float


def memory() -> int | None:
    """The bytes of memory that this process may still use; None if the system does not report it."""
    known = [found for found in (_available(), _allowed()) if found is not None]
    return min(known, default=None)


def disk(folder: Path, found: Workload, parameters: int) -> Finding:
    """A finding on whether the disk of `folder` has space for what a search writes there.

    `parameters` are those of the largest model. With `promotes`, the weights of all trials are kept, otherwise those of
    the best `KEPT`. Confirmed models are kept too, and the champion's files hold up to as many again.
    """
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    weights = ((found.trials if found.promotes else KEPT) + 2 * found.confirmed) * parameters * BYTES
    need = SEARCH_BYTES + found.epochs * EPOCH_BYTES + weights
    sentence = f"the search will write about {size(need)} to {folder}/, and {size(free)} are free."
    if need > free:
        return Finding(Level.ERROR, "disk", sentence)
    return Finding(Level.WARNING if 2 * need > free else Level.NOTE, "disk", sentence)


def pace(blueprint: Blueprint, prepared: Prepared, experiment: Experiment) -> Pace:
    """How fast the experiment's engine trains models in the middle of the space.

    TrialFailed if the engine cannot train them.
    """
    engine = parts.engine(experiment.training.engine).create(blueprint, prepared, experiment.search.trials)
    count = min(engine.capacity, AT_ONCE, experiment.search.trials)
    middle = blueprint.space.at([0.5] * len(blueprint.space.dimensions))
    trials = [Trial(i, middle, trial_seed(experiment.search.seed, i), ROUNDS + 2) for i in range(1, count + 1)]
    began = time.perf_counter()
    for trial in trials:
        engine.start(trial, None)
    # an engine may queue some trials until others end: only those that run are counted
    count = _stepped(engine)
    first = time.perf_counter() - began
    began = time.perf_counter()
    epochs = sum(_stepped(engine) for _ in range(ROUNDS))
    epoch = (time.perf_counter() - began) / epochs
    for trial in trials:
        engine.stop(trial)
    return Pace(max(first / count - epoch, 0.0), epoch)


def duration(experiment: Experiment, found: Workload, measured: Pace) -> Finding:
    """A finding that says how long the search will take."""
    seconds = found.folds * (found.trials * measured.begin + found.epochs * measured.epoch)
    sooner = ": an upper bound, as early stopping ends most trials sooner" if experiment.training.early_stopping else ""
    minutes = experiment.search.minutes
    cut = f"; `minutes = {minutes:g}` ends it earlier" if minutes is not None and seconds > 60 * minutes else ""
    each = f", each on {found.folds} folds" if found.folds > 1 else ""
    after = "; confirming adds up to a third" if found.confirmed else ""
    sentence = (
        f"about {spoken(seconds)} for {found.trials} trials and {found.epochs:,} epochs{each}{sooner}{after}{cut}."
    )
    return Finding(Level.NOTE, "time", sentence)


def spoken(seconds: float) -> str:
    """A duration in words: `2 hours`, `119 seconds`."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return "1 second" if seconds < 1.5 else f"{seconds:.0f} seconds"


def _stepped(engine: Engine) -> int:
    """How many epochs the engine's next step made; steps that make none, while the engine gets ready, are skipped."""
    while not (made := engine.step()):
        pass
    return len(made)


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return _physical()
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)


def _physical() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _allowed() -> int | None:
    """The bytes that a container's memory limit still allows; None without a limit."""
    group = Path("/sys/fs/cgroup")
    try:
        return int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    except (OSError, ValueError):  # there is no such group, or its limit is the word `max`
        return None
