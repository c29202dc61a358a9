"""A search of this project through all five stages, with every trial in MLflow."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.configurations import plain
from benchmarks.ours import Timed
from pipeline.run import run as run_stages
from pipeline.trackers import mlflow


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """When each trial was told and the last one stored, its value and epochs; `overrides` change the experiment."""
    experiment = plain(task["overrides"])
    mlruns = folder / "mlruns"
    tracker = Timed(mlflow.create(mlruns), mlruns, experiment.training.engine)
    finished = run_stages(experiment, tracker, mlruns, lambda *_: None)
    if finished.links.owed:
        raise RuntimeError(f"MLflow lacks {finished.links.owed} events")
    outcomes = finished.leaderboard.outcomes
    return {
        **tracker.figures(),
        "values": [outcome.value for outcome in outcomes],
        "epochs": [len(outcome.curve) for outcome in outcomes],
        "stages": dict(finished.seconds),
    }
