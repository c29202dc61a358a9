"""Delivers a search's entries to MLflow, one by one; an entry that is delivered again is not stored a second time."""

from importlib.metadata import version
from pathlib import Path
from typing import Any, final

from pipeline.evaluation import champion
from pipeline.trackers.mlflow import dataset, registry, store, ui_view
from pipeline.trackers.mlflow.batches import log
from pipeline.trackers.mlflow.encoding import Entry, Opened
from pipeline.trackers.mlflow.links import Place
from pipeline.trackers.mlflow.runs import KIND, OBJECTIVE, PARENT, SEARCH, TRIALS_ONLY, search_run
from pipeline.trackers.mlflow.sqlite_runs import run_store
from pipeline.trackers.mlflow.trial_runs import OpenRun, TrialRuns
from pipeline.values.events import (
    ChampionRegistered,
    EpochEnded,
    FileAttached,
    SearchEnded,
    SearchMeasured,
    SearchRecord,
    TrialEnded,
    TrialStarted,
)
from pipeline.values.trial import Direction

BEST = 5
COMMIT = "mlflow.source.git.commit"


@final
class Delivery:
    """Delivers to the runs of one search. After a failure, call `forget` and deliver the same entry again."""

    def __init__(self, client: Any, folder: Path, search: SearchRecord, at: int) -> None:
        self._client = client
        self._search = search
        self._experiment = store.experiment(client, search.experiment, folder)
        self._parent = search_run(client, search.identity, [self._experiment]) or client.create_run(
            self._experiment, at, _tags(search), search.title
        )
        self._trial_runs = TrialRuns(client, run_store(client), search.identity, self._parent)
        self.note = ""
        """What was decided about the latest champion, as people read it."""

    @property
    def open_runs(self) -> list[OpenRun]:
        """The runs of the trials that have begun and not ended."""
        return list(self._trial_runs.open_runs.values())

    @property
    def held(self) -> int | None:
        """The byte of the spool at which the oldest waiting entry of all open runs starts; None if no entry waits."""
        return min((open_run.waiting[0].start for open_run in self.open_runs if open_run.waiting), default=None)

    def forget(self) -> None:
        """Forget which runs MLflow has, so that they are looked up again."""
        self._trial_runs.forget()

    def flush(self, open_run: OpenRun) -> None:
        """Send the epochs that wait in an open run."""
        self._trial_runs.flush(open_run)

    def abandon(self, entry: Entry) -> list[Entry]:
        """The entries that are given up with `entry`: itself and, if it ends a trial, those that wait in its run.

        The trial's run is then no longer open.
        """
        if not isinstance(entry.message, TrialEnded):
            return [entry]
        open_run = self._trial_runs.open_runs.pop(entry.message.outcome.number, None)
        return [*(open_run.waiting if open_run else []), entry]

    def drop(self, open_run: OpenRun) -> list[Entry]:
        """The entries that waited in an open run, which is given up."""
        self._trial_runs.open_runs.pop(open_run.number)
        return open_run.waiting

    def reopen(self, at: int) -> None:
        """Mark the search as running; end the trials' runs that a killed process left running, until trials resume."""
        self._trial_runs.interrupt(at)
        self._client.update_run(self._parent.info.run_id, status="RUNNING")

    def deliver(self, entry: Entry) -> None:
        """Send one entry to MLflow, or let it wait in its open run."""
        parent: str = self._parent.info.run_id
        match entry.message:
            case Opened(search):
                self._describe(search)
            case TrialStarted(trial):
                self._trial_runs.wait(trial.number, entry)
            case EpochEnded(epoch):
                self._trial_runs.wait(epoch.trial, entry)
            case TrialEnded() as ended:
                self._trial_runs.end(entry, ended)
            case SearchMeasured(metrics, tags):
                log(self._client, parent, [(name, value, entry.at, 0) for name, value in metrics.items()], tags=tags)
            case FileAttached(path, folder):
                send = self._client.log_artifacts if path.is_dir() else self._client.log_artifact
                send(parent, str(path), folder or None)
            case ChampionRegistered(folder, trial) as event:
                known = champion.confirmed(folder / champion.CONFIRMED)
                origin = registry.Origin(self._search, parent, trial, self._trial_runs.run(trial), known)
                self.note = registry.register(self._client, origin, event, entry.at)
            case SearchEnded(interrupted):
                self._trial_runs.interrupt(entry.at)
                self._client.set_terminated(parent, "KILLED" if interrupted else "FINISHED", entry.at)

    def settle(self, at: int) -> None:
        """End a search as interrupted if its process stopped without recording the end."""
        if self._client.get_run(self._parent.info.run_id).info.status == "RUNNING":
            self.deliver(Entry(at, SearchEnded(interrupted=True)))

    def place(self, *, best: bool) -> Place:
        """Where the search lies in MLflow; with `best`, also its best trials' runs and the UI's view of all trials.

        With `best`, the view is written to the experiment.
        """
        parent: str = self._parent.info.run_id
        found: list[Any] = []
        if best:
            order = "ASC" if Direction.of(self._search.objective) is Direction.MINIMIZE else "DESC"
            runs = self._client.search_runs(
                [self._experiment],
                f"tags.`{PARENT}` = '{parent}' and {TRIALS_ONLY}",
                max_results=BEST,
                order_by=[f"metrics.value {order}"],
            )
            found = [run for run in runs if "value" in run.data.metrics]
        shown = self._search.identity if found else ""
        if found:
            state = ui_view.state(self._search, parent, found[0].data.metrics.keys())
            self._client.set_experiment_tag(self._experiment, ui_view.TAG + shown, state)
        return Place(self._experiment, parent, self._search.objective, tuple(run.info.run_id for run in found), shown)

    def _describe(self, search: SearchRecord) -> None:
        parent: str = self._parent.info.run_id
        settled = self._client.get_run(parent).data.params
        # MLflow never changes a param: if a later opening changes a setting (more trials), the new value is a tag
        changed = {name: value for name, value in search.settings.items() if settled.get(name, value) != value}
        params = {name: value for name, value in search.settings.items() if name not in changed}
        log(self._client, parent, params=params, tags={**_named(search), **changed})
        for name, text in search.files.items():
            self._client.log_text(parent, text, name)
        self._client.log_inputs(parent, datasets=[dataset.given(search.dataset)])


def _named(search: SearchRecord) -> dict[str, str]:
    """The search's tags and MLflow's version; the commit gets the name under which MLflow's pages show it."""
    renamed = {COMMIT if name == "commit" else name: value for name, value in search.tags.items()}
    return {**renamed, "mlflow": version("mlflow")}


def _tags(search: SearchRecord) -> dict[str, str]:
    return {**_named(search), KIND: "search", SEARCH: search.identity, OBJECTIVE: search.objective}
