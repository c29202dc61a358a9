"""Which models are chains, and what is trained elsewhere."""

import logging
import subprocess
import sys
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as of

from pipeline.config import parts
from pipeline.engines.dense.chain import NoChain, chain
from pipeline.engines.dense.engine import DenseEngine
from pipeline.engines.vectorized.engine import VectorizedEngine
from pipeline.values.blueprint import Output
from pipeline.values.data import Prepared
from pipeline.values.space import Choice
from tests.engines.conftest import Make, assert_same, fitted, trained, trial

LOGITS = Output(2, "linear", "sparse_categorical_crossentropy", ("accuracy",), from_logits=True)


def sequence(*layers: Any) -> Any:
    return keras.Sequential([of.Input((5,)), *layers, of.Dense(2)])


def shared(x: Any) -> Any:
    layer = of.Dense(5)
    return of.Dense(2)(layer(layer(x)))


def forked(x: Any) -> Any:
    return of.Dense(2)(of.Concatenate()([of.Dense(3)(x), of.Dense(4)(x)]))


def functional(make: Any) -> Any:
    entry = of.Input((5,))
    return keras.Model(entry, make(entry))


REFUSED: list[tuple[Any, str]] = [
    (lambda: sequence(of.Dense(3, kernel_constraint="max_norm")), "constraint"),
    (lambda: sequence(of.Dense(3, activity_regularizer="l2")), "penalizes its outputs"),
    (lambda: sequence(of.Dense(3, activation=lambda x: x * x)), "the activation"),
    (lambda: sequence(of.Dense(3, activation="softmax")), "no dense layer that fits the loss"),
    (lambda: sequence(of.Dense(3, trainable=False)), "is not trained"),
    (lambda: sequence(of.Dense(3, dtype="mixed_float16")), "float16"),
    (lambda: sequence(of.Dense(3), of.GaussianNoise(0.1)), "stands before the first layer"),
    (lambda: sequence(of.Reshape((5, 1)), of.LSTM(3)), "stands before the first layer"),
    (lambda: functional(shared), "stands before|stands in it twice|further variables"),
    (lambda: functional(forked), "Dense stands before"),
    (lambda: keras.Sequential([of.Input((5,)), of.Dense(2, "relu")]), "no dense layer that fits the loss"),
]


@pytest.mark.parametrize(("make", "reason"), REFUSED)
def test_what_is_no_chain_is_refused_with_a_reason(make: Any, reason: str) -> None:
    with pytest.raises(NoChain, match=reason):
        chain(make(), LOGITS)


def test_other_losses_and_metrics_are_refused() -> None:
    for output in (replace(LOGITS, loss="hinge"), replace(LOGITS, metrics=("auc",))):
        with pytest.raises(NoChain):
            chain(sequence(of.Dense(3)), output)


def test_models_with_the_same_front_share_its_output_and_others_do_not() -> None:
    def fronted(scale: float) -> Any:
        return functional(lambda x: of.Dense(2)(of.Concatenate()([x, of.ReLU(max_value=1.0)(of.Rescaling(scale)(x))])))

    one, same, other = (chain(fronted(scale), LOGITS) for scale in (2.0, 2.0, 3.0))
    assert one.front == same.front
    assert one.front != other.front
    assert one.net.widths.tolist() == [10, 2]


def test_values_are_split_in_keras_order() -> None:
    model = sequence(of.Dense(3), of.BatchNormalization(), of.ReLU())
    made = chain(model, LOGITS)
    values = np.concatenate([np.asarray(keras.ops.convert_to_numpy(v.value)).ravel() for v in made.variables])
    for mine, its in zip(made.split(values), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)
    assert made.size == model.count_params()


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_search_that_often_needs_another_engine_gets_it(blueprints: Make, few: Prepared) -> None:
    part = parts.engine("dense")
    assert isinstance(part.create(blueprints(), few, 100), DenseEngine)
    assert isinstance(part.create(blueprints(optimizer=Choice(("adam", "sgd"))), few, 100), DenseEngine)
    assert isinstance(part.create(blueprints(optimizer=Choice(("adam", "lion"))), few, 100), VectorizedEngine)
    assert isinstance(part.create(blueprints("recurrent"), few, 100), VectorizedEngine)


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_single_trial_that_is_no_chain_is_trained_elsewhere_and_a_line_says_why(
    blueprints: Make, few: Prepared, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    trials = [trial(1), trial(2, optimizer="adadelta", learning_rate=1.0)]
    own = parts.engine("dense").create(blueprints(), few)
    curves = trained(own, trials, epochs=3)
    assert "trial 2 is trained by the engine vectorized: the optimizer Adadelta" in caplog.text
    for one in trials:
        assert_same(curves[one.number][0], fitted(blueprints(), few, one, epochs=3)[0])
    assert isinstance(own, DenseEngine)
    assert not own.elsewhere


def test_fronts_that_differ_in_one_number_of_an_array_are_not_the_same() -> None:
    def shifted(last: float) -> Any:
        steps = np.arange(5000, dtype=np.float32)
        steps[-1] = last
        return functional(lambda x: of.Dense(2)(keras.ops.matmul(x, steps.reshape(5, 1000))))

    one, same, other = (chain(shifted(last), LOGITS) for last in (1.0, 1.0, 1.0 + 1e-7 * 2))
    assert one.front == same.front
    assert one.front != other.front


READ = """
import os, sys
os.environ["KERAS_BACKEND"] = "jax"

from pipeline.build import build
from pipeline.config.read import resolve
from pipeline.engines.dense.chain import chain
from pipeline.load import load
from pipeline.preprocess import preprocess

experiment = resolve("titanic")
blueprint = build(experiment, preprocess(load(experiment), experiment))
made = chain(blueprint.model({**experiment.baseline, "numbers": "piecewise", "bins": 8}), blueprint.output)
assert "Rescaling" in made.front
assert "tensorflow" not in sys.modules
"""


@pytest.mark.slow
@pytest.mark.no_cover
def test_to_read_a_front_imports_no_tensorflow() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", READ], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
