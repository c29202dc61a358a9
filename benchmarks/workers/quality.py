"""The project's default search for a given time, and the confirmation of the winners of any search."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.configurations import plain
from benchmarks.ours import Timed, imported, ready
from pipeline.config import backend
from pipeline.config.experiment import Experiment
from pipeline.engines.vectorized import create
from pipeline.load import load
from pipeline.run import backend_of
from pipeline.searches.listed import Listed
from pipeline.trackers import memory, mlflow
from pipeline.tune import tune
from pipeline.tuning.deadline import EVALUATION, LEAST
from pipeline.tuning.loop import Limits, Loop
from pipeline.tuning.search_record import search_record
from pipeline.tuning.study import Study, opened
from pipeline.values.trial import Trial, trial_seed

MANY: Final = 1000
"""More trials than the time allows."""


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The `best` settings after `seconds`; or, if `winners` are given, each one's losses with new seeds."""
    overrides = {"training.epochs": task["epochs"], "search.trials": MANY}
    if "winners" in task:
        experiment = plain(overrides)
        backend.prepare(backend_of(experiment))
        return {"values": _confirmed(experiment, task["winners"], task["fresh"], folder)}
    minutes = with_evaluation(task["seconds"]) / 60
    experiment = plain({**overrides, "search.minutes": minutes, "search.seed": task["seed"], "evaluate.confirm": 0})
    backend.prepare(backend_of(experiment))
    return _searched(experiment, task["seconds"], folder)


def with_evaluation(seconds: float) -> float:
    """The time limit with which a search has `seconds` for its trials: it reserves a part for the stages after it."""
    if seconds <= LEAST:
        return 2 * seconds
    return max(seconds + LEAST, seconds / (1 - EVALUATION))


def _searched(experiment: Experiment, seconds: float, folder: Path) -> dict[str, Any]:
    """The best of the trials that ended in time; `overrun` is how many seconds later the search ended."""
    mlruns = folder / "mlruns"
    tracker = Timed(mlflow.create(mlruns), mlruns, experiment.training.engine)
    dataset = load(experiment)
    with opened(experiment, dataset.digest, mlruns, new=True) as study:
        prepared, blueprint = ready(experiment)
        tracker.open(search_record(experiment, dataset, study.identity))
        leaderboard = tune(blueprint, prepared, experiment, tracker, study, time.monotonic())
        tracker.close()
    told = [moment for moment in tracker.told if moment <= tracker.ready + seconds]
    in_time = {*tracker.numbers[: len(told)]}
    outcomes = [o for o in leaderboard.outcomes if o.number in in_time and o.value is not None]
    if not outcomes:
        raise RuntimeError("no trial ended in time")
    overrun = tracker.told[-1] - tracker.ready - seconds
    found = {"best": dict(outcomes[0].trial.params), "values": [o.value for o in outcomes], "overrun": overrun}
    return {**tracker.figures(), **found, "told": told}


def _confirmed(experiment: Experiment, winners: list[dict[str, Any]], fresh: int, folder: Path) -> list[list[float]]:
    """The validation losses of each winner's settings, trained again with `fresh` seeds that no search used."""
    imported("vectorized")
    prepared, blueprint = ready(experiment)
    trials = [
        Trial(fresh * place + i + 1, winner, trial_seed(2**31, fresh * place + i), experiment.epochs)
        for place, winner in enumerate(winners)
        for i in range(fresh)
    ]
    tracker = memory.create(folder)
    dataset = load(experiment)
    tracker.open(search_record(experiment, dataset, "confirmation"))
    engine = create(blueprint, prepared, len(trials))
    loop = Loop(Listed(trials), engine, blueprint, experiment, tracker, Study.at(folder / "confirmation"))
    values = {outcome.number: outcome.value for outcome in loop.run(Limits())}
    lost = [number for number, value in values.items() if value is None]
    if lost:
        raise RuntimeError(f"confirmation trials {lost} have no value")
    ordered = [float(values[trial.number] or 0.0) for trial in trials]
    return [ordered[i : i + fresh] for i in range(0, len(ordered), fresh)]
