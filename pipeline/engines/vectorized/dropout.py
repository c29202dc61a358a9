"""Dropout whose rate is data and whose random bits come from a hash, not from a backend's generator."""

import math
from typing import Any, Final, final

import keras
from keras import ops

from pipeline.engines.vectorized.backends import Tensor

LEVELS: Final = 2**16
"""Each 32-bit word gives two 16-bit numbers, so a rate is exact to 1/65536."""
GOLDEN: Final = -1640531527


@final
class HashedDropout(keras.layers.Dropout):  # type: ignore[misc]
    """Keras's `Dropout` with other random numbers: two to three times faster (measured), the same on all backends."""

    def call(self, inputs: Tensor, training: bool = False) -> Any:  # noqa: FBT001, FBT002
        if not training or self.rate == 0:
            return inputs
        shape = tuple(inputs.shape)
        noise = tuple(n if of is None else of for n, of in zip(shape, self.noise_shape or shape, strict=True))
        drawn = ops.reshape(halves(self.seed_generator.next(), math.prod(noise)), noise)
        dropped = ops.floor(ops.multiply(self.rate, float(LEVELS)))
        kept = ops.cast(ops.cast(drawn, "float32") >= dropped, inputs.dtype)
        return inputs * kept / ops.cast(1.0 - dropped / LEVELS, inputs.dtype)


def hash_dropouts(model: keras.Model) -> None:
    """Turn a model's dropout layers into `HashedDropout`, in place; they keep their places, seeds and names."""
    for layer in model._flatten_layers():  # noqa: SLF001
        if type(layer) is keras.layers.Dropout:
            layer.__class__ = HashedDropout


def halves(seed: Tensor, count: int) -> Tensor:
    """`count` random whole numbers below 65536, from a seed (2,)."""
    seed = ops.cast(seed, "int32")
    key = _mixed(seed[0] + _mixed(seed[1] * GOLDEN + 1))
    words = _mixed(ops.arange((count + 1) // 2, dtype="int32") * GOLDEN + key)
    words = _mixed(ops.bitwise_xor(words, key))
    low, high = ops.bitwise_and(words, LEVELS - 1), _shifted(words, 16)
    return ops.concatenate([low, high])[:count]


def _mixed(x: Tensor) -> Tensor:
    """The hash `lowbias32` of whole numbers: https://nullprogram.com/blog/2018/07/31/."""
    x = ops.bitwise_xor(x, _shifted(x, 16)) * 0x7FEB352D
    x = ops.bitwise_xor(x, _shifted(x, 15)) * (0x846CA68B - 2**32)
    return ops.bitwise_xor(x, _shifted(x, 16))


def _shifted(x: Tensor, by: int) -> Tensor:
    # the mask removes the ones that a signed shift inserts; TensorFlow cannot multiply unsigned numbers without XLA
    return ops.bitwise_and(ops.right_shift(x, by), 2 ** (32 - by) - 1)
