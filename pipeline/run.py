"""The five stages of an experiment, from its file to its report."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from pipeline.build import build
from pipeline.config import backend, parts
from pipeline.config.experiment import Experiment
from pipeline.evaluate import evaluate
from pipeline.evaluation.report import Report
from pipeline.figures.pages import draw
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.trackers import Links, Tracker
from pipeline.tune import tune
from pipeline.tuning.clock import Clock
from pipeline.tuning.search_record import search_record
from pipeline.tuning.study import Study, opened
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.events import FileAttached, SearchEnded, SearchMeasured
from pipeline.values.trial import Leaderboard


@final
@dataclass(frozen=True, slots=True)
class Finished:
    """A search that ran; `report` is None if it was interrupted or no trial has a value."""

    leaderboard: Leaderboard
    report: Report | None
    links: Links
    seconds: Mapping[str, float]


def run(  # noqa: PLR0913  the last three are for the command line
    experiment: Experiment,
    tracker: Tracker,
    mlruns: Path,
    begin: Callable[[Blueprint, Prepared, Study], None],
    *,
    new: bool = False,
    typed: float | None = None,
    promote: bool = False,
) -> Finished:
    """The finished search of an experiment, all stages run and recorded in `tracker`; its files are under `mlruns`.

    An unfinished search of the same experiment on the same data is continued. One that finished with smaller limits is
    extended. With `new`, another search starts in any case. `begin` is called once data and models are known. If it
    raises, the search ends before any run in MLflow is opened. UserError ends it equally early, if file or data are
    wrong or another process runs the search. `typed` is when the command was typed, on the monotonic clock; without it,
    it is now. With `promote`, the new model becomes the experiment's champion in any case.
    """
    began, clock = time.monotonic() if typed is None else typed, Clock()
    clock.add("start-up", time.monotonic() - began)
    backend.prepare(backend_of(experiment))
    with clock.phase("load"):
        dataset = load(experiment)
    with clock.phase("preprocess"):
        prepared = preprocess(dataset, experiment)
    with clock.phase("start-up"):
        backend.load()
    blueprint = build(experiment, prepared)
    with opened(experiment, dataset.digest, mlruns, new=new) as study:
        with clock.phase("check"):
            begin(blueprint, prepared, study)
        tracker.open(search_record(experiment, dataset, study.identity))
        interrupted, report = True, None
        try:
            with clock.phase("tune"):
                leaderboard = tune(blueprint, prepared, experiment, tracker, study, began)
            with clock.phase("draw"):
                for path in draw(leaderboard, blueprint.space, study.folder / "pictures"):
                    tracker.record(FileAttached(path))
            interrupted = leaderboard.interrupted
            if leaderboard.best is not None and not interrupted:
                with clock.phase("evaluate"):
                    report = evaluate(
                        leaderboard, blueprint, prepared, experiment, tracker, study.folder, promote=promote
                    )
        finally:
            tracker.record(SearchMeasured({f"seconds/{phase}": s for phase, s in clock.seconds.items()}))
            tracker.record(SearchEnded(interrupted))
            with clock.phase("deliver"):
                links = tracker.close()
        if not interrupted:
            study.finish(experiment)
    return Finished(leaderboard, report, links, clock.seconds)


def backend_of(experiment: Experiment) -> str:
    """The backend that a file names, else the one on which its family trains fastest in lanes."""
    family = parts.family(experiment.model.family, experiment.file)
    return experiment.training.backend_for(family.backend)
