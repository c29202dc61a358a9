"""Whether padding changes a model's predictions: compares a narrow model with the same model padded."""

from typing import Final

import keras
import numpy as np
from keras import ops

from pipeline.engines._outline import Outline, initial
from pipeline.engines.vectorized.backends import Backend, Tensor, Tree

ROWS: Final = 8


def padding_is_harmless(wide: Outline, narrow: Outline, x: np.ndarray, backend: Backend) -> bool:
    """Whether `narrow` predicts the same after its weights are padded with zeros to the shapes of `wide`.

    It does not with a softmax or a LayerNormalization inside, or with weights that hold several gates side by side.
    """
    # biases start at 0, which would hide their effect
    trainable = [initial(v) for v in narrow.model.trainable_variables]
    trainable = [np.full_like(v, 0.1) if v.ndim == 1 else v for v in trainable]
    other = [initial(v) for v in narrow.model.non_trainable_variables]
    values = [trainable, other]
    padded = [_padded(trainable, wide.model.trainable_variables), _padded(other, wide.model.non_trainable_variables)]

    def both(_: Tree, values: Tree, padded: Tree, rows: Tensor) -> list[Tensor]:
        sides = ((narrow.model, values), (wide.model, padded))
        return [model.stateless_call(*side, rows, training=False)[0] for model, side in sides]

    arguments = ((), values, padded, x[:ROWS])  # the first argument's memory may be reused: it is empty
    before, after = map(ops.convert_to_numpy, backend.compiled(both, arguments, xla=False)(*arguments))
    return before.shape == after.shape and np.allclose(before, after, rtol=1e-4, atol=1e-6)


def _padded(values: list[np.ndarray], variables: list[keras.Variable]) -> list[np.ndarray]:
    pairs = zip(values, variables, strict=True)
    return [np.pad(v, [(0, most - own) for own, most in zip(v.shape, like.shape, strict=True)]) for v, like in pairs]
