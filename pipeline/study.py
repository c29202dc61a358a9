"""A search's own folder, and whether a command begins a search, goes on with one, or extends one that is finished."""

import fcntl
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Final, final

from pipeline.errors import UserError
from pipeline.experiment import Experiment
from pipeline.journal import Journal
from pipeline.record import LIMITS, fingerprint
from pipeline.trial import Outcome
from pipeline.weights import Weights

FINISHED: Final = "finished.json"


@final
@dataclass(frozen=True, slots=True)
class Study:
    """A search's folder under `mlruns/studies/`, named by its identity, and the outcomes of earlier goes."""

    folder: Path
    journal: Journal
    weights: Weights
    past: tuple[Outcome, ...]

    @staticmethod
    def at(folder: Path) -> "Study":
        """The study in `folder`, which is made where it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        journal = Journal(folder / "outcomes.jsonl")
        return Study(folder, journal, Weights(folder / "weights"), tuple(journal.read()))

    @property
    def identity(self) -> str:
        """The search's identity."""
        return self.folder.name

    def finish(self, experiment: Experiment) -> None:
        """Note that the search reached its limits, and what these were."""
        limits = {name: getattr(experiment.search, name) for name in LIMITS}
        part = self.folder / "finished.part"
        part.write_text(json.dumps(limits))
        part.replace(self.folder / FINISHED)


@contextmanager
def opened(experiment: Experiment, digest: str, mlruns: Path, *, new: bool) -> Iterator[Study]:
    """The study of this experiment on this data, for this process alone: the latest if it goes on, else a new one.

    UserError where another process is at it.
    """
    studies = mlruns / "studies"
    stem = f"{experiment.name}-{fingerprint(experiment, digest)}"
    numbers = sorted(int(path.name.rpartition("-")[2]) for path in studies.glob(f"{escape(stem)}-*"))
    latest = numbers[-1] if numbers else 0
    again = bool(latest) and not new and _goes_on(studies / f"{stem}-{latest}", experiment)
    folder = studies / f"{stem}-{latest if again else latest + 1}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            mend = "Wait for it, or begin another with NEW=1."
            raise UserError(f"search {folder.name}", "another process is running it.", mend) from None
        yield Study.at(folder)


def _goes_on(folder: Path, experiment: Experiment) -> bool:
    """Whether a search is unfinished, or finished with limits that these enlarge."""
    finished = folder / FINISHED
    if not finished.exists():
        return True
    before = json.loads(finished.read_text())
    pairs = [(_or_inf(before[name]), _or_inf(getattr(experiment.search, name))) for name in LIMITS]
    return all(now >= then for then, now in pairs) and any(now > then for then, now in pairs)


def _or_inf(limit: float | None) -> float:
    return math.inf if limit is None else limit
