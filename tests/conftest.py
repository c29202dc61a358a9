"""What tests share: experiments based on `titanic.toml`, its prepared data, and the blueprint of its models."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pipeline.build import build
from pipeline.config.experiment import Experiment
from pipeline.config.read import resolve
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.trackers.mlflow.archive import MlflowArchive
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared

Make = Callable[..., Experiment]


@pytest.fixture(scope="session")
def titanic() -> Make:
    """The experiment `titanic` with dotted keys overridden."""

    def make(overrides: dict[str, Any] | None = None) -> Experiment:
        return resolve("titanic", overrides)

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
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables, which take seconds to create."""
    made = tmp_path_factory.getbasetemp() / "template" / "mlflow.db"
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
