"""Who proposes: a search asks nothing of Keras or MLflow; it proposes trials, judges epochs and learns from outcomes.

The file's name is the value of `search.library` (or, with `library = "own"`, of `search.sampler`). Each file offers

    SAMPLERS: tuple[str, ...]                  what `search.sampler` may say
    CONDITIONAL: tuple[str, ...]               those of the samplers that can leave a dimension out of a trial
    PRUNERS: tuple[str, ...]                   what `search.pruner` may say, `none` included
    check(space, settings, epochs) -> None     raises UserError before anything is imported or opened
    create(space, settings, epochs, folder) -> Search

and imports its library inside its functions. `folder` is the search's own, for a journal.

A search is called from one thread. What it proposes is a function of its settings, its seed and what it was told, in
that order: never of time. Trials are numbered from 1; a trial's seed is `trial_seed(settings.seed, number)`. A trial's
params name the dimensions that apply and no other: `space.holds` them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pipeline.experiment import Search as SearchSettings
from pipeline.space import Space
from pipeline.trial import Epoch, Outcome, Trial, Verdict


class Search(Protocol):
    """Proposes trials and learns from how they end."""

    total: int | None
    """How many trials it will propose at most, if it knows."""

    epochs: int | None
    """How many epochs all its trials take together at most, where they are fewer than `total` whole trainings."""

    promotes: bool
    """Whether a later trial may name any complete trial as its parent."""

    def ask(self, count: int) -> Sequence[Trial]:
        """Up to `count` trials; none while trials are in flight means wait, none with none in flight means done."""

    def report(self, epoch: Epoch) -> Verdict:
        """Whether the epoch's trial goes on. Never called again for a trial that was told to prune."""

    def tell(self, outcome: Outcome) -> None:
        """How a trial that was asked ended, exactly once each."""


class SearchPart(Protocol):
    """A file of this folder, as `choose` hands it out."""

    SAMPLERS: tuple[str, ...]
    CONDITIONAL: tuple[str, ...]
    PRUNERS: tuple[str, ...]

    def check(self, space: Space, settings: SearchSettings, epochs: int) -> None: ...

    def create(self, space: Space, settings: SearchSettings, epochs: int, folder: Path) -> Search: ...
