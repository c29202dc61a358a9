"""A tracker in the memory of this process, for tests: what it recorded is lost when the process ends."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, final

from pipeline.evaluation import champion
from pipeline.evaluation.report import unconfirmed
from pipeline.trackers import (
    Account,
    Archive,
    Browser,
    Champion,
    ComparisonPage,
    ConfirmationRecord,
    Links,
    ModelRecord,
    SearchSummary,
    Tracker,
    TrialRecord,
)
from pipeline.values.confirmed import Confirmed
from pipeline.values.errors import UserError
from pipeline.values.events import (
    EpochEnded,
    Event,
    FileAttached,
    SearchMeasured,
    SearchRecord,
    TrialEnded,
    TrialStarted,
)
from pipeline.values.space import Params
from pipeline.values.trial import BASELINE, Confirms


@final
@dataclass(slots=True)
class Remembered:
    """A search in memory: its record, every event in order, and its trials and confirmations by number."""

    search: SearchRecord
    events: list[Event] = field(default_factory=list)
    records: dict[int, TrialRecord] = field(default_factory=dict)

    @property
    def trials(self) -> list[TrialRecord]:
        """The search's own trials, by number."""
        return [record for number, record in sorted(self.records.items()) if number >= BASELINE]


TITLE: Final = "memory"
SHELVES: dict[Path, dict[str, Remembered]] = {}
"""What the process remembers: by folder, then by a search's identity."""


@final
class MemoryTracker:
    """Keeps one search's events in its folder's shelf."""

    def __init__(self, shelf: dict[str, Remembered]) -> None:
        self._shelf = shelf
        self._search = ""

    def open(self, search: SearchRecord) -> None:
        self._search = search.identity
        earlier = self._shelf.pop(search.identity, None)
        # moved to the end: the archive lists the latest first
        self._shelf[search.identity] = earlier or Remembered(search)
        self._shelf[search.identity].search = search

    def record(self, event: Event) -> None:
        kept = self._shelf[self._search]
        kept.events.append(event)
        match event:
            case TrialStarted(trial, settings):
                kept.records[trial.number] = TrialRecord(
                    trial.number, _text(settings), None, None, None, (), f"{self._search}/{trial.number}"
                )
            case EpochEnded(epoch):
                record = kept.records[epoch.trial]
                kept.records[epoch.trial] = replace(record, curve=(*record.curve, epoch), epochs=epoch.number)
            case TrialEnded(outcome):
                kept.records[outcome.number] = replace(
                    kept.records[outcome.number],
                    end=outcome.end,
                    value=outcome.value,
                    best_epoch=outcome.best_epoch,
                    seconds=outcome.seconds,
                    parameters=outcome.parameters,
                )

    def close(self) -> Links:
        return Links({})


@final
class MemoryArchive:
    """Reads a folder's shelf."""

    def __init__(self, shelf: Mapping[str, Remembered]) -> None:
        self._shelf = shelf

    def searches(self, experiment: str) -> Sequence[str]:
        found = [identity for identity, kept in self._shelf.items() if kept.search.experiment == experiment]
        return tuple(reversed(found))

    def curves(self, search: str, of: Collection[int] | None = None) -> Sequence[TrialRecord]:
        kept = self._shelf.get(search)
        records = kept.trials if kept else []
        return tuple(record if of is None or record.number in of else replace(record, curve=()) for record in records)

    def confirmations(self, search: str) -> Sequence[ConfirmationRecord]:
        kept = self._shelf.get(search)
        # the numbers fall from trial to trial and from fold to fold
        records = [record for _, record in sorted(kept.records.items(), reverse=True)] if kept else []
        return tuple(ConfirmationRecord(of, record) for record in records if (of := Confirms.of(record.number)))

    def confirmed(self, search: str) -> Confirmed | None:
        summary = self.summary(search)
        if summary is None or unconfirmed(summary.metrics):
            return None
        events = self._shelf[search].events
        paths = [e.path for e in events if isinstance(e, FileAttached) and e.path.name == champion.CONFIRMED]
        return champion.confirmed(paths[-1]) if paths else None

    def experiments(self) -> Sequence[str]:
        return tuple({kept.search.experiment: None for kept in self._shelf.values()})

    def summary(self, search: str) -> SearchSummary | None:
        if search not in self._shelf:
            return None
        kept = self._shelf[search]
        metrics: dict[str, float] = {}
        for event in kept.events:
            if isinstance(event, SearchMeasured):
                metrics |= event.metrics
        return SearchSummary(search, kept.search.experiment, kept.search.title, kept.search.objective, metrics)

    def find(self, run: str) -> Sequence[tuple[str, int]]:
        records = [(search, record) for search, kept in self._shelf.items() for record in kept.trials]
        return tuple((search, record.number) for search, record in records if record.run.startswith(run))

    def champion(self, experiment: str) -> Champion | None:  # noqa: ARG002 the protocol's
        return None

    def models(self, experiment: str) -> Sequence[ModelRecord]:  # noqa: ARG002 the protocol's
        return ()


def create(folder: Path) -> Tracker:
    """A tracker that records in the folder's shelf."""
    return MemoryTracker(SHELVES.setdefault(folder, {}))


def open_archive(folder: Path) -> Archive:
    """Reads what the trackers of this process recorded for the folder."""
    return MemoryArchive(SHELVES.setdefault(folder, {}))


def attach(folder: Path, comparison: ComparisonPage) -> Links:  # noqa: ARG001 the protocol's
    """No addresses: the files stay where they were written."""
    return Links({})


def deliver(folder: Path) -> Sequence[Account]:  # noqa: ARG001 the protocol's
    """No accounts: every event is recorded at once, so nothing is owed."""
    return ()


def browse(folder: Path, log: Path, port: int | None) -> AbstractContextManager[Browser]:  # noqa: ARG001
    """UserError: there are no pages."""
    raise UserError("ui", "what is kept in memory cannot be browsed.")


def _text(settings: Params) -> Params:
    return {name: str(value) for name, value in settings.items()}
