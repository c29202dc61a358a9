"""Trackers: a tracker records a search's events in order, and the search never waits for it.

The file's name is the tracker's. Each file offers what `TrackerPart` lists and imports its library inside functions;
`folder` is the project's `mlruns/`. Commands use `mlflow`; `memory` is for tests. After `close`, the tracker holds
every recorded event exactly once, or `Links.owed` says how many are missing. A trial that never ended reads back with
the end None.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, final

from pipeline.values.confirmed import Confirmed
from pipeline.values.events import Event, SearchRecord
from pipeline.values.space import Params
from pipeline.values.trial import Confirms, End, Epoch

if TYPE_CHECKING:
    import pandas as pd

CONFIGURED: Final = "mlflow"
"""The tracker that commands use."""


@final
@dataclass(frozen=True, slots=True)
class Links:
    """Where a person finds the search: addresses by title; `owed` counts events not yet delivered.

    `notes` are sentences about what the tracker decided, such as whether the champion is now another model.
    """

    addresses: Mapping[str, str]
    owed: int = 0
    notes: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A trial as read back: its settings as text, its end, value, restored epoch and whole curve.

    `run` is the tracker's own id of the trial, `epochs` the number of its last epoch, `seconds` wall time by phase.
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
class ConfirmationRecord:
    """A training that confirms a trial, as read back; `record.number` is `confirms.number`, which is below 0."""

    confirms: Confirms
    record: TrialRecord


@final
@dataclass(frozen=True, slots=True)
class SearchSummary:
    """A search as a whole, read back; `metrics` are those of its `SearchMeasured` events."""

    identity: str
    experiment: str
    title: str
    objective: str
    metrics: Mapping[str, float]


@final
@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A version of an experiment's model; `created` is in seconds since 1970, `champion` says whether it is in use.

    `confirmed` is its confirmed loss, named by `loss` (`log loss`, `RMSE`), and `half` the half of its 95 % interval;
    both are None if it was not confirmed. `metrics` are those of its search, `decision` says why it is the champion,
    or why it did not become the champion. `trial` is None for a version that no search made.
    """

    version: str
    champion: bool
    created: float
    search: str
    trial: int | None
    loss: str
    confirmed: float | None
    half: float | None
    metrics: Mapping[str, float]
    decision: str


@final
@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """A page that compares trials; it is stored under an experiment, with all files of the page's folder."""

    experiment: str
    title: str
    tags: Mapping[str, str]
    page: Path


class Tracker(Protocol):
    """Records one search."""

    def open(self, search: SearchRecord) -> None: ...

    def record(self, event: Event) -> None: ...

    def close(self) -> Links: ...


class Champion(Protocol):
    """A registered model, loaded; `example` holds raw rows in the form that it takes, missing values included."""

    version: str
    example: "pd.DataFrame"

    def predict(self, rows: "pd.DataFrame") -> "pd.DataFrame":
        """The predictions for raw rows, in their order; UserError at `INPUT` if the model cannot take the rows."""


class Archive(Protocol):
    """Reads back what trackers have recorded."""

    def searches(self, experiment: str) -> Sequence[str]:
        """The identities of an experiment's searches, the latest first."""

    def curves(self, search: str, of: Collection[int] | None = None) -> Sequence[TrialRecord]:
        """All trials of a search by number, the baseline first; with `of`, only those trials have their curve.

        Trainings that confirm a trial are not among them. Without curves, a search of hundreds of trials is read in a
        tenth of the time.
        """

    def confirmations(self, search: str) -> Sequence[ConfirmationRecord]:
        """The trainings that confirm trials of a search, with their curves, by trial and fold."""

    def confirmed(self, search: str) -> Confirmed | None:
        """The confirmed loss of the search's champion, or None if it was not confirmed.

        The confirmed loss of an earlier champion, from before the search was extended, is not returned.
        """

    def experiments(self) -> Sequence[str]:
        """The names of the experiments that have searches."""

    def summary(self, search: str) -> SearchSummary | None:
        """A search as a whole, or None."""

    def find(self, run: str) -> Sequence[tuple[str, int]]:
        """Search and number of the trials whose `TrialRecord.run` begins with these letters."""

    def champion(self, experiment: str) -> Champion | None:
        """The experiment's champion, or None if it has none yet or if the tracker stores no models."""

    def models(self, experiment: str) -> Sequence[ModelRecord]:
        """The versions of the experiment's model, the latest first; none if the tracker stores no models."""


@final
class Reason(Enum):
    """Why events of a search are not delivered yet, in the words that people read; `{title}` is the tracker's."""

    RUNNING = "the search is running and delivers them itself"
    WRITING = "another process is delivering them"
    AWAY = "{title} does not answer"
    REFUSED = "{title} refuses them"


@final
@dataclass(frozen=True, slots=True)
class Account:
    """How many events of one search were delivered now, and how many are still owed; `reason` is None if none are.

    `notes` are sentences about what the tracker decided now, as in `Links`.
    """

    search: str
    delivered: int
    owed: int
    reason: Reason | None
    notes: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Browser:
    """Where people browse what a tracker holds: its address, and one for each experiment by name.

    `own` is true if this process started the server; the server then stops with the process.
    """

    address: str
    experiments: Mapping[str, str]
    own: bool


class TrackerPart(Protocol):
    """A file of this folder, as `parts` returns it."""

    TITLE: str
    """The tracker's name, as people read it."""

    def create(self, folder: Path) -> Tracker: ...

    def open_archive(self, folder: Path) -> Archive: ...

    def attach(self, folder: Path, comparison: ComparisonPage) -> Links:
        """Store a comparison and its files; it does not count as a search."""

    def deliver(self, folder: Path) -> Sequence[Account]:
        """Deliver the events that the folder's searches still owe, as far as possible; an account for each of them."""

    def browse(self, folder: Path, log: Path, port: int | None) -> AbstractContextManager[Browser]:
        """A browser that works inside the context; its server prints to `log`. UserError if there is none."""
