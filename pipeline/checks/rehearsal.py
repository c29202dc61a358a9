"""Finds problems before the first trial that a search would meet later: in its models, memory, disk and size."""

from pathlib import Path

from pipeline.checks import Finding, costs, models
from pipeline.checks.workload import Workload, differences, workload
from pipeline.config.experiment import Experiment
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared


def rehearse(
    experiment: Experiment, blueprint: Blueprint, prepared: Prepared, mlruns: Path
) -> tuple[list[Finding], Workload]:
    """All findings, and the workload of the search; up to three corner models are built and trained on one batch."""
    planned = workload(experiment)
    found, parameters = models.try_out(blueprint, prepared, costs.memory())
    found += differences(experiment, planned)
    return [*found, costs.disk(mlruns, planned, parameters)], planned
