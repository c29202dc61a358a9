"""Estimates of what a search will cost."""

from pathlib import Path

import pytest

from pipeline.blueprint import Blueprint
from pipeline.checks import Level
from pipeline.checks.costs import Pace, disk, duration, memory, pace, spoken
from pipeline.checks.workload import Workload
from pipeline.data import Prepared
from tests.conftest import Make

PLAN = Workload(None, 101, 10_100)


def test_time_is_an_upper_bound_under_early_stopping_and_minutes_may_cut_it(titanic: Make) -> None:
    found = duration(titanic(), PLAN, Pace(1.0, 0.02))
    assert found.sentence.startswith("about 5 minutes for 101 trials and 10,100 epochs: an upper bound")
    assert "`minutes = 2` ends it earlier" in duration(titanic({"search.minutes": 2}), PLAN, Pace(1.0, 0.02)).sentence
    whole = titanic({"training.early_stopping": False})
    assert duration(whole, PLAN, Pace(1.0, 0.02)).sentence == "about 5 minutes for 101 trials and 10,100 epochs."
    assert [spoken(s) for s in (0.2, 119, 120, 8000, 400_000)] == [
        "1 second",
        "119 seconds",
        "2 minutes",
        "2 hours",
        "5 days",
    ]


def test_a_disk_that_is_too_small_is_an_error(tmp_path: Path) -> None:
    assert disk(tmp_path / "mlruns", PLAN, 1000).level is Level.NOTE
    assert disk(tmp_path, PLAN, 10**15).level is Level.ERROR


def test_memory_is_known_here() -> None:
    free = memory()
    assert free is not None
    assert free > 10**6


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fit", "vectorized"])
def test_an_engine_is_measured_by_the_trials_that_it_steps(
    titanic: Make, blueprint: Blueprint, prepared: Prepared, engine: str
) -> None:
    found = pace(blueprint, prepared, titanic({"training.engine": engine}))
    assert found.epoch > 0
    assert found.begin >= 0
