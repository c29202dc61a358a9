"""Experiments with a family on a few real digits, or on the generated signal."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from pipeline.build import build
from pipeline.config.experiment import Experiment
from pipeline.config.read import resolve
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Arrays, Prepared

ROWS, VALIDATION = 150, 70
DATA: dict[str, Any] = {
    "digits": {"source": "digits"},
    "signal": {"source": "signal", "split": {"validation": 0.2, "test": 0.2}},
    "titanic": {"source": "titanic"},
}
NOTHING_SEARCHED = {"library": "own", "sampler": "listed", "listed": [{}]}

Setup = Callable[..., tuple[Experiment, Prepared, Blueprint]]


@pytest.fixture(scope="session")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """Makes an experiment of a family with its settings, on a few rows of one of the data sets, and its blueprint."""
    folder = tmp_path_factory.mktemp("families")
    ready: dict[str, Prepared] = {}

    def make(data: str, training: dict[str, Any] | None = None, **model: Any) -> tuple[Experiment, Prepared, Blueprint]:
        file = folder / f"{data}.toml"
        sections = {"data": DATA[data], "model": model, "training": training or {}, "search": NOTHING_SEARCHED}
        file.write_text(tomli_w.dumps(sections))
        experiment = resolve(str(file))
        if data not in ready:
            ready[data] = few(preprocess(load(experiment), experiment))
        return experiment, ready[data], build(experiment, ready[data])

    return make


def few(prepared: Prepared) -> Prepared:
    """150 rows to train on and 70 for validation, drawn from all classes."""
    rows = np.random.default_rng(0).permutation

    def part(arrays: Arrays, count: int) -> Arrays:
        drawn = rows(len(arrays))[:count]
        return Arrays(arrays.x[drawn], arrays.y[drawn])

    return replace(prepared, train=part(prepared.train, ROWS), validation=part(prepared.validation, VALIDATION))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
