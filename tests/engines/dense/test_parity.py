"""The engine trains what `model.fit` trains: the same curve from the same weights on the same batches."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.build import build
from pipeline.config.experiment import ENCODINGS, Experiment
from pipeline.engines.dense.engine import DenseEngine
from pipeline.load import load
from pipeline.preprocess import cut_folds, preprocess
from pipeline.values.blueprint import Blueprint, Output
from pipeline.values.data import Prepared
from pipeline.values.space import Params
from tests.engines.conftest import (
    Make,
    assert_same,
    assert_stops_as_keras_does,
    cut,
    fitted,
    trained,
    trial,
    with_numbers,
)

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

OPTIMIZERS: list[dict[str, Any]] = [
    {"optimizer": "sgd", "learning_rate": 0.05},
    {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.05, "clipnorm": 0.3},
    {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "learning_rate": 0.02, "weight_decay": 0.01},
    {"optimizer": "rmsprop", "learning_rate": 0.003},
    {"optimizer": "rmsprop", "learning_rate": 0.001, "momentum": 0.5, "centered": True},
    {"optimizer": "adam"},
    {"optimizer": "adam", "amsgrad": True, "clipvalue": 0.01},
    {"optimizer": "adamw", "weight_decay": 0.01},
    {"optimizer": "adam", "global_clipnorm": 0.5, "activation": "sigmoid"},
]
ACTIVATIONS = ["tanh", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "linear"]


def stack(kind: str, settings: Params) -> list[Any]:
    """The hidden layers of a kind of model, all of them in a chain."""
    import keras
    from keras import layers as of

    width = int(settings["width"])
    match kind:
        case "normalized":
            return [of.Dense(width, use_bias=False), of.BatchNormalization(), of.ReLU(), of.Dense(8, "relu")]
        case "normalized twice":
            bare = of.BatchNormalization(center=False, scale=False, momentum=0.8)
            return [of.Dense(width), of.LayerNormalization(), of.ReLU(), of.Dense(9, use_bias=False), bare, of.ELU(0.5)]
        case "rows normalized":
            bare = of.LayerNormalization(center=False, scale=False, epsilon=0.1)
            return [bare, of.Dense(width), of.LeakyReLU(0.1), of.LayerNormalization(), of.Activation("tanh")]
        case "penalized":
            both = keras.regularizers.L1L2(1e-3, 1e-2)
            one = of.Dense(width, "relu", kernel_regularizer=both, bias_regularizer=keras.regularizers.L2(0.1))
            return [one, of.Dense(8, kernel_regularizer="l1"), of.ReLU(negative_slope=0.2)]
        case "none":
            return []
    return [of.Dense(width, kind), of.Dense(width, kind)]


class Stacked:
    """Makes a model of a kind from settings; regressions have one output."""

    def __init__(self, kind: str, columns: int, *, outputs: int = 2) -> None:
        self.kind, self.columns, self.outputs = kind, columns, outputs

    def __call__(self, settings: Params) -> Any:
        import keras

        inside = stack(self.kind, settings)
        return keras.Sequential([keras.layers.Input((self.columns,)), *inside, keras.layers.Dense(self.outputs)])


def stacked(blueprints: Make, prepared: Prepared, kind: str) -> Blueprint:
    """The blueprint of models of a kind; they give logits."""
    made = Stacked(kind, prepared.train.x.shape[1])
    output = Output(2, "linear", "sparse_categorical_crossentropy", ("accuracy",), from_logits=True)
    return replace(blueprints(), model=made, answering=made, output=output)


def dense(blueprint: Blueprint, prepared: Prepared, dtype: str = "float32") -> DenseEngine:
    return DenseEngine(blueprint, prepared, dtype=dtype)


def assert_chain(engine: DenseEngine) -> None:
    assert engine._others is None, "trained by another engine"


@pytest.mark.parametrize("settings", OPTIMIZERS, ids=lambda s: "-".join(map(str, s.values())))
def test_every_optimizer_with_a_partial_batch(settings: dict[str, Any], blueprints: Make, few: Prepared) -> None:
    one = trial(**settings)
    own = dense(blueprints(), few)
    own.start(one, None)
    assert_chain(own)
    own.stop(one)
    curve, weights = trained(own, [one])[1]
    reference, values = fitted(blueprints(), few, one)
    assert_same(curve, reference)
    for mine, its in zip(weights.weights, values, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(
    "kind", [*ACTIVATIONS, "none", "normalized", "normalized twice", "rows normalized", "penalized"]
)
def test_every_kind_of_layer(kind: str, blueprints: Make, few: Prepared) -> None:
    # under Adam, weights that only rounding errors or penalties move jump by whole steps, differently in each run
    one = trial(width=12, optimizer="sgd", momentum=0.5, learning_rate=0.05)
    blueprint = stacked(blueprints, few, kind)
    curve, weights = trained(dense(blueprint, few), [one])[1]
    reference, values = fitted(blueprint, few, one)
    assert_same(curve, reference)
    for mine, its in zip(weights.weights, values, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-2, atol=1e-3)


def test_a_regression(blueprints: Make, few: Prepared) -> None:
    made = Stacked("relu", few.train.x.shape[1], outputs=1)
    output = Output(1, "linear", "mean_squared_error", ("mae",))
    blueprint = replace(blueprints(), model=made, answering=made, output=output)
    targets = replace(
        few,
        train=replace(few.train, y=few.train.x[:, 0] - 0.3 * few.train.x[:, 1]),
        validation=replace(few.validation, y=few.validation.x[:, 0]),
    )
    curve, _ = trained(dense(blueprint, targets), [trial()])[1]
    assert_same(curve, fitted(blueprint, targets, trial())[0])


@pytest.mark.parametrize("numbers", ENCODINGS)
@pytest.mark.parametrize("scale", ["standard", ["unit_rows", "robust"]], ids=["scaled", "scale searched"])
def test_encoded_numbers(numbers: str, scale: Any, titanic: Any) -> None:
    given = {"preprocess.numbers": list(ENCODINGS), "preprocess.bins": [4, 8], "preprocess.scale": scale}
    # Adam would make steps of rounding errors
    given["training.optimizer"] = "sgd"
    experiment: Experiment = titanic(given)
    prepared = cut(preprocess(load(experiment), experiment))
    blueprint = build(experiment, prepared)
    one = with_numbers(numbers, blueprint, learning_rate=0.05)
    own = dense(blueprint, prepared)
    curve, _ = trained(own, [one])[1]
    assert_chain(own)
    assert_same(curve, fitted(blueprint, prepared, one)[0])


def test_folds_train_as_model_fit_does_on_their_rows(blueprints: Make, few: Prepared) -> None:
    folded = replace(few, validation=few.validation.at(np.arange(0)), folds=cut_folds(len(few.train), 3, seed=3))
    trials = [replace(trial(fold + 1, seed=fold + 5, width=16 + 8 * fold), fold=fold) for fold in range(3)]
    ours = trained(dense(blueprints(), folded), trials)
    for one in trials:
        train, validation = folded.parts(one.fold)
        alone = replace(folded, train=train, validation=validation, folds=())
        assert_same(ours[one.number][0], fitted(blueprints(), alone, one)[0])


def test_early_stopping_ends_at_the_same_epoch_with_the_same_weights(
    blueprints: Make, few: Prepared, titanic: Any, tmp_path: Path
) -> None:
    assert_stops_as_keras_does(dense(blueprints(), few), blueprints(), few, titanic, tmp_path)


def test_dropout_trains_on_average_as_model_fit_does(blueprints: Make, few: Prepared) -> None:
    trials = [trial(seed, seed, dropout=0.4, width=32) for seed in range(1, 21)]
    ours = trained(dense(blueprints(), few), trials, epochs=8)
    theirs = [fitted(blueprints(), few, one, epochs=8)[0] for one in trials]
    for name in ("loss", "val_loss"):
        mine = np.array([ours[one.number][0][name] for one in trials])
        its = np.array([curve[name] for curve in theirs])
        error = np.sqrt((mine.var(axis=0, ddof=1) + its.var(axis=0, ddof=1)) / len(trials))
        assert np.all(np.abs(mine.mean(axis=0) - its.mean(axis=0)) < 3 * error), name


def test_rounding_is_all_that_parts_float32_from_float64(blueprints: Make, few: Prepared) -> None:
    one = trial(dropout=0.2)
    coarse, fine = (trained(dense(blueprints(), few, dtype), [one])[1][0] for dtype in ("float32", "float64"))
    assert coarse != fine
    assert_same(coarse, fine, rel=1e-4)
