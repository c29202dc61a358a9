"""Scaling as a layer gives the same as scaling by the transform, and is saved with the model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.build import build
from pipeline.config.experiment import SCALES
from pipeline.preprocess import preprocess
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Dataset, Prepared, Task
from pipeline.values.errors import UserError
from tests.conftest import Make

PARAMS = {"width": 8, "depth": 1, "dropout": 0.0, "learning_rate": 0.01}


def passengers() -> Dataset:
    """Numbers of very different sizes, one column with missing values, one of text."""
    generator = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "fare": generator.lognormal(9, 2, 80),
            "age": np.where(generator.random(80) < 0.2, np.nan, generator.normal(40, 9, 80)),
            "same": 3.0,
            "class": generator.choice(["first", "second", "third"], 80),
        }
    )
    columns = pd.Series(generator.integers(0, 2, 80), name="y")
    return Dataset("d", "memory", frame, columns, Task.BINARY, "0")


@pytest.fixture(scope="module")
def searched(titanic: Make) -> tuple[Blueprint, Prepared]:
    experiment = titanic({"preprocess.scale": list(SCALES), "data.columns": ["fare", "age", "same", "class"]})
    prepared = preprocess(passengers(), experiment)
    return build(experiment, prepared), prepared


@pytest.mark.parametrize("scale", SCALES)
def test_a_scaling_layer_gives_what_the_transform_does(
    scale: str, searched: tuple[Blueprint, Prepared], titanic: Make, tmp_path: Path
) -> None:
    import keras

    blueprint, raw = searched
    fixed = titanic({"preprocess.scale": scale, "data.columns": ["fare", "age", "same", "class"]})
    prepared = preprocess(passengers(), fixed)
    behind = blueprint.model(blueprint.settings({**PARAMS, "scale": scale}))
    plain = build(fixed, prepared).model(blueprint.settings(PARAMS))
    plain.set_weights(behind.get_weights())
    expected = plain.predict(prepared.validation.x, verbose=0)
    assert behind.predict(raw.validation.x, verbose=0) == pytest.approx(expected, rel=1e-3, abs=1e-4)
    behind.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.predict(raw.validation.x, verbose=0) == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_a_table_without_numbers_has_no_scale_to_search(titanic: Make) -> None:
    experiment = titanic({"preprocess.scale": ["standard", "robust"], "data.columns": ["class"]})
    prepared = preprocess(passengers(), experiment)
    with pytest.raises(UserError, match="d has no numeric column"):
        build(experiment, prepared)
