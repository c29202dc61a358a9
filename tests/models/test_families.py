"""Families make the models that their settings describe, and lanes train them as `model.fit` does."""

import os
from typing import Any

import numpy as np
import pytest

from pipeline.config import parts
from pipeline.values.errors import UserError
from pipeline.values.trial import Trial
from tests.engines.conftest import assert_same, engine, fitted, trained
from tests.models.conftest import Setup


def layers(setup: Setup, data: str, **model: Any) -> list[str]:
    """A model's layers without its input, as short strings: class, units or filters, rate."""
    _, _, blueprint = setup(data, **model)
    made = blueprint.model(blueprint.settings({}))
    assert made.built
    assert made.output_shape == (None, blueprint.output.units)
    words = []
    for layer in made.layers:
        numbers = [getattr(layer, name) for name in ("units", "filters", "rate") if hasattr(layer, name)]
        words.append(" ".join([type(layer).__name__, *map(str, numbers)]))
    return [word for word in words if not word.startswith("InputLayer")]


def test_a_cnn_says_the_classic_one_for_digits(setup: Setup) -> None:
    classic = {"padding": "valid", "dropout": 0.25, "dense_dropout": 0.5}
    assert layers(setup, "digits", family="cnn", **classic) == [
        "Conv2D 32", "Conv2D 64", "MaxPooling2D", "Dropout 0.25", "Flatten", "Dense 128", "Dropout 0.5", "Dense 10",
    ]  # fmt: skip
    _, _, blueprint = setup("digits", family="cnn", **classic)
    assert blueprint.model(blueprint.settings({})).count_params() == 1_199_882, "Keras's own mnist_cnn"


def test_a_cnns_blocks_grow_and_what_is_nought_is_left_out(setup: Setup) -> None:
    small = {"blocks": 2, "convolutions": 1, "filters": 4, "growth": 3, "pooling": 1, "dense": 0}
    assert layers(setup, "digits", family="cnn", **small) == ["Conv2D 4", "Conv2D 12", "Flatten", "Dense 10"]
    along = layers(setup, "signal", family="cnn", convolutions=1, kernel=2, dense=8)
    assert along == ["Conv1D 32", "MaxPooling1D", "Flatten", "Dense 8", "Dense 2"]


def test_many_poolings_shrink_an_image_no_further_than_one_pixel(setup: Setup) -> None:
    assert len(layers(setup, "digits", family="cnn", blocks=7, convolutions=1, growth=1, filters=2)) == 17


def test_lstms_are_stacked_and_may_read_both_ways(setup: Setup) -> None:
    assert layers(setup, "signal", family="lstm", units=10) == ["LSTM 10", "Dense 2"]
    stacked = layers(setup, "digits", family="lstm", units=4, layers=2, bidirectional=True, dropout=0.1)
    assert stacked == ["Reshape", "Bidirectional", "Dropout 0.1", "Bidirectional", "Dropout 0.1", "Dense 10"]


@pytest.mark.slow
def test_an_hrnn_encodes_rows_as_time_distributed_does(setup: Setup) -> None:
    import keras

    _, prepared, blueprint = setup("digits", family="hrnn", pixel_units=6, row_units=5)
    own = blueprint.model(blueprint.settings({}))
    distributed = keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.TimeDistributed(keras.layers.LSTM(6)),
            keras.layers.LSTM(5),
            keras.layers.Dense(10, activation=blueprint.output.activation),
        ]
    )
    distributed.set_weights(own.get_weights())
    x = prepared.train.x[:20]
    np.testing.assert_allclose(own.predict(x, verbose=0), distributed.predict(x, verbose=0), rtol=1e-4, atol=1e-6)


def test_an_mlp_flattens_images_and_takes_a_width_for_each_layer(setup: Setup) -> None:
    assert layers(setup, "digits", family="mlp", widths="50-32") == ["Flatten", "Dense 50", "Dense 32", "Dense 10"]
    assert layers(setup, "titanic", family="mlp", width=8, depth=2) == ["Dense 8", "Dense 8", "Dense 2"]
    assert layers(setup, "titanic", family="mlp", depth=0) == ["Dense 2"]
    _, _, blueprint = setup("titanic", family="mlp", widths=["50-32", "64"])
    assert blueprint.model(blueprint.settings({"widths": "64"})).count_params() == 12 * 64 + 64 + 64 * 2 + 2


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"widths": "50,32"}, "model.widths: `50,32` cannot be read. Write it like `50-32`."),
        ({"widths": ["50-32", "0-3"]}, "model.widths: `0-3` cannot be read."),
        ({"widths": [50, 32]}, "model.widths: is 50, not a string."),
        ({"widths": "50-32", "depth": [1, 2]}, "model.depth: is searched, but `widths` says how many layers"),
    ],
)
def test_widths_that_say_nothing_are_refused(setup: Setup, model: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as error:
        setup("titanic", family="mlp", **model)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("data", "family", "message"),
    [
        ("titanic", "cnn", "`cnn` trains on a sequence or an image; a row of titanic is plain numbers."),
        ("titanic", "lstm", "`lstm` trains on a sequence or an image"),
        ("signal", "hrnn", "`hrnn` trains on an image; a row of signal is a sequence. mlp takes any kind of row."),
    ],
)
def test_a_family_that_cannot_read_the_rows_says_so_before_any_trial(
    data: str, family: str, message: str, setup: Setup
) -> None:
    with pytest.raises(UserError) as error:
        setup(data, family=family)
    assert f"{data}.toml, model.family: {message}" in str(error.value)


SMALL: dict[str, dict[str, Any]] = {
    "mlp": {"widths": "12-8"},
    "cnn": {"convolutions": 1, "filters": 4, "dense": 8},
    "lstm": {"units": 8, "layers": 2, "bidirectional": True},
    "hrnn": {"pixel_units": 6, "row_units": 6},
}


def test_every_family_is_tried_here() -> None:
    assert set(SMALL) == set(parts.names("models"))


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize("family", SMALL)
def test_the_engine_trains_a_family_as_fit_does(family: str, setup: Setup) -> None:
    if family == "cnn" and os.environ["KERAS_BACKEND"] == "jax":
        pytest.skip("trained by fit: convolutions are slow in a loop on JAX")
    _, prepared, blueprint = setup("digits", {"optimizer": "sgd", "learning_rate": 0.1}, family=family, **SMALL[family])
    one = Trial(1, blueprint.settings({}), seed=11, epochs=20)
    curve, weights = trained(engine(blueprint, prepared), [one], epochs=4)[1]
    reference, values = fitted(blueprint, prepared, one, epochs=4)
    assert_same(curve, reference)
    assert [w.shape for w in weights.weights] == [v.shape for v in values]
