"""A search's folder, and whether a command starts a search, continues one, or extends a finished one."""

import fcntl
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Final, final

from pipeline.config.experiment import Experiment
from pipeline.config.paths import replacing
from pipeline.tuning.identity import LIMITS, fingerprint
from pipeline.tuning.journal import Journal
from pipeline.tuning.weights import WeightStore
from pipeline.values.errors import UserError
from pipeline.values.trial import Outcome

FINISHED: Final = "finished.json"
KEPT: Final = 10
"""The number of best trials of a search that keep their weights on disk; a search that promotes trials keeps all."""


@final
@dataclass(frozen=True, slots=True)
class Study:
    """A search's folder under `mlruns/studies/`, named by its identity, and the outcomes of earlier runs.

    `kept` is the number of best trials that keep their weights; None: all of them.
    """

    folder: Path
    journal: Journal
    weights: WeightStore
    past: tuple[Outcome, ...]
    kept: int | None = KEPT

    @staticmethod
    def at(folder: Path) -> "Study":
        """The study in `folder`, which is made if it does not exist."""
        folder.mkdir(parents=True, exist_ok=True)
        journal = Journal(folder / "outcomes.jsonl")
        return Study(folder, journal, WeightStore(folder / "weights"), tuple(journal.read()))

    @property
    def identity(self) -> str:
        """The search's identity."""
        return self.folder.name

    def finish(self, experiment: Experiment) -> None:
        """Record that the search reached its limits, and what these were."""
        limits = {name: getattr(experiment.search, name) for name in LIMITS}
        with replacing(self.folder / FINISHED) as part:
            part.write_text(json.dumps(limits))


@contextmanager
def opened(
    experiment: Experiment, digest: str, mlruns: Path, *, new: bool = False, again: bool = False
) -> Iterator[Study]:
    """The study of this experiment on this data: the latest one if it can be continued, else a new one.

    With `again`, the latest one in any case. It is locked while it is open. UserError if another process is running it,
    or with `again`, if there is none.
    """
    studies = mlruns / "studies"
    stem = f"{experiment.name}-{fingerprint(experiment, digest)}"
    numbers = sorted(int(path.name.rpartition("-")[2]) for path in studies.glob(f"{escape(stem)}-*"))
    latest = numbers[-1] if numbers else 0
    if again and not latest:
        problem = f"no search of `{experiment.name}` on these data and with these settings was found."
        raise UserError("confirm", problem, f"Run `make tune EXP={experiment.name}`, which confirms its best settings.")
    goes_on = again or (bool(latest) and not new and _goes_on(studies / f"{stem}-{latest}", experiment))
    folder = studies / f"{stem}-{latest if goes_on else latest + 1}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hint = "Wait for it, or start a new one with NEW=1."
            raise UserError(f"search {folder.name}", "another process is running it.", hint) from None
        yield Study.at(folder)


def _goes_on(folder: Path, experiment: Experiment) -> bool:
    """Whether a search is unfinished, or finished with limits that `experiment` extends."""
    finished = folder / FINISHED
    if not finished.exists():
        return True
    before = json.loads(finished.read_text())
    pairs = [(_or_inf(before[name]), _or_inf(getattr(experiment.search, name))) for name in LIMITS]
    return all(now >= then for then, now in pairs) and any(now > then for then, now in pairs)


def _or_inf(limit: float | None) -> float:
    return math.inf if limit is None else limit
