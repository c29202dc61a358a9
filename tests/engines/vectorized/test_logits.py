"""Classes are trained on logits: no backend clips the loss of a confident mistake."""

from dataclasses import replace

import numpy as np
import pytest
from keras import ops

from pipeline.build import build
from pipeline.values.blueprint import Output, loss_of
from pipeline.values.data import Prepared
from tests.conftest import Make


def test_a_confident_mistake_has_its_whole_loss() -> None:
    output = Output(2, "softmax", "sparse_categorical_crossentropy", ())
    loss = loss_of(output.trained).call(ops.array([0, 1]), ops.array([[0.0, 50.0], [0.0, 50.0]]))
    assert ops.convert_to_numpy(loss).tolist() == pytest.approx([50.0, 0.0])


def test_a_model_answers_with_the_probabilities_of_its_logits(titanic: Make, prepared: Prepared) -> None:
    blueprint = build(titanic(), prepared)
    settings = blueprint.settings({"width": 8, "depth": 2, "dropout": 0.1, "learning_rate": 0.01})
    trained, answering = blueprint.model(settings), blueprint.answering(settings)
    answering.set_weights(trained.get_weights())
    logits = trained.predict(prepared.validation.x, verbose=0)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answering.predict(prepared.validation.x, verbose=0), shares, rtol=1e-5)


def test_a_quantity_is_trained_as_it_is_answered() -> None:
    output = Output(1, "linear", "mean_squared_error", ("mae",))
    assert output.trained == output
    assert replace(output, activation="softmax").trained.activation == "softmax"
