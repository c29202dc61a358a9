"""A user's compiled model trains and predicts as it would alone; one compiled for another task is refused."""

from typing import Any

import keras
import numpy as np
import pytest

from pipeline.models.python import compiled
from pipeline.values.blueprint import Output
from pipeline.values.errors import UserError

CLASSES = Output(2, "softmax", "sparse_categorical_crossentropy", ("accuracy",))
MANY = Output(3, "softmax", "sparse_categorical_crossentropy", ("accuracy",))
QUANTITY = Output(1, "linear", "mean_squared_error", ("mae",))


def compiled_with(loss: Any, *last: Any) -> Any:
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, "relu"), *last])
    model.compile("sgd", loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize(
    ("loss", "activation"),
    [("binary_crossentropy", "sigmoid"), (keras.losses.BinaryCrossentropy(from_logits=True), "linear")],
    ids=["probability", "logit"],
)
def test_one_unit_for_two_classes_is_trained_and_answers_as_it_would_alone(loss: Any, activation: str) -> None:
    model = compiled_with(loss, keras.layers.Dense(1, activation))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 4)), rng.integers(0, 2, 20)
    expected = float(model.evaluate(x, y, verbose=0)[0])
    chance = np.asarray(model(x))[:, 0]
    chance = chance if activation == "sigmoid" else 1 / (1 + np.exp(-chance))

    trained = CLASSES.trained if compiled.takes_logits(model) else CLASSES
    answering = compiled.suited(model, "name", CLASSES)
    np.testing.assert_allclose(answering.predict(x, verbose=0), np.stack([1 - chance, chance], 1), rtol=1e-5)
    learning = compiled.suited(model, "name", trained)
    learning.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=trained.from_logits))
    assert learning.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert not answering.compiled


def test_logits_become_probabilities_where_a_model_answers() -> None:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = compiled_with(loss, keras.layers.Dense(3))
    assert compiled.takes_logits(model)
    x = np.ones((5, 4))
    np.testing.assert_allclose(compiled.suited(model, "name", MANY.trained).predict(x, verbose=0), model(x), rtol=1e-6)
    np.testing.assert_allclose(compiled.suited(model, "name", MANY).predict(x, verbose=0).sum(1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("loss", "output", "said"),
    [
        ("mae", QUANTITY, "mean_absolute_error, but this task needs mean_squared_error"),
        ("mse", CLASSES, "mean_squared_error, but this task needs sparse_categorical_crossentropy"),
        ("binary_crossentropy", MANY, "binary_crossentropy, but this task"),
        (
            keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
            CLASSES,
            "categorical_crossentropy, label_smoothing=0.1, but this",
        ),
        (lambda y, p: p, QUANTITY, "<lambda>, but this task"),
    ],
)
def test_another_loss_than_the_tasks_is_refused(loss: Any, output: Output, said: str) -> None:
    with pytest.raises(UserError) as error:
        compiled.suited(compiled_with(loss, keras.layers.Dense(output.units)), "name", output)
    assert f"name: is compiled with the loss {said}" in str(error.value)


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        ("mse", QUANTITY),
        (keras.losses.MeanSquaredError(), QUANTITY),
        ("categorical_crossentropy", CLASSES),
        (None, MANY),
    ],
)
def test_the_tasks_own_loss_is_right_however_it_is_written(loss: Any, output: Output) -> None:
    model = compiled_with(loss, keras.layers.Dense(output.units, output.activation))
    assert compiled.suited(model, "name", output).count_params() == model.count_params()
