"""A search's trials and confirmations as nested runs: made late, filled in few batches, and found after a crash."""

import time
from dataclasses import dataclass, field
from typing import Any, final

from pipeline.trackers.mlflow.batches import Point
from pipeline.trackers.mlflow.encoding import Entry
from pipeline.trackers.mlflow.run_store import Content, Ended, NewRun, RunStore
from pipeline.trackers.mlflow.runs import (
    CONFIRMATION,
    END,
    FOLD,
    FOLDS,
    INTERRUPTED,
    KIND,
    PARENT,
    SEARCH,
    TRIAL,
    child_runs,
    histories,
    number,
    stored,
)
from pipeline.trackers.mlflow.trial_end import end_points, end_tags
from pipeline.values.events import EpochEnded, TrialEnded, TrialStarted
from pipeline.values.trial import Confirms, End, trial_name

STATUS = {
    End.COMPLETE: "FINISHED",
    End.STOPPED_EARLY: "FINISHED",
    End.PRUNED: "KILLED",
    End.FAILED: "FAILED",
}


@final
@dataclass(slots=True)
class OpenRun:
    """A trial that has begun and not ended; `waiting` holds the entries that its run does not have yet, in order."""

    number: int
    run: str = ""
    waiting: list[Entry] = field(default_factory=list)
    since: float = 0.0
    """When the oldest entry of `waiting` came, by the monotonic clock."""
    there: frozenset[tuple[str, int, str]] | None = None
    """Points that an earlier attempt at the same trial has left in the run, each as name, step and value."""

    def add(self, entry: Entry) -> None:
        """Add `entry` to those that wait."""
        if not self.waiting:
            self.since = time.monotonic()
        self.waiting.append(entry)


@final
class TrialRuns:
    """The child runs of one parent run. A method that fails may be called again with the same entry."""

    def __init__(self, client: Any, store: RunStore, search: str, parent: Any) -> None:
        self._client = client
        self._store = store
        self._search = search
        self._parent = parent
        self._known: dict[int, str] | None = None
        self.open_runs: dict[int, OpenRun] = {}

    def forget(self) -> None:
        """Forget which runs exist, so that they are looked up again: a call that seemed to fail may have made one."""
        self._known = None
        for open_run in self.open_runs.values():
            open_run.run = ""

    def run(self, trial: int) -> str:
        """The id of a trial's run; KeyError if it has none."""
        return self._runs()[trial]

    def wait(self, trial: int, entry: Entry) -> None:
        """Let the entry of a trial's start or epoch wait until `flush` or `end`."""
        self.open_runs.setdefault(trial, OpenRun(trial)).add(entry)

    def flush(self, open_run: OpenRun) -> None:
        """Send the waiting entries to the trial's run, so that people can watch its curve grow."""
        run = self._run_of(open_run)
        reopens = isinstance(run, str) and not open_run.run
        content = Content(self._points(open_run), _params(open_run), reopens=reopens)
        self._write(open_run, run, content)
        open_run.waiting = []

    def end(self, entry: Entry, ended: TrialEnded) -> None:
        """Send a trial's last epochs and its end to its run, and end the run."""
        outcome = ended.outcome
        open_run = self.open_runs.get(outcome.number, OpenRun(outcome.number))
        if not open_run.run and not any(isinstance(w.message, TrialStarted) for w in open_run.waiting):
            # an earlier writer delivered its start, so the run may exist: the start is sent again and changes nothing
            started = TrialStarted(outcome.trial, outcome.settings)
            open_run.waiting.insert(0, Entry(entry.at, started, entry.start, entry.stop))
        run = self._run_of(open_run)
        points = [*self._points(open_run), *end_points(entry.at, outcome)]
        end = Ended(STATUS[outcome.end], entry.at)
        self._write(open_run, run, Content(points, _params(open_run), end_tags(outcome), end))
        self.open_runs.pop(outcome.number, None)

    def interrupt(self, at: int) -> None:
        """End the runs of trials that have no end, and tag them as interrupted."""
        for run in list(child_runs(self._client, self._parent, "attributes.status = 'RUNNING'")):
            self._client.set_tag(run.info.run_id, END, INTERRUPTED)
            self._client.set_terminated(run.info.run_id, "KILLED", at)
        self.open_runs.clear()

    def _runs(self) -> dict[int, str]:
        if self._known is None:
            self._known = {number(run): run.info.run_id for run in child_runs(self._client, self._parent)}
        return self._known

    def _run_of(self, open_run: OpenRun) -> str | NewRun:
        """The run of an open run's trial, or the one to be made."""
        if open_run.run:
            return open_run.run
        earlier = self._runs().get(open_run.number)
        if earlier is None:
            return self._new(open_run)
        names = {
            name for w in open_run.waiting if isinstance(w.message, EpochEnded) for name in w.message.epoch.metrics
        }
        found = histories(self._client, {earlier: [*names, "seconds/epoch"]})
        open_run.there = frozenset((m.key, m.step, repr(stored(m.value))) for _, m in found)
        return earlier

    def _new(self, open_run: OpenRun) -> NewRun:
        started = open_run.waiting[0]
        of = Confirms.of(open_run.number)
        tags = {PARENT: self._parent.info.run_id, SEARCH: self._search, **_tags(open_run.number, of)}
        if isinstance(started.message, TrialStarted):
            trial = started.message.trial
            tags["seed"] = str(trial.seed)
            if trial.parent is not None:
                tags["parent"] = str(trial.parent)
        name = trial_name(open_run.number) if of is None else of.name
        return NewRun(self._parent.info.experiment_id, name, started.at, tags)

    def _write(self, open_run: OpenRun, run: str | NewRun, content: Content) -> None:
        open_run.run = self._store.write(run, content)
        self._runs()[open_run.number] = open_run.run

    def _points(self, open_run: OpenRun) -> list[Point]:
        points = [
            point for w in open_run.waiting if isinstance(w.message, EpochEnded) for point in _epoch(w.at, w.message)
        ]
        if open_run.there is None:
            return points
        return [p for p in points if (p[0], p[3], repr(p[1])) not in open_run.there]


def _tags(training: int, of: Confirms | None) -> dict[str, str]:
    """The tags by which the run of a training is found again: `number` reads them."""
    if of is None:
        return {KIND: "trial", TRIAL: str(training)}
    return {KIND: CONFIRMATION, TRIAL: str(of.trial), FOLD: str(of.fold + 1), FOLDS: str(of.folds)}


def _epoch(at: int, ended: EpochEnded) -> list[Point]:
    epoch = ended.epoch
    spent = {"seconds/epoch": epoch.seconds} if epoch.seconds else {}
    return [(name, value, at, epoch.number) for name, value in {**epoch.metrics, **spent}.items()]


def _params(open_run: OpenRun) -> dict[str, str]:
    started = [w.message for w in open_run.waiting if isinstance(w.message, TrialStarted)]
    return {name: str(value) for name, value in started[-1].settings.items()} if started else {}
