"""Finds problems before the first trial that a search would meet later: in its models, memory, disk and size."""

from pathlib import Path

from pipeline.checks import Finding, costs, models
from pipeline.checks.plan import Plan, differences, plan
from pipeline.data import Blueprint, Prepared
from pipeline.experiment import Experiment


def rehearse(
    experiment: Experiment, blueprint: Blueprint, prepared: Prepared, mlruns: Path
) -> tuple[list[Finding], Plan]:
    """All findings, and the plan of the search; up to three corner models are built and trained on one batch."""
    planned = plan(experiment)
    found, parameters = models.try_out(blueprint, prepared, costs.memory())
    found += differences(experiment, planned)
    promotes = experiment.search.sampler == "hyperband"
    return [*found, costs.disk(mlruns, planned, parameters, promotes=promotes)], planned
