"""Networks small enough to be calculated by hand, trained by every engine."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pytest

from pipeline.build import optimizer
from pipeline.config import parts
from pipeline.engines import EnginePart
from pipeline.values.blueprint import Blueprint, Output
from pipeline.values.data import Arrays, Prepared
from pipeline.values.space import Float, Params, Space
from pipeline.values.trial import Epoch, Fitted, Trial

pytestmark = pytest.mark.slow

Matrix: TypeAlias = Sequence[Sequence[float]]
"""A layer's weights, with a row for each unit."""
IDLE = 1e-30


def network(settings: Params, layers: Sequence[Matrix]) -> Any:
    """Dense layers without biases; all but the last end in a ReLU."""
    import keras

    made: list[Any] = [keras.layers.Input((len(layers[0][0]),))]
    for i, weights in enumerate(layers):
        kernel = keras.initializers.Constant(np.array(weights, np.float32).T)
        how = {"activation": "relu" if i < len(layers) - 1 else None, "kernel_initializer": kernel}
        made.append(keras.layers.Dense(len(weights), use_bias=False, **how))
    return keras.Sequential(made)


@pytest.fixture(params=parts.names("engines"))
def part(request: pytest.FixtureRequest) -> EnginePart:
    return parts.engine(request.param)


def epoch(
    part: EnginePart, prepared: Prepared, layers: Sequence[Matrix], x: list[float], y: float, rate: float
) -> tuple[Epoch, Fitted]:
    """The first epoch on one row, which is the validation part too, and the weights after it."""
    row = Arrays(np.array([x], np.float32), np.array([y], np.float32))
    model = partial(network, layers=layers)
    fixed: Params = {"optimizer": "sgd", "batch_size": 1, "epochs": 1}
    output = Output(1, "linear", "mean_squared_error", ())
    blueprint = Blueprint(Space({"learning_rate": Float(0.0, 1.0)}), fixed, model, model, optimizer, (len(x),), output)
    engine = part.create(blueprint, replace(prepared, train=row, validation=row))
    trial = Trial(1, {"learning_rate": rate}, seed=1, epochs=1)
    engine.start(trial, None)
    made: Sequence[Epoch] = ()
    while not made:
        made = engine.step()
    return made[0], engine.stop(trial)


@pytest.mark.parametrize(
    ("layers", "answer"),
    [
        # relu(3*2 + 5*4) = 26, relu(3*4 - 5*5) = 0; 26*2 + 0*7
        ([[[2, 4], [4, -5]], [[2, 7]]], 52.0),
        # 26, 0; relu(-26) = 0, relu(26*2) = 52; 0*2 + 52*7
        ([[[2, 4], [4, -5]], [[-1, 1], [2, 2]], [[2, 7]]], 364.0),
    ],
    ids=["one hidden layer", "two hidden layers"],
)
def test_an_input_goes_forward(part: EnginePart, prepared: Prepared, layers: list[Matrix], answer: float) -> None:
    made, _ = epoch(part, prepared, layers, [3, 5], answer - 1, IDLE)
    assert made.metrics["val_loss"] == pytest.approx(1.0)
    made, _ = epoch(part, prepared, layers, [3, 5], answer, IDLE)
    assert made.metrics["val_loss"] == 0.0


def test_a_gradient_step_halves_the_error(part: EnginePart, prepared: Prepared) -> None:
    # 3*1 + 4*2 = 11 is 5 above 6; the gradient of its square is 2*5*(3, 4) = (30, 40)
    made, fitted = epoch(part, prepared, [[[1, 2]]], [3, 4], 6, 0.01)
    (kernel,) = fitted.weights
    assert (np.array([1, 2]) - kernel.ravel()) / 0.01 == pytest.approx([30, 40], rel=1e-5)
    assert made.metrics["loss"] == pytest.approx(5**2)
    assert made.metrics["val_loss"] == pytest.approx(2.5**2)


def test_the_diagnosis_of_a_step(part: EnginePart, prepared: Prepared) -> None:
    # the norm of the gradient is 50; the weights after the step are (0.7, 1.6)
    _, fitted = epoch(part, prepared, [[[1, 2]]], [3, 4], 6, 0.01)
    assert dict(fitted.diagnosis) == pytest.approx({"gradient_to_weight_norm": 50 / np.hypot(0.7, 1.6)}, rel=1e-5)
    # dead are the second unit of the first ReLU layer, relu(3*4 - 5*5) = 0, and the first of the next, relu(-26) = 0
    _, fitted = epoch(part, prepared, [[[2, 4], [4, -5]], [[-1, 1], [2, 2], [1, 0]], [[2, 7, 0]]], [3, 5], 364, IDLE)
    dead = {name: share for name, share in fitted.diagnosis.items() if name.startswith("dead_units/")}
    expected = {"dead_units/layer_1": 1 / 2, "dead_units/layer_2": 1 / 3, "dead_units/all": 2 / 5}
    assert dead == pytest.approx(expected, rel=1e-6)
