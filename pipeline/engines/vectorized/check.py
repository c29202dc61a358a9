"""Whether padding leaves a model's predictions as they are: a narrow model and the same one padded, side by side."""

from typing import Final

import keras
import numpy as np
from keras import ops

from pipeline.engines.vectorized.backends import Backend, Tensor, Tree
from pipeline.engines.vectorized.outline import Outline, initial

ROWS: Final = 8


def padding_is_harmless(wide: Outline, narrow: Outline, x: np.ndarray, backend: Backend) -> bool:
    """Whether `narrow`, its weights filled up with zeros to the shapes of `wide`, predicts what it did.

    A softmax or a LayerNormalization in the middle, or weights of several gates side by side, do not bear it.
    """
    # biases are drawn as 0 and would hide what they do
    trainable = [initial(v, backend) for v in narrow.model.trainable_variables]
    trainable = [np.full_like(v, 0.1) if v.ndim == 1 else v for v in trainable]
    other = [initial(v, backend) for v in narrow.model.non_trainable_variables]
    values = [trainable, other]
    padded = [_padded(trainable, wide.model.trainable_variables), _padded(other, wide.model.non_trainable_variables)]

    def both(_: Tree, values: Tree, padded: Tree, rows: Tensor) -> list[Tensor]:
        sides = ((narrow.model, values), (wide.model, padded))
        return [model.stateless_call(*side, rows, training=False)[0] for model, side in sides]

    arguments = ((), values, padded, x[:ROWS])  # none is given up to the compiler
    before, after = map(ops.convert_to_numpy, backend.compiled(both, arguments, xla=False)(*arguments))
    return before.shape == after.shape and np.allclose(before, after, rtol=1e-4, atol=1e-6)


def _padded(values: list[np.ndarray], variables: list[keras.Variable]) -> list[np.ndarray]:
    pairs = zip(values, variables, strict=True)
    return [np.pad(v, [(0, most - own) for own, most in zip(v.shape, like.shape, strict=True)]) for v, like in pairs]
