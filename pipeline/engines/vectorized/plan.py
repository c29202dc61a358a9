"""How a lane runs: how many slots, mapped or not, with XLA or not, and what it may take of the memory."""

import os
from dataclasses import dataclass
from typing import Final, final

import keras

from pipeline.blueprint import training_bytes
from pipeline.engines.vectorized.outline import Outline

SLOTS: Final = 4
"""A lane of 4 slots is as fast per trial as one of 32 (measured, 4 x 128: 5.2 ms against 6.2), and sooner full."""
SHARE: Final = 0.25
"""What all slots of a lane may take of the machine's memory."""

ROWS_ALONE: Final = (
    "Activation", "AveragePooling1D", "Bidirectional", "Concatenate", "Add", "Conv1D", "Conv2D", "Dense", "Dropout",
    "ELU", "Embedding", "Flatten", "GRU", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D",
    "GlobalMaxPooling2D", "InputLayer", "LSTM", "LayerNormalization", "LeakyReLU", "MaxPooling1D", "MaxPooling2D",
    "ReLU", "Reshape", "SimpleRNN", "Softmax", "LSTMCell", "GRUCell", "SimpleRNNCell", "AveragePooling2D",
    "Rescaling", "UnitNormalization",
)  # fmt: skip
"""Layers that treat each row of a batch for itself, so that a batch may be filled up with rows that do not count."""


@final
@dataclass(frozen=True, slots=True)
class LanePlan:
    """How a lane runs; `tail`: the partial last batch is a step of its own."""

    slots: int
    mapped: bool
    xla: bool
    tail: bool


def plan(outline: Outline, batch: int) -> LanePlan:
    """The plan for models of an outline; MemoryError where not even one fits, ValueError where none is any good."""
    layers = outline.layers
    tail = not all(type(layer).__name__ in ROWS_ALONE and _regular(layer) for layer in layers)
    memory = _memory()
    needed = training_bytes(outline.model, batch)
    if needed > memory:
        raise MemoryError(f"the model needs {needed / 2**30:.1f} GiB to train; this machine has {memory / 2**30:.1f}")
    jax = keras.backend.backend() == "jax"
    if any("Conv" in type(layer).__name__ for layer in layers):
        # measured: XLA's convolutions on the CPU take 50 times as long in a loop as TensorFlow's own
        if jax:
            raise ValueError("convolutions run too slowly in a loop on JAX")
        return LanePlan(1, mapped=False, xla=False, tail=tail)
    recurrent = sum(isinstance(layer, keras.layers.RNN) for layer in layers)
    if recurrent > 1 and not jax:
        # mapped, TensorFlow loses the gradient of the sequences between them while it runs
        return LanePlan(1, mapped=False, xla=False, tail=tail)
    slots = max(1, min(SLOTS, int(memory * SHARE / max(needed, 1))))
    return LanePlan(slots, mapped=slots > 1, xla=jax or not recurrent, tail=tail)  # XLA refuses TensorFlow's LSTM


def _regular(layer: keras.layers.Layer) -> bool:
    return getattr(layer, "activity_regularizer", None) is None


def _memory() -> int:
    # of the machine, not what is free: that would differ from run to run
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
