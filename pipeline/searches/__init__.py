"""Searches: they propose trials, judge their epochs and learn from their outcomes, without Keras and MLflow.

The file's name is the value of `search.library` (or, with `library = "own"`, of `search.sampler`). Each file offers

    SAMPLERS: tuple[str, ...]                  the allowed values of `search.sampler`
    CONDITIONAL: tuple[str, ...]               the samplers that can leave a dimension out of a trial
    PRUNERS: tuple[str, ...]                   the allowed values of `search.pruner`, `none` included
    check(space, settings, epochs) -> None     raises UserError before anything is imported or opened
    create(space, settings, epochs, folder) -> Search

and imports its library inside its functions. `folder` is for this search alone, for example for its journal.

A search is called from one thread. What it proposes depends only on its settings, its seed, and the outcomes that it
was told and their order, never on time. Trials are numbered from 1; a trial's seed is
`trial_seed(settings.seed, number)`. A trial's params name exactly the dimensions that apply: `space.holds` is true.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pipeline.config.experiment import SearchSettings
from pipeline.values.space import Space
from pipeline.values.trial import Epoch, Outcome, Trial, Verdict


class Search(Protocol):
    """Proposes trials and learns from how they end."""

    total: int | None
    """The largest number of trials that it will propose; None if it does not know."""

    epochs: int | None
    """The most epochs that all its trials can need together, if fewer than `total` full trainings; else None."""

    promotes: bool
    """Whether later trials may have any complete trial as their parent."""

    def ask(self, count: int) -> Sequence[Trial]:
        """Up to `count` trials. An empty answer means "wait" while trials are in flight, and "done" otherwise."""

    def report(self, epoch: Epoch) -> Verdict:
        """Whether the epoch's trial continues. Not called again for a trial after the answer to prune it."""

    def tell(self, outcome: Outcome) -> None:
        """Receive how a trial ended; called exactly once for each trial that `ask` gave out."""


class SearchPart(Protocol):
    """A file of this folder, as `parts` returns it."""

    SAMPLERS: tuple[str, ...]
    CONDITIONAL: tuple[str, ...]
    PRUNERS: tuple[str, ...]

    def check(self, space: Space, settings: SearchSettings, epochs: int) -> None: ...

    def create(self, space: Space, settings: SearchSettings, epochs: int, folder: Path) -> Search: ...
