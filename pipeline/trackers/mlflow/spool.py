"""A search's spool: an append-only file of events, and how far they are delivered.

A search has four files under `mlruns/spool/`, named by its identity. `.jsonl` holds the events, `.state.json` how far
the delivery came, `.refused.jsonl` the events that MLflow did not accept; `.lock` is locked by the one writer. The
search itself locks the `.jsonl` file: when this lock is free, the search is over, however it ended. If a state file is
lost, this costs only time: everything is delivered again, and nothing is stored twice.
"""

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, final

from pydantic import TypeAdapter

from pipeline.config.paths import replacing, whole_lines
from pipeline.trackers.mlflow.encoding import Entry, Opened, decode, encode
from pipeline.trackers.mlflow.links import Place
from pipeline.values.errors import UserError

logger = logging.getLogger(__name__)


@final
@dataclass(frozen=True, slots=True)
class DeliveryState:
    """How far the delivery came: all before byte `offset`; at byte `opened` starts the latest `Opened` before it.

    `notes` are sentences about what was decided since then, for people.
    """

    offset: int = 0
    opened: int | None = None
    place: Place | None = None
    notes: tuple[str, ...] = ()


@final
class Spool:
    """The files of one search."""

    def __init__(self, folder: Path, search: str) -> None:
        self.search = search
        self.events = folder / "spool" / f"{search}.jsonl"
        self._state = self.events.with_suffix(".state.json")
        self._refused = self.events.with_suffix(".refused.jsonl")
        self._lock = self.events.with_suffix(".lock")

    def appending(self) -> IO[bytes]:
        """The file of events, to which only this process may append; unbuffered: a line is written whole and at once.

        UserError if another process records the same search.
        """
        self.events.parent.mkdir(parents=True, exist_ok=True)
        file = self.events.open("ab", buffering=0)
        if not _hold(file, tries=20):
            file.close()
            raise UserError(f"search {self.search}", "another process is recording it.", "Wait for it, or end it.")
        whole_lines(self.events)  # after a kill in the middle of a line, the next line must not be joined to it
        return file

    @property
    def recording(self) -> bool:
        """Whether a process is recording the search."""
        with self.events.open("rb") as file:
            return not _hold(file, tries=1)

    def entries(self, start: int) -> Iterator[Entry]:
        """The entries of the whole lines from byte `start` on; a damaged line is skipped, with a warning in the log."""
        if not self.events.exists():
            return
        with self.events.open("rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                if (entry := _whole(line, start)) is not None:
                    yield entry
                start += len(line)

    @property
    def state(self) -> DeliveryState:
        """How far the delivery came."""
        return _states().validate_json(self._state.read_bytes()) if self._state.exists() else DeliveryState()

    def save(self, state: DeliveryState) -> None:
        """Save how far the delivery came; a reader sees either the old state or the new one."""
        with replacing(self._state) as part:
            part.write_bytes(_states().dump_json(state))

    def refused(self) -> list[Entry]:
        """The entries that MLflow did not accept, in order."""
        return [decode(line) for line in self._refused.read_bytes().splitlines()] if self._refused.exists() else []

    def refuse(self, entries: list[Entry]) -> None:
        """Add `entries` to the refused ones, unless they are there already."""
        known = self.refused()
        with self._refused.open("ab") as file:
            for entry in entries:
                if not any(entry.at == k.at and entry.message == k.message for k in known):
                    file.write(encode(entry.at, entry.message))

    def keep_refused(self, entries: list[Entry]) -> None:
        """Replace all refused entries by `entries`."""
        if not entries:
            self._refused.unlink(missing_ok=True)
            return
        with replacing(self._refused) as part:
            part.write_bytes(b"".join(encode(entry.at, entry.message) for entry in entries))

    @property
    def owed(self) -> int:
        """How many events are not delivered."""
        waiting = [e for e in self.entries(self.state.offset) if not isinstance(e.message, Opened)]
        return len(waiting) + len(self.refused())

    @contextmanager
    def writing(self, *, wait: bool) -> Iterator[bool]:
        """Whether this process is the one that delivers; with `wait`, it first waits until any other has ended."""
        with self._lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


@cache
def _states() -> TypeAdapter[DeliveryState]:
    return TypeAdapter(DeliveryState)  # making it takes longer than the delivery of a trial


def spools(folder: Path) -> list[Spool]:
    """All spools under `folder`, by name."""
    found = sorted((folder / "spool").glob("*.jsonl"))
    return [Spool(folder, path.stem) for path in found if not path.name.endswith(".refused.jsonl")]


def _whole(line: bytes, start: int) -> Entry | None:
    try:
        return decode(line, start)
    except (ValueError, KeyError):
        # the process was killed during the write: its `record` never returned
        if line.strip():
            logger.warning("skipped a damaged line at byte %d: %r", start, line[:200])
        return None


def _hold(file: IO[bytes], tries: int) -> bool:
    """Whether `file` is now locked by this process; with several tries, a short check by another does not matter."""
    for _ in range(tries):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return True
    return False
