"""Optimizers as the compiled functions take them, read from Keras's."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import keras
import numpy as np

from pipeline.engines.dense import kernels
from pipeline.engines.dense.chain import NoChain
from pipeline.engines.dense.kernels import Rule

MEMORIES: Final = 3
"""How many numbers an optimizer remembers of each value, at most."""

Read = Callable[[Any], tuple[float, float, float, bool]]
KINDS: Final[Mapping[str, tuple[int, Read]]] = {
    "SGD": (kernels.SGD, lambda of: (of.momentum, 0.0, 0.0, of.nesterov)),
    "Adam": (kernels.ADAM, lambda of: (of.beta_1, of.beta_2, of.epsilon, of.amsgrad)),
    "AdamW": (kernels.ADAM, lambda of: (of.beta_1, of.beta_2, of.epsilon, of.amsgrad)),
    "RMSprop": (kernels.RMSPROP, lambda of: (of.momentum, of.rho, of.epsilon, of.centered)),
}
"""The kind of each optimizer, and its numbers from momentum on."""


def rule(optimizer: "keras.optimizers.Optimizer", trainable: int, dtype: str) -> Rule:
    """A new optimizer like `optimizer`, which trains so many values; NoChain if there is none here."""
    name = type(optimizer).__name__
    if name not in KINDS or type(optimizer) is not getattr(keras.optimizers, name):
        raise NoChain(f"the optimizer {name}")
    if optimizer.use_ema or optimizer.gradient_accumulation_steps or optimizer.loss_scale_factor:
        raise NoChain("an optimizer that averages weights, adds up gradients or scales the loss")
    if not isinstance(optimizer._learning_rate, keras.Variable):  # noqa: SLF001
        raise NoChain("a schedule of learning rates")
    kind, read = KINDS[name]
    *own, flag = read(optimizer)
    clips = (optimizer.clipvalue, optimizer.clipnorm, optimizer.global_clipnorm)
    every = [float(optimizer.learning_rate), *(float(n or 0.0) for n in (optimizer.weight_decay, *clips))]
    numbers = np.array([*every, *map(float, own), float(flag)])
    return Rule(kind, numbers, np.zeros((MEMORIES, trainable), dtype))
