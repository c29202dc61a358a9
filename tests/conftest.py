"""What tests share: experiments based on `titanic.toml`, its prepared data, and the blueprint of its models."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# matrices here are small: with more threads than one, KerasTuner's bayesian sampler takes 2.4 times as long (measured)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from pipeline.build import build
from pipeline.config.experiment import Experiment
from pipeline.config.read import resolve
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.trackers.mlflow.archive import MlflowArchive
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared

# a busy machine is no defect
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

# coverage measures the processes that a test starts if it finds this, at a third of their time: few tests ask for it
MEASURED = {name: os.environ.pop(name) for name in ("COVERAGE_PROCESS_CONFIG",) if name in os.environ}
"""What the environment of a started process needs for its coverage to be measured; empty if it is not measured."""

Make = Callable[..., Experiment]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than cores, at most 8: some tests only wait for the processes that they started."""
    return min(8, (os.cpu_count() or 1) + 1)


@pytest.fixture(scope="session")
def titanic() -> Make:
    """The experiment `titanic` with dotted keys overridden.

    Numbers are plain, because other data may have none to encode. Nothing is confirmed unless a test asks for it,
    or for a search on folds, which must be confirmed.
    """

    def make(overrides: dict[str, Any] | None = None) -> Experiment:
        given = overrides or {}
        confirm = 0 if given.get("search.folds", 1) == 1 else 2
        return resolve("titanic", {"preprocess.numbers": "standard", "evaluate.confirm": confirm, **given})

    return make


@pytest.fixture(scope="session")
def prepared(titanic: Make) -> Prepared:
    """The Titanic's data, split and transformed."""
    experiment = titanic()
    return preprocess(load(experiment), experiment)


@pytest.fixture(scope="session")
def blueprint(titanic: Make, prepared: Prepared) -> Blueprint:
    """The blueprint of the Titanic's mlps."""
    return build(titanic(), prepared)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder for this test run: all processes that run tests see the same one."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@contextmanager
def alone(shared: Path, name: str) -> Iterator[None]:
    """Inside this context, no other process of this test run is in the section `name`."""
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def template(shared: Path) -> Path:
    """A database with MLflow's tables, which take seconds to create."""
    made = shared / "template" / "mlflow.db"
    with alone(shared, "template"):
        if not made.exists():
            MlflowArchive(made.parent)
    return made


@pytest.fixture
def folder(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `mlruns/` with a fresh database."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with closing(sqlite3.connect(template)) as made, closing(sqlite3.connect(tmp_path / "mlflow.db")) as copy:
        made.backup(copy)
    return tmp_path
