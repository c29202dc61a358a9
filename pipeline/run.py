"""The five stages of an experiment, from its file to its report."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, final

from pipeline.build import build
from pipeline.config import backend, parts
from pipeline.config.experiment import Experiment
from pipeline.config.imports import uncollected
from pipeline.evaluate import Searched, evaluate
from pipeline.evaluation.report import Report
from pipeline.figures.pages import draw
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.trackers import Links, Tracker
from pipeline.tune import past, tune
from pipeline.tuning.clock import Clock
from pipeline.tuning.deadline import EVALUATION, deadline
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


@final
@dataclass(frozen=True, slots=True)
class Wish:
    """What a command wants of a run beyond the file's own words.

    With `new`, another search starts in any case. With `again`, the latest search is taken as it is: nothing is
    searched, and its best settings are confirmed, however long that takes. `typed` is when the command was typed, on
    the monotonic clock; without it, it is now. With `promote`, the new model becomes the experiment's champion in any
    case.
    """

    new: bool = False
    again: bool = False
    promote: bool = False
    typed: float | None = None


PLAIN: Final = Wish()


def run(
    experiment: Experiment,
    tracker: Tracker,
    mlruns: Path,
    begin: Callable[[Blueprint, Prepared, Study], None],
    wish: Wish = PLAIN,
) -> Finished:
    """The finished search of an experiment, all stages run and recorded in `tracker`; its files are under `mlruns`.

    An unfinished search of the same experiment on the same data is continued. One that finished with smaller limits is
    extended, unless `wish` says otherwise. `begin` is called once data and models are known. If it raises, the search
    ends before any run in MLflow is opened. UserError ends it equally early, if file or data are wrong or another
    process runs the search.
    """
    began, clock = time.monotonic() if wish.typed is None else wish.typed, Clock()
    clock.add("start-up", time.monotonic() - began)
    backend.prepare(backend_of(experiment))
    with uncollected("keras"):
        with clock.phase("load"):
            dataset = load(experiment)
        with clock.phase("preprocess"):
            prepared = preprocess(dataset, experiment)
        with clock.phase("start-up"):
            backend.load()
    blueprint = build(experiment, prepared)
    with opened(experiment, dataset.digest, mlruns, new=wish.new, again=wish.again) as study:
        with clock.phase("check"):
            begin(blueprint, prepared, study)
        tracker.open(search_record(experiment, dataset, study.identity))
        interrupted, report = True, None
        try:
            with clock.phase("tune"):
                leaderboard = (
                    past(experiment, study)
                    if wish.again
                    else tune(blueprint, prepared, experiment, tracker, study, began)
                )
            with clock.phase("draw"):
                for path in draw(leaderboard, blueprint.space, study.folder / "pictures"):
                    tracker.record(FileAttached(path))
            interrupted = leaderboard.interrupted
            if leaderboard.best is not None and not interrupted:
                end = deadline(experiment.search, began, EVALUATION)
                searched = Searched(leaderboard, blueprint, prepared, experiment, study)
                report = evaluate(
                    searched,
                    tracker,
                    clock,
                    deadline=math.inf if wish.again else end,
                    always=wish.again,
                    promote=wish.promote,
                )
                interrupted = report is None
        finally:
            tracker.record(SearchMeasured({f"seconds/{phase}": s for phase, s in clock.seconds.items()}))
            tracker.record(SearchEnded(interrupted))
            with clock.phase("deliver"):
                links = tracker.close()
        if interrupted:
            leaderboard = replace(leaderboard, interrupted=True)
        else:
            study.finish(experiment)
    return Finished(leaderboard, report, links, clock.seconds)


def backend_of(experiment: Experiment) -> str:
    """The backend that a file names, else the one on which its family trains fastest in lanes."""
    family = parts.family(experiment.model.family, experiment.file)
    return experiment.training.backend_for(family.backend)
