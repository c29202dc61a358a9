"""Who remembers: a ledger takes a search's events in order, without making the search wait.

The file's name is the ledger's. Each file offers

    create(folder) -> Ledger        `folder` is the project's `mlruns/`
    archive(folder) -> Archive
    attach(folder, comparison) -> Links

and imports its library inside its functions. Every event recorded is there after `close`, once each, or `Links.owed`
says what is not. A run of a trial that never ended reads back with the end None.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, final

from pipeline.events import Event, SearchRecord
from pipeline.space import Params
from pipeline.trial import End, Epoch

if TYPE_CHECKING:
    import pandas as pd


@final
@dataclass(frozen=True, slots=True)
class Links:
    """Where a person finds the search: a title and an address each; `owed` counts events not yet delivered."""

    addresses: Mapping[str, str]
    owed: int = 0


@final
@dataclass(frozen=True, slots=True)
class Line:
    """A trial as read back: its settings as text, its end, value, restored epoch and whole curve.

    `run` is the ledger's own name for it, `epochs` the last one's number, `seconds` wall time by phase.
    """

    number: int
    settings: Params
    end: End | None
    value: float | None
    best_epoch: int | None
    curve: tuple[Epoch, ...]
    run: str = ""
    epochs: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    parameters: int = 0


@final
@dataclass(frozen=True, slots=True)
class About:
    """A search as a whole, read back: `begun` in seconds since 1970, `metrics` as `SearchMeasured` told them."""

    identity: str
    experiment: str
    title: str
    objective: str
    begun: float
    metrics: Mapping[str, float]


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """Trials set beside each other: what a ledger keeps of it under an experiment; the page lies among its files."""

    experiment: str
    title: str
    tags: Mapping[str, str]
    page: Path


class Ledger(Protocol):
    """Remembers one search."""

    def open(self, search: SearchRecord) -> None: ...

    def record(self, event: Event) -> None: ...

    def close(self) -> Links: ...


class Champion(Protocol):
    """A registered model as anyone may load it; `example` holds raw rows as it takes them, gaps included."""

    version: str
    example: "pd.DataFrame"

    def predict(self, rows: "pd.DataFrame") -> "pd.DataFrame":
        """The answers to raw rows, in their order; UserError at `INPUT` where rows are not as it takes them."""


class Archive(Protocol):
    """Reads back what ledgers remember."""

    def searches(self, experiment: str) -> Sequence[str]:
        """The identities of an experiment's searches, the latest first."""

    def curves(self, search: str, of: Collection[int] | None = None) -> Sequence[Line]:
        """All trials of a search by number, the baseline first; with `of` only those trials have their curve.

        Without curves a search of hundreds of trials is read in a tenth of the time.
        """

    def experiments(self) -> Sequence[str]:
        """The names of the experiments that have searches."""

    def about(self, search: str) -> About | None:
        """A search as a whole, or None."""

    def find(self, run: str) -> Sequence[tuple[str, int]]:
        """Search and number of the trials whose `Line.run` begins with these letters."""

    def champion(self, experiment: str) -> Champion | None:
        """The experiment's champion, or None where there is none yet, or the ledger keeps no models."""


class LedgerPart(Protocol):
    """A file of this folder, as `choose` hands it out."""

    def create(self, folder: Path) -> Ledger: ...

    def archive(self, folder: Path) -> Archive: ...

    def attach(self, folder: Path, comparison: Comparison) -> Links:
        """Keep a comparison and its files for good; it is no search."""
