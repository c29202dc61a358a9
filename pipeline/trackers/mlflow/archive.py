"""Reads searches back from MLflow."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from string import hexdigits
from tempfile import TemporaryDirectory
from typing import Any, final

from pipeline.evaluation import champion
from pipeline.evaluation.report import unconfirmed
from pipeline.trackers import Champion, ConfirmationRecord, ModelRecord, SearchSummary, TrialRecord
from pipeline.trackers.mlflow.loaded_champion import load
from pipeline.trackers.mlflow.runs import (
    CONFIRMATION,
    END,
    KIND,
    OBJECTIVE,
    PAGE,
    SEARCH,
    TRIALS_ONLY,
    child_runs,
    histories,
    number,
    search_run,
    stored,
)
from pipeline.trackers.mlflow.store import answering, connect
from pipeline.trackers.mlflow.versions import versions
from pipeline.values.confirmed import Confirmed
from pipeline.values.trial import Confirms, End, Epoch


@final
class MlflowArchive:
    """Reads the store of a folder, or the one that the environment names."""

    def __init__(self, folder: Path) -> None:
        self._client = connect(folder)

    def searches(self, experiment: str) -> Sequence[str]:
        found = self._client.get_experiment_by_name(experiment)
        if found is None:
            return ()
        runs = self._client.search_runs(
            [found.experiment_id], f"tags.{KIND} = 'search'", order_by=["attributes.start_time DESC"]
        )
        return tuple(run.data.tags[SEARCH] for run in runs)

    def curves(self, search: str, of: Collection[int] | None = None) -> Sequence[TrialRecord]:
        return self._records(self.trials(search), of)

    def confirmations(self, search: str) -> Sequence[ConfirmationRecord]:
        # the numbers fall from trial to trial and from fold to fold
        runs = sorted(self._children(search, f"tags.{KIND} = '{CONFIRMATION}'"), key=number, reverse=True)
        return tuple(ConfirmationRecord(of, r) for r in self._records(runs) if (of := Confirms.of(r.number)))

    def confirmed(self, search: str) -> Confirmed | None:
        run = self.search(search)
        if run is None or unconfirmed(run.data.metrics):
            return None
        if not any(file.path == champion.CONFIRMED for file in self._client.list_artifacts(run.info.run_id)):
            return None
        with TemporaryDirectory() as here:
            return champion.confirmed(
                Path(self._client.download_artifacts(run.info.run_id, champion.CONFIRMED, dst_path=here))
            )

    def _records(self, runs: Sequence[Any], of: Collection[int] | None = None) -> Sequence[TrialRecord]:
        """The runs as records, in their order; with `of`, only the trials with these numbers have their curve."""
        read = [run for run in runs if of is None or number(run) in of]
        points: dict[str, list[Any]] = defaultdict(list)
        # the numbers of a trial's end are not part of its curve: they have step 0
        keys = {run.info.run_id: [key for key in run.data.metrics if _of_epochs(key)] for run in read}
        for run, metric in histories(self._client, keys):
            if metric.step > 0:
                points[run].append(metric)
        return tuple(_record(run, points[run.info.run_id]) for run in runs)

    def experiments(self) -> Sequence[str]:
        with answering(self._client):
            return tuple(found.name for found in self._client.search_experiments() if self.searches(found.name))

    def summary(self, search: str) -> SearchSummary | None:
        run = self.search(search)
        if run is None:
            return None
        # searches recorded before this tag existed have the objective among their settings
        objective = run.data.tags.get(OBJECTIVE) or run.data.params["search/objective"]
        experiment = self._client.get_experiment(run.info.experiment_id).name
        return SearchSummary(search, experiment, run.info.run_name, objective, dict(run.data.metrics))

    def find(self, run: str) -> Sequence[tuple[str, int]]:
        # run ids consist of hexadecimal digits; other characters could have a meaning in the filter
        if not run or not set(run) <= set(hexdigits):
            return ()
        query = f"attributes.run_id LIKE '{run.lower()}%' and {TRIALS_ONLY}"
        found = self._client.search_runs(self._experiments(), query, max_results=PAGE)
        return tuple((run.data.tags[SEARCH], number(run)) for run in found)

    def search(self, search: str) -> Any | None:
        """A search's parent run, or None."""
        return search_run(self._client, search, self._experiments())

    def trials(self, search: str) -> Sequence[Any]:
        """The runs of a search's own trials, by number."""
        return sorted(self._children(search, TRIALS_ONLY), key=number)

    def champion(self, experiment: str) -> Champion | None:
        return load(self._client, experiment)

    def models(self, experiment: str) -> Sequence[ModelRecord]:
        with answering(self._client):
            return versions(self._client, experiment)

    def _children(self, search: str, narrower: str) -> list[Any]:
        parent = self.search(search)
        return list(child_runs(self._client, parent, narrower)) if parent else []

    def _experiments(self) -> list[str]:
        return [found.experiment_id for found in self._client.search_experiments()]


SPENT = "seconds/epoch"
END_ALONE = frozenset({"value", "epochs", "parameters"})


def _of_epochs(key: str) -> bool:
    return key == SPENT or (key not in END_ALONE and not key.startswith(("best/", "seconds/")))


def _record(run: Any, points: list[Any]) -> TrialRecord:
    metrics = run.data.metrics
    last = metrics.get("epochs")
    by_step: dict[int, dict[str, float]] = defaultdict(dict)
    # a trial that was resumed has two points for an epoch whose numbers changed: the later one counts
    for point in sorted(points, key=lambda p: p.timestamp):
        if last is None or point.step <= last:
            by_step[point.step][point.key] = stored(point.value)
    trial = number(run)
    ends = {end.value: end for end in End}
    best = metrics.get("best/epoch")
    return TrialRecord(
        trial,
        dict(run.data.params),
        ends.get(run.data.tags.get(END, "")),
        stored(metrics["value"]) if "value" in metrics else None,
        int(best) if best is not None else None,
        tuple(Epoch(trial, step, values, values.pop(SPENT, 0.0)) for step, values in sorted(by_step.items())),
        run.info.run_id,
        # a trial without an end has no `epochs`: its curve tells the last epoch
        int(last if last is not None else max(by_step, default=0)),
        {key.removeprefix("seconds/"): metrics[key] for key in metrics if key.startswith("seconds/") and key != SPENT},
        int(metrics.get("parameters", 0)),
    )
