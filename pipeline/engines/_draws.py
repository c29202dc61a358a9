"""Initial weights; on JAX they are drawn without compiling for each shape."""

import math
from collections.abc import Callable
from typing import Any, Final

import keras
import numpy as np

SMALLEST: Final = 2**14
"""The smallest number of values drawn at once. Each such number is a power of four; surplus values are cut off."""


def drawn(initializer: Callable[..., Any], shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """The values that Keras's initializer draws, identical bit for bit."""
    if keras.backend.backend() != "jax":
        return np.asarray(initializer(shape, dtype=dtype))
    # JAX compiles a draw for each shape, which takes 250 ms (measured). The bits of an element depend only on its place
    # in the flattened array (jax_threefry_partitionable). So one size is drawn for many shapes, and cut.
    size = math.prod(shape)
    draw = _elements(initializer, shape, dtype)
    if draw is None:
        return np.asarray(initializer(shape, dtype=dtype))
    whole = max(SMALLEST, 4 ** math.ceil(math.log(max(size, 1), 4)))
    return np.asarray(draw((whole,)))[:size].reshape(shape)


def _elements(
    initializer: Callable[..., Any], shape: tuple[int, ...], dtype: str
) -> Callable[[tuple[int]], Any] | None:
    """How an initializer draws each element for this shape; None if the elements are not all drawn alike."""
    kinds, random = keras.initializers, keras.random
    match initializer:
        case kinds.VarianceScaling():
            kind, spread = _scaled(initializer, shape)
            if kind == "uniform":
                return lambda s: random.uniform(s, -spread, spread, dtype, initializer.seed)
            normal = random.truncated_normal if kind == "truncated_normal" else random.normal
            return lambda s: normal(s, 0.0, spread, dtype, initializer.seed)
        case kinds.Zeros():
            return lambda s: np.zeros(s, dtype)
        case kinds.Ones():
            return lambda s: np.ones(s, dtype)
        case kinds.RandomUniform() | kinds.RandomNormal() | kinds.TruncatedNormal():
            return lambda s: initializer(s, dtype=dtype)
    return None


def _scaled(initializer: Any, shape: tuple[int, ...]) -> tuple[str, float]:
    """The distribution of a VarianceScaling for a shape and its limit or standard deviation, as in Keras."""
    from keras.src.initializers.random_initializers import compute_fans

    into, out = compute_fans(shape, input_axes=initializer.input_axes, output_axes=initializer.output_axes)
    fan = {"fan_in": into, "fan_out": out}.get(initializer.mode, (into + out) / 2.0)
    scale = initializer.scale / max(1.0, fan)
    if initializer.distribution == "uniform":
        return "uniform", math.sqrt(3.0 * scale)
    if initializer.distribution == "truncated_normal":
        return "truncated_normal", math.sqrt(scale) / 0.87962566103423978
    return "normal", math.sqrt(scale)
