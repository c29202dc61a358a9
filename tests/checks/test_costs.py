"""Estimates of what a search will cost."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.checks import Level, costs
from pipeline.checks.costs import Pace, disk, duration, memory, pace, spoken
from pipeline.checks.models import size
from pipeline.checks.workload import Workload
from pipeline.tuning.study import KEPT
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.trial import Epoch, Fitted, Trial
from tests.conftest import Make

PLAN = Workload(None, 101, 10_100)
GROUP = "sys/fs/cgroup/memory"


def test_time_is_an_upper_bound_under_early_stopping_and_minutes_may_cut_it(titanic: Make) -> None:
    found = duration(titanic(), PLAN, Pace(1.0, 0.02))
    assert found.sentence.startswith("about 5 minutes for 101 trials and 10,100 epochs: an upper bound")
    assert "`minutes = 2` ends it earlier" in duration(titanic({"search.minutes": 2}), PLAN, Pace(1.0, 0.02)).sentence
    whole = titanic({"training.early_stopping": False})
    assert duration(whole, PLAN, Pace(1.0, 0.02)).sentence == "about 5 minutes for 101 trials and 10,100 epochs."
    folds = duration(whole, replace(PLAN, folds=4), Pace(1.0, 0.02)).sentence
    assert folds == "about 20 minutes for 101 trials and 10,100 epochs, each on 4 folds."
    confirmed = duration(whole, replace(PLAN, confirmed=28), Pace(1.0, 0.02)).sentence
    assert confirmed.endswith("10,100 epochs; confirming adds up to a third.")
    assert [spoken(s) for s in (0.2, 119, 120, 8000, 400_000)] == [
        "1 second",
        "119 seconds",
        "2 minutes",
        "2 hours",
        "5 days",
    ]


def test_a_disk_is_told_what_the_search_writes_and_is_an_error_where_it_is_too_small(tmp_path: Path) -> None:
    # a search's own 40 MB, 2 kB an epoch, and 4 bytes a weight of ten trials, or of all where some are promoted
    for promotes, need in ((False, "64.2 MB"), (True, "101 MB")):
        found = disk(tmp_path / "mlruns" / "new", replace(PLAN, promotes=promotes), 100_000)
        assert found.level is Level.NOTE
        assert f" {need} " in found.sentence
        assert f"{tmp_path}/mlruns/new/" in found.sentence
    confirmed = disk(tmp_path, replace(PLAN, confirmed=28), 100_000)
    assert f" {size(64_200_000 + 56 * 400_000)} " in confirmed.sentence
    free = shutil.disk_usage(tmp_path).free
    half, whole = (disk(tmp_path, PLAN, int(share * free / (4 * KEPT))) for share in (0.7, 1.4))
    assert (half.level, whole.level) == (Level.WARNING, Level.ERROR)
    assert f" {size(free).split()[1]} are free" in whole.sentence


MEMORY = [
    ("the system's alone", {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    2000 kB\n"}, 2_048_000),
    (
        "a container's limit below it",
        {"proc/meminfo": "MemAvailable: 2000 kB\n", f"{GROUP}.max": "900000\n", f"{GROUP}.current": "400000\n"},
        500_000,
    ),
    (
        "a container's limit above it",
        {"proc/meminfo": "MemAvailable: 2000 kB\n", f"{GROUP}.max": "9000000\n", f"{GROUP}.current": "400000\n"},
        2_048_000,
    ),
    (
        "a container without a limit",
        {"proc/meminfo": "MemAvailable: 2000 kB\n", f"{GROUP}.max": "max\n", f"{GROUP}.current": "400000\n"},
        2_048_000,
    ),
    ("an old system that does not say", {"proc/meminfo": "MemTotal: 9000 kB\n"}, None),
    ("no such files, as on a Mac", {}, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
]


@pytest.mark.parametrize(("case", "files", "free"), MEMORY, ids=[case[0] for case in MEMORY])
def test_free_memory_is_the_least_that_the_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, files: dict[str, str], free: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(costs, "Path", lambda path: tmp_path / str(path).lstrip("/"))
    assert memory() == free


def test_the_free_memory_of_this_machine_is_a_part_of_what_it_has() -> None:
    assert 10**7 < (memory() or 0) <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class Clockwork:
    """An engine with a simulated clock, `now`: a start takes 5 s, an epoch of a trial 2 s, getting ready 30 s.

    Only the first `apart` trials run; the others stay in its queue.
    """

    def __init__(self, capacity: int, apart: int) -> None:
        self.capacity, self.apart = capacity, apart
        self.now, self.ready = 0.0, False
        self.started: list[Trial] = []
        self.stopped: list[Trial] = []

    def start(self, trial: Trial, parent: Fitted | None) -> None:
        assert parent is None
        self.started.append(trial)
        self.now += 5.0

    def step(self) -> list[Epoch]:
        if not self.ready:
            self.ready, self.now = True, self.now + 30.0
            return []
        stepping = self.started[: self.apart]
        self.now += 2.0 * len(stepping)
        return [Epoch(trial.number, 1, {}) for trial in stepping]

    def stop(self, trial: Trial) -> None:
        self.stopped.append(trial)


@pytest.mark.parametrize(
    ("trials", "capacity", "apart", "started", "begin"),
    [
        (100, 4, 4, 4, (30 + 4 * 5) / 4),
        (100, 4, 2, 4, (30 + 4 * 5) / 2),
        (3, 4, 4, 3, (30 + 3 * 5) / 3),
        (100, 64, 64, 16, (30 + 16 * 5) / 16),
        (100, 1, 1, 1, 30 + 5),
    ],
    ids=["as many as it takes", "some held back", "few trials", "many at once", "one"],
)
def test_the_pace_is_that_of_the_trials_that_an_engine_steps(
    titanic: Make,
    blueprint: Blueprint,
    prepared: Prepared,
    monkeypatch: pytest.MonkeyPatch,
    trials: int,
    capacity: int,
    apart: int,
    started: int,
    begin: float,
) -> None:
    engine = Clockwork(capacity, apart)
    experiment = titanic({"search.trials": trials})
    part = SimpleNamespace(create=lambda blueprint, prepared, trials: engine)
    monkeypatch.setattr(costs, "parts", SimpleNamespace(engine=lambda name: part))
    monkeypatch.setattr(costs, "time", SimpleNamespace(perf_counter=lambda: engine.now))
    assert pace(blueprint, prepared, experiment) == Pace(begin, 2.0)
    assert [trial.number for trial in engine.started] == list(range(1, started + 1))
    assert engine.stopped == engine.started
    assert all(blueprint.space.holds(trial.params) for trial in engine.started)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fit", "vectorized"])
def test_a_real_engine_is_measured_in_seconds(
    titanic: Make, blueprint: Blueprint, prepared: Prepared, engine: str
) -> None:
    began = time.perf_counter()
    found = pace(blueprint, prepared, titanic({"training.engine": engine}))
    spent = time.perf_counter() - began
    # a trial was begun, trained for an epoch and then for three more within that time
    assert 0.0 < found.begin + 4 * found.epoch < spent
    assert 1e-5 < found.epoch < spent / 4
