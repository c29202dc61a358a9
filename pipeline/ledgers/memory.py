"""A ledger in the process's own memory: for tests, and gone with the process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

from pipeline.events import EpochEnded, Event, SearchRecord, TrialEnded, TrialStarted
from pipeline.ledgers import Archive, Champion, Ledger, Line, Links
from pipeline.space import Params


@final
@dataclass(slots=True)
class Remembered:
    """A search as it stands in memory: its record, every event in order, and its trials by number."""

    search: SearchRecord
    events: list[Event] = field(default_factory=list)
    lines: dict[int, Line] = field(default_factory=dict)


SHELVES: dict[Path, dict[str, Remembered]] = {}
"""What the process remembers: by folder, then by a search's identity."""


@final
class MemoryLedger:
    """Keeps one search's events on its folder's shelf."""

    def __init__(self, shelf: dict[str, Remembered]) -> None:
        self._shelf = shelf
        self._search = ""

    def open(self, search: SearchRecord) -> None:
        self._search = search.identity
        earlier = self._shelf.pop(search.identity, None)
        # put at the end: the archive names the latest first
        self._shelf[search.identity] = earlier or Remembered(search)
        self._shelf[search.identity].search = search

    def record(self, event: Event) -> None:
        kept = self._shelf[self._search]
        kept.events.append(event)
        match event:
            case TrialStarted(trial, settings):
                kept.lines[trial.number] = Line(trial.number, _text(settings), None, None, None, ())
            case EpochEnded(epoch):
                line = kept.lines[epoch.trial]
                kept.lines[epoch.trial] = replace(line, curve=(*line.curve, epoch))
            case TrialEnded(outcome):
                kept.lines[outcome.number] = replace(
                    kept.lines[outcome.number], end=outcome.end, value=outcome.value, best_epoch=outcome.best_epoch
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

    def curves(self, search: str) -> Sequence[Line]:
        kept = self._shelf.get(search)
        return tuple(line for _, line in sorted(kept.lines.items())) if kept else ()

    def champion(self, experiment: str) -> Champion | None:  # noqa: ARG002 the protocol's
        return None


def create(folder: Path) -> Ledger:
    """A ledger on the folder's shelf."""
    return MemoryLedger(SHELVES.setdefault(folder, {}))


def archive(folder: Path) -> Archive:
    """What this process's ledgers remember of the folder."""
    return MemoryArchive(SHELVES.setdefault(folder, {}))


def _text(settings: Params) -> Params:
    return {name: str(value) for name, value in settings.items()}
