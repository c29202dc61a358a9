"""What tests share: experiments made of the Titanic file, prepared data, and the blueprint of its models."""

import os
from collections.abc import Callable
from typing import Any

import pytest

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pipeline.build import build
from pipeline.data import Blueprint, Prepared
from pipeline.experiment import Experiment
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.resolve import resolve

Make = Callable[..., Experiment]


@pytest.fixture(scope="session")
def titanic() -> Make:
    """The experiment `titanic` with dotted keys overridden."""

    def make(overrides: dict[str, Any] | None = None) -> Experiment:
        return resolve("titanic", overrides)

    return make


@pytest.fixture(scope="session")
def prepared(titanic: Make) -> Prepared:
    """The Titanic, split and made ready."""
    experiment = titanic()
    return preprocess(load(experiment), experiment)


@pytest.fixture(scope="session")
def blueprint(titanic: Make, prepared: Prepared) -> Blueprint:
    """The mlps of the Titanic."""
    return build(titanic(), prepared)
