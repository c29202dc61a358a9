"""The engine trains what `model.fit` trains: the same curve from the same weights on the same batches."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.build import build
from pipeline.config.experiment import ENCODINGS, Experiment
from pipeline.engines.vectorized.engine import VectorizedEngine
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.space import Float
from pipeline.values.trial import Trial
from tests.engines.conftest import (
    Make,
    assert_same,
    assert_stops_as_keras_does,
    cut,
    engine,
    fitted,
    trained,
    trial,
    with_numbers,
)

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

OPTIMIZERS: list[dict[str, Any]] = [
    {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.05},
    {"optimizer": "rmsprop", "learning_rate": 0.003},
    {"optimizer": "adam"},
    {"optimizer": "adamw", "weight_decay": 0.01},
    {"optimizer": "adadelta", "learning_rate": 1.0},
    {"optimizer": "nadam"},
    {"optimizer": "adam", "global_clipnorm": 0.5, "activation": "sigmoid"},
]


@pytest.mark.parametrize("settings", OPTIMIZERS, ids=lambda s: "-".join(map(str, s.values())))
def test_every_optimizer_with_padded_widths_and_a_partial_batch(
    settings: dict[str, Any], blueprints: Make, few: Prepared
) -> None:
    one = trial(**settings)
    curve, weights = trained(engine(blueprints(), few), [one])[1]
    reference, values = fitted(blueprints(), few, one)
    assert_same(curve, reference)
    assert [w.shape for w in weights.weights] == [v.shape for v in values]


@pytest.mark.parametrize("kind", ["normalized", "recurrent", "convolutional", "attentive"])
def test_every_kind_of_layer(kind: str, blueprints: Make, few: Prepared) -> None:
    if kind == "convolutional" and os.environ["KERAS_BACKEND"] == "jax":
        pytest.skip("trained by fit: convolutions are slow in a loop on JAX")
    one = trial(width=12)
    curve, weights = trained(engine(blueprints(kind), few), [one])[1]
    reference, values = fitted(blueprints(kind), few, one)
    assert_same(curve, reference)
    for mine, its in zip(weights.weights, values, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-2, atol=1e-3)


NUMBERS: list[tuple[dict[str, Any], dict[str, tuple[float, float]]]] = [
    ({"optimizer": "adamw"}, {"beta_2": (0.9, 0.999), "weight_decay": (0.001, 0.1), "epsilon": (1e-8, 1e-3)}),
    ({"optimizer": "sgd"}, {"momentum": (0.5, 0.95)}),
    ({"optimizer": "rmsprop"}, {"rho": (0.8, 0.95), "momentum": (0.1, 0.5)}),
    # under Adam, weights that only the penalty moves jump around 0 by whole steps, differently in each run
    ({"optimizer": "sgd", "learning_rate": 0.05}, {"factor": (1e-4, 1e-2)}),
]


@pytest.mark.parametrize(("settings", "numbers"), NUMBERS, ids="-".join)
def test_numbers_that_differ_between_the_trials_of_a_lane(
    settings: dict[str, Any], numbers: dict[str, tuple[float, float]], blueprints: Make, few: Prepared
) -> None:
    blueprint = blueprints(**{name: Float(*bounds) for name, bounds in numbers.items()})
    trials = [trial(i, 11, **settings, **{name: b[i - 1] for name, b in numbers.items()}) for i in (1, 2)]
    own = engine(blueprint, few)
    assert isinstance(own, VectorizedEngine)
    for one in trials:
        own.start(one, None)
    assert len(list(own.lanes)) == 1
    for one in trials:
        own.stop(one)
    curves = trained(own, trials)
    for one in trials:
        assert_same(curves[one.number][0], fitted(blueprint, few, one)[0])


@pytest.fixture(scope="module", params=["standard", ["unit_rows", "robust"]], ids=["scaled", "scale searched"])
def encoding(request: pytest.FixtureRequest, titanic: Any) -> tuple[Blueprint, Prepared]:
    """Models with encoded numbers, and a few rows."""
    numbers = {"preprocess.numbers": list(ENCODINGS), "preprocess.bins": [4, 8]}
    experiment: Experiment = titanic({**numbers, "preprocess.scale": request.param})
    prepared = cut(preprocess(load(experiment), experiment))
    return build(experiment, prepared), prepared


@pytest.mark.parametrize("numbers", ENCODINGS)
def test_encoded_numbers(numbers: str, encoding: tuple[Blueprint, Prepared]) -> None:
    blueprint, prepared = encoding
    one = with_numbers(numbers, blueprint, learning_rate=0.01)
    own = engine(blueprint, prepared)
    curve, _ = trained(own, [one])[1]
    assert isinstance(own, VectorizedEngine)
    assert len(list(own.lanes)) == 1, "trained by model.fit"
    assert_same(curve, fitted(blueprint, prepared, one)[0])


def test_trials_with_plain_and_with_encoded_numbers_share_a_lane(encoding: tuple[Blueprint, Prepared]) -> None:
    blueprint, prepared = encoding
    base: dict[str, Any] = {"depth": 2, "dropout": 0.0, "learning_rate": 0.01}
    base |= {"scale": "robust"} if "scale" in blueprint.space.dimensions else {}
    kinds: list[dict[str, Any]] = [
        {"numbers": "standard"},
        *({"numbers": "piecewise", "bins": bins} for bins in (4, 8)),
    ]
    trials = [Trial(i, {**base, "width": 16 + 8 * i, **own}, seed=i, epochs=20) for i, own in enumerate(kinds, 1)]
    own = engine(blueprint, prepared)
    assert isinstance(own, VectorizedEngine)
    curves = trained(own, trials)
    # plain numbers go with the default number of bins, 8
    assert len(list(own.lanes)) == 2
    for one in trials:
        curve, weights = curves[one.number]
        reference, values = fitted(blueprint, prepared, one)
        assert_same(curve, reference)
        assert [w.shape for w in weights.weights] == [v.shape for v in values]


def test_early_stopping_ends_at_the_same_epoch_with_the_same_weights(
    blueprints: Make, few: Prepared, titanic: Any, tmp_path: Path
) -> None:
    assert_stops_as_keras_does(engine(blueprints(), few), blueprints(), few, titanic, tmp_path)
