"""Finds, before the first trial, what would go wrong later in a search: its models, its memory, its disk, its size."""

from functools import partial
from pathlib import Path

from pipeline.checks import Finding, costs, models
from pipeline.checks.workload import Workload, differences, workload
from pipeline.config.experiment import Experiment
from pipeline.engines import dense
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared


def rehearse(
    experiment: Experiment, blueprint: Blueprint, prepared: Prepared, mlruns: Path
) -> tuple[list[Finding], Workload]:
    """All findings, and the workload of the search; up to three corner models are built and trained on one batch.

    Those that the engine `dense` trains are not: that it can read them proves as much.
    """
    planned = workload(experiment)
    proven = partial(dense.trains, blueprint) if experiment.training.engine == "dense" else None
    found, parameters = models.try_out(blueprint, prepared, costs.memory(), proven)
    found += differences(experiment, planned)
    return [*found, costs.disk(mlruns, planned, parameters)], planned
