"""The relay from a spool to MLflow: it continues where the last relay stopped, and saves how far it came."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar, final

from pipeline.trackers.mlflow import store
from pipeline.trackers.mlflow.delivery import Delivery
from pipeline.trackers.mlflow.encoding import Entry, Opened
from pipeline.trackers.mlflow.retry import EventRefused, Retry
from pipeline.trackers.mlflow.spool import Spool
from pipeline.trackers.mlflow.trial_runs import OpenRun
from pipeline.values.events import ChampionRegistered, SearchEnded

T = TypeVar("T")

logger = logging.getLogger(__name__)

FLUSH = 2.0
"""Epochs of a running trial wait at least this number of seconds before they are sent."""
SHARE = 10
"""After a round of flushes there is none for this many times its duration: training needs the processor more."""


@final
class Relay:
    """Delivers one spool in order. Its caller holds the spool's lock.

    Any method may raise GaveUp: what is not delivered then is still owed.
    """

    def __init__(self, spool: Spool, folder: Path, retry: Retry) -> None:
        self._spool = spool
        self._folder = folder
        self._retry = retry
        self._state = self._noted = spool.state
        self._refusals: list[Entry] = []
        self._reached = self._state.offset
        self._last = 0
        self._calm = 0.0
        self._delivery: Delivery | None = None
        self._client = self._try(partial(store.connect, folder))

    def advance(self) -> int:
        """The number of lines that were new in the file; each is now delivered, or waits in an open run."""
        if self._delivery is None and self._state.opened is not None:
            # an earlier writer has delivered this opening
            self._begin(next(self._spool.entries(self._state.opened)))
        count = 0
        for entry in self._spool.entries(self._reached):
            count += 1
            self._take(entry)
            self._reached = entry.stop
            self._note()
            self._flush_due()
        self._flush_due()
        return count

    def finish(self) -> None:
        """Deliver what waits, try again what was refused, and end the search if no event has ended it."""
        if self._delivery is None:
            return
        self._refusals = []
        for entry in self._spool.refused():
            self._deliver(self._delivery, entry)
        self._flush(self._delivery.open_runs)
        self._spool.keep_refused(self._refusals)
        try:
            self._try(partial(self._delivery.settle, self._last))
            self._state = replace(self._state, place=self._try(partial(self._delivery.place, best=True)))
        except EventRefused:
            logger.warning("the search's end is not in MLflow")
        self._note()

    def _take(self, entry: Entry) -> None:
        if isinstance(entry.message, Opened):
            self._begin(entry)
        delivery = self._delivery
        if delivery is None:
            logger.warning("skipped an event that came before any search was opened: %r", entry)
            return
        if isinstance(entry.message, Opened | SearchEnded):
            self._flush(delivery.open_runs)
        if isinstance(entry.message, Opened):
            self._try(partial(delivery.reopen, entry.at))
            self._state = replace(self._state, notes=())
        self._last = entry.at
        self._deliver(delivery, entry)

    def _deliver(self, delivery: Delivery, entry: Entry) -> None:
        try:
            self._try(partial(delivery.deliver, entry))
        except EventRefused:
            self._refuse(delivery.abandon(entry))
            return
        if isinstance(entry.message, ChampionRegistered) and delivery.note:
            self._state = replace(self._state, notes=(delivery.note,))

    def _begin(self, entry: Entry) -> None:
        """Find or make the parent run of the search that `entry` opens."""
        assert isinstance(entry.message, Opened)  # noqa: S101  # for the type checker
        self._last = max(self._last, entry.at)
        if self._delivery is None:
            make = partial(Delivery, self._client, self._folder, entry.message.search, entry.at)
            self._delivery = self._try(make)
        place = self._delivery.place(best=False)
        self._state = replace(self._state, opened=entry.start, place=self._state.place or place)

    def _flush_due(self) -> None:
        now = time.monotonic()
        if self._delivery is None or now < self._calm:
            return
        due = [f for f in self._delivery.open_runs if f.waiting and now - f.since > FLUSH]
        if due:
            self._flush(due)
            ended = time.monotonic()
            self._calm = ended + SHARE * (ended - now)
            self._note()

    def _flush(self, open_runs: list[OpenRun]) -> None:
        assert self._delivery is not None  # noqa: S101  # for the type checker
        for open_run in open_runs:
            if open_run.waiting:
                try:
                    self._try(partial(self._delivery.flush, open_run))
                except EventRefused:
                    self._refuse(self._delivery.drop(open_run))

    def _refuse(self, entries: list[Entry]) -> None:
        self._refusals += entries
        self._spool.refuse(entries)

    def _note(self) -> None:
        """Save how far the delivery came, if this has changed."""
        held = self._delivery.held if self._delivery else None
        self._state = replace(self._state, offset=self._reached if held is None else held)
        if self._state != self._noted:
            self._spool.save(self._state)
            self._noted = self._state

    def _try(self, act: Callable[[], T]) -> T:
        return self._retry.until_done(act, self._again)

    def _again(self) -> bool:
        if self._delivery is None:
            return False
        self._delivery.forget()
        return store.answers(self._client)
