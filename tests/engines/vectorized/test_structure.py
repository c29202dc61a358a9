"""Which models contain others, so that one program trains both."""

from typing import Any

import pytest

from pipeline.engines._outline import Outline
from pipeline.engines.vectorized.structure import contains


def outline(*, front: bool = False, relu: bool = False, units: int = 8, activation: str = "relu") -> Outline:
    """A model with one hidden layer, behind columns that it is given twice if `front`."""
    import keras

    entry: Any = keras.Input((5,))
    outputs = keras.layers.Concatenate()([entry, keras.layers.Rescaling(2.0)(entry)]) if front else entry
    outputs = keras.layers.ReLU()(outputs) if relu else outputs
    outputs = keras.layers.Dense(units, activation)(outputs)
    return Outline(keras.Model(entry, keras.layers.Dense(1)(outputs)), frozenset())


def test_a_model_with_more_inputs_contains_the_one_without() -> None:
    assert contains(outline(front=True), outline())
    assert not contains(outline(), outline(front=True))


@pytest.mark.parametrize(
    ("large", "small"),
    [
        ({}, {}),
        ({"relu": True}, {}),
        ({"front": True}, {"relu": True}),
        ({"front": True}, {"units": 9}),
        ({"front": True}, {"activation": "tanh"}),
        ({"units": 9}, {}),
    ],
    ids=str,
)
def test_other_models_do_not(large: dict[str, Any], small: dict[str, Any]) -> None:
    assert not contains(outline(**large), outline(**small))
