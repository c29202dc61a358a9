"""A search over a given list of trials: those that the file lists, or the baseline alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, final

from pipeline.config.experiment import SearchSettings
from pipeline.config.paths import whole_lines
from pipeline.searches._validation import check_names, check_rungs
from pipeline.values.errors import UserError
from pipeline.values.space import Space
from pipeline.values.trial import Epoch, Outcome, Trial, Verdict, trial_seed

SAMPLERS: Final = ("listed",)
CONDITIONAL: Final = SAMPLERS
PRUNERS: Final = ("none", "rungs")


def check(space: Space, settings: SearchSettings, epochs: int) -> None:  # noqa: ARG001 the protocol's
    """UserError if there is no list, or if the sampler or the pruner is unknown or does not fit."""
    check_names(settings, SAMPLERS, PRUNERS)
    check_rungs(space, settings)
    if not settings.listed:
        raise UserError("search.listed", "is empty.", "Write a table `[[search.listed]]` of settings for each trial.")


def create(space: Space, settings: SearchSettings, epochs: int, folder: Path) -> "Listed":  # noqa: ARG001
    """The search that proposes `settings.listed`, and remembers in `folder` which trials ended."""
    trials = [
        Trial(number, params, trial_seed(settings.seed, number), int(params.get("epochs", epochs)))
        for number, params in enumerate(settings.listed, start=1)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    return Listed(trials, folder / "ended.txt")


@final
class Listed:
    """Proposes the given trials in their order, except those whose numbers are in the file `ended`."""

    promotes = False
    epochs: int | None = None

    def __init__(self, trials: Sequence[Trial], ended: Path | None = None) -> None:
        self.total: int | None = len(trials)
        self._ended = ended
        past = {int(line) for line in whole_lines(ended)} if ended is not None else set()
        self._waiting = [trial for trial in trials if trial.number not in past]

    def ask(self, count: int) -> Sequence[Trial]:
        given, self._waiting = self._waiting[:count], self._waiting[count:]
        return given

    def report(self, epoch: Epoch) -> Verdict:  # noqa: ARG002 the protocol's
        return Verdict.GO_ON

    def tell(self, outcome: Outcome) -> None:
        if self._ended is not None:
            with self._ended.open("a") as file:
                file.write(f"{outcome.number}\n")
